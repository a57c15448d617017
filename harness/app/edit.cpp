#include "harness/app/edit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "harness/app/files.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/text_form.hpp"

namespace assay::app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view usage_of(std::string_view option) {
  if (option == "--set") return "PATH=VALUE or PATH:VR=VALUE";
  if (option == "--set-hex") return "PATH=HEX or PATH:VR=HEX";
  if (option == "--insert") return "PATH=VALUE, PATH:VR=VALUE or, for an item, SEQUENCE[n]";
  return "PATH";
}

// The '=' that ends a path: not one inside the brackets of a private creator.
std::size_t end_of_path(const std::string& words) {
  bool bracket = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == '(') bracket = true;
    if (words[i] == ')') bracket = false;
    if (words[i] == '=' && !bracket) return i;
  }
  return std::string::npos;
}

bool is_meta(const dataset::Edit& edit) { return edit.path.steps.front().tag.group == 0x0002; }

dataset::Edit set_text(Tag tag, std::string_view text) {
  dataset::Edit edit{
      .kind = dataset::EditKind::set, .path = {}, .vr = Vr::none, .text = std::string(text), .bytes = {}};
  edit.path.steps.push_back({tag, {}, dataset::ItemChoice::none, 0});
  return edit;
}

class FileEditor {
 public:
  FileEditor(const EditFilesOptions& options, Reading reading, std::vector<dataset::Edit> edits, Console& console,
             BufferedData& out)
      : options_(options),
        reading_(std::move(reading)),
        how_(options.how),
        edits_(std::move(edits)),
        console_(console),
        out_(out) {
    how_.private_names = reading_.private_names();
  }

  int edit(const std::string& path, ByteView bytes) {
    auto file = dataset::read_file(bytes, reading_.how);
    if (!file) return failed(not_dicom(path, file.error()));
    if (const auto wrong = apply_all(path, *file)) return failed(fmt::format("{}: {}", path, *wrong));
    const Bytes after = dataset::rewrite(*file);
    const bool same = std::equal(after.begin(), after.end(), bytes.begin(), bytes.end());
    if (!options_.dry_run) {
      if (const auto wrong = write(path, after, same)) return failed(*wrong);
    }
    for (const auto& line : lines_) out_.add(line);
    if (lines_.empty() && !options_.quiet) out_.add(fmt::format("{}: unchanged\n", dataset::safe_text(path)));
    lines_.clear();
    if (!has_error(file->problems)) return exit_codes::ok;
    out_.flush();
    console_.error(cut_short(path, file->problems) + "; what follows was kept as it is");
    return exit_codes::not_conformant;
  }

 private:
  int failed(const std::string& line) {
    lines_.clear();
    out_.flush();
    console_.error(line);
    return exit_codes::usage;
  }

  std::optional<std::string> apply_all(const std::string& path, dataset::DicomFile& file) {
    const auto uid_before = std::string(file.data_set.text(tags::SOPInstanceUID));
    const auto class_before = std::string(file.data_set.text(tags::SOPClassUID));
    for (const auto& edit : edits_) {
      if (is_meta(edit) && file.meta.empty()) return "has no File Meta Information to edit";
      if (const auto wrong = one(path, is_meta(edit) ? file.meta : file.data_set, edit)) return wrong;
    }
    if (options_.keep_meta) return std::nullopt;
    return follow(path, file, tags::SOPInstanceUID, tags::MediaStorageSOPInstanceUID, uid_before).or_else([&] {
      return follow(path, file, tags::SOPClassUID, tags::MediaStorageSOPClassUID, class_before);
    });
  }

  // File Meta Information names the instance too (PS3.10 7.1): where it agreed, it is made to agree again.
  std::optional<std::string> follow(const std::string& path, dataset::DicomFile& file, Tag tag, Tag meta_tag,
                                    const std::string& before) {
    const auto now = std::string(file.data_set.text(tag));
    if (now == before || !file.meta.has(meta_tag) || file.meta.text(meta_tag) != before) return std::nullopt;
    return one(path, file.meta, set_text(meta_tag, now));
  }

  std::optional<std::string> one(const std::string& path, dataset::DataSet& data_set, const dataset::Edit& edit) {
    const auto changes = dataset::apply(data_set, edit, how_);
    if (!changes) return changes.error();
    if (!options_.quiet)
      for (const auto& change : *changes)
        lines_.push_back(fmt::format("{}: {} {}: {} -> {}\n", dataset::safe_text(path), change.path, name(change.vr),
                                     change.before, change.after));
    return std::nullopt;
  }

  std::optional<std::string> write(const std::string& path, const Bytes& bytes, bool same) const {
    std::string target = path;
    if (!options_.out.empty()) {
      fs::path place = fs::path(options_.out) / place_below_argument(options_.paths, path);
      std::error_code error;
      fs::create_directories(place.parent_path(), error);
      if (error) return fmt::format("{}: {}", place.parent_path().string(), error.message());
      target = place.string();
    } else if (same) {
      return std::nullopt;
    }
    if (const auto written = write_file(target, bytes); !written) return written.error();
    return std::nullopt;
  }

  const EditFilesOptions& options_;
  Reading reading_;
  dataset::EditOptions how_;
  std::vector<dataset::Edit> edits_;
  Console& console_;
  BufferedData& out_;
  std::vector<std::string> lines_;
};

int write_from_text(const EditFilesOptions& options, Console& console) {
  if (options.paths.size() != 1 || !options.steps.empty()) {
    console.error("--from-text takes one file to write and no edits: assay edit NEW.dcm --from-text FILE.txt");
    return exit_codes::usage;
  }
  const auto text = FileBytes::open(options.from_text);
  if (!text) {
    console.error(text.error());
    return exit_codes::usage;
  }
  const auto bytes = dataset::file_from_text_form(as_text(text->view()));
  if (!bytes) {
    console.error(fmt::format("{}:{}:{}: {}", options.from_text, bytes.error().line, bytes.error().column,
                              bytes.error().message));
    return exit_codes::usage;
  }
  if (options.dry_run) return exit_codes::ok;
  if (const auto written = write_file(options.paths.front(), *bytes); !written) {
    console.error(written.error());
    return exit_codes::usage;
  }
  return exit_codes::ok;
}

}  // namespace

std::expected<dataset::Edit, std::string> edit_from_words(const std::string& option, const std::string& words) {
  dataset::Edit edit{.kind = dataset::EditKind::set, .path = {}, .vr = Vr::none, .text = {}, .bytes = {}};
  if (option == "--clear") edit.kind = dataset::EditKind::clear;
  if (option == "--delete") edit.kind = dataset::EditKind::erase;
  if (option == "--insert") edit.kind = dataset::EditKind::insert;
  const bool takes_value = option == "--set" || option == "--set-hex" || option == "--insert";
  const std::size_t end = takes_value ? end_of_path(words) : std::string::npos;
  if (end == std::string::npos && (option == "--set" || option == "--set-hex"))
    return std::unexpected(fmt::format("{} '{}' has no '=': write {}", option, words, usage_of(option)));
  std::string path = words.substr(0, end);
  if (const auto colon = path.rfind(':'); takes_value && colon != std::string::npos && path.size() - colon == 3) {
    edit.vr = vr_from(std::string_view(path).substr(colon + 1));
    if (edit.vr == Vr::none)
      return std::unexpected(fmt::format("{} '{}': {} is no VR of PS3.5 6.2", option, words, path.substr(colon + 1)));
    path.resize(colon);
  }
  auto parsed = dataset::parse_tag_path(path);
  if (!parsed)
    return std::unexpected(fmt::format("{} '{}': at character {}: {}", option, words, parsed.error().position + 1,
                                       parsed.error().message));
  edit.path = std::move(*parsed);
  if (end == std::string::npos) return edit;
  const std::string value = words.substr(end + 1);
  if (option != "--set-hex") {
    edit.text = value;
    return edit;
  }
  edit.bytes = from_hex(value);
  if (!edit.bytes) return std::unexpected(fmt::format("{} '{}': not pairs of hexadecimal digits", option, words));
  return edit;
}

int edit_files(const EditFilesOptions& options, Console& console) {
  if (!options.from_text.empty()) return write_from_text(options, console);
  const auto refuse = [&](const std::string& line) {
    console.error(line);
    return exit_codes::usage;
  };
  if (options.steps.empty()) return refuse("there is nothing to edit: give --set, --clear, --delete or --insert");
  if (options.out.empty() == !options.in_place && !options.dry_run)
    return refuse(
        "say where the changed files go: --out DIR, or --in-place to replace them, or --dry-run to only look");
  auto reading = reading_from(options.reading);
  if (!reading) return refuse(reading.error());
  std::vector<dataset::Edit> edits;
  for (const auto& step : options.steps) {
    auto edit = edit_from_words(step.option, step.words);
    if (!edit) return refuse(edit.error());
    if (edit->path.steps.front().tag == tags::TransferSyntaxUID && !options.how.force)
      return refuse(
          "the Transfer Syntax UID says how the bytes are to be read: 'assay convert' changes both, --force "
          "changes the UID alone");
    edits.push_back(std::move(*edit));
  }
  BufferedData out(console);
  FileEditor editor(options, std::move(*reading), std::move(edits), console, out);
  const auto run = for_each_file(options.paths, console, [&](const std::string& path, ByteView bytes) {
    if (path == "-" && options.in_place) {
      console.error("standard input cannot be replaced: give --out DIR");
      return exit_codes::usage;
    }
    return editor.edit(path, bytes);
  });
  out.flush();
  return run.exit_code();
}

}  // namespace assay::app
