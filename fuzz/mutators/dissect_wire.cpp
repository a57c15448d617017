// PDUs (PS3.8 9.3), their items (PS3.8 9.3.2, PS3.7 D.3.3) and PDVs (PS3.8 9.3.5) laid open.
#include <array>
#include <span>
#include <utility>

#include "fuzz/mutators/dissect.hpp"

namespace assay::fuzz {
namespace {

using layout::block;
using layout::field;
using layout::Node;

/// One fixed or counted part of an item; `counted` says that a 16-bit length of it stands before it.
struct Part {
  const char* name;
  std::uint8_t width;  // 0: all that is left
  bool counted = false;
};

struct Shape {
  std::uint8_t type;
  const char* name;
  std::span<const Part> parts;
  bool sub_items = false;
};

constexpr std::array whole_name{Part{"name", 0}};
constexpr std::array whole_uid{Part{"uid", 0}};
constexpr std::array context_parts{Part{"id", 1}, Part{"reserved-2", 1}, Part{"result", 1}, Part{"reserved-4", 1}};
constexpr std::array maximum_length{Part{"value", 4}};
constexpr std::array window{Part{"invoked", 2}, Part{"performed", 2}};
constexpr std::array role{Part{"uid", 0, true}, Part{"scu-role", 1}, Part{"scp-role", 1}};
constexpr std::array extended{Part{"uid", 0, true}, Part{"service-class-application-information", 0}};
constexpr std::array common_extended{Part{"uid", 0, true}, Part{"service-class-uid", 0, true},
                                     Part{"related-general-sop-classes", 0, true}, Part{"reserved-2", 0}};
constexpr std::array identity_rq{Part{"user-identity-type", 1}, Part{"positive-response-requested", 1},
                                 Part{"primary-field", 0, true}, Part{"secondary-field", 0, true}};
constexpr std::array identity_ac{Part{"server-response", 0, true}};

constexpr std::array shapes{
    Shape{0x10, "application-context", whole_name},
    Shape{0x20, "presentation-context", context_parts, true},
    Shape{0x21, "presentation-context", context_parts, true},
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

constexpr std::array<const char*, 8> pdu_names{"",          "a-associate-rq", "a-associate-ac", "a-associate-rj",
                                               "p-data-tf", "a-release-rq",   "a-release-rp",   "a-abort"};
constexpr int deepest_item = 3;

ByteView take(ByteView& bytes, std::size_t count) {
  const auto out = bytes.first(std::min(count, bytes.size()));
  bytes = bytes.subspan(out.size());
  return out;
}

void put(Node& into, const char* name, ByteView value) { into.children.push_back(field(name, to_bytes(value))); }

/// A length field, and the bytes that it counts as far as they are there; another length than that is a forced one.
ByteView put_length(Node& into, std::string name, std::uint8_t width, ByteView& bytes, bool of_next) {
  const auto raw = take(bytes, width);
  const std::uint64_t claimed =
      width == 2 ? load<std::uint16_t>(raw.data(), Endian::big) : load<std::uint32_t>(raw.data(), Endian::big);
  const auto body = take(bytes, static_cast<std::size_t>(claimed));
  auto length =
      of_next ? layout::length_of_next(std::move(name), width) : layout::length_of_rest(std::move(name), width);
  if (body.size() != claimed) length.forced = claimed;
  into.children.push_back(std::move(length));
  return body;
}

void put_parts(Node& into, std::span<const Part> parts, ByteView& body) {
  for (const auto& part : parts) {
    if (part.counted) {
      if (body.size() < 2) return;
      const auto value = put_length(into, std::string(part.name) + "-length", 2, body, true);
      put(into, part.name, value);
    } else {
      if (body.size() < part.width) return;
      put(into, part.name, take(body, part.width == 0 ? body.size() : part.width));
    }
  }
}

void put_items(Node& into, ByteView& bytes, int depth) {
  while (bytes.size() >= 4 && depth < deepest_item) {
    const Shape* shape = nullptr;
    for (const auto& one : shapes) {
      if (one.type == bytes[0]) shape = &one;
    }
    auto item = block(shape != nullptr ? shape->name : "item");
    put(item, "item-type", take(bytes, 1));
    put(item, "reserved", take(bytes, 1));
    auto body = put_length(item, "length", 2, bytes, false);
    if (shape != nullptr) {
      put_parts(item, shape->parts, body);
      if (shape->sub_items) put_items(item, body, depth + 1);
    }
    if (!body.empty()) put(item, "value", body);
    into.children.push_back(std::move(item));
  }
}

void put_values(Node& pdu, ByteView& body) {
  while (body.size() >= 4) {
    auto pdv = block("pdv");
    auto value = put_length(pdv, "length", 4, body, false);
    if (value.size() >= 2) {
      const auto control = value[1];
      put(pdv, "context-id", take(value, 1));
      put(pdv, "control-header", take(value, 1));
      if ((control & 1U) != 0) {
        pdv.children.push_back(dissect_group("fragment", value, {false, Endian::little}));
      } else {
        pdv.children.push_back(dissect_elements("fragment", value, {looks_explicit(value), Endian::little}));
      }
    } else if (!value.empty()) {
      put(pdv, "raw", value);
    }
    pdu.children.push_back(std::move(pdv));
  }
}

void put_body(Node& pdu, std::uint8_t type, ByteView& body) {
  switch (type) {
    case 1:
    case 2:
      if (body.size() < 68) break;
      put(pdu, "protocol-version", take(body, 2));
      put(pdu, "reserved-2", take(body, 2));
      put(pdu, "called-ae-title", take(body, 16));
      put(pdu, "calling-ae-title", take(body, 16));
      put(pdu, "reserved-3", take(body, 32));
      put_items(pdu, body, 0);
      break;
    case 4: put_values(pdu, body); break;
    case 3:
    case 7:
      if (body.size() < 4) break;
      put(pdu, "reserved-2", take(body, 1));
      put(pdu, type == 3 ? "result" : "reserved-3", take(body, 1));
      put(pdu, "source", take(body, 1));
      put(pdu, "reason", take(body, 1));
      break;
    default: break;
  }
  if (!body.empty()) put(pdu, "raw", body);
}

}  // namespace

Node dissect_wire(ByteView bytes) {
  auto stream = block("stream");
  while (bytes.size() >= 6) {
    const auto type = bytes[0];
    auto pdu = block(type >= 1 && type < pdu_names.size() ? pdu_names[type] : "pdu");
    put(pdu, "pdu-type", take(bytes, 1));
    put(pdu, "reserved", take(bytes, 1));
    auto body = put_length(pdu, "length", 4, bytes, false);
    put_body(pdu, type, body);
    stream.children.push_back(std::move(pdu));
  }
  if (!bytes.empty()) put(stream, "raw", bytes);
  return stream;
}

}  // namespace assay::fuzz
