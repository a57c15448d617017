// PDUs (PS3.8 9.3), their items (PS3.8 9.3.2, PS3.7 D.3.3) and PDVs (PS3.8 9.3.5) laid open.
#include <array>
#include <span>

#include "fuzz/mutators/part_writer.hpp"

namespace assay::fuzz {
namespace {

/// One fixed or counted part of an item; `length` names the 16-bit length that stands before a counted one.
struct ItemPart {
  std::string_view name;
  std::uint8_t width;  // 0: all that is left
  std::string_view length;
};

struct Shape {
  std::uint8_t type;
  std::string_view name;
  std::span<const ItemPart> parts;
  bool sub_items = false;
};

constexpr std::array whole_name{ItemPart{"name", 0, {}}};
constexpr std::array whole_uid{ItemPart{"uid", 0, {}}};
constexpr std::array context_parts_rq{ItemPart{"id", 1, {}}, ItemPart{"reserved-2", 1, {}},
                                      ItemPart{"reserved-3", 1, {}}, ItemPart{"reserved-4", 1, {}}};
constexpr std::array context_parts_ac{ItemPart{"id", 1, {}}, ItemPart{"reserved-2", 1, {}}, ItemPart{"result", 1, {}},
                                      ItemPart{"reserved-4", 1, {}}};
constexpr std::array maximum_length{ItemPart{"value", 4, {}}};
constexpr std::array window{ItemPart{"invoked", 2, {}}, ItemPart{"performed", 2, {}}};
constexpr std::array role{ItemPart{"uid", 0, "uid-length"}, ItemPart{"scu-role", 1, {}}, ItemPart{"scp-role", 1, {}}};
constexpr std::array extended{ItemPart{"uid", 0, "uid-length"},
                              ItemPart{"service-class-application-information", 0, {}}};
constexpr std::array common_extended{
    ItemPart{"uid", 0, "uid-length"}, ItemPart{"service-class-uid", 0, "service-class-uid-length"},
    ItemPart{"related-general-sop-classes", 0, "related-length"}, ItemPart{"reserved-2", 0, {}}};
constexpr std::array identity_rq{ItemPart{"user-identity-type", 1, {}}, ItemPart{"positive-response-requested", 1, {}},
                                 ItemPart{"primary-field", 0, "primary-field-length"},
                                 ItemPart{"secondary-field", 0, "secondary-field-length"}};
constexpr std::array identity_ac{ItemPart{"server-response", 0, "server-response-length"}};

constexpr std::array shapes{
    Shape{0x10, "application-context", whole_name},
    Shape{0x20, "presentation-context", context_parts_rq, true},
    Shape{0x21, "presentation-context", context_parts_ac, true},
    Shape{0x30, "abstract-syntax", whole_name},
    Shape{0x40, "transfer-syntax", whole_name},
    Shape{0x50, "user-information", {}, true},
    Shape{0x51, "maximum-length", maximum_length},
    Shape{0x52, "implementation-class-uid", whole_uid},
    Shape{0x53, "asynchronous-operations-window", window},
    Shape{0x54, "role-selection", role},
    Shape{0x55, "implementation-version-name", whole_name},
    Shape{0x56, "sop-class-extended-negotiation", extended},
    Shape{0x57, "sop-class-common-extended-negotiation", common_extended},
    Shape{0x58, "user-identity", identity_rq},
    Shape{0x59, "user-identity", identity_ac},
};

constexpr std::array<std::string_view, 8> pdu_names{"pdu",       "a-associate-rq", "a-associate-ac", "a-associate-rj",
                                                    "p-data-tf", "a-release-rq",   "a-release-rp",   "a-abort"};
constexpr int deepest_item = 3;

void read_parts(PartWriter& in, std::span<const ItemPart> parts) {
  for (const auto& part : parts) {
    if (!part.length.empty()) {
      if (in.left() < 2) return;
      in.counted(part.length, part.name);
    } else {
      if (in.left() < part.width) return;
      in.field(part.name, part.width == 0 ? in.left() : part.width);
    }
  }
}

void read_items(PartWriter& in, int depth) {
  while (in.left() >= 4 && depth < deepest_item) {
    const Shape* shape = nullptr;
    for (const auto& one : shapes) {
      if (one.type == in.here()[0]) shape = &one;
    }
    const auto item = in.open(shape != nullptr ? shape->name : "item");
    in.field("item-type", 1);
    in.field("reserved", 1);
    in.length("length", 2, Endian::big);
    if (shape != nullptr) {
      read_parts(in, shape->parts);
      if (shape->sub_items) read_items(in, depth + 1);
    }
    in.leftover("value");
    in.close(item);
  }
}

void read_values(PartWriter& in) {
  while (in.left() >= 4) {
    const auto pdv = in.open("pdv");
    in.length("length", 4, Endian::big);
    if (in.left() >= 2) {
      const auto control = in.here()[1];
      in.field("context-id", 1);
      in.field("control-header", 1);
      if ((control & 1U) != 0) {
        read_group(in, "fragment", {false, Endian::little});
      } else {
        read_data_set(in, "fragment", {looks_explicit(in.rest()), Endian::little});
      }
    }
    in.leftover();
    in.close(pdv);
  }
}

void read_body(PartWriter& in, std::uint8_t type) {
  switch (type) {
    case 1:
    case 2:
      if (in.left() < 68) break;
      in.field("protocol-version", 2);
      in.field("reserved-2", 2);
      in.field("called-ae-title", 16);
      in.field("calling-ae-title", 16);
      in.field("reserved-3", 32);
      read_items(in, 0);
      break;
    case 4: read_values(in); break;
    case 3:
    case 7:
      if (in.left() < 4) break;
      in.field("reserved-2", 1);
      in.field(type == 3 ? "result" : "reserved-3", 1);
      in.field("source", 1);
      in.field("reason", 1);
      break;
    default: break;
  }
  in.leftover();
}

}  // namespace

void read_pdus(PartWriter& in) {
  while (in.left() >= 6) {
    const auto type = in.here()[0];
    const auto pdu = in.open(type < pdu_names.size() ? pdu_names[type] : pdu_names[0]);
    in.field("pdu-type", 1);
    in.field("reserved", 1);
    in.length("length", 4, Endian::big);
    read_body(in, type);
    in.close(pdu);
  }
  in.leftover();
}

}  // namespace assay::fuzz
