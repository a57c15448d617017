// Walks over the items of a PDU or item: type, reserved byte, 16-bit length, value (PS3.8 9.3.1).
// Internal to the room. Tests: tests/unit/pdu/deviations_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "harness/base/bytes.hpp"
#include "harness/pdu/item_table.hpp"
#include "harness/pdu/report.hpp"

namespace assay::pdu::detail {

inline constexpr std::size_t item_header_length = 4;

inline std::uint16_t load16(ByteView bytes, std::size_t at) {
  return load<std::uint16_t>(bytes.data() + at, Endian::big);
}

/// One item of a parent; `value` never leaves the parent.
struct Item {
  std::uint8_t type = 0;
  Kind kind = Kind::unknown;
  std::uint32_t index = 1;  // among the siblings of the same name
  std::size_t at = 0;       // position of the type byte in the PDU
  std::uint8_t second = 0;  // reserved, or the version of a common extended negotiation
  ByteView value;

  [[nodiscard]] std::size_t value_at() const { return at + item_header_length; }
};

class ItemReader {
 public:
  /// `start` is the position of `bytes` in the PDU, `parent` the clause that holds for broken headers.
  ItemReader(ByteView bytes, std::size_t start, Level level, Side side, std::string_view parent, Report& report)
      : bytes_(bytes), start_(start), level_(level), side_(side), parent_(parent), report_(report) {}

  /// The next item; false at the end, or when the rest holds no whole item: then failed() and a problem says why.
  bool next(Item& item) {
    const auto left = bytes_.size() - at_;
    if (left == 0) return false;
    if (left < item_header_length) return fail_header(left);
    const std::size_t length = load16(bytes_, at_ + 2);
    item.type = bytes_[at_];
    item.second = bytes_[at_ + 1];
    item.kind = kind_of(level_, item.type);
    item.index = ++counts_[static_cast<std::size_t>(item.kind)];
    item.at = start_ + at_;
    if (length > left - item_header_length) return fail_length(item, length, left - item_header_length);
    item.value = bytes_.subspan(at_ + item_header_length, length);
    at_ += item_header_length + length;
    return true;
  }

  [[nodiscard]] bool failed() const { return failed_; }

  /// How many items stand here, as far as they can be followed; for reserving memory that the bytes pay for.
  [[nodiscard]] std::size_t count() const {
    std::size_t items = 0;
    std::size_t at = 0;
    while (bytes_.size() - at >= item_header_length) {
      const std::size_t length = load16(bytes_, at + 2);
      if (length > bytes_.size() - at - item_header_length) break;
      at += item_header_length + length;
      ++items;
    }
    return items;
  }

 private:
  bool fail_header(std::size_t left);
  bool fail_length(const Item& item, std::size_t length, std::size_t room);

  ByteView bytes_;
  std::size_t start_;
  std::size_t at_ = 0;
  Level level_;
  Side side_;
  std::string_view parent_;
  Report& report_;
  std::array<std::uint32_t, kind_count> counts_{};
  bool failed_ = false;
};

}  // namespace assay::pdu::detail
