// The sub-items of the user information item: PS3.8 D.1 (maximum length) and PS3.7 D.3.3 (the others).
#include <array>
#include <optional>
#include <string>
#include <unordered_set>

#include "harness/pdu/decode_parts.hpp"

namespace assay::pdu::detail {
namespace {

constexpr std::size_t max_version_name_length = 16;
constexpr std::uint8_t last_identity_type = 5;           // JSON Web Token
constexpr std::uint8_t user_name_and_passcode_type = 2;  // the only one with a secondary field

/// Reads 16-bit length and value pairs inside a sub-item.
class Parts {
 public:
  Parts(const Item& item, std::size_t at) : item_(item), at_(at) {}

  [[nodiscard]] std::size_t left() const { return item_.value.size() - at_; }
  [[nodiscard]] std::size_t position() const { return item_.value_at() + at_; }
  [[nodiscard]] ByteView rest() const { return item_.value.subspan(at_); }

  /// The next part; nothing, and a problem at its length, when it does not fit.
  std::optional<ByteView> next(std::string_view where, std::string_view length_name, Report& report) {
    const auto here = position();
    if (left() < 2) {
      report.deviation(where, "item-length", item_.at + 2, "length", std::to_string(item_.value.size()),
                       "room for the field " + std::string(length_name));
      return std::nullopt;
    }
    const std::size_t length = load16(item_.value, at_);
    if (length > left() - 2) {
      report.deviation(where, "inner-length", here, length_name, std::to_string(length),
                       "at most " + std::to_string(left() - 2) + ", the bytes left in the item");
      return std::nullopt;
    }
    const auto value = item_.value.subspan(at_ + 2, length);
    at_ += 2 + length;
    return value;
  }

  /// The sub-item's own length goes on behind its last field.
  void expect_end(std::string_view where, Report& report) const {
    if (left() == 0) return;
    report.deviation(where, "item-length", item_.at + 2, "length", std::to_string(item_.value.size()),
                     std::to_string(item_.value.size() - left()));
  }

 private:
  const Item& item_;
  std::size_t at_;
};

class UserInformationDecoder {
 public:
  UserInformationDecoder(Side side, UserInformationItem& out, Report& report)
      : side_(side), out_(out), report_(report) {}

  bool run(const Item& parent) {
    const auto parent_clause = clause(Kind::user_information, side_);
    ItemReader items(parent.value, parent.value_at(), Level::user_information, side_, parent_clause, report_);
    out_.sub_items.reserve(items.count());
    Item item;
    bool has_maximum_length = false;
    bool has_class_uid = false;
    while (items.next(item)) {
      has_maximum_length = has_maximum_length || item.kind == Kind::maximum_length;
      has_class_uid = has_class_uid || item.kind == Kind::implementation_class_uid;
      const Inside inside(report_, item.kind, item.index);
      where_ = clause(item.kind, side_);
      common(item);
      if (!decode(item)) out_.sub_items.emplace_back(UnknownItem{item.type, to_bytes(item.value)});
    }
    if (items.failed()) return false;
    const auto end = parent.value_at() + parent.value.size();
    if (!has_maximum_length) {
      report_.deviation("PS3.8 D.1", "maximum-length-missing", end, {}, "no maximum length", "exactly one");
    }
    if (!has_class_uid) {
      report_.deviation("PS3.7 D.3.3.2", "implementation-class-uid-missing", end, {}, "no implementation class UID",
                        "exactly one");
    }
    return true;
  }

 private:
  /// What holds for every sub-item: the reserved byte, how often it may occur, in which PDU.
  void common(const Item& item) {
    const bool has_version = item.kind == Kind::sop_class_common_extended_negotiation;
    if (has_version && item.second != 0) {
      report_.deviation(where_, "sub-item-version", item.at + 1, "version", std::to_string(item.second), "0");
    } else if (item.second != 0) {
      report_.reserved(where_, ByteView(&item.second, 1), item.at + 1, "reserved");
    }
    if (item.kind == Kind::unknown) {
      report_.note(where_, "item-type", item.at, "item-type", hex8(item.type), "51H to 59H; others are ignored");
      return;
    }
    if (!info(item.kind).repeats && item.index == 2) {
      report_.deviation(where_, "sub-item-count", item.at, {}, "a second one", "at most one");
    }
    const bool rq_only = has_version || item.type == item_type::user_identity_rq;
    const bool ac_only = item.type == item_type::user_identity_ac;
    if ((rq_only && side_ == Side::ac) || (ac_only && side_ == Side::rq)) {
      report_.deviation(where_, "sub-item-in-wrong-pdu", item.at, "item-type", hex8(item.type),
                        rq_only ? "in the A-ASSOCIATE-RQ only" : "in the A-ASSOCIATE-AC only");
    }
  }

  /// False when the inside could not be read; the caller keeps the bytes.
  bool decode(const Item& item) {
    switch (item.type) {
      case item_type::maximum_length: return maximum_length(item);
      case item_type::implementation_class_uid: return class_uid(item);
      case item_type::implementation_version_name: return version_name(item);
      case item_type::asynchronous_operations_window: return window(item);
      case item_type::role_selection: return role_selection(item);
      case item_type::sop_class_extended_negotiation: return extended(item);
      case item_type::sop_class_common_extended_negotiation: return common_extended(item);
      case item_type::user_identity_rq: return identity_rq(item);
      case item_type::user_identity_ac: return identity_ac(item);
      default: return false;
    }
  }

  bool maximum_length(const Item& item) {
    if (!has_length(item, 4)) return false;
    const auto value = load<std::uint32_t>(item.value.data(), Endian::big);
    out_.sub_items.emplace_back(MaximumLengthSubItem{value});
    return true;
  }

  bool class_uid(const Item& item) {
    report_.uid(where_, as_text(item.value), item.value_at(), "uid");
    out_.sub_items.emplace_back(ImplementationClassUidSubItem{std::string(as_text(item.value))});
    return true;
  }

  bool version_name(const Item& item) {
    const auto name = as_text(item.value);
    if (name.empty() || name.size() > max_version_name_length) {
      report_.deviation(where_, "version-name-length", item.at + 2, "length",
                        std::to_string(name.size()) + " characters: " + quote(name), "1 to 16 characters");
    }
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (name[i] >= ' ' && name[i] <= '~') continue;
      report_.deviation(where_, "version-name-character", item.value_at() + i, "name", quote(name),
                        "characters 20H to 7EH");
      break;
    }
    out_.sub_items.emplace_back(ImplementationVersionNameSubItem{std::string(name)});
    return true;
  }

  bool window(const Item& item) {
    if (!has_length(item, 4)) return false;
    out_.sub_items.emplace_back(AsynchronousOperationsWindowSubItem{load16(item.value, 0), load16(item.value, 2)});
    return true;
  }

  bool role_selection(const Item& item) {
    Parts parts(item, 0);
    const auto start = parts.position() + 2;
    const auto uid = parts.next(where_, "uid-length", report_);
    if (!uid) return false;
    if (parts.left() != 2) {
      report_.deviation(where_, "item-length", item.at + 2, "length", std::to_string(item.value.size()),
                        std::to_string(uid->size() + 4));
      return false;
    }
    sop_class(item, as_text(*uid), start, "uid");
    const auto roles = parts.rest();
    role(roles[0], parts.position(), "scu-role");
    role(roles[1], parts.position() + 1, "scp-role");
    out_.sub_items.emplace_back(RoleSelectionSubItem{std::string(as_text(*uid)), roles[0], roles[1]});
    return true;
  }

  bool extended(const Item& item) {
    Parts parts(item, 0);
    const auto start = parts.position() + 2;
    const auto uid = parts.next(where_, "uid-length", report_);
    if (!uid) return false;
    sop_class(item, as_text(*uid), start, "uid");
    out_.sub_items.emplace_back(SopClassExtendedNegotiationSubItem{std::string(as_text(*uid)), to_bytes(parts.rest())});
    return true;
  }

  bool common_extended(const Item& item) {
    SopClassCommonExtendedNegotiationSubItem out;
    Parts parts(item, 0);
    const auto start = parts.position() + 2;
    const auto uid = parts.next(where_, "uid-length", report_);
    if (!uid) return false;
    sop_class(item, as_text(*uid), start, "uid");
    const auto service_start = parts.position() + 2;
    const auto service = parts.next(where_, "service-class-uid-length", report_);
    if (!service) return false;
    report_.uid(where_, as_text(*service), service_start, "service-class-uid");
    const auto related_start = parts.position() + 2;
    const auto related = parts.next(where_, "related-length", report_);
    if (!related || !related_classes(*related, related_start, out.related_general_sop_class_uids)) return false;
    if (parts.left() > 0) {
      report_.deviation(where_, "reserved-length", parts.position(), "reserved-2", byte_count(parts.left()),
                        "nothing in version 0");
    }
    out.sop_class_uid = as_text(*uid);
    out.service_class_uid = as_text(*service);
    out.reserved = to_bytes(parts.rest());
    out_.sub_items.emplace_back(std::move(out));
    return true;
  }

  bool related_classes(ByteView bytes, std::size_t start, std::vector<std::string>& out) {
    const Inside list(report_, "related-general-sop-classes", 1, false);
    std::uint32_t index = 0;
    for (std::size_t at = 0; at < bytes.size();) {
      const Inside inside(report_, "related-general-sop-class", ++index, true);
      const auto left = bytes.size() - at;
      const std::size_t length = left < 2 ? 0 : load16(bytes, at);
      if (left < 2 || length > left - 2) {
        report_.deviation(where_, "inner-length", start + at, left < 2 ? "" : "uid-length",
                          left < 2 ? byte_count(left) : std::to_string(length), "a length and as many bytes");
        return false;
      }
      const auto uid = as_text(bytes.subspan(at + 2, length));
      report_.uid(where_, uid, start + at + 2, "uid");
      out.emplace_back(uid);
      at += 2 + length;
    }
    return true;
  }

  bool identity_rq(const Item& item) {
    if (item.value.size() < 2) {
      report_.deviation(where_, "item-length", item.at + 2, "length", std::to_string(item.value.size()), "at least 6");
      return false;
    }
    UserIdentitySubItemRq out;
    out.identity_type = item.value[0];
    out.positive_response_requested = item.value[1];
    Parts parts(item, 2);
    const auto primary = parts.next(where_, "primary-field-length", report_);
    if (!primary) return false;
    const auto secondary_at = parts.position();
    const auto secondary = parts.next(where_, "secondary-field-length", report_);
    if (!secondary) return false;
    if (parts.left() > 0) {
      parts.expect_end(where_, report_);
      return false;
    }
    if (out.identity_type < 1 || out.identity_type > last_identity_type) {
      report_.deviation(where_, "user-identity-type", item.value_at(), "user-identity-type",
                        std::to_string(out.identity_type), "1 to 5");
    }
    if (out.positive_response_requested > 1) {
      report_.deviation(where_, "positive-response-requested", item.value_at() + 1, "positive-response-requested",
                        std::to_string(out.positive_response_requested), "0 or 1");
    }
    if (!secondary->empty() && out.identity_type != user_name_and_passcode_type) {
      report_.deviation(where_, "secondary-field", secondary_at, "secondary-field-length",
                        std::to_string(secondary->size()), "0, since only type 2 has a secondary field");
    }
    out.primary_field = to_bytes(*primary);
    out.secondary_field = to_bytes(*secondary);
    out_.sub_items.emplace_back(std::move(out));
    return true;
  }

  bool identity_ac(const Item& item) {
    Parts parts(item, 0);
    const auto response = parts.next(where_, "server-response-length", report_);
    if (!response) return false;
    if (parts.left() > 0) {
      parts.expect_end(where_, report_);
      return false;
    }
    out_.sub_items.emplace_back(UserIdentitySubItemAc{to_bytes(*response)});
    return true;
  }

  bool has_length(const Item& item, std::size_t length) {
    if (item.value.size() == length) return true;
    report_.deviation(where_, "item-length", item.at + 2, "length", std::to_string(item.value.size()),
                      std::to_string(length));
    return false;
  }

  void role(std::uint8_t value, std::size_t at, std::string_view leaf) {
    if (value > 1) report_.deviation(where_, leaf, at, leaf, std::to_string(value), "0 or 1");
  }

  /// The SOP Class a sub-item speaks of: at most one sub-item of a kind for each.
  void sop_class(const Item& item, std::string_view uid, std::size_t at, std::string_view leaf) {
    report_.uid(where_, uid, at, leaf);
    auto& classes = item.kind == Kind::role_selection                   ? classes_[0]
                    : item.kind == Kind::sop_class_extended_negotiation ? classes_[1]
                                                                        : classes_[2];
    if (!classes.insert(uid).second) {
      report_.deviation(where_, "sop-class-twice", at, leaf, quote(uid), "at most one sub-item for each SOP Class");
    }
  }

  Side side_;
  UserInformationItem& out_;
  Report& report_;
  std::string_view where_;
  std::array<std::unordered_set<std::string_view>, 3> classes_;
};

}  // namespace

bool decode_user_information(const Item& item, Side side, UserInformationItem& out, Report& report) {
  return UserInformationDecoder(side, out, report).run(item);
}

}  // namespace assay::pdu::detail
