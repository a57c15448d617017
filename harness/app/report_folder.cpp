#include "harness/app/report_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/app/files.hpp"
#include "harness/app/home.hpp"
#include "peers/sha256.hpp"
#include "reports/reports.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {
/// In the form of sha256sum, which checks it: sha256sum -c SHA256SUMS.
constexpr const char* manifest = "SHA256SUMS";

/// The digests of everything in the folder that no longer grows.
std::expected<void, std::string> write_manifest(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::recursive_directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    auto name = it->path().lexically_relative(folder).string();
    if (it->is_regular_file(code) && name != manifest && name != "console.log") names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  std::string text;
  for (const auto& name : names) {
    // An empty file cannot be mapped; it has a digest all the same.
    const bool empty = fs::file_size(folder / name, code) == 0;
    const auto bytes = empty ? std::expected<FileBytes, std::string>() : FileBytes::open((folder / name).string());
    if (!bytes) return std::unexpected(bytes.error());
    text += fmt::format("{}  {}\n", peers::sha256(bytes->view()), name);
  }
  return write_text(folder / manifest, text);
}

std::string file_name(std::string case_id) {
  for (auto& c : case_id)
    if (c == '/' || c == ' ') c = '_';
  return case_id;
}
}  // namespace

ReportFolder::~ReportFolder() {
  if (cases_ != nullptr) std::fclose(cases_);
}

std::expected<void, std::string> ReportFolder::open(const fs::path& folder, Console& console, std::string_view option) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code || !fs::is_directory(folder))
    return std::unexpected(fmt::format("{} {}: the folder cannot be made: {}", option, folder.string(),
                                       code ? code.message() : "a file of that name is in the way"));
  folder_ = folder;
  // What an earlier run left would be read together with this one's.
  for (const auto* old : {"results.json", "junit.xml", "report.html", "cases.jsonl", manifest})
    fs::remove(folder / old, code);
  for (const auto& [old, kind] : {std::pair{"executed", ".xml"}, std::pair{"pcap", ".pcapng"}})
    for (fs::directory_iterator it(folder / old, code), end; !code && it != end; it.increment(code))
      if (std::error_code ignored; it->path().extension() == kind) fs::remove(it->path(), ignored);
  fs::create_directories(folder / "executed", code);
  errno = 0;
  cases_ = std::fopen((folder / "cases.jsonl").c_str(), "w");
  if (cases_ == nullptr || !console.log_to((folder / "console.log").string()))
    return std::unexpected(fmt::format("{} {}: cannot be written: {}", option, folder.string(), std::strerror(errno)));
  return {};
}

void ReportFolder::add(const trace::CaseResult& result, const std::string& executed_xml) {
  if (cases_ == nullptr) return;
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const auto& t : result.traces)
    for (const auto& f : t.findings)
      if (!f.provoked && f.severity != trace::Severity::note) findings.push_back(trace::to_line(f));
  const nlohmann::ordered_json line{{"id", result.id},
                                    {"verdict", std::string(trace::name(result.verdict))},
                                    {"reason", result.reason},
                                    {"expected", result.expected},
                                    {"actual", result.actual},
                                    {"advice", result.advice},
                                    {"expected_deviation", result.expected_deviation},
                                    {"seconds", static_cast<double>(result.duration.count()) / 1e9},
                                    {"findings", std::move(findings)}};
  const auto text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), cases_);
  std::fflush(cases_);
  if (!executed_xml.empty()) {
    // Evidence beside the report: losing one of these files must not lose the run.
    (void)write_text(folder_ / "executed" / (file_name(result.id) + ".xml"), executed_xml);
  }
}

void ReportFolder::add_capture(const std::string& case_id, ByteView pcapng) {
  if (cases_ == nullptr || pcapng.empty()) return;
  std::error_code code;
  fs::create_directories(folder_ / "pcap", code);
  (void)write_text(folder_ / "pcap" / (file_name(case_id) + ".pcapng"), as_text(pcapng));
}

std::expected<void, std::string> ReportFolder::finish(const trace::RunResult& result) {
  for (const auto& [name, text] : {std::pair<const char*, std::string>{"results.json", reports::json(result)},
                                   {"junit.xml", reports::junit_xml(result)},
                                   {"report.html", reports::html(result)}})
    if (auto written = write_text(folder_ / name, text); !written) return written;
  return write_manifest(folder_);
}

}  // namespace assay::app
