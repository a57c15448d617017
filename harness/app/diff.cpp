#include "harness/app/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/dataset/diff.hpp"
#include "harness/dataset/diff_remarks.hpp"
#include "harness/dataset/dump_people.hpp"

namespace assay::app {

namespace fs = std::filesystem;
using dataset::Difference;
using dataset::DifferenceKind;

namespace {

struct Pair {
  std::string name;  // relative path or SOP Instance UID
  std::string first;
  std::string second;  // one of them empty: there is no partner
};

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

class Comparison {
 public:
  Comparison(const DiffFilesOptions& options, Console& console) : options_(options), console_(console), out_(console) {}

  /// What is wrong with the options, in one sentence.
  std::optional<std::string> prepare() {
    auto reading = reading_from(options_.reading);
    if (!reading) return reading.error();
    reading_ = std::move(*reading);
    how_.private_names = reading_.private_names();
    for (const auto& text : options_.ignore)
      if (const auto added = ignore_.add(text); !added) return "--ignore " + added.error();
    if (options_.ignore_uids) ignore_.all_uids();
    how_.ignore = options_.ignore.empty() && !options_.ignore_uids ? nullptr : &ignore_;
    const auto wants = [&](std::string_view what) {
      return std::find(options_.only.begin(), options_.only.end(), what) != options_.only.end();
    };
    const bool all = options_.only.empty();
    changed_ = all || wants("changed");
    missing_ = all || wants("missing");
    how_.same = wants("same");
    how_.encoding = options_.encoding;
    how_.digest_bulk = options_.pixel_digest;
    return std::nullopt;
  }

  int run() {
    const InterruptGuard guard;
    std::error_code error;
    const bool folders = fs::is_directory(options_.first, error);
    if (folders != fs::is_directory(options_.second, error) && fs::exists(options_.first, error) &&
        fs::exists(options_.second, error)) {
      console_.error(fmt::format("{} is a folder and {} is a file: compare two files or two folders",
                                 folders ? options_.first : options_.second,
                                 folders ? options_.second : options_.first));
      return exit_codes::usage;
    }
    if (options_.form == DiffForm::csv) out_.add("file,difference,path,name,first VR,second VR,first,second,what\n");
    if (!folders) {
      compare({"", options_.first, options_.second});
    } else {
      std::map<std::string, Pair> pairs;
      gather(options_.first, &Pair::first, pairs);
      gather(options_.second, &Pair::second, pairs);
      std::size_t done = 0;
      Progress progress(console_, pairs.size());
      for (auto& [name, pair] : pairs) {
        if (InterruptGuard::asked()) break;
        progress.at(done++, name);
        pair.name = name;
        compare(pair);
      }
      if (InterruptGuard::asked()) {
        out_.flush();
        console_.error(fmt::format("interrupted after {} of {} files", done, pairs.size()));
        return exit_codes::interrupted;
      }
    }
    out_.flush();
    console_.clear_progress();
    if (unusable_ > 0) return exit_codes::usage;
    return different_ > 0 ? exit_codes::not_conformant : exit_codes::ok;
  }

 private:
  void complain(const std::string& line) {
    out_.flush();
    console_.error(line);
    ++unusable_;
  }

  void gather(const std::string& folder, std::string Pair::* side, std::map<std::string, Pair>& pairs) {
    const auto files = files_below({folder}, console_, unusable_);
    Progress progress(console_, files.size());
    for (std::size_t i = 0; i < files.size() && !InterruptGuard::asked(); ++i) {
      const auto& file = files[i];
      progress.at(i, file);
      std::string name = fs::path(file).lexically_relative(folder).string();
      if (options_.by_instance) {
        const auto bytes = FileBytes::open(file);
        if (!bytes) {
          complain(bytes.error());
          continue;
        }
        auto reading = reading_.how;
        reading.stop_before = Tag(0x0008, 0x0019);
        const auto read = dataset::read_file(bytes->view(), reading);
        if (!read) {
          complain(not_dicom(file, read.error()));
          continue;
        }
        name = std::string(read->data_set.text(tags::SOPInstanceUID));
        if (name.empty() || !(pairs[name].*side).empty()) {
          complain(fmt::format("{}: {}", file,
                               name.empty() ? "has no SOP Instance UID to pair it by"
                                            : "has the SOP Instance UID of " + pairs[name].*side));
          continue;
        }
      }
      pairs[name].*side = file;
    }
  }

  std::optional<dataset::DicomFile> read(const std::string& path, FileBytes& bytes) {
    auto opened = FileBytes::open(path);
    if (!opened) {
      complain(opened.error());
      return std::nullopt;
    }
    bytes = std::move(*opened);
    auto file = dataset::read_file(bytes.view(), reading_.how);
    if (!file) {
      complain(not_dicom(path, file.error()));
      return std::nullopt;
    }
    if (has_error(file->problems)) {
      out_.flush();
      console_.error(cut_short(path, file->problems) + "; compared up to there");
      ++different_;
    }
    return std::move(*file);
  }

  void compare(const Pair& pair) {
    const std::string name = pair.name.empty() ? pair.first : pair.name;
    if (pair.first.empty() || pair.second.empty()) {
      ++different_;
      Difference lonely;
      lonely.kind = pair.second.empty() ? DifferenceKind::only_first : DifferenceKind::only_second;
      lonely.path = "(file)";
      if (missing_) show(name, lonely);
      return;
    }
    FileBytes first_bytes;
    FileBytes second_bytes;
    const auto first = read(pair.first, first_bytes);
    const auto second = read(pair.second, second_bytes);
    if (!first || !second) return;
    const auto take = [&](const Difference& difference) { show(name, difference); };
    const auto count = dataset::diff(first->meta, second->meta, how_, take) +
                       dataset::diff(first->data_set, second->data_set, how_, take);
    different_ += count;
    if (options_.remarks)
      for (const auto& remark : dataset::remarks(first->data_set, second->data_set,
                                                 {first->transfer_syntax_uid, second->transfer_syntax_uid}))
        show(name, remark);
    if (options_.encoding && first->encoding != second->encoding) {
      Difference syntax;
      syntax.kind = DifferenceKind::encoding;
      syntax.path = "(file)";
      syntax.first = dataset::safe_text(first->transfer_syntax_uid);
      syntax.second = dataset::safe_text(second->transfer_syntax_uid);
      syntax.what = "transfer syntax";
      show(name, syntax);
    }
  }

  [[nodiscard]] bool wanted(DifferenceKind kind) const {
    switch (kind) {
      case DifferenceKind::same: return how_.same;
      case DifferenceKind::encoding: return how_.encoding;
      case DifferenceKind::changed: return changed_;
      default: return missing_;
    }
  }

  void show(const std::string& name, const Difference& difference) {
    if (difference.kind == DifferenceKind::encoding) ++different_;
    if (!wanted(difference.kind)) return;
    switch (options_.form) {
      case DiffForm::json: return json(name, difference);
      case DiffForm::csv:
        out_.add(fmt::format("{},{},{},{},{},{},{},{},{}\n", csv_field(dataset::safe_text(name)),
                             dataset::name(difference.kind), csv_field(difference.path), csv_field(difference.name),
                             vr(difference.first_vr), vr(difference.second_vr), csv_field(difference.first),
                             csv_field(difference.second), difference.what));
        return;
      case DiffForm::text: break;
    }
    heading(name);
    const bool colour = console_.colour();
    const auto paint = [&](std::string_view code, std::string_view text) {
      return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
    };
    const std::string what = difference.path + (difference.name.empty() ? "" : " " + difference.name);
    switch (difference.kind) {
      case DifferenceKind::only_first:
        out_.add(paint("31", fmt::format("  - {}: {}", what, difference.first)) + "\n");
        break;
      case DifferenceKind::only_second:
        out_.add(paint("32", fmt::format("  + {}: {}", what, difference.second)) + "\n");
        break;
      case DifferenceKind::changed:
        out_.add(fmt::format("  {} {}: {} -> {}\n", paint("33", "~"), what, paint("31", difference.first),
                             paint("32", difference.second)));
        break;
      case DifferenceKind::same: out_.add(fmt::format("  = {}: {}\n", what, difference.first)); break;
      case DifferenceKind::encoding: {
        const bool vrs = difference.what == "VR";
        out_.add(fmt::format("  # {}: {} differs{}\n", what, difference.what,
                             vrs ? fmt::format(": {} -> {}", vr(difference.first_vr), vr(difference.second_vr))
                             : difference.what == "order" || difference.what == "transfer syntax"
                                 ? fmt::format(": {} -> {}", difference.first, difference.second)
                                 : ""));
      }
    }
  }

  void heading(const std::string& name) {
    if (shown_ == name) return;
    out_.add(fmt::format("{}\n", dataset::safe_text(name)));
    shown_ = name;
  }

  /// Remarks are no differences of their own, and have no column in a table.
  void show(const std::string& name, const dataset::Remark& remark) {
    switch (options_.form) {
      case DiffForm::csv: return;
      case DiffForm::json: {
        nlohmann::ordered_json object;
        object["file"] = name;
        object["remark"] = remark.about;
        object["text"] = remark.text;
        out_.add(json_line(object));
        return;
      }
      case DiffForm::text: break;
    }
    heading(name);
    out_.add(fmt::format("  ! {}: {}\n", remark.about, remark.text));
  }

  static std::string_view vr(Vr vr) { return vr == Vr::none ? std::string_view() : assay::name(vr); }

  void json(const std::string& name, const Difference& difference) {
    nlohmann::ordered_json object;
    object["file"] = name;
    object["difference"] = dataset::name(difference.kind);
    object["path"] = difference.path;
    if (!difference.name.empty()) object["name"] = difference.name;
    if (difference.kind != DifferenceKind::only_second) {
      if (difference.first_vr != Vr::none) object["first_vr"] = vr(difference.first_vr);
      object["first"] = difference.first;
    }
    if (difference.kind != DifferenceKind::only_first) {
      if (difference.second_vr != Vr::none) object["second_vr"] = vr(difference.second_vr);
      object["second"] = difference.second;
    }
    if (!difference.what.empty()) object["what"] = difference.what;
    out_.add(json_line(object));
  }

  const DiffFilesOptions& options_;
  Console& console_;
  BufferedData out_;
  dataset::IgnoreList ignore_;
  dataset::DiffOptions how_;
  bool changed_ = true;
  bool missing_ = true;
  Reading reading_;
  std::string shown_;
  std::size_t different_ = 0;
  std::size_t unusable_ = 0;
};

}  // namespace

int diff_files(const DiffFilesOptions& options, Console& console) {
  Comparison comparison(options, console);
  if (const auto wrong = comparison.prepare()) {
    console.error(*wrong);
    return exit_codes::usage;
  }
  return comparison.run();
}

}  // namespace assay::app
