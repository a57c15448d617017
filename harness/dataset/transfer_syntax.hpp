// Transfer syntaxes and their byte-level properties (PS3.5 10 and Annex A).
// Tests: tests/unit/dataset/file_transfer_syntax_test.cpp
#pragma once

#include <span>
#include <string>
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

/// "Explicit VR Little Endian, deflated": an encoding in words.
std::string encoding_name(Encoding encoding);

/// How Pixel Data is written (PS3.5 8.2).
enum class Codec : std::uint8_t {
  none,            // native
  uncompressed,    // native frames in fragments (A.4.11)
  jpeg,            // ISO/IEC 10918-1: the lossy and the lossless processes (8.2.1)
  jpeg_ls,         // 8.2.3
  jpeg_2000,       // 8.2.4
  htj2k,           // High-Throughput JPEG 2000
  jpeg_xl,         // ISO/IEC 18181
  rle,             // Annex G
  deflated_frame,  // every frame a stream of RFC 1951
  mpeg2,           // 8.2.5
  h264,            // 8.2.6 to 8.2.10
  hevc,            // 8.2.11
  jpip,            // a URL of a JPIP server instead of Pixel Data (A.6, A.7)
  smpte_2110,      // pixels or sound travel beside the Data Set (PS3.22)
  not_a_data_set,  // retired values that named other forms
};

enum class Loss : std::uint8_t { none, possible, always };

struct TransferSyntax {
  std::string_view uid;
  Encoding encoding;
  Codec codec = Codec::none;
  Loss loss = Loss::none;  // whether the codec may lose what was in the pixels

  [[nodiscard]] bool video() const { return codec == Codec::mpeg2 || codec == Codec::h264 || codec == Codec::hevc; }
  /// Video whose frames may be spread over several fragments (PS3.5 8.2.5).
  [[nodiscard]] bool fragmentable_video() const { return video() && uid.ends_with(".1"); }
  [[nodiscard]] bool retired() const;           // by the registry (PS3.6 A)
  [[nodiscard]] std::string_view name() const;  // by the registry
};

/// Every registered transfer syntax, in the order of the registry.
std::span<const TransferSyntax> transfer_syntaxes();

/// Null when the UID (padding ignored) is not registered: private, or no transfer syntax at all.
const TransferSyntax* find_transfer_syntax(std::string_view uid);

/// The transfer syntax that who supports any of the same kind of codec has to support as well: .70 for lossless JPEG,
/// .50 for lossy JPEG of 8 bits, .51 for 12 bits (PS3.5 8.2.1, 10). Empty when the standard names none.
std::string_view family_default(std::string_view uid);

}  // namespace assay::dataset
