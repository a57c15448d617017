// Any bytes as a file (PS3.10 7): named or read, within bounds, and every byte comes back.
#include <algorithm>

#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "harness/dataset/check.hpp"
#include "harness/dataset/file.hpp"
#include "harness/dataset/part10.hpp"
#include "harness/dataset/part10_meta.hpp"
#include "harness/dataset/probe.hpp"

namespace {

using namespace assay;
using namespace assay::dataset;

void check(ByteView input, const FileOptions& options) {
  const auto file = read_file(input, options);
  if (!file) {
    fuzz::require(!file.error().found.empty() && file.error().gravity == Gravity::error, "what it is instead is said");
    return;
  }
  fuzz::require(std::ranges::equal(rewrite(*file), input), "every byte comes back");
  fuzz::require(file->meta_offset <= file->data_set_offset && file->data_set_offset <= input.size(), "parts in order");
  const auto data_size = file->inflated ? file->inflated->size() : input.size() - file->data_set_offset;
  fuzz::require(file->decoded <= data_size, "decoded is in bounds");
  if (file->inflated) fuzz::require(file->inflated->size() <= options.max_inflated, "the inflated bytes are bounded");
  const auto farthest = std::max<std::uint64_t>(input.size(), data_size);
  for (const auto& problem : file->problems) {
    fuzz::require(problem.offset <= farthest, "a problem lies in the file");
    fuzz::require(!problem.rule.empty() && !problem.clause.empty(), "a problem has a rule and a clause");
  }
  fuzz::require(file->data_set.nodes().size() <= data_size / 8 + 1, "nodes are no more than the bytes can hold");
  auto changed = *file;
  changed.data_set.set_text(tags::PatientID, "CHANGED");
  const auto bytes = rewrite(changed);
  const auto kept = static_cast<std::ptrdiff_t>(file->data_set_offset);
  fuzz::require(std::equal(input.begin(), input.begin() + kept, bytes.begin()), "what stands before is kept");
}

// The rules of a whole file, the old entrance to it, and a new file with the same Data Set.
void check_and_write(ByteView input) {
  const auto part10 = parse_part10(input);
  fuzz::require(part10.data_set_offset <= input.size(), "the Data Set begins in the file");
  FileOptions options;
  options.max_inflated = 1U << 16;
  const auto file = read_file(input, options);
  if (!file) return;
  std::size_t more = 0;
  fuzz::require(dataset::check(*file, {}, &more).size() <= 2 * limits::max_problems, "problems are limited");
  auto meta_again = file->meta;
  update_group_length(meta_again);
  FileMeta meta;
  meta.sop_class_uid = file->meta.text(tags::MediaStorageSOPClassUID);
  meta.sop_instance_uid = "1.2.3";
  meta.implementation_class_uid = "1.2.3.4";
  meta.transfer_syntax_uid = file->transfer_syntax_uid;
  meta.implementation_version_name = meta.source_ae_title = meta.sending_ae_title = meta.receiving_ae_title = "A";
  meta.private_information_creator_uid = "1.2";
  meta.private_information = {1, 2, 3};
  const auto made = build_part10(meta, file->data_set);
  fuzz::require(parse_part10(made).meta.text(tags::MediaStorageSOPInstanceUID) == "1.2.3", "what was built is a file");
}

}  // namespace

ASSAY_CUSTOM_MUTATOR(ASSAY_FORMAT_FILE)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 512, std::size_t{16} << 20U);
  const ByteView input(data, size);
  constexpr std::size_t groups = 5;
  FileOptions options;
  options.max_inflated = 1U << 16;
  if (fuzz::wanted(0, groups, input)) check(input, options);
  options.strict = true;
  if (fuzz::wanted(1, groups, input)) check(input, options);
  options.strict = false;
  options.stop_before = tags::PixelData;
  options.guess = false;
  if (fuzz::wanted(2, groups, input)) check(input, options);
  options.as = explicit_be;
  if (fuzz::wanted(3, groups, input)) check(input, options);
  if (!fuzz::wanted(4, groups, input)) return 0;
  check_and_write(input);
  const auto answer = probe(input);
  fuzz::require(!answer.what.empty() && answer.next.ends_with('.'), "probe always has an answer");
  return 0;
}
