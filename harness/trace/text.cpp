// The trace as lines for people.
#include <fmt/format.h>

#include <map>

#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"
#include "harness/dimse/status.hpp"
#include "harness/pdu/describe.hpp"
#include "harness/trace/trace.hpp"

namespace assay::trace {
namespace {

constexpr std::size_t indent = 20;              // what stands below a line starts under its text
constexpr std::size_t longest_dump = 4096;      // bytes of one PDU written out
constexpr std::size_t values_in_a_summary = 4;  // PDVs named one by one

std::string window(std::uint16_t operations) { return operations == 0 ? "unlimited" : std::to_string(operations); }

class Writer {
 public:
  Writer(const Trace& trace, bool with_bytes) : trace_(trace), with_bytes_(with_bytes) {
    for (std::size_t i = 0; i < trace.findings.size(); ++i) by_pdu_.emplace(trace.findings[i].pdu_number, i);
  }

  std::string run() {
    head();
    if (!trace_.entries.empty()) origin_ = trace_.entries.front().at;
    for (const auto& entry : trace_.entries) {
      std::visit([&](const auto& what) { write(entry.at, what); }, entry.what);
    }
    // What is left belongs to no PDU that was kept: the connection itself, or entries beyond the bound.
    for (const auto& [pdu, index] : by_pdu_) finding(trace_.findings[index]);
    if (trace_.dropped_entries > 0) out_ += fmt::format("{} more entries were not kept\n", trace_.dropped_entries);
    if (trace_.dropped_findings > 0) out_ += fmt::format("{} more findings were not kept\n", trace_.dropped_findings);
    out_ += fmt::format("{} bytes from the requestor, {} bytes from the acceptor\n", trace_.bytes_from_requestor,
                        trace_.bytes_from_acceptor);
    return std::move(out_);
  }

 private:
  void head() {
    out_ += trace_.connection;
    if (!trace_.description.empty()) out_ += "  " + trace_.description;
    if (const auto& rq = trace_.negotiated.rq) {
      requestor_ = title(rq->calling_ae_title);
      acceptor_ = title(rq->called_ae_title);
      out_ += fmt::format("  ({} -> {})", requestor_, acceptor_);
    }
    out_ += '\n';
    if (const auto& tls = trace_.tls) {
      below(tls->summary());
      if (tls->certificate && !tls->certificate->names.empty())
        below("the certificate is for " + printable(tls->certificate->names));
      if (!tls->failure.empty() && !tls->advice.empty()) below("advice: " + tls->advice);
    }
  }

  static std::string title(std::string_view field) {
    const auto trimmed = pdu::trimmed_ae_title(field);
    return trimmed.empty() ? "(blank)" : printable(trimmed);
  }

  void at(Instant time, std::string_view number) {
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(time - origin_).count();
    out_ += fmt::format("{:>10.6f} s {:>6}  ", static_cast<double>(since) / 1e6, number);
  }
  void below(std::string_view text) { out_ += fmt::format("{:{}}{}\n", "", indent, text); }

  void arrow(Side from) {
    out_ += from == Side::requestor ? requestor_ + " -> " + acceptor_ : requestor_ + " <- " + acceptor_;
    out_ += "  ";
  }

  void write(Instant time, const TransportOpened&) {
    at(time, "");
    out_ += "transport connection opened\n";
  }
  void write(Instant time, const TransportClosed& closed) {
    at(time, "");
    out_ += fmt::format("transport connection closed by the {} ({})\n", name(closed.by), name(closed.how));
  }
  void write(Instant time, const Leftover& leftover) {
    at(time, "");
    arrow(leftover.from);
    out_ += fmt::format(
        "{} bytes from byte {} on are no PDU: {}\n", leftover.bytes.size(), leftover.offset,
        printable(as_text(ByteView(leftover.bytes).first(std::min<std::size_t>(leftover.bytes.size(), 32)))));
    if (with_bytes_) dump(leftover.bytes, leftover.offset);
  }
  void write(Instant time, const Mark& mark) {
    at(time, "");
    out_ += "-- " + printable(mark.text) + '\n';
  }

  void write(Instant time, const PduSeen& seen) {
    at(time, std::to_string(seen.number));
    arrow(seen.from);
    out_ += pdu::pdu_name(seen.type);
    if (!seen.recognized) {
      out_ += "  the stream cannot be followed from here\n";
    } else if (seen.pdu != nullptr) {
      std::visit([&](const auto& value) { summary(value); }, *seen.pdu);
    } else if (seen.type == static_cast<std::uint8_t>(pdu::PduType::p_data_tf)) {
      values(seen);
    } else {
      out_ += fmt::format("  {} bytes\n", seen.length);
    }
    if (with_bytes_) dump(seen.bytes, seen.offset);
    findings(seen.number);
  }

  void write(Instant time, const MessageSeen& seen) {
    at(time, "");
    arrow(seen.from);
    const auto& message = *seen.message;
    const auto& command = message.command;
    const auto field = command.field().value_or(0);
    out_ += command.name();
    if (const auto id = command.message_id()) out_ += fmt::format("  message {}", *id);
    if (const auto id = command.responded_to()) out_ += fmt::format("  to message {}", *id);
    out_ += fmt::format(", context {}", message.context_id);
    if (const auto status = command.status()) {
      out_ += ", " + dimse::describe_status(*status, field, command.sop_class_uid());
    }
    if (message.data_set_length > 0) out_ += fmt::format(", Data Set of {} bytes", message.data_set_length);
    out_ += '\n';
    if (const auto uid = command.sop_class_uid(); !uid.empty()) {
      below(fmt::format("SOP Class {}", printable(dict::uid_name(uid))));
    }
    if (const auto uid = command.sop_instance_uid(); !uid.empty())
      below(fmt::format("SOP Instance {}", printable(uid)));
  }

  void summary(const pdu::AAssociateRq& rq) {
    out_ += fmt::format("  called \"{}\", calling \"{}\"\n", title(rq.called_ae_title), title(rq.calling_ae_title));
    for (const auto* context : rq.contexts()) {
      below(fmt::format("context {:>3}  {}", context->id, printable(dict::uid_name(context->abstract_syntax()))));
      for (const auto syntax : context->transfer_syntaxes()) {
        below(fmt::format("             {}", printable(dict::uid_name(syntax))));
      }
    }
    user_information(rq.user_information());
  }

  void summary(const pdu::AAssociateAc& ac) {
    out_ += '\n';
    for (const auto* context : ac.contexts()) {
      const auto* proposed = trace_.negotiated.context(context->id);
      auto line = fmt::format("context {:>3}  {}", context->id,
                              context->result == 0 ? "accepted" : pdu::context_result(context->result));
      if (context->result == 0) line += ": " + printable(dict::uid_name(context->transfer_syntax()));
      if (proposed != nullptr) line += " for " + printable(dict::uid_name(proposed->abstract_syntax));
      below(line);
    }
    user_information(ac.user_information());
  }

  void user_information(const pdu::UserInformationItem* information) {
    if (information == nullptr) return;
    for (const auto& item : information->sub_items) {
      if (const auto* length = std::get_if<pdu::MaximumLengthSubItem>(&item)) {
        below(length->maximum_length == 0 ? "maximum length: no limit"
                                          : fmt::format("maximum length {}", length->maximum_length));
      } else if (const auto* uid = std::get_if<pdu::ImplementationClassUidSubItem>(&item)) {
        below("implementation class " + printable(uid->uid));
      } else if (const auto* version = std::get_if<pdu::ImplementationVersionNameSubItem>(&item)) {
        below("implementation version \"" + printable(version->name) + '"');
      } else if (const auto* async = std::get_if<pdu::AsynchronousOperationsWindowSubItem>(&item)) {
        below(fmt::format("asynchronous operations: invoked {}, performed {}", window(async->invoked),
                          window(async->performed)));
      } else if (const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item)) {
        below(fmt::format("roles SCU {} SCP {} for {}", role->scu_role, role->scp_role,
                          printable(dict::uid_name(role->sop_class_uid))));
      } else if (const auto* extended = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&item)) {
        below(fmt::format("extended negotiation {} for {}",
                          to_hex_short(extended->service_class_application_information),
                          printable(dict::uid_name(extended->sop_class_uid))));
      } else if (const auto* identity = std::get_if<pdu::UserIdentitySubItemRq>(&item)) {
        // A name may be shown; a passcode or token never.
        below(fmt::format("user identity of type {}", identity->identity_type));
      } else if (std::holds_alternative<pdu::UserIdentitySubItemAc>(item)) {
        below("user identity answered");
      }
    }
  }

  void summary(const pdu::AAssociateRj& rj) {
    out_ += "  " + pdu::describe_reject(rj.result, rj.source, rj.reason) + '\n';
  }
  void summary(const pdu::AAbort& abort) { out_ += "  " + pdu::describe_abort(abort.source, abort.reason) + '\n'; }
  void summary(const pdu::AReleaseRq&) { out_ += '\n'; }
  void summary(const pdu::AReleaseRp&) { out_ += '\n'; }
  void summary(const pdu::PDataTf&) { out_ += '\n'; }

  void values(const PduSeen& seen) {
    out_ += fmt::format("  {} bytes", seen.length);
    for (std::size_t i = 0; i < seen.values.size() && i < values_in_a_summary; ++i) {
      const auto& value = seen.values[i];
      out_ += fmt::format(", context {} {}{} {}", value.context_id, value.is_command() ? "command" : "data",
                          value.is_last() ? " (last)" : "", seen.fragment_lengths[i]);
    }
    const auto all = seen.values.size() + seen.more_values;
    if (all > values_in_a_summary) out_ += fmt::format(" and {} more", all - values_in_a_summary);
    out_ += '\n';
  }

  void dump(const Bytes& bytes, std::uint64_t offset) {
    out_ += hex_dump(ByteView(bytes).first(std::min(bytes.size(), longest_dump)), offset);
    if (bytes.size() > longest_dump) below(fmt::format("... {} bytes in all", bytes.size()));
  }

  void findings(std::uint32_t pdu) {
    const auto [first, last] = by_pdu_.equal_range(pdu);
    for (auto it = first; it != last; ++it) finding(trace_.findings[it->second]);
    by_pdu_.erase(first, last);
  }
  void finding(const Finding& finding) {
    below(to_line(finding));
    if (!finding.advice.empty() && !finding.provoked) below("  advice: " + finding.advice);
  }

  const Trace& trace_;
  bool with_bytes_;
  std::string out_;
  std::string requestor_ = "requestor";
  std::string acceptor_ = "acceptor";
  Instant origin_;
  std::multimap<std::uint32_t, std::size_t> by_pdu_;  // finding indices by the PDU they are about
};

}  // namespace

std::string to_text(const Trace& trace, bool with_bytes) { return Writer(trace, with_bytes).run(); }

}  // namespace assay::trace
