// A-ASSOCIATE-RQ and -AC (PS3.8 9.3.2, 9.3.3): the fixed fields, the application context and presentation contexts.
#include <algorithm>
#include <bitset>
#include <string>

#include "harness/pdu/decode_parts.hpp"

namespace assay::pdu::detail {
namespace {

constexpr std::size_t fixed_length = 68;  // between the PDU header and the first item
constexpr std::size_t version_at = 6;
constexpr std::size_t reserved_2_at = 8;
constexpr std::size_t called_at = 10;
constexpr std::size_t calling_at = 26;
constexpr std::size_t reserved_3_at = 42;
constexpr std::size_t items_at = 74;
constexpr std::size_t title_length = 16;
constexpr std::size_t context_fixed_length = 4;

std::string_view without_padding(std::string_view field) {
  const auto last = field.find_last_not_of(' ');
  return last == std::string_view::npos ? std::string_view{} : field.substr(0, last + 1);
}

class AssociateDecoder {
 public:
  AssociateDecoder(Side side, AssociateBody& body, Report& report)
      : side_(side), clause_(side == Side::rq ? "PS3.8 9.3.2" : "PS3.8 9.3.3"), body_(body), report_(report) {}

  bool run(ByteView bytes) {
    if (bytes.size() < items_at) {
      report_.error(clause_, "pdu-length", 2, "length", std::to_string(bytes.size() - pdu_header_length),
                    "at least " + std::to_string(fixed_length));
      return false;
    }
    fixed_fields(bytes);
    ItemReader items(bytes.subspan(items_at), items_at, Level::pdu, side_, clause_, report_);
    body_.items.reserve(items.count());
    Item item;
    while (items.next(item)) {
      order(item);
      if (!decode(item)) return false;
    }
    if (items.failed()) return false;
    missing(bytes.size());
    return true;
  }

 private:
  void fixed_fields(ByteView bytes) {
    body_.protocol_version = load16(bytes, version_at);
    if ((body_.protocol_version & 1) == 0) {
      report_.deviation(clause_, "protocol-version", version_at, "protocol-version",
                        std::to_string(body_.protocol_version), "bit 0 set (version 1)");
    }
    report_.reserved(clause_, bytes.subspan(reserved_2_at, 2), reserved_2_at, "reserved-2");
    const auto called = as_text(bytes.subspan(called_at, title_length));
    const auto calling = as_text(bytes.subspan(calling_at, title_length));
    body_.called_ae_title = without_padding(called);
    body_.calling_ae_title = without_padding(calling);
    const auto reserved = bytes.subspan(reserved_3_at, body_.reserved.size());
    std::copy(reserved.begin(), reserved.end(), body_.reserved.begin());
    // In the AC these three repeat the RQ's bytes and are never tested (PS3.8 Table 9-17).
    if (side_ == Side::ac) return;
    title(called, called_at, "called-ae-title");
    title(calling, calling_at, "calling-ae-title");
    report_.reserved(clause_, reserved, reserved_3_at, "reserved-3");
  }

  /// ISO 646 basic G0 set without backslash, and not all spaces.
  void title(std::string_view field, std::size_t at, std::string_view leaf) {
    bool blank = true;
    for (std::size_t i = 0; i < field.size(); ++i) {
      const char c = field[i];
      if (c < ' ' || c > '~' || c == '\\') {
        report_.deviation(clause_, std::string(leaf) + "-character", at + i, leaf, quote(field),
                          "characters 20H to 7EH without backslash");
        return;
      }
      blank = blank && c == ' ';
    }
    if (blank) report_.deviation(clause_, std::string(leaf) + "-blank", at, leaf, quote(field), "not only spaces");
  }

  /// Tables 9-11 and 9-17 name application context, presentation contexts, user information, in this order.
  void order(const Item& item) {
    if (item.kind == Kind::unknown) return;
    if (item.kind != Kind::presentation_context && item.index == 2) {
      const Inside inside(report_, item.kind, item.index);
      report_.deviation(clause_, std::string(info(item.kind).name) + "-count", item.at, {}, "a second one",
                        "exactly one");
    }
    // A second application context is one fault, and a run of late contexts is one fault, not one each.
    const bool is_context = item.kind == Kind::presentation_context;
    if (item.kind < last_kind_ && (is_context ? !told_late_context_ : item.index == 1)) {
      const Inside inside(report_, item.kind, item.index);
      report_.deviation(clause_, "item-order", item.at, {}, "after the " + std::string(info(last_kind_).name),
                        "application context, presentation contexts, user information");
      told_late_context_ = told_late_context_ || is_context;
    }
    if (item.kind > last_kind_) last_kind_ = item.kind;
    seen_.set(static_cast<std::size_t>(item.kind));
  }

  bool decode(const Item& item) {
    switch (item.kind) {
      case Kind::application_context: {
        const Inside inside(report_, item.kind, item.index);
        const auto where = clause(item.kind, side_);
        reserved_byte(item, where);
        const auto name = as_text(item.value);
        report_.uid(where, name, item.value_at(), "name");
        body_.items.emplace_back(std::in_place_type<ApplicationContextItem>, std::string(name));
        return true;
      }
      case Kind::presentation_context: return context(item);
      case Kind::user_information: {
        const Inside inside(report_, item.kind, item.index);
        reserved_byte(item, clause(item.kind, side_));
        auto& information = body_.items.emplace_back(std::in_place_type<UserInformationItem>);
        return decode_user_information(item, side_, std::get<UserInformationItem>(information), report_);
      }
      default: {
        const Inside inside(report_, item.kind, item.index);
        const auto where = clause(item.kind, side_);
        reserved_byte(item, where);
        report_.note(where, "item-type", item.at, "item-type", hex8(item.type),
                     "10H, 20H, 21H or 50H; others are ignored");
        keep(item);
        return true;
      }
    }
  }

  bool context(const Item& item) {
    const Inside inside(report_, item.kind, item.index);
    const bool is_rq = item.type == item_type::presentation_context_rq;
    const auto where = clause(item.kind, is_rq ? Side::rq : Side::ac);
    reserved_byte(item, where);
    if (is_rq != (side_ == Side::rq)) {
      report_.deviation(clause_, "presentation-context-item-type", item.at, "item-type", hex8(item.type),
                        side_ == Side::rq ? "20H" : "21H");
    }
    if (item.value.size() < context_fixed_length) {
      report_.deviation(where, "item-length", item.at + 2, "length", std::to_string(item.value.size()), "at least 4");
      keep(item);
      return true;
    }
    const auto at = item.value_at();
    const auto id = item.value[0];
    if ((id & 1) == 0) {
      report_.deviation(where, "presentation-context-id", at, "id", std::to_string(id), "an odd number from 1 to 255");
    }
    if (ids_.test(id)) {
      report_.deviation(where, "presentation-context-id-twice", at, "id", std::to_string(id),
                        "an ID that no other presentation context has");
    }
    ids_.set(id);
    report_.reserved(where, item.value.subspan(1, 1), at + 1, "reserved-2");
    report_.reserved(where, item.value.subspan(3, 1), at + 3, "reserved-4");
    if (is_rq) {
      report_.reserved(where, item.value.subspan(2, 1), at + 2, "reserved-3");
      auto& out =
          std::get<PresentationContextItemRq>(body_.items.emplace_back(std::in_place_type<PresentationContextItemRq>));
      out.id = id;
      return syntaxes(item, Side::rq, true, out.sub_items);
    }
    auto& out =
        std::get<PresentationContextItemAc>(body_.items.emplace_back(std::in_place_type<PresentationContextItemAc>));
    out.id = id;
    out.result = item.value[2];
    if (out.result > 4) {
      report_.deviation(where, "result", at + 2, "result", std::to_string(out.result), "0 to 4");
    }
    return syntaxes(item, Side::ac, out.result == 0, out.sub_items);
  }

  /// `significant` is false for a context that was not accepted: its transfer syntax shall not be tested.
  bool syntaxes(const Item& context, Side side, bool significant, std::vector<ContextSubItem>& out) {
    const auto where = clause(Kind::presentation_context, side);
    ItemReader items(context.value.subspan(context_fixed_length), context.value_at() + context_fixed_length,
                     Level::presentation_context, side, where, report_);
    out.reserve(items.count());
    std::uint32_t abstract = 0;
    std::uint32_t transfer = 0;
    Item item;
    while (items.next(item)) {
      const Inside inside(report_, item.kind, item.index);
      const auto at = clause(item.kind, side);
      reserved_byte(item, at);
      const auto name = as_text(item.value);
      if (item.kind == Kind::transfer_syntax) {
        ++transfer;
        if (significant) report_.uid(at, name, item.value_at(), "name");
        if (side == Side::ac && significant && transfer == 2) {
          report_.deviation(where, "transfer-syntax-count", item.at, {}, "a second one", "exactly one");
        }
        out.emplace_back(std::in_place_type<TransferSyntaxSubItem>, std::string(name));
      } else if (item.kind == Kind::abstract_syntax) {
        ++abstract;
        if (side == Side::ac) {
          report_.deviation(where, "abstract-syntax-in-ac", item.at, {}, "an abstract syntax",
                            "a transfer syntax only");
        } else {
          report_.uid(at, name, item.value_at(), "name");
          if (abstract == 2) {
            report_.deviation(where, "abstract-syntax-count", item.at, {}, "a second one", "exactly one");
          }
        }
        out.emplace_back(std::in_place_type<AbstractSyntaxSubItem>, std::string(name));
      } else {
        report_.note(at, "item-type", item.at, "item-type", hex8(item.type), "30H or 40H; others are ignored");
        out.emplace_back(UnknownItem{item.type, to_bytes(item.value)});
      }
    }
    if (items.failed()) return false;
    const auto end = context.value_at() + context.value.size();
    if (side == Side::rq && abstract == 0) {
      report_.deviation(where, "abstract-syntax-count", end, {}, "no abstract syntax", "exactly one");
    }
    if (significant && transfer == 0) {
      report_.deviation(where, "transfer-syntax-count", end, {}, "no transfer syntax",
                        side == Side::rq ? "one or more" : "exactly one, since the context is accepted");
    }
    return true;
  }

  void missing(std::size_t end) {
    for (const auto kind : {Kind::application_context, Kind::presentation_context, Kind::user_information}) {
      if (seen_.test(static_cast<std::size_t>(kind))) continue;
      report_.deviation(clause_, std::string(info(kind).name) + "-missing", end, {}, "none before the end of the PDU",
                        kind == Kind::presentation_context ? "one or more" : "exactly one");
    }
  }

  void reserved_byte(const Item& item, std::string_view where) {
    if (item.second != 0) report_.reserved(where, ByteView(&item.second, 1), item.at + 1, "reserved");
  }

  void keep(const Item& item) { body_.items.emplace_back(UnknownItem{item.type, to_bytes(item.value)}); }

  Side side_;
  std::string_view clause_;
  AssociateBody& body_;
  Report& report_;
  std::bitset<256> ids_;
  std::bitset<kind_count> seen_;
  Kind last_kind_ = Kind::unknown;
  bool told_late_context_ = false;
};

}  // namespace

bool decode_associate(ByteView bytes, Side side, AssociateBody& body, Report& report) {
  return AssociateDecoder(side, body, report).run(bytes);
}

}  // namespace assay::pdu::detail
