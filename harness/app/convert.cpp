#include "harness/app/convert.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>

#include "harness/app/convert_forms.hpp"
#include "harness/app/files.hpp"
#include "harness/app/options.hpp"

namespace assay::app {

namespace fs = std::filesystem;

namespace {

std::string extension_of(const TargetForm& target) {
  switch (target.form) {
    case FileForm::json: return ".json";
    case FileForm::dicom: return ".dcm";
    default: return ".xml";
  }
}

// One line for each kind of loss: a file with a thousand sequences has a thousand of the same.
void tell(const std::string& path, const Conversion& result, Console& console) {
  std::map<std::string, std::pair<const Problem*, std::size_t>> kinds;
  for (const auto& loss : result.losses) {
    auto& kind = kinds.try_emplace(loss.rule, &loss, 0).first->second;
    ++kind.second;
  }
  for (const auto& [rule, kind] : kinds) {
    const auto& [first, count] = kind;
    console.error(fmt::format("{}: {}: {}{} at {}, offset {}; the form holds {} [{}]", path,
                              first->gravity == Gravity::note ? "note" : "lost", first->found,
                              count > 1 ? fmt::format(" ({} times, first", count) + ")" : std::string(), first->field,
                              first->offset, first->expected, rule));
  }
  if (result.more_losses > 0) console.error(fmt::format("{}: and {} more", path, result.more_losses));
}

// URIs are paths relative to the file that holds them; nothing else is followed.
std::expected<Bytes, std::string> read_bulk(const fs::path& beside, const fs::path& folder, std::string_view uri) {
  if (uri.find(':') != std::string_view::npos || uri.find('%') != std::string_view::npos || uri.starts_with('/'))
    return std::unexpected(fmt::format("'{}' is no relative path", uri.substr(0, 200)));
  std::error_code error;
  const auto root = fs::weakly_canonical(folder, error);
  const auto file = fs::weakly_canonical(beside / std::string(uri), error);
  const auto inside = file.lexically_relative(root);
  if (error || inside.empty() || *inside.begin() == ".." || inside == ".")
    return std::unexpected(fmt::format("'{}' is not in the folder of --bulk-data", uri.substr(0, 200)));
  auto bytes = FileBytes::open(file.string());
  if (!bytes) return std::unexpected(bytes.error());
  return to_bytes(bytes->view());
}

class Converter {
 public:
  Converter(const ConvertOptions& options, Console& console, TargetForm target, dataset::FileOptions reading)
      : options_(options), console_(console), target_(std::move(target)), reading_(reading) {}

  int one(const std::string& in, ByteView bytes, const fs::path& out) {
    const bool to_stdout = out == "-";
    std::error_code error;
    if (!to_stdout && fs::is_directory(out, error))
      return refuse(fmt::format("{}: is a directory; --out DIR writes into it", out.string()));
    if (!to_stdout && !options_.force && fs::exists(out, error) && !fs::is_other(out, error))
      return refuse(fmt::format("{}: exists already; --force overwrites it", out.string()));
    const auto from = source_form(bytes);
    written_.clear();
    const auto converted = convert_bytes(in, bytes, from, target_, conversion(in, out));
    if (!converted) {
      for (const auto& file : written_) fs::remove(file, error);
      return refuse(converted.error());
    }
    if (!failure_.empty()) return refuse(std::exchange(failure_, {}));
    if (to_stdout) {
      console_.data(as_text(converted->bytes));
    } else if (const auto written = write_file(out.string(), converted->bytes); !written) {
      return refuse(written.error());
    }
    if (!options_.quiet) tell(in, *converted, console_);
    return clean(converted->losses) ? exit_codes::ok : exit_codes::not_conformant;
  }

  [[nodiscard]] const TargetForm& target() const { return target_; }

 private:
  int refuse(const std::string& line) {
    console_.error(line);
    return exit_codes::usage;
  }

  [[nodiscard]] FileForm source_form(ByteView bytes) const {
    if (options_.from == "dicom") return FileForm::dicom;
    if (options_.from == "json") return FileForm::json;
    if (options_.from == "xml") return FileForm::xml;
    if (options_.from == "exact-xml") return FileForm::exact_xml;
    return form_of(bytes);
  }

  ConversionOptions conversion(const std::string& in, const fs::path& out) {
    ConversionOptions conversion;
    conversion.bulk_from = options_.bulk_from;
    conversion.reading = reading_;
    if (options_.bulk_data.empty() || options_.bulk_data == "none") return conversion;
    conversion.bulk_source = [folder = fs::path(options_.bulk_data),
                              beside = fs::path(in).parent_path()](std::string_view uri) {
      return read_bulk(beside.empty() ? fs::path(".") : beside, folder, uri);
    };
    conversion.bulk_sink = [this, out](const dataset::Cursor&, ByteView bytes) { return keep(out, bytes); };
    return conversion;
  }

  // The URI of a new file, or "" when it cannot be written.
  std::string keep(const fs::path& out, ByteView bytes) {
    std::error_code error;
    const fs::path folder(options_.bulk_data);
    fs::create_directories(folder, error);
    const auto beside = out == "-" || out.parent_path().empty() ? fs::path(".") : out.parent_path();
    const auto file =
        folder / fmt::format("{}-{}.bin", out == "-" ? "stdout" : out.filename().string(), written_.size() + 1);
    const auto uri = fs::weakly_canonical(file, error).lexically_relative(fs::weakly_canonical(beside, error)).string();
    // What a reader would refuse stays in the text.
    if (uri.empty() || uri.find_first_of(":%") != std::string::npos) return {};
    if (!options_.force && fs::exists(file, error)) {
      failure_ = fmt::format("{}: exists already; --force overwrites it", file.string());
      return {};
    }
    if (const auto done = write_file(file.string(), bytes); !done) {
      failure_ = done.error();
      return {};
    }
    written_.push_back(file);
    return uri;
  }

  const ConvertOptions& options_;
  Console& console_;
  TargetForm target_;
  dataset::FileOptions reading_;
  std::vector<fs::path> written_;  // bulk data of the present file
  std::string failure_;
};

// Where a file below one of the given folders goes.
fs::path place_of(const std::string& file, const ConvertOptions& options, const TargetForm& target) {
  fs::path relative = place_below_argument(options.paths, file);
  const auto extension = relative.extension().string();
  const bool ours = extension == ".dcm" || extension == ".json" || extension == ".xml";
  if (target.form != FileForm::dicom || extension == ".json" || extension == ".xml") {
    if (ours) relative.replace_extension();
    relative += extension_of(target);
  }
  return fs::path(options.out_dir) / relative;
}

std::optional<TargetForm> target_of(const ConvertOptions& options, const std::string& out) {
  if (!options.to.empty()) return target_named(options.to);
  const auto extension = fs::path(out).extension();
  return target_named(extension == ".json" ? "json" : extension == ".xml" ? "xml" : "dicom");
}

}  // namespace

int convert(const ConvertOptions& options, Console& console) {
  const bool many = !options.out_dir.empty();
  if (!many && options.paths.size() != 2) {
    console.error("convert: give IN and OUT, or with --out DIR any number of files and folders");
    return exit_codes::usage;
  }
  const std::string out = many ? std::string() : options.paths[1];
  auto target = target_of(options, out);
  if (!target) {
    console.error(
        fmt::format("convert: '{}' is no transfer syntax and none of implicit, explicit, big-endian, "
                    "deflated, json, xml, exact-xml, dicom",
                    options.to));
    return exit_codes::usage;
  }
  const auto reading = reading_from(options.reading);
  if (!reading) {
    console.error(reading.error());
    return exit_codes::usage;
  }
  Converter converter(options, console, std::move(*target), reading->how);
  if (!many) {
    if (out == "-") console.text_to_stderr();
    return for_each_file({options.paths[0]}, console,
                         [&](const std::string& path, ByteView bytes) {
                           std::error_code error;
                           if (fs::is_directory(options.paths[0], error)) {
                             console.error(path + ": is in a folder; --out DIR converts folders");
                             return exit_codes::usage;
                           }
                           return converter.one(path, bytes, out);
                         })
        .exit_code();
  }
  return for_each_file(options.paths, console,
                       [&](const std::string& path, ByteView bytes) {
                         const auto place = place_of(path, options, converter.target());
                         std::error_code error;
                         fs::create_directories(place.parent_path(), error);
                         if (error) {
                           console.error(fmt::format("{}: {}", place.parent_path().string(), error.message()));
                           return exit_codes::usage;
                         }
                         return converter.one(path, bytes, place);
                       })
      .exit_code();
}

}  // namespace assay::app
