// What is known of a device already: a table with tabs between its columns, one finding a line, `product version kind
// detail place why`, "*" for any version, detail or place; lines that begin with # are for people. A finding that
// stands there is told as known and breaks no build. Tests: tests/interop/fuzz_device_test.py
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/findings/finding.hpp"

namespace assay::app {

struct KnownFinding {
  std::string product;
  std::string version;
  fuzz::Kind kind = fuzz::Kind::crash;
  std::string detail;
  std::string place;
  std::string why;
};

class KnownFindings {
 public:
  /// `product` empty: every line of the file; else those of that product. The error names file and line.
  static std::expected<KnownFindings, std::string> read(const std::filesystem::path& file, const std::string& product);
  /// The line that knows it; null where none does.
  [[nodiscard]] const KnownFinding* knows(const fuzz::Finding& finding) const;

 private:
  std::vector<KnownFinding> rows_;
};

}  // namespace assay::app
