#include "harness/pdu/describe.hpp"

#include <array>
#include <utility>

#include "harness/base/hex.hpp"
#include "harness/pdu/report.hpp"

namespace assay::pdu {

std::string_view context_result(std::uint8_t result) {
  static constexpr std::array<std::string_view, 5> names{
      "acceptance", "user-rejection", "no-reason", "abstract-syntax-not-supported", "transfer-syntaxes-not-supported"};
  return result < names.size() ? names[result] : "undefined result";
}

namespace {

std::string_view identity_type(std::uint8_t type) {
  static constexpr std::array<std::string_view, 6> names{"undefined type",  "user name",      "user name and passcode",
                                                         "Kerberos ticket", "SAML assertion", "JSON Web Token"};
  return type < names.size() ? names[type] : names[0];
}

/// Numbers of PDVs and bytes of one kind, for the one-line form.
struct Tally {
  std::size_t values = 0;
  std::size_t bytes = 0;
  bool last = false;
};

class Describer {
 public:
  explicit Describer(const UidNames& names) : names_(names) {}

  std::string take() { return std::move(out_); }

  void operator()(const AAssociateRq& pdu) { associate(pdu); }
  void operator()(const AAssociateAc& pdu) { associate(pdu); }
  void operator()(const AAssociateRj& pdu) {
    line(1, describe_reject(pdu.result, pdu.source, pdu.reason) + " (" + std::to_string(pdu.result) + "/" +
                std::to_string(pdu.source) + "/" + std::to_string(pdu.reason) + ")");
  }
  void operator()(const PDataTf& pdu) {
    for (const auto& value : pdu.values) {
      line(1, "PDV context " + std::to_string(value.context_id) + (value.is_command() ? " command" : " data") +
                  (value.is_last() ? " last" : "") + ", " + detail::byte_count(value.fragment.size()) +
                  (value.fragment.empty() ? "" : ": " + to_hex_short(value.fragment)));
    }
  }
  void operator()(const AReleaseRq&) {}
  void operator()(const AReleaseRp&) {}
  void operator()(const AAbort& pdu) {
    line(1, describe_abort(pdu.source, pdu.reason) + " (" + std::to_string(pdu.source) + "/" +
                std::to_string(pdu.reason) + ")");
  }

  void operator()(const ApplicationContextItem& item) { line(1, "application context " + uid(item.name)); }
  void operator()(const PresentationContextItemRq& item) {
    line(1, "presentation context " + std::to_string(item.id) + " proposed");
    nested(item.sub_items);
  }
  void operator()(const PresentationContextItemAc& item) {
    line(1, "presentation context " + std::to_string(item.id) + ": " + std::string(context_result(item.result)) + " (" +
                std::to_string(item.result) + ")");
    nested(item.sub_items);
  }
  void operator()(const UserInformationItem& item) {
    line(1, "user information");
    nested(item.sub_items);
  }
  void operator()(const UnknownItem& item) {
    line(depth_, "item of type " + detail::hex8(item.type) + ", not read, " + detail::byte_count(item.value.size()) +
                     (item.value.empty() ? "" : ": " + to_hex_short(item.value)));
  }
  void operator()(const AbstractSyntaxSubItem& item) { line(2, "abstract syntax " + uid(item.name)); }
  void operator()(const TransferSyntaxSubItem& item) { line(2, "transfer syntax " + uid(item.name)); }
  void operator()(const MaximumLengthSubItem& item) {
    line(2, "maximum length " + (item.maximum_length == 0 ? "0 (no limit)" : std::to_string(item.maximum_length)));
  }
  void operator()(const ImplementationClassUidSubItem& item) { line(2, "implementation class UID " + uid(item.uid)); }
  void operator()(const ImplementationVersionNameSubItem& item) {
    line(2, "implementation version name " + detail::quote(item.name));
  }
  void operator()(const AsynchronousOperationsWindowSubItem& item) {
    line(2, "asynchronous operations window: invoked " + std::to_string(item.invoked) + ", performed " +
                std::to_string(item.performed) + " (0 = unlimited)");
  }
  void operator()(const RoleSelectionSubItem& item) {
    line(2, "role selection " + uid(item.sop_class_uid) + ": SCU " + std::to_string(item.scu_role) + ", SCP " +
                std::to_string(item.scp_role));
  }
  void operator()(const SopClassExtendedNegotiationSubItem& item) {
    line(2, "extended negotiation " + uid(item.sop_class_uid) + ": " +
                to_hex_short(item.service_class_application_information));
  }
  void operator()(const SopClassCommonExtendedNegotiationSubItem& item) {
    line(2,
         "common extended negotiation " + uid(item.sop_class_uid) + ", service class " + uid(item.service_class_uid));
    for (const auto& related : item.related_general_sop_class_uids) line(3, "related general " + uid(related));
  }
  void operator()(const UserIdentitySubItemRq& item) {
    // Whom it names may be shown; what it proves that with (passcode, ticket, assertion, token) may not.
    std::string text = "user identity: " + std::string(identity_type(item.identity_type)) + " (" +
                       std::to_string(item.identity_type) + ")";
    const bool has_name = item.identity_type == 1 || item.identity_type == 2;
    text += has_name ? " " + detail::quote(as_text(item.primary_field))
                     : ", " + detail::byte_count(item.primary_field.size());
    if (!item.secondary_field.empty()) text += ", passcode of " + detail::byte_count(item.secondary_field.size());
    if (item.positive_response_requested != 0) text += ", positive response requested";
    line(2, text);
  }
  void operator()(const UserIdentitySubItemAc& item) {
    line(2, "user identity response, " + detail::byte_count(item.server_response.size()));
  }

 private:
  void associate(const AssociateBody& body) {
    line(1, "protocol version " + std::to_string(body.protocol_version));
    line(1, "called " + detail::quote(body.called_ae_title) + ", calling " + detail::quote(body.calling_ae_title));
    for (const auto& item : body.items) std::visit(*this, item);
  }

  template <typename Items>
  void nested(const Items& items) {
    ++depth_;
    for (const auto& item : items) std::visit(*this, item);
    --depth_;
  }

  std::string uid(std::string_view uid) const {
    auto text = printable(uid);
    const auto name = names_ ? names_(uid) : std::string_view{};
    if (!name.empty()) text.append(" (").append(name).append(")");
    return text;
  }

  void line(std::size_t level, std::string_view text) {
    out_.append(2 * level, ' ');
    out_ += text;
    out_ += '\n';
  }

  const UidNames& names_;
  std::string out_;
  std::size_t depth_ = 1;  // of an item that may stand at any level
};

std::string titles(const AssociateBody& body) {
  return " " + detail::quote(body.calling_ae_title) + " -> " + detail::quote(body.called_ae_title);
}

std::string tail(const AssociateBody& body) {
  const auto* user = body.user_information();
  if (user == nullptr || user->find<MaximumLengthSubItem>() == nullptr) return ", no maximum length";
  return ", maximum length " + std::to_string(body.maximum_length());
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count).append(" ").append(what).append(count == 1 ? "" : "s");
}

struct OneLine {
  std::string operator()(const AAssociateRq& pdu) const {
    return titles(pdu) + ", " + counted(pdu.contexts().size(), "presentation context") + tail(pdu);
  }
  std::string operator()(const AAssociateAc& pdu) const {
    std::size_t accepted = 0;
    const auto contexts = pdu.contexts();
    for (const auto* context : contexts) accepted += context->result == 0 ? 1 : 0;
    return titles(pdu) + ", accepted " + std::to_string(accepted) + " of " +
           counted(contexts.size(), "presentation context") + tail(pdu);
  }
  std::string operator()(const AAssociateRj& pdu) const {
    return " " + describe_reject(pdu.result, pdu.source, pdu.reason);
  }
  std::string operator()(const PDataTf& pdu) const {
    std::array<Tally, 2> tallies;  // data, command
    for (const auto& value : pdu.values) {
      auto& tally = tallies[value.is_command() ? 1 : 0];
      ++tally.values;
      tally.bytes += value.fragment.size();
      tally.last = tally.last || value.is_last();
    }
    std::string out;
    for (const bool command : {true, false}) {
      const auto& tally = tallies[command ? 1 : 0];
      if (tally.values == 0) continue;
      out += out.empty() ? " " : ", ";
      if (tally.values > 1) out += std::to_string(tally.values) + " x ";
      out += (command ? "command " : "data ") + detail::byte_count(tally.bytes) + (tally.last ? " last" : "");
    }
    return out.empty() ? " without a PDV" : out;
  }
  std::string operator()(const AReleaseRq&) const { return {}; }
  std::string operator()(const AReleaseRp&) const { return {}; }
  std::string operator()(const AAbort& pdu) const { return " " + describe_abort(pdu.source, pdu.reason); }
};

}  // namespace

std::string to_text(const Pdu& pdu, const UidNames& names) {
  Describer describer(names);
  std::visit(describer, pdu);
  return pdu_name(static_cast<std::uint8_t>(type_of(pdu))) + "\n" + describer.take();
}

std::string one_line(const Pdu& pdu) {
  return pdu_name(static_cast<std::uint8_t>(type_of(pdu))) + std::visit(OneLine{}, pdu);
}

}  // namespace assay::pdu
