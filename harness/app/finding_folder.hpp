// Findings on disk: DIR/findings/SLUG/ with finding.json, finding.txt and the files that show it: input (the reduced
// bytes), original (as it was found), scenario.xml, capture.pcapng, report.txt. Written so that a kill leaves the old
// or the new one: finding.json comes last. Tests: tests/loopback/finding_folder_test.cpp
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/findings/finding.hpp"

namespace assay::app {

/// What lies beside finding.json: name and content.
using FindingFiles = std::vector<std::pair<std::string, std::string>>;

inline constexpr const char* finding_input = "input";
inline constexpr const char* finding_original = "original";
inline constexpr const char* finding_scenario = "scenario.xml";
inline constexpr const char* finding_capture = "capture.pcapng";

struct StoredFinding {
  std::filesystem::path folder;
  fuzz::Finding finding;
};

struct Kept {
  std::filesystem::path folder;
  bool fresh = false;  // false: it was known, and was counted
};

/// Keeps a finding below `findings`. When it is known it is counted, and its files are replaced only where the new
/// input is smaller, or shows it again and the old one did not. The error is one sentence.
std::expected<Kept, std::string> keep_finding(const std::filesystem::path& findings, fuzz::Finding finding,
                                              const FindingFiles& files);

/// One finding by its folder.
std::expected<StoredFinding, std::string> read_finding(const std::filesystem::path& folder);

struct FindingsRead {
  std::vector<StoredFinding> findings;  // by severity, then by id
  std::vector<std::string> complaints;  // folders that could not be read, and why: never dropped in silence
};
/// All below `findings`; none when the folder does not exist.
FindingsRead read_findings(const std::filesystem::path& findings);

}  // namespace assay::app
