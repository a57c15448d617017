// Two views of the same input: where they part, and of which kind that is. Tests: tests/unit/bring_your_own/
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/bring_your_own/library/view.hpp"

namespace assay::fuzz {

/// What disagreements of one cause have in common; never a value. The fields of a line of an explained.tsv.
struct Cluster {
  std::string what;  // accepts, refuses, vr, kind, size, value, items, only-ours, only-theirs, order, duplicate, stray
  std::string feature;  // the rule that we report there, else in-un, undefined-length or "-": see feature_at()
  std::string vr;       // ours>theirs where they differ; the other's reason where it refuses
  std::string tag;      // meta, group-length, private-creator, private, pixel-data, command, standard, unknown, item
  std::string syntax;   // see View::syntax
  friend auto operator<=>(const Cluster&, const Cluster&) = default;
};

std::string to_string(const Cluster& cluster);

struct Disagreement {
  Cluster cluster;
  std::string path;  // "(0040,A730)[2]/(0008,0100)"; empty when it is about the whole input
  std::uint64_t offset = 0;
  std::string ours;  // in words
  std::string theirs;
};

/// All disagreements in the order of our view, up to the first in structure: what comes after that follows from it.
std::vector<Disagreement> disagreements(const View& ours, const View& theirs);

}  // namespace assay::fuzz
