// The folder of --out: console.log and cases.jsonl grow while the run goes on, so that a kill loses nothing that had
// finished; results.json, junit.xml, report.html and, over all that is there, SHA256SUMS are written at the end (also
// after Ctrl-C). Tests: tests/interop/evidence_test.py
#pragma once

#include <cstdio>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "harness/app/console.hpp"
#include "harness/base/bytes.hpp"
#include "harness/trace/verdict.hpp"

namespace assay::app {

class ReportFolder {
 public:
  ReportFolder() = default;
  ~ReportFolder();
  ReportFolder(const ReportFolder&) = delete;
  ReportFolder& operator=(const ReportFolder&) = delete;

  /// Makes the folder and opens what grows; the error is one sentence that names the option which gave the folder.
  std::expected<void, std::string> open(const std::filesystem::path& folder, Console& console,
                                        std::string_view option = "--out");
  /// One finished case: a line of cases.jsonl, on disk before the next case starts; its executed scenario as XML.
  void add(const trace::CaseResult& result, const std::string& executed_xml);
  /// The connections of a case as pcapng, in the folder pcap; nothing is written for no bytes.
  void add_capture(const std::string& case_id, ByteView pcapng);
  std::expected<void, std::string> finish(const trace::RunResult& result);
  [[nodiscard]] bool is_open() const { return cases_ != nullptr; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::FILE* cases_ = nullptr;
};

}  // namespace assay::app
