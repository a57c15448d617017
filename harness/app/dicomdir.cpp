#include "harness/app/dicomdir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/files.hpp"
#include "harness/dataset/dicomdir.hpp"
#include "harness/dataset/part10_meta.hpp"
#include "harness/scenario/builder.hpp"

namespace assay::app {

namespace fs = std::filesystem;

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
};

std::string_view word_of(Gravity gravity) {
  switch (gravity) {
    case Gravity::note: return "warning";
    case Gravity::deviation: return "fault";
    case Gravity::error: break;
  }
  return "error";
}

void print(const std::string& path, const Problems& problems, Console& console) {
  const auto book = conformance::standard_rules();
  for (const auto& problem : problems) {
    std::string line = fmt::format("{}: {} at {} (0x{:X}), {}: found {}, expected {} [{}, {}]", path,
                                   word_of(problem.gravity), problem.offset, problem.offset, problem.field,
                                   problem.found, problem.expected, problem.clause, problem.rule);
    if (const auto* info = book->find(problem.rule)) line += fmt::format(" {}", info->advice);
    console.text(line + '\n');
  }
}

nlohmann::json to_json(const Problems& problems) {
  auto list = nlohmann::json::array();
  const auto book = conformance::standard_rules();
  for (const auto& problem : problems) {
    const auto* info = book->find(problem.rule);
    list.push_back({{"severity", word_of(problem.gravity)},
                    {"rule", problem.rule},
                    {"clause", problem.clause},
                    {"offset", problem.offset},
                    {"field", problem.field},
                    {"found", problem.found},
                    {"expected", problem.expected},
                    {"advice", info ? std::string(info->advice) : ""}});
  }
  return list;
}

std::string dump(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

int finish_verify(const std::string& path, const Problems& problems, nlohmann::json summary, const std::string& words,
                  bool json, Console& console) {
  const bool good = clean(problems);
  if (json) {
    summary["problems"] = to_json(problems);
    summary["conformant"] = good;
    console.data(dump(summary));
  } else {
    print(path, problems, console);
    console.text(path + ": " + words + '\n');
  }
  return good ? exit_codes::ok : exit_codes::not_conformant;
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
  FileSet set(root, console);
  if (folder && !fs::exists(index, failed)) {
    std::size_t objects = 0;
    for (const auto& member : set.all()) objects += member.dicom ? 1U : 0U;
    if (objects == 0) {
      console.error(path + ": holds neither a DICOMDIR nor a DICOM file");
      return exit_codes::usage;
    }
    const auto words = fmt::format("{} DICOM files, no DICOMDIR", objects);
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
    console.error(index.string() + ": is " + file.error().found + ", expected " + file.error().expected);
    return exit_codes::usage;
  }
  auto check = dataset::check_directory(*file, [&](const std::string& name) { return set.find(name); });
  Problems problems = file->problems;
  problems.insert(problems.end(), check.problems.begin(), check.problems.end());
  std::sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.rule < b.rule;
  });
  const auto unlisted = dataset::check_listing(check, set.all());
  problems.insert(problems.end(), unlisted.begin(), unlisted.end());
  const auto faults = std::count_if(problems.begin(), problems.end(),
                                    [](const Problem& problem) { return problem.gravity != Gravity::note; });
  const auto words = fmt::format("{} records, {} files referenced, {}", check.records.size(), check.files,
                                 faults == 0   ? std::string("conformant")
                                 : faults == 1 ? std::string("1 fault")
                                               : fmt::format("{} faults", faults));
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
    console.data(dump({{"file", index.string()},
                       {"listed", made.listed},
                       {"records", made.records},
                       {"not_listed", refused},
                       {"made_up", made.notes},
                       {"other_files", others}}));
  } else {
    for (const auto& note : made.notes) console.text(note + '\n');
    for (const auto& line : refused) console.text("not listed: " + line + '\n');
    console.text(fmt::format("{}: {} records for {} files; {} DICOM files not listed, {} files of other kinds\n",
                             index.string(), made.records, made.listed, refused.size(), others));
  }
  return refused.empty() && run.unusable == 0 ? exit_codes::ok : exit_codes::not_conformant;
}

}  // namespace assay::app
