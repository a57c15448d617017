// Any bytes as a DICOMDIR (PS3.10 8, PS3.3 F): the record tree is followed in time, each record once; what is built
// from any objects is right.
#include <algorithm>

#include "fuzz/targets/fuzz_dataset_common.hpp"
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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FileOptions options;
  options.max_inflated = 1U << 16;
  const auto file = read_file({data, size}, options);
  if (!file) return 0;
  if (fuzz::wanted(0, 2, {data, size})) verify(*file);
  if (fuzz::wanted(1, 2, {data, size})) build(*file);
  return 0;
}
