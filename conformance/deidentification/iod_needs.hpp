// How badly an IOD needs an attribute at its place: the strictest type that any of its modules gives it there
// (PS3.5 7.4). The actions X/Z, X/D and their like depend on it (PS3.15 E.1.1). Tests:
// tests/unit/conformance/deidentification_check_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "conformance/iod/tables.hpp"
#include "harness/dataset/cursor.hpp"

namespace assay::conformance::deidentification {

enum class Need : std::uint8_t {
  unknown,   // there is no table for the SOP Class
  optional,  // Type 3, or no attribute that the IOD has there
  present,   // Type 2 or 2C
  value      // Type 1 or 1C
};

/// Remembers the places that were asked for.
class IodNeeds {
 public:
  /// `path`: the sequences around the attribute from the outside, and the attribute. `iod` may be null. `mandatory`:
  /// only modules of usage M count; one that may be left out can go with its attribute.
  Need of(const iod::Iod* iod, std::span<const Tag> path, bool mandatory = false);
  Need of(const iod::Iod* iod, const dataset::Cursor& at, bool mandatory = false);

 private:
  using Rows = std::vector<std::span<const iod::Row>>;  // of modules and macros that stand at a place
  using Path = std::vector<Tag>;

  struct Key {
    const iod::Iod* iod;
    bool mandatory;
    Path path;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  static Rows of_iod(const iod::Iod& iod, bool mandatory);
  static Rows inside(const Rows& rows, Tag sequence);
  const Rows& at(const iod::Iod& iod, std::span<const Tag> sequences, bool mandatory);

  std::map<Key, Rows> places_;
  std::map<Key, Need> known_;
};

}  // namespace assay::conformance::deidentification
