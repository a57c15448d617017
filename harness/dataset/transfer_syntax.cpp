#include "harness/dataset/transfer_syntax.hpp"

namespace assay::dataset {

Encoding encoding_of(std::string_view transfer_syntax_uid) {
  std::string_view uid = transfer_syntax_uid;
  while (!uid.empty() && (uid.back() == '\0' || uid.back() == ' ')) uid.remove_suffix(1);
  constexpr Encoding deflated{true, Endian::little, true, false};
  struct Row {
    std::string_view uid;
    Encoding encoding;
  };
  static constexpr Row rows[] = {
      {"1.2.840.10008.1.2", implicit_le},        // PS3.5 A.1
      {"1.2.840.10008.1.2.1", explicit_le},      // A.2
      {"1.2.840.10008.1.2.2", explicit_be},      // A.3, retired
      {"1.2.840.10008.1.2.1.99", deflated},      // A.5
      {"1.2.840.10008.1.2.4.94", explicit_le},   // JPIP Referenced: a URL instead of Pixel Data (A.6)
      {"1.2.840.10008.1.2.4.95", deflated},      // JPIP Referenced Deflate (A.7)
      {"1.2.840.10008.1.2.4.204", explicit_le},  // JPIP HTJ2K Referenced
      {"1.2.840.10008.1.2.4.205", deflated},     // JPIP HTJ2K Referenced Deflate
      {"1.2.840.10008.1.20", implicit_le},       // Papyrus 3, retired
  };
  for (const auto& row : rows)
    if (row.uid == uid) return row.encoding;
  return {true, Endian::little, false, true};
}

}  // namespace assay::dataset
