// How inputs of a differential target are changed: where two parsers of Data Sets are held against each other, a broken
// File Meta Information is not worth an execution.
#include <algorithm>
#include <array>
#include <cstring>

#include "fuzz/bring_your_own/library/view.hpp"
#include "harness/dataset/file.hpp"
#include "harness/dataset/part10.hpp"

namespace {

using namespace assay;
using namespace assay::dataset;

constexpr std::array<std::string_view, 5> syntaxes{
    "1.2.840.10008.1.2",       // Implicit VR Little Endian
    "1.2.840.10008.1.2.1",     // Explicit VR Little Endian
    "1.2.840.10008.1.2.2",     // Explicit VR Big Endian
    "1.2.840.10008.1.2.1.99",  // Deflated Explicit VR Little Endian
    "1.2.840.10008.1.2.5",     // RLE Lossless
};

enum assay_format format_of(Encoding encoding) {
  if (encoding.deflated) return ASSAY_FORMAT_DEFLATED;
  if (!encoding.explicit_vr) return ASSAY_FORMAT_IMPLICIT_LITTLE;
  return encoding.endian == Endian::big ? ASSAY_FORMAT_EXPLICIT_BIG : ASSAY_FORMAT_EXPLICIT_LITTLE;
}

// Where the Data Set of a sound file begins, and what it is; 0 and the format itself for all else.
struct Cut {
  std::size_t at = 0;
  enum assay_format format;
};

Cut cut_of(enum assay_format format, ByteView input) {
  if (format != ASSAY_FORMAT_FILE) return {0, format};
  const auto file = parse_part10(input);
  if (has_error(file.problems) || file.transfer_syntax_uid.empty()) return {0, format};
  return {static_cast<std::size_t>(file.data_set_offset), format_of(file.encoding())};
}

// The same Data Set in another Transfer Syntax, in a file with sound File Meta Information. 0 when it does not fit.
std::size_t written_anew(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned chance) {
  const auto file = read_file({data, size});
  if (!file) return 0;
  FileMeta meta;
  meta.sop_class_uid = uids::SecondaryCaptureImageStorage;
  meta.sop_instance_uid = "1.2.3";
  meta.implementation_class_uid = "1.2.3.4";
  meta.transfer_syntax_uid = syntaxes.at(chance % syntaxes.size());
  const auto made = build_part10(meta, file->data_set);
  if (made.size() > max_size) return 0;
  std::memcpy(data, made.data(), made.size());
  return made.size();
}

std::size_t by_engine(std::uint8_t* data, std::size_t size, std::size_t max_size) {
  return LLVMFuzzerMutate == nullptr ? 0 : LLVMFuzzerMutate(data, size, max_size);
}

}  // namespace

extern "C" {

size_t assay_differential_mutate(enum assay_format format, uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  if (!assay_mutators_wanted()) return by_engine(data, size, max_size);
  const unsigned what = seed % 64;
  seed /= 64;
  if (format == ASSAY_FORMAT_FILE && what < 3)
    if (const auto made = written_anew(data, size, max_size, seed); made != 0) return made;
  const auto cut = what == 3 ? Cut{0, format} : cut_of(format, {data, size});
  auto* const rest = data + cut.at;
  if ((what & 1U) == 0 && size > cut.at) {
    const auto made = assay_mutate(cut.format, rest, size - cut.at, max_size - cut.at, seed, LLVMFuzzerMutate);
    if (made != 0) return cut.at + made;
  }
  return cut.at + by_engine(rest, size - cut.at, max_size - cut.at);
}

size_t assay_differential_cross_over(enum assay_format format, const uint8_t* first, size_t first_size,
                                     const uint8_t* second, size_t second_size, uint8_t* out, size_t max_size,
                                     unsigned seed) {
  if (!assay_mutators_wanted()) return 0;
  const auto one = cut_of(format, {first, first_size});
  const auto other = cut_of(format, {second, second_size});
  if (one.format != other.format || one.at > max_size || one.at >= first_size || other.at >= second_size) return 0;
  std::memcpy(out, first, one.at);
  const auto made = assay_cross_over(one.format, first + one.at, first_size - one.at, second + other.at,
                                     second_size - other.at, out + one.at, max_size - one.at, seed);
  return made == 0 ? 0 : one.at + made;
}
}
