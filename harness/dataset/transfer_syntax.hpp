// Transfer syntaxes and their byte-level properties (PS3.5 10 and Annex A). Tests: tests/unit/dataset/
#pragma once

#include <string_view>

#include "harness/base/bytes.hpp"

namespace assay::dataset {

struct Encoding {
  bool explicit_vr = true;
  Endian endian = Endian::little;
  bool deflated = false;
  bool encapsulated = false;  // compressed or encapsulated pixel data
  friend bool operator==(const Encoding&, const Encoding&) = default;
};

inline constexpr Encoding implicit_le{false, Endian::little, false, false};
inline constexpr Encoding explicit_le{true, Endian::little, false, false};
inline constexpr Encoding explicit_be{true, Endian::big, false, false};

/// The encoding of a Data Set under this transfer syntax; unknown UIDs are taken as explicit LE, encapsulated,
/// as every registered and private syntax since 1993 is (PS3.5 A.4).
Encoding encoding_of(std::string_view transfer_syntax_uid);

}  // namespace assay::dataset
