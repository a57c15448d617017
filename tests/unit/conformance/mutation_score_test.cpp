// The mutation score: every single fault made mechanically in correct conversations is found and the right side blamed,
// but for those that tests/golden/undetectable_faults.tsv excuses with a clause.
//
// A fault is found when the rules name the side that made it and do not accuse the other one (a note is no accusation).
// The other side goes on in one of a few ways, of which one must show it: it gives up and aborts, at once or when its
// turn comes (or closes, when all it had was a first PDU), or it goes on as if it had not noticed. Findings of severity
// note count only where the fault itself is of that kind (counts_as_note). The quick tier makes every ninth variant;
// ASSAY_LONG=1 makes all.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "mutation_score.hpp"

namespace assay::test {
namespace {

TEST(MutationScore, Correct_conversations_have_no_finding) { expect_no_findings(correct_conversations()); }

TEST(MutationScore, Ninety_eight_of_a_hundred_single_faults_are_found_and_blamed_on_the_right_side) {
  auto excuses = read_excuses("undetectable_faults.tsv");
  expect_score(score(correct_conversations(), each_variant, excuses, 9), excuses, 1500);
}

}  // namespace
}  // namespace assay::test
