// Disagreements by cause: which are explained, how often each was seen, and the smallest input that shows it.
// Tests: tests/unit/bring_your_own/
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "fuzz/bring_your_own/library/compare.hpp"

namespace assay::fuzz {

/// A line of an explained.tsv: what, feature, vr, tag, syntax ("*" stands for anything, "?" for one character), clause,
/// who is right, why.
struct Explanation {
  Cluster pattern;
  std::string clause;
  std::string right;  // assay, other, both, none
  std::string why;
};

/// The lines, or what is wrong and where: "FILE:LINE: ...".
std::expected<std::vector<Explanation>, std::string> explanations(const std::string& path);
const Explanation* explanation_of(const std::vector<Explanation>& all, const Cluster& cluster);

/// The counts of a run in a folder that several processes may share: clusters.tsv, and an example and its story for
/// each cluster. Nothing is lost but the counts of the last moments when a process dies.
class Collection {
 public:
  explicit Collection(std::string folder) : folder_(std::move(folder)) {}

  /// One more of a total: inputs, not-compared, both-refuse, agree, differ.
  void count(const std::string& total) { ++totals_[total]; }
  /// A disagreement. True when it is the first of its cluster here, or its input the smallest.
  bool add(const Disagreement& found, bool explained, ByteView input, const std::string& story);
  /// Adds what was counted since to the folder. False when it cannot be written.
  bool flush();

 private:
  struct Row {
    bool explained = false;
    std::uint64_t count = 0;  // since the last flush
    std::size_t smallest = 0;
  };
  std::string folder_;
  std::map<std::string, std::uint64_t> totals_;
  std::map<Cluster, Row> rows_;
};

/// The name of the example of a cluster: a digest of it.
std::string example_name(const Cluster& cluster);

}  // namespace assay::fuzz
