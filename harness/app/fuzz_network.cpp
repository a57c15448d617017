#include "harness/app/fuzz_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "fuzz/findings/process_report.hpp"
#include "fuzz/mutators/dissect.hpp"
#include "harness/base/hex.hpp"
#include "harness/capture/pcapng_writer.hpp"
#include "harness/dict/dict.hpp"
#include "harness/dimse/message.hpp"
#include "harness/pdu/codec.hpp"
#include "reports/detail.hpp"

namespace assay::app {

namespace {

using trace::Side;

constexpr std::size_t largest = std::size_t{4} << 20;  // hexadecimal twice that, and a scenario has at most 16 MB
constexpr std::size_t fragment = 16'000;

struct Stored {
  std::string sop_class{uids::CTImageStorage};
  std::string sop_instance = "1.2.826.0.1.3680043.10.1.1";
  std::string transfer_syntax{uids::ImplicitVRLittleEndian};
  ByteView data_set;
};

/// A UID that a proposal may carry; "" where what is there is none.
std::string uid_of(ByteView value) {
  auto text = as_text(value);
  while (text.ends_with('\0') || text.ends_with(' ')) text.remove_suffix(1);
  const bool fits = !text.empty() && text.size() <= 64 &&
                    text.find_first_not_of("0123456789.") == std::string_view::npos && !text.starts_with('.') &&
                    !text.ends_with('.') && !text.contains("..");
  return fits ? std::string(text) : "";
}

/// The value of an element directly in a block of that name.
ByteView value_of(const fuzz::Parts& parts, ByteView bytes, std::string_view block, std::uint32_t tag) {
  const auto outer = fuzz::child(parts, 0, block);
  if (!outer) return {};
  for (auto i = *outer + 1; i < parts.size() && parts[i].begin <= parts[*outer].end; ++i) {
    if (parts[i].up != *outer || parts[i].tag != tag) continue;
    if (const auto value = fuzz::child(parts, i, "value")) {
      return bytes.subspan(parts[*value].begin, parts[*value].end - parts[*value].begin);
    }
  }
  return {};
}

Stored stored(assay_format format, ByteView bytes) {
  fuzz::Parts parts;
  fuzz::dissect(format, bytes, parts);
  Stored out;
  std::size_t from = 0;
  if (const auto data = fuzz::child(parts, 0, "data-set")) from = parts[*data].begin;
  out.data_set = bytes.subspan(std::min(from, bytes.size()));
  switch (format) {
    case ASSAY_FORMAT_EXPLICIT_LITTLE: out.transfer_syntax = uids::ExplicitVRLittleEndian; break;
    case ASSAY_FORMAT_EXPLICIT_BIG: out.transfer_syntax = "1.2.840.10008.1.2.2"; break;
    case ASSAY_FORMAT_DEFLATED: out.transfer_syntax = "1.2.840.10008.1.2.1.99"; break;
    case ASSAY_FORMAT_IMPLICIT_LITTLE: break;
    default:
      if (fuzz::looks_explicit(out.data_set)) out.transfer_syntax = uids::ExplicitVRLittleEndian;
      if (auto said = uid_of(value_of(parts, bytes, "meta", 0x00020010)); !said.empty()) out.transfer_syntax = said;
  }
  const auto take = [&](std::string& into, std::uint32_t in_meta, std::uint32_t in_data) {
    auto said = uid_of(value_of(parts, bytes, "meta", in_meta));
    if (said.empty()) said = uid_of(value_of(parts, bytes, "data-set", in_data));
    if (!said.empty()) into = said;
  };
  take(out.sop_class, 0x00020002, 0x00080016);
  take(out.sop_instance, 0x00020003, 0x00080018);
  return out;
}

/// What every scenario of a finding begins with. `id`: the part of the standard and the clause.
std::string head(const fuzz::Finding& finding, std::string_view id, std::string_view title, std::string_view part,
                 std::string_view section, std::string_view duty) {
  // A comment may hold no two hyphens in a row.
  auto comment = finding.title();
  for (auto at = comment.find("--"); at != std::string::npos; at = comment.find("--")) comment.replace(at, 2, "- ");
  if (comment.ends_with('-')) comment += ' ';
  return fmt::format(
      "<!-- {} -->\n"
      "<scenario id=\"{}/fuzz-{}\" role=\"requestor\" tags=\"fuzz hostile\">\n"
      "  <title>{}</title>\n"
      "  <clause part=\"{}\" section=\"{}\" level=\"shall\">{}</clause>\n"
      "  <advice>{}</advice>\n",
      fuzz::safe_line(comment), id, finding.id(), title, part, section, duty,
      reports::detail::escape(finding.advice.empty() ? "Follow the bytes through the code." : finding.advice));
}

/// The PDUs of an input, each where it ends by its own length; the rest as one.
std::vector<std::pair<ByteView, std::string>> pieces(ByteView bytes) {
  constexpr std::string_view names[] = {"A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "P-DATA-TF",
                                        "A-RELEASE-RQ",   "A-RELEASE-RP",   "A-ABORT"};
  std::vector<std::pair<ByteView, std::string>> out;
  while (!bytes.empty()) {
    const auto type = bytes[0];
    auto name = type >= 1 && type <= 7 ? std::string(names[type - 1]) : fmt::format("no PDU: type {:02X}H", type);
    std::size_t size = bytes.size();
    if (bytes.size() >= 6 && out.size() < 200) {
      const auto length = load<std::uint32_t>(bytes.data() + 2, Endian::big);
      if (length > bytes.size() - 6) {
        name += fmt::format(", which says {} bytes and has {}", length, bytes.size() - 6);
      } else {
        size = 6 + std::size_t{length};
        name += fmt::format(", {} bytes", length);
      }
    }
    out.emplace_back(bytes.first(size), std::move(name));
    bytes = bytes.subspan(size);
  }
  return out;
}

std::string hex_lines(ByteView bytes) {
  const auto hex = to_hex(bytes);
  std::string out;
  for (std::size_t at = 0; at < hex.size(); at += 96) out += "      " + hex.substr(at, 96) + "\n";
  return out;
}

std::string wire_scenario(const fuzz::Finding& finding, ByteView input, bool associate_first) {
  auto out = head(finding, "ps3.8/9.2", "What broke a parser in process does not break the device", "PS3.8", "9.2",
                  "Unrecognised and invalid PDUs are answered by A-ABORT (AA-1, AA-8), and the machine goes on.");
  out += "  <judge-finding rule=\"ps3.8/*\"/>\n";
  if (associate_first) {
    out +=
        "  <associate>\n    <context id=\"1\" abstract=\"Verification\"/>\n"
        "    <context id=\"3\" abstract=\"CTImageStorage\" required=\"no\"/>\n"
        "    <context id=\"5\" abstract=\"StudyRootQueryRetrieveInformationModelFind\" required=\"no\"/>\n"
        "  </associate>\n";
  }
  out += "  <send>\n";
  for (const auto& [bytes, name] : pieces(input)) {
    out += fmt::format("    <!-- {} -->\n    <raw>\n{}    </raw>\n", name, hex_lines(bytes));
  }
  out +=
      "  </send>\n"
      "  <!-- An abort, a refusal or an answer; where the bytes are no whole PDU it may wait for the rest. -->\n"
      "  <expect within=\"artim\" judge=\"yes\">\n"
      "    <a-abort/>\n    <closed/>\n    <any/>\n"
      "    <tolerate verdict=\"pass\" note=\"it waits for more\"><silence for=\"3s\"/></tolerate>\n"
      "  </expect>\n"
      "  <close/>\n"
      "  <check-health/>\n"
      "</scenario>\n";
  return out;
}

std::string store_scenario(const fuzz::Finding& finding, const Stored& object) {
  auto out = head(finding, "ps3.4/B.2.3", "What broke a parser in process does not break the device", "PS3.4", "B.2.3",
                  "A Data Set that cannot be understood is refused with a status of Cxxx, and the service goes on.");
  out += fmt::format(
      "  <associate><context id=\"1\" abstract=\"{0}\" transfer=\"{1}\"/></associate>\n"
      "  <send provoke=\"yes\">\n"
      "    <c-store-rq context=\"1\" sop-class=\"{0}\" sop-instance=\"{2}\"><data-set hex=\"{3}\"/></c-store-rq>\n"
      "  </send>\n"
      "  <expect judge=\"yes\">\n    <c-store-rsp/>\n    <a-abort/>\n    <closed/>\n  </expect>\n"
      "  <close/>\n"
      "  <check-health/>\n"
      "</scenario>\n",
      object.sop_class, object.transfer_syntax, object.sop_instance, to_hex(object.data_set));
  return out;
}

pdu::AAssociateRq request_for(const std::vector<std::pair<std::string, std::string>>& contexts) {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "ASSAY";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  std::uint8_t id = 1;
  for (const auto& [abstract, transfer] : contexts) {
    pdu::PresentationContextItemRq context;
    context.id = id;
    context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{abstract});
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{transfer});
    rq.items.emplace_back(std::move(context));
    id = static_cast<std::uint8_t>(id + 2);
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{65536});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.826.0.1.3680043.10.1"});
  rq.items.emplace_back(std::move(user));
  return rq;
}

/// The answer that takes all of it.
pdu::AAssociateAc answer_to(const pdu::AAssociateRq& rq,
                            const std::vector<std::pair<std::string, std::string>>& contexts) {
  pdu::AAssociateAc ac;
  ac.called_ae_title = rq.called_ae_title;
  ac.calling_ae_title = rq.calling_ae_title;
  ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  std::uint8_t id = 1;
  for (const auto& [abstract, transfer] : contexts) {
    pdu::PresentationContextItemAc context;
    context.id = id;
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{transfer});
    ac.items.emplace_back(std::move(context));
    id = static_cast<std::uint8_t>(id + 2);
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{65536});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.826.0.1.3680043.10.2"});
  ac.items.emplace_back(std::move(user));
  return ac;
}

/// A connection with these bytes, as it would look on a wire. What the device answers to them is not made up.
class Drawn {
 public:
  explicit Drawn(const std::string& comment) : writer_(options(comment)) {
    connection_ = writer_.add_connection(*capture::endpoint("192.0.2.1", 50104), *capture::endpoint("192.0.2.2", 104));
    writer_.opened(connection_, {});
  }
  void say(Side side, ByteView bytes) {
    at_.since_origin += std::chrono::milliseconds(1);
    writer_.bytes(connection_, side, bytes, at_);
  }
  void say(Side side, const pdu::Pdu& what) { say(side, pdu::encode(what)); }
  void comment(std::string_view text) { writer_.comment(connection_, text); }
  void associate(const std::vector<std::pair<std::string, std::string>>& contexts) {
    const auto rq = request_for(contexts);
    say(Side::requestor, rq);
    say(Side::acceptor, answer_to(rq, contexts));
  }
  std::string finish() {
    at_.since_origin += std::chrono::milliseconds(1);
    writer_.closed(connection_, Side::requestor, trace::Closing::fin, at_);
    return std::string(as_text(writer_.finish()));
  }

 private:
  static capture::WriterOptions options(const std::string& comment) {
    capture::WriterOptions out;
    out.comment = comment;
    return out;
  }
  capture::PcapngWriter writer_;
  std::size_t connection_ = 0;
  Instant at_;
};

std::string comment_of(const fuzz::Finding& finding) {
  return "Made by Assay of an input that broke " + fuzz::safe_line(finding.title()) +
         ". The connection, its addresses and times are made up; an association before the input is as it should be.";
}

std::string wire_capture(const fuzz::Finding& finding, ByteView input, bool associate_first) {
  Drawn drawn(comment_of(finding));
  if (associate_first)
    drawn.associate({{std::string(uids::Verification), std::string(uids::ImplicitVRLittleEndian)},
                     {std::string(uids::CTImageStorage), std::string(uids::ImplicitVRLittleEndian)}});
  for (const auto& [bytes, name] : pieces(input)) {
    drawn.say(Side::requestor, bytes);
    drawn.comment("of the input: " + name);
  }
  return drawn.finish();
}

Bytes store_command(const Stored& object) {
  dimse::CommandSet command;
  auto& elements = command.elements();
  elements.set_text(tags::AffectedSOPClassUID, object.sop_class);
  elements.set_u16(tags::CommandField, static_cast<std::uint16_t>(dimse::CommandField::c_store_rq));
  elements.set_u16(tags::MessageID, 1);
  elements.set_u16(tags::Priority, 0);
  elements.set_u16(tags::CommandDataSetType, 1);
  elements.set_text(tags::AffectedSOPInstanceUID, object.sop_instance);
  return dimse::encode(command);
}

std::string store_capture(const fuzz::Finding& finding, const Stored& object) {
  Drawn drawn(comment_of(finding));
  drawn.associate({{object.sop_class, object.transfer_syntax}});
  drawn.say(Side::requestor, pdu::PDataTf{{{1, 3, store_command(object)}}});
  for (std::size_t at = 0; at < object.data_set.size(); at += fragment) {
    const auto piece = object.data_set.subspan(at, std::min(fragment, object.data_set.size() - at));
    const auto control = static_cast<std::uint8_t>(at + piece.size() == object.data_set.size() ? 2 : 0);
    drawn.say(Side::requestor, pdu::PDataTf{{{1, control, to_bytes(piece)}}});
  }
  drawn.comment("of the input: the Data Set");
  return drawn.finish();
}

bool is_wire(assay_format format, ByteView input) {
  if (format != ASSAY_FORMAT_ANY) return format == ASSAY_FORMAT_WIRE;
  fuzz::Parts parts;
  fuzz::dissect(format, input, parts);
  return !parts.empty() && parts.front().name == "stream";
}

}  // namespace

std::expected<NetworkForm, std::string> network_form(const fuzz::Finding& finding, const fuzz::InputForm& form,
                                                     ByteView input) {
  if (form.kind == fuzz::InputForm::Kind::text) {
    return std::unexpected(std::string("The input is a text, which no DICOM peer sends: there is no scenario of it."));
  }
  if (form.kind == fuzz::InputForm::Kind::instructions) {
    return std::unexpected(
        std::string("The input is a little program for its target, not bytes of a wire: there is no scenario of it."));
  }
  input = input.subspan(std::min(form.skip, input.size()));
  if (input.empty()) return std::unexpected(std::string("The input is empty: there is nothing to send."));
  if (input.size() > largest) {
    return std::unexpected(std::string("The input is larger than 4 MiB: too large for a scenario."));
  }
  if (is_wire(form.format, input)) {
    // What may come first opens the connection; the rest needs an association, else nobody reads so far.
    const bool associate_first = input[0] >= 4 && input[0] <= 6;
    return NetworkForm{wire_scenario(finding, input, associate_first), wire_capture(finding, input, associate_first)};
  }
  const auto object = stored(form.format, input);
  if (object.data_set.empty()) {
    return std::unexpected(
        std::string("The input has no Data Set that a C-STORE could carry: there is no scenario of it."));
  }
  return NetworkForm{store_scenario(finding, object), store_capture(finding, object)};
}

void add_network_form(fuzz::Finding& finding, const fuzz::InputForm& form, ByteView input, FindingFiles& files) {
  auto made = network_form(finding, form, input);
  if (!made) {
    finding.happened += (finding.happened.empty() ? "" : " ") + made.error();
    return;
  }
  files.emplace_back(finding_scenario, std::move(made->scenario));
  files.emplace_back(finding_capture, std::move(made->capture));
}

}  // namespace assay::app
