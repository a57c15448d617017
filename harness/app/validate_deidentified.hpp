// validate --deidentified: are the files de-identified as PS3.15 Annex E demands, alone and held against their
// originals? Tests: tests/interop/deidentified_test.py
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "conformance/deidentification/check.hpp"
#include "conformance/deidentification/compare.hpp"
#include "harness/app/originals.hpp"

namespace assay::app {

struct DeidentifiedOptions {
  std::optional<std::string> profile;  // "basic,retain-uids"; none: not judged
  std::vector<std::string> originals;  // files and folders
};

/// What --help says of the options, a line each.
std::string deidentification_options_help();

class DeidentifiedJudge {
 public:
  /// Null when it is not asked for. The error is one sentence. Originals are looked through at once.
  static std::expected<std::unique_ptr<DeidentifiedJudge>, std::string> from(const DeidentifiedOptions& options,
                                                                             const std::vector<std::string>& files,
                                                                             Console& console);

  /// Adds what the file breaks to `problems`, and to `more` what goes beyond the limit.
  void judge(const std::string& path, const dataset::DicomFile& file, Problems& problems, std::size_t& more);

  /// How the last file was judged: for the line of the file, and for JSON.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] nlohmann::ordered_json json() const;
  /// Originals that could not be read.
  [[nodiscard]] std::size_t unreadable() const { return originals_ ? originals_->unreadable() : 0; }

 private:
  DeidentifiedJudge(conformance::deidentification::Options options, std::string profile)
      : options_(options), profile_(std::move(profile)), comparison_(options) {}

  void against(const std::string& path, const dataset::DicomFile& file, Problems& problems, std::size_t& more);

  conformance::deidentification::Options options_;
  std::string profile_;
  conformance::deidentification::IodNeeds needs_;
  conformance::deidentification::Comparison comparison_;
  std::optional<Originals> originals_;
  std::string original_;  // of the last file
  std::size_t unproven_ = 0;
  std::size_t sought_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace assay::app
