#include "harness/app/dump.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/app/dump_levels.hpp"
#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/text_form.hpp"

namespace assay::app {

namespace {

// In a pipe nothing wraps, but values of a megabyte help nobody there either.
constexpr std::size_t piped_width = 160;

std::string summary(const std::string& path, const dataset::DicomFile& file) {
  const auto uid_text = [](std::string_view uid) {
    const auto* entry = dict::find_uid(uid);
    return entry ? std::string(entry->name) : printable(uid.empty() ? "no transfer syntax" : uid);
  };
  std::string text = fmt::format("{}: {}", dataset::safe_text(path), uid_text(file.transfer_syntax_uid));
  if (const auto sop_class = file.data_set.text(tags::SOPClassUID); !sop_class.empty())
    text += ", " + uid_text(sop_class);
  text += ", " + counted(file.meta.nodes().size() + file.data_set.nodes().size(), "element");
  if (!file.guess.empty()) text += ", " + file.guess;
  const auto wrong = std::count_if(file.problems.begin(), file.problems.end(),
                                   [](const Problem& p) { return p.gravity != Gravity::note; });
  if (wrong > 0) text += ", " + counted(static_cast<std::size_t>(wrong), "problem");
  return text + "\n";
}

class Dump {
 public:
  Dump(const DumpOptions& options, Console& console) : options_(options), console_(console), out_(console) {}

  /// What is wrong with the options, in one sentence.
  std::optional<std::string> prepare() {
    auto reading = reading_from(options_.reading);
    if (!reading) return reading.error();
    reading_ = std::move(*reading);
    for (const auto& text : options_.tags) {
      auto path = dataset::parse_tag_path(text);
      if (!path)
        return fmt::format("--tag '{}': at character {}: {}", text, path.error().position + 1, path.error().message);
      style_.only.push_back(std::move(*path));
    }
    if (!options_.stop_before.empty()) {
      reading_.how.stop_before = dict::tag_of(options_.stop_before);
      if (!reading_.how.stop_before) {
        const auto similar = dataset::similar_keyword(options_.stop_before);
        return fmt::format("--stop-before '{}' is no tag and no keyword of PS3.6{}", options_.stop_before,
                           similar.empty() ? "" : fmt::format("; did you mean {}?", similar));
      }
    }
    style_.private_names = reading_.private_names();
    style_.colour = console_.colour();
    style_.full = options_.full;
    style_.width = console_.live() ? static_cast<std::size_t>(console_.width()) : piped_width;
    style_.json = options_.form == DumpForm::json;
    if (options_.depth) style_.depth = *options_.depth;
    return std::nullopt;
  }

  int run() {
    const auto run = for_each_file(options_.paths, console_,
                                   [this](const std::string& path, ByteView bytes) { return one(path, bytes); });
    if (options_.form == DumpForm::by_level) levels_.print([this](std::string_view line) { out_.add(line); });
    out_.flush();
    return run.exit_code();
  }

 private:
  int one(const std::string& path, ByteView bytes) {
    auto file = dataset::read_file(bytes, reading_.how);
    if (!file) {
      out_.flush();
      console_.error(not_dicom(path, file.error()));
      return exit_codes::usage;
    }
    const auto sink = [this](std::string_view line) { out_.add(line); };
    switch (options_.form) {
      case DumpForm::elements: {
        const std::string prefix = dataset::safe_text(path);
        dataset::element_lines(file->meta, prefix, sink);
        if (!options_.meta_only) dataset::element_lines(file->data_set, prefix, sink);
        break;
      }
      case DumpForm::text_form: dataset::file_text_form(*file, sink); break;
      case DumpForm::by_level: levels_.add(file->data_set); break;
      default: lines(path, *file, sink);
    }
    if (!has_error(file->problems))
      return options_.problems && !clean(file->problems) ? exit_codes::not_conformant : exit_codes::ok;
    out_.flush();
    console_.error(cut_short(path, file->problems));
    return exit_codes::not_conformant;
  }

  void lines(const std::string& path, const dataset::DicomFile& file, const dataset::LineSink& sink) {
    style_.file = path;
    if (!style_.json) sink(summary(path, file));
    Problems in_meta;
    Problems in_data_set;
    for (const auto& problem : file.problems)
      (problem.offset < file.data_set_offset && !file.inflated ? in_meta : in_data_set).push_back(problem);
    const auto show = [&](const dataset::DataSet& data_set, Problems& problems) {
      sort_by_place(problems);
      style_.problems = options_.problems ? &problems : nullptr;
      dataset::dump_lines(data_set, style_, sink);
    };
    show(file.meta, in_meta);
    if (!options_.meta_only) show(file.data_set, in_data_set);
    style_.problems = nullptr;
  }

  const DumpOptions& options_;
  Console& console_;
  BufferedData out_;
  Reading reading_;
  dataset::DumpStyle style_;
  DumpLevels levels_;
};

}  // namespace

int dump(const DumpOptions& options, Console& console) {
  Dump work(options, console);
  if (const auto wrong = work.prepare()) {
    console.error(*wrong);
    return exit_codes::usage;
  }
  return work.run();
}

}  // namespace assay::app
