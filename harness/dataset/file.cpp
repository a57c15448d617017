#include "harness/dataset/file.hpp"

namespace assay::dataset {

std::expected<DicomFile, Problem> read_file(ByteView file, const FileOptions& options) {
  auto parts = parse_part10(file);
  if (has_error(parts.problems)) return std::unexpected(parts.problems.front());
  DicomFile result;
  result.bytes = file;
  result.meta = std::move(parts.meta);
  result.transfer_syntax_uid = parts.transfer_syntax_uid;
  result.data_set_offset = parts.data_set_offset;
  result.encoding = options.as.value_or(parts.encoding());
  result.problems = std::move(parts.problems);
  DecodeOptions decoding;
  decoding.base_offset = parts.data_set_offset;
  decoding.strict = options.strict;
  decoding.max_depth = options.max_depth;
  decoding.stop_before = options.stop_before;
  auto decoded = decode(parts.data_set, result.encoding, decoding);
  result.data_set = std::move(decoded.data_set);
  result.more_problems = decoded.more_problems;
  result.problems.insert(result.problems.end(), decoded.problems.begin(), decoded.problems.end());
  return result;
}

Bytes rewrite(const DicomFile& file) {
  Bytes out;
  if (file.kind == FileKind::part10) append(out, file.bytes.first(132));
  append(out, rewrite(file.meta));
  append(out, rewrite(file.data_set));
  return out;
}

}  // namespace assay::dataset
