#include "harness/app/validate_deidentified.hpp"

#include <fmt/format.h>

#include <iterator>

#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/object_file.hpp"
#include "harness/dataset/dump_people.hpp"

namespace assay::app {

namespace deid = conformance::deidentification;

namespace {

void move_into(Problems& all, Problems some) {
  all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
}

}  // namespace

std::string deidentification_options_help() {
  std::string text;
  for (const auto& info : deid::option_infos()) text += fmt::format("  {:36}{}\n", info.name, info.clause);
  return text;
}

std::expected<std::unique_ptr<DeidentifiedJudge>, std::string> DeidentifiedJudge::from(
    const DeidentifiedOptions& options, const std::vector<std::string>& files, Console& console) {
  if (!options.profile) {
    if (!options.originals.empty()) return std::unexpected(std::string("--original goes with --deidentified"));
    return nullptr;
  }
  const auto parsed = deid::parse_options(*options.profile);
  if (!parsed) return std::unexpected("--deidentified: " + parsed.error());
  std::unique_ptr<DeidentifiedJudge> judge(new DeidentifiedJudge(*parsed, *options.profile));
  if (options.originals.empty()) return judge;
  judge->originals_.emplace(options.originals, files, console);
  if (judge->originals_->size() == 0) return std::unexpected(std::string("--original: there is no DICOM file"));
  return judge;
}

void DeidentifiedJudge::judge(const std::string& path, const dataset::DicomFile& file, Problems& problems,
                              std::size_t& more) {
  original_ = originals_ ? originals_->of(path) : std::string();
  sought_ = 0;
  left_out_ = 0;
  deid::Subject subject{file.data_set, &file.meta, {}};
  if (file.kind == dataset::FileKind::part10 && file.bytes.size() >= 128) subject.preamble = file.bytes.first(128);
  auto judged = deid::check_deidentified(subject, options_, needs_, !original_.empty());
  unproven_ = judged.unproven;
  more += judged.findings.more;
  Problems found = std::move(judged.findings.problems);
  if (!original_.empty())
    against(path, file, found, more);
  else if (originals_)
    found.push_back(deid::without_original("none among those named"));
  move_into(problems, std::move(found));
}

void DeidentifiedJudge::against(const std::string& path, const dataset::DicomFile& file, Problems& problems,
                                std::size_t& more) {
  const auto bytes = FileBytes::open(original_);
  const auto original = bytes ? dataset::read_file(bytes->view()) : std::unexpected(Problem{});
  if (!original) {  // it was readable a moment ago
    problems.push_back(deid::without_original(original_ + " cannot be read any more"));
    original_.clear();
    return;
  }
  auto compared = comparison_.add(path, file, *original, problems);
  sought_ = compared.sought;
  left_out_ = compared.left_out;
  unproven_ = 0;
  more += compared.findings.more;
  move_into(problems, std::move(compared.findings.problems));
}

std::string DeidentifiedJudge::text() const {
  if (original_.empty())
    return fmt::format("  held to PS3.15 E, {}; {} only the original could prove\n", profile_,
                       counted(unproven_, "replaced value"));
  return fmt::format(
      "  held to PS3.15 E, {}, and to its original {}: {} looked for in all bytes, {} too short or too common\n",
      profile_, dataset::safe_text(original_), counted(sought_, "value"), left_out_);
}

nlohmann::ordered_json DeidentifiedJudge::json() const {
  nlohmann::ordered_json object{{"profile", profile_}};
  if (original_.empty()) {
    object["unproven_values"] = unproven_;
  } else {
    object["original"] = original_;
    object["sought_values"] = sought_;
    object["not_sought_values"] = left_out_;
  }
  return object;
}

}  // namespace assay::app
