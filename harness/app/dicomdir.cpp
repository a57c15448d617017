#include "harness/app/dicomdir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/object_file.hpp"
#include "harness/dataset/dicomdir.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/part10_meta.hpp"
#include "harness/scenario/builder.hpp"

namespace assay::app {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

std::string upper(std::string text) {
  for (auto& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return text;
}

/// "A/B/C" of a file below the root; "" of one that is not.
std::string relative_name(const fs::path& root, const fs::path& file) {
  const auto relative = file.lexically_relative(root).generic_string();
  return relative.starts_with("..") ? "" : relative;
}

/// Opens a file as far as a directory needs it: its first groups.
std::expected<dataset::DicomFile, Problem> read_header(ByteView bytes, Tag stop) {
  dataset::FileOptions options;
  options.stop_before = stop;
  return dataset::read_file(bytes, options);
}

/// The files of the set as verification asks for them.
class FileSet {
 public:
  FileSet(fs::path root, Console& console) : root_(std::move(root)) {
    std::size_t unusable = 0;
    for (const auto& path : files_below({root_.string()}, console, unusable)) {
      const auto name = relative_name(root_, path);
      if (name.empty()) continue;
      names_.push_back(name);
      exact_.insert(name);
      by_upper_.emplace(upper(name), name);
    }
    progress_.emplace(console, names_.size());
  }

  std::optional<dataset::SetMember> find(const std::string& file) {
    const bool exact = exact_.contains(file);
    const auto found = by_upper_.find(upper(file));
    if (found == by_upper_.end()) return std::nullopt;
    auto result = member(exact ? file : found->second);
    result.other_case = !exact;
    return result;
  }

  /// Every file below the root, once.
  std::vector<dataset::SetMember> all() {
    std::vector<dataset::SetMember> list;
    for (const auto& name : names_)
      if (upper(name) != "DICOMDIR") list.push_back(member(name));
    return list;
  }

 private:
  const dataset::SetMember& member(const std::string& name) {
    const auto known = members_.find(name);
    if (known != members_.end()) return known->second;
    dataset::SetMember result;
    result.file = name;
    if (InterruptGuard::asked()) return members_.emplace(name, std::move(result)).first->second;  // nobody will look
    progress_->at(members_.size(), name);
    const auto bytes = FileBytes::open((root_ / name).string());
    if (!bytes) {
      result.what = bytes.error();
    } else if (const auto file = read_header(bytes->view(), Tag(0x0009, 0)); !file) {
      result.what = file.error().found;
    } else if (file->kind == dataset::FileKind::part10 || file->kind == dataset::FileKind::no_preamble) {
      result.dicom = true;
      result.sop_class = std::string(file->meta.text(tags::MediaStorageSOPClassUID));
      result.sop_instance = std::string(file->meta.text(tags::MediaStorageSOPInstanceUID));
      result.transfer_syntax = file->transfer_syntax_uid;
    } else {
      result.what = "a Data Set without File Meta Information";
    }
    return members_.emplace(name, std::move(result)).first->second;
  }

  fs::path root_;
  std::vector<std::string> names_;
  std::set<std::string> exact_;
  std::map<std::string, std::string> by_upper_;
  std::map<std::string, dataset::SetMember> members_;
  std::optional<Progress> progress_;
};

int interrupted(Console& console) {
  console.error("interrupted before all files were looked at");
  return exit_codes::interrupted;
}

int finish_verify(const std::string& path, Problems problems, ordered_json summary, const std::string& words, bool json,
                  Console& console) {
  const auto book = conformance::standard_rules();
  FindingCounts counts;
  auto list = ordered_json::array();
  std::string text;
  std::set<std::string> advised;
  for (const auto& problem : problems) {
    const auto* info = book->find(problem.rule);
    counts.add(severity_of(problem, info));
    if (json)
      list.push_back(finding_json(problem, {}, info));
    else
      text += finding_text(problem, {}, info, advised.insert(problem.rule).second, console.colour());
  }
  if (json) {
    summary["verdict"] = std::string(counts.verdict(false));
    summary["errors"] = counts.errors();
    summary["warnings"] = counts.warnings();
    summary["notes"] = counts.notes();
    summary["findings"] = std::move(list);
    console.data(json_text(summary));
  } else {
    console.text(fmt::format("{}: {}: {}\n", dataset::safe_text(path), words, counts.text(console.colour())) + text);
  }
  return counts.red(false) ? exit_codes::not_conformant : exit_codes::ok;
}

}  // namespace

int verify_dicomdir(const std::string& path, bool json, Console& console) {
  if (json) console.text_to_stderr();
  std::error_code failed;
  const bool folder = fs::is_directory(path, failed);
  fs::path index = path;
  if (folder) {
    index = fs::path(path) / "DICOMDIR";
    if (!fs::exists(index, failed))
      for (const auto& entry : fs::directory_iterator(path, failed))
        if (upper(entry.path().filename().string()) == "DICOMDIR") index = entry.path();
  }
  const auto root = folder ? fs::path(path) : index.has_parent_path() ? index.parent_path() : fs::path(".");
  const InterruptGuard guard;
  FileSet set(root, console);
  if (folder && !fs::exists(index, failed)) {
    std::size_t objects = 0;
    for (const auto& member : set.all()) objects += member.dicom ? 1U : 0U;
    if (InterruptGuard::asked()) return interrupted(console);
    if (objects == 0) {
      console.error(path + ": holds neither a DICOMDIR nor a DICOM file");
      return exit_codes::usage;
    }
    const auto words = counted(objects, "DICOM file") + ", no DICOMDIR";
    return finish_verify(path, {dataset::dicomdir_missing(objects)}, {{"file", path}, {"dicom_files", objects}}, words,
                         json, console);
  }
  const auto bytes = FileBytes::open(index.string());
  if (!bytes) {
    console.error(bytes.error());
    return exit_codes::usage;
  }
  const auto file = dataset::read_file(bytes->view());
  if (!file) {
    console.error(not_dicom(index.string(), file.error()));
    return exit_codes::usage;
  }
  auto check = dataset::check_directory(*file, [&](const std::string& name) { return set.find(name); });
  Problems problems = file->problems;
  problems.insert(problems.end(), check.problems.begin(), check.problems.end());
  sort_by_place(problems);
  const auto unlisted = dataset::check_listing(check, set.all());
  problems.insert(problems.end(), unlisted.begin(), unlisted.end());
  if (InterruptGuard::asked()) return interrupted(console);
  const auto words = counted(check.records.size(), "record") + ", " + counted(check.files, "file") + " referenced";
  return finish_verify(index.string(), problems,
                       {{"file", index.string()}, {"records", check.records.size()}, {"files", check.files}}, words,
                       json, console);
}

int build_dicomdir(const DicomdirOptions& options, Console& console) {
  if (options.json) console.text_to_stderr();
  std::error_code failed;
  const fs::path root = options.folder;
  if (!fs::is_directory(root, failed)) {
    console.error(options.folder + ": is no folder");
    return exit_codes::usage;
  }
  const auto index = root / "DICOMDIR";
  if (fs::exists(index, failed) && !options.force) {
    console.error(index.string() + ": exists already; --force replaces it");
    return exit_codes::usage;
  }
  if (const auto fault = dataset::fault_of_file_set_id(options.file_set_id); !fault.empty()) {
    console.error("--file-set-id: " + fault);
    return exit_codes::usage;
  }
  std::vector<dataset::DirectoryEntry> entries;
  std::vector<std::string> refused;
  std::size_t others = 0;
  const auto list = [&](const std::string& path, ByteView bytes) {
    const auto name = relative_name(root, path);
    if (upper(name) == "DICOMDIR" || name.empty()) return exit_codes::ok;
    const auto file = read_header(bytes, Tag(0x7fe0, 0));
    if (!file) {
      ++others;
      return exit_codes::ok;
    }
    if (file->kind != dataset::FileKind::part10 || file->transfer_syntax_uid.empty()) {
      refused.push_back(name + ": is no DICOM file with File Meta Information: convert it first");
    } else if (file->meta.text(tags::MediaStorageSOPClassUID) == dataset::media_storage_directory) {
      refused.push_back(name + ": is another DICOMDIR");
    } else {
      entries.push_back(dataset::entry_of(*file, dataset::components_of(name)));
    }
    return exit_codes::ok;
  };
  // A file-set without files has a DICOMDIR too.
  const auto run = fs::is_empty(root, failed) ? FileRun{} : for_each_file({options.folder}, console, list);
  if (run.interrupted) return exit_codes::interrupted;
  dataset::DirectoryOptions how;
  how.file_set_id = options.file_set_id;
  how.implementation_class_uid = std::string(scenario::implementation_class_uid);
  how.implementation_version_name = "ASSAY";
  auto made = dataset::build_directory(entries, how);
  refused.insert(refused.end(), made.refused.begin(), made.refused.end());
  if (const auto written = write_file(index.string(), made.file); !written) {
    console.error(written.error());
    return exit_codes::usage;
  }
  if (options.json) {
    console.data(json_text({{"file", index.string()},
                            {"listed", made.listed},
                            {"records", made.records},
                            {"not_listed", refused},
                            {"made_up", made.notes},
                            {"other_files", others}}));
  } else {
    for (const auto& note : made.notes) console.text(dataset::safe_text(note) + '\n');
    for (const auto& line : refused) console.text("not listed: " + dataset::safe_text(line) + '\n');
    console.text(fmt::format("{}: {} for {}; {} not listed, {} of other kinds\n", dataset::safe_text(index.string()),
                             counted(made.records, "record"), counted(made.listed, "file"),
                             counted(refused.size(), "DICOM file"), counted(others, "file")));
  }
  return refused.empty() && run.unusable == 0 ? exit_codes::ok : exit_codes::not_conformant;
}

}  // namespace assay::app
