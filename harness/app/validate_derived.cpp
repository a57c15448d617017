#include "harness/app/validate_derived.hpp"

#include <system_error>

#include "harness/app/object_file.hpp"

namespace assay::app {

namespace {

std::filesystem::path place_of(const std::string& path) {
  std::error_code failed;
  auto place = std::filesystem::weakly_canonical(path, failed);
  return failed ? std::filesystem::path(path) : place;
}

}  // namespace

bool DerivedSources::open(const std::vector<std::string>& paths, const dataset::FileOptions& how, Console& console) {
  std::size_t unusable = 0;
  for (const auto& path : files_below(paths, console, unusable)) {
    auto bytes = FileBytes::open(path);
    if (!bytes) {
      console.error(bytes.error());
      ++unusable;
      continue;
    }
    auto& source = files_.emplace_back();
    source.path = path;
    source.place = place_of(path);
    source.bytes = std::move(*bytes);
    auto file = dataset::read_file(source.bytes.view(), how);
    if (!file) {
      console.error(not_dicom(path, file.error()));
      files_.pop_back();
      continue;
    }
    source.file = std::move(*file);
    // A DICOMDIR and its like are no objects.
    if (source.file.data_set.text(tags::SOPInstanceUID).empty()) files_.pop_back();
  }
  if (files_.empty()) console.error("--derived-from names no DICOM object");
  return unusable == 0 && !files_.empty();
}

DerivedSources::Judgement DerivedSources::judge(const std::string& path, const dataset::DicomFile& derived) const {
  const auto place = place_of(path);
  std::vector<conformance::iod::ImageObject> sources;
  std::vector<const Source*> files;
  for (const auto& source : files_) {
    if (source.place == place) continue;
    sources.push_back({&source.file.data_set, source.file.transfer_syntax_uid});
    files.push_back(&source);
  }
  auto judged = conformance::iod::check_derived(sources, {&derived.data_set, derived.transfer_syntax_uid});
  Judgement judgement{{}, std::move(judged.not_judged), std::move(judged.problems), judged.more_problems};
  for (const auto number : judged.sources) judgement.sources.push_back(files[number]->path);
  return judgement;
}

}  // namespace assay::app
