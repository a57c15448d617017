#include "harness/app/finding_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "harness/app/findings.hpp"
#include "harness/app/home.hpp"

namespace assay::app {
namespace fs = std::filesystem;

namespace {

std::uintmax_t size_of(const fs::path& file) {
  std::error_code code;
  const auto size = fs::file_size(file, code);
  return code ? UINTMAX_MAX : size;
}

/// Whether what comes shows the same thing in fewer bytes.
bool smaller(const fs::path& folder, const FindingFiles& files) {
  const auto input = std::ranges::find(files, finding_input, &FindingFiles::value_type::first);
  return input != files.end() && input->second.size() < size_of(folder / finding_input);
}

}  // namespace

std::expected<Kept, std::string> keep_finding(const fs::path& findings, fuzz::Finding finding,
                                              const FindingFiles& files) {
  Kept kept{findings / finding.slug(), true};
  std::error_code code;
  fs::create_directories(kept.folder, code);
  if (code)
    return std::unexpected(fmt::format("{}: the folder cannot be made: {}", kept.folder.string(), code.message()));
  bool replace = true;
  if (auto known = read_finding(kept.folder)) {
    kept.fresh = false;
    // An input that shows it again is worth more than a smaller one that does not.
    const bool shows = finding.reproducible && !known->finding.reproducible && !files.empty();
    replace = shows || (smaller(kept.folder, files) && (finding.reproducible || !known->finding.reproducible));
    auto merged = std::move(known->finding);
    fuzz::merge(merged, finding);
    if (replace) {  // the texts tell of the files that lie beside them
      finding.times = merged.times;
      finding.first_seen = merged.first_seen;
      finding.last_seen = merged.last_seen;
      finding.reproducible = merged.reproducible;
    } else {
      finding = std::move(merged);
    }
  }
  if (replace) {
    for (const auto& [name, content] : files) {
      if (auto written = write_text(kept.folder / name, content); !written) return std::unexpected(written.error());
    }
  }
  if (auto written = write_text(kept.folder / "finding.txt", fuzz::to_text(finding)); !written) {
    return std::unexpected(written.error());
  }
  if (auto written = write_text(kept.folder / "finding.json", json_text(fuzz::to_json(finding))); !written) {
    return std::unexpected(written.error());
  }
  return kept;
}

std::expected<StoredFinding, std::string> read_finding(const fs::path& folder) {
  const auto text = read_text(folder / "finding.json");
  if (!text) return std::unexpected(text.error());
  auto finding = fuzz::finding_from_json(*text);
  if (!finding) return std::unexpected(fmt::format("{}: {}", folder.string(), finding.error()));
  return StoredFinding{folder, std::move(*finding)};
}

FindingsRead read_findings(const fs::path& findings) {
  FindingsRead out;
  std::error_code code;
  for (fs::directory_iterator it(findings, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (!it->is_directory(ignored)) continue;
    if (auto found = read_finding(it->path())) {
      out.findings.push_back(std::move(*found));
    } else {
      out.complaints.push_back(found.error());
    }
  }
  std::ranges::sort(out.findings, [](const StoredFinding& left, const StoredFinding& right) {
    if (left.finding.severity != right.finding.severity) return left.finding.severity > right.finding.severity;
    return left.finding.id() < right.finding.id();
  });
  std::ranges::sort(out.complaints);
  return out;
}

}  // namespace assay::app
