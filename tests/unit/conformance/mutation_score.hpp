// Counts how many single faults the rules find: those of the data file excepted, each must be found and blamed on the
// side that made it. Shared by the scores of the association and of the services.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mutation.hpp"

namespace assay::test {

/// One line of a data file: faults that no observer can know of.
struct Excuse {
  std::string pdu, field, fault, clause, why;
  std::size_t candidates = 0;
  std::size_t missed = 0;

  [[nodiscard]] bool fit(const Variant& variant) const;
};

/// From tests/golden; every line must have five columns and a clause.
std::vector<Excuse> read_excuses(const std::string& file);

/// each_variant(), or another that makes variants of a correct conversation.
using VariantMaker = std::function<void(const Correct&, const std::function<bool(const Variant&)>& wanted,
                                        const std::function<void(const Variant&)>& take)>;

struct Score {
  struct Missed {
    std::size_t times = 0;
    std::string example;
  };
  std::size_t all = 0;
  std::size_t excused = 0;
  std::size_t found = 0;
  std::map<std::string, std::size_t> by_conversation;
  std::map<std::string, Missed> missed;
};

/// Plays one of `every` variants, all when the environment has ASSAY_LONG.
Score score(const std::vector<Correct>& conversations, const VariantMaker& make, std::vector<Excuse>& excuses,
            std::size_t every);

/// Prints the score and what was missed, and expects 98 of 100 found, a tenth excused at most, and no excuse that fits
/// nothing; with ASSAY_LONG none whose faults are all found.
void expect_score(const Score& score, const std::vector<Excuse>& excuses, std::size_t at_least);

void expect_no_findings(const std::vector<Correct>& conversations);

}  // namespace assay::test
