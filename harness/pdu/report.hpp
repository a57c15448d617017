// How the PDU decoder reports: problems with rule id, byte offset and field address, built only when there is one.
// Internal to the room. Tests: tests/unit/pdu/deviations_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "harness/base/bytes.hpp"
#include "harness/base/problem.hpp"
#include "harness/pdu/item_table.hpp"

namespace assay::pdu::detail {

/// Collects the problems of one PDU and knows in which item the decoder stands.
class Report {
 public:
  Report(Problems& problems, std::uint64_t base_offset) : problems_(problems), base_(base_offset) {}

  /// `position` counts from the start of the PDU; `leaf` is the field's name inside the present item, empty for
  /// the item itself.
  void deviation(std::string_view clause, std::string_view slug, std::size_t position, std::string_view leaf,
                 std::string found, std::string expected) {
    add(Gravity::deviation, clause, slug, position, leaf, std::move(found), std::move(expected));
  }
  void note(std::string_view clause, std::string_view slug, std::size_t position, std::string_view leaf,
            std::string found, std::string expected) {
    add(Gravity::note, clause, slug, position, leaf, std::move(found), std::move(expected));
  }
  void error(std::string_view clause, std::string_view slug, std::size_t position, std::string_view leaf,
             std::string found, std::string expected) {
    add(Gravity::error, clause, slug, position, leaf, std::move(found), std::move(expected));
  }

  /// A byte that a sender shall set to 00H and a receiver shall not test: reported, never an obstacle.
  void reserved(std::string_view clause, ByteView bytes, std::size_t position, std::string_view leaf) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] != 0) [[unlikely]] {
        reserved_not_zero(clause, bytes, position + i, leaf);
        return;
      }
    }
  }

  /// A UID of an item (PS3.8 Annex F, PS3.5 9.1): 1 to 64 characters, digits and dots, no component empty or
  /// with a leading zero, and in a PDU never padded.
  void uid(std::string_view clause, std::string_view uid, std::size_t position, std::string_view leaf);

  /// The item the decoder stands in. At most four levels deep (item, sub-item, a list in it, an entry of the list).
  void enter(Kind kind, std::uint32_t index) { path_[depth_++] = {info(kind).name, index, info(kind).repeats}; }
  void enter(std::string_view name, std::uint32_t index, bool repeats) { path_[depth_++] = {name, index, repeats}; }
  void leave() { --depth_; }

 private:
  struct Step {
    std::string_view name;
    std::uint32_t index = 1;
    bool repeats = false;
  };

  void add(Gravity gravity, std::string_view clause, std::string_view slug, std::size_t position, std::string_view leaf,
           std::string found, std::string expected);
  void reserved_not_zero(std::string_view clause, ByteView bytes, std::size_t position, std::string_view leaf);
  void bad_uid(std::string_view clause, std::string_view uid, std::size_t position, std::string_view leaf);

  Problems& problems_;
  std::uint64_t base_;
  std::array<Step, 4> path_{};
  std::size_t depth_ = 0;
};

/// Stands in an item for as long as it lives.
class Inside {
 public:
  Inside(Report& report, Kind kind, std::uint32_t index) : report_(report) { report_.enter(kind, index); }
  Inside(Report& report, std::string_view name, std::uint32_t index, bool repeats) : report_(report) {
    report_.enter(name, index, repeats);
  }
  ~Inside() { report_.leave(); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Report& report_;
};

/// "20H"
std::string hex8(std::uint8_t value);
/// "\"text\"", unprintable bytes escaped, cut when long.
std::string quote(std::string_view text);
/// "7 bytes"
std::string byte_count(std::uint64_t count);

}  // namespace assay::pdu::detail
