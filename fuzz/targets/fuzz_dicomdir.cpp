// Any bytes as a DICOMDIR (PS3.10 8, PS3.3 F): the record tree is followed in time, each record once; what is built
// from any objects is right.
#include <algorithm>

#include "fuzz/mutators/assay_mutators.h"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "harness/dataset/dicomdir.hpp"
#include "harness/dataset/file.hpp"

namespace {

using namespace assay;
using namespace assay::dataset;

void verify(const DicomFile& file) {
  std::size_t asked = 0;
  const auto check = check_directory(file, [&](const std::string& name) -> std::optional<SetMember> {
    ++asked;
    if (name.size() % 2 == 0) return std::nullopt;
    SetMember member;
    member.file = name;
    member.dicom = true;
    return member;
  });
  fuzz::require(asked <= check.records.size(), "a file is asked for once per record");
  fuzz::require(check.problems.size() <= limits::max_problems, "problems are limited");
  for (std::size_t i = 1; i < check.records.size(); ++i)
    fuzz::require(check.records[i - 1].offset < check.records[i].offset, "records stand in order");
  const auto orphans = std::ranges::any_of(
      check.problems, [](const Problem& problem) { return problem.rule == "ps3.3/F.3.2.2/record-orphan"; });
  const bool left = std::ranges::any_of(check.records, [](const DirectoryRecord& record) {
    return !record.reached && record.in_use != 0 && record.type != "MRDR";
  });
  fuzz::require(orphans == left || check.problems.size() == limits::max_problems, "orphans are told");
}

void ask(const DicomFile& file, std::string_view text) {
  const auto components = components_of(text);
  (void)fault_of_file_id(components);
  (void)fault_of_file_set_id(text);
  (void)record_type_of(file.data_set.text(tags::SOPClassUID));
  if (const auto* type = find_record_type(text)) fuzz::require(!record_keys(type->name).empty(), "a record has keys");
  fuzz::require(!dicomdir_missing(text.size()).rule.empty(), "a missing DICOMDIR is told");
  std::vector<SetMember> members(4);
  members[0].file = "DICOMDIR";
  members[1].file = "SUB/DICOMDIR";
  members[2].file = "A";
  members[3].file = std::string(text);
  members[2].dicom = members[3].dicom = true;
  const auto listing = check_listing(check_directory(file), members);
  fuzz::require(listing.size() <= members.size(), "a file is told of once");
}

// The input as an object of a set of two: the directory of it is right whenever the object could be listed.
void build(const DicomFile& file) {
  const std::vector<DirectoryEntry> entries{entry_of(file, {"A"}), entry_of(file, {"B"}), entry_of(file, {"bad.dcm"})};
  DirectoryOptions options;
  options.implementation_class_uid = "1.2.3";
  const auto made = build_directory(entries, options);
  fuzz::require(made.listed + made.refused.size() == entries.size(), "listed or refused");
  const auto read = read_file(made.file);
  fuzz::require(read.has_value(), "what was built is a file");
  const auto check = check_directory(*read);
  fuzz::require(check.records.size() == made.records, "every record is there");
  for (const auto& record : check.records) fuzz::require(record.reached, "every record can be reached");
}

}  // namespace

ASSAY_CUSTOM_MUTATOR(ASSAY_FORMAT_FILE)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 2048, std::size_t{16} << 20U);
  FileOptions options;
  options.max_inflated = 1U << 16;
  const auto file = read_file({data, size}, options);
  if (!file) return 0;
  if (fuzz::wanted(0, 2, {data, size})) verify(*file);
  if (fuzz::wanted(1, 2, {data, size})) build(*file);
  if (fuzz::wanted(1, 2, {data, size})) ask(*file, as_text({data, std::min<std::size_t>(size, 20)}));
  return 0;
}
