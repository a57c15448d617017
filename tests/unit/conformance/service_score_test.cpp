// The mutation score of the rules about services: every single fault made mechanically in correct conversations of
// every service is found and the right side blamed, but for those that tests/golden/undetectable_service_faults.tsv
// excuses with a clause. What counts as found stands in mutation_score_test.cpp.
#include <gtest/gtest.h>

#include "mutation_score.hpp"
#include "service_variants.hpp"

namespace assay::test {
namespace {

TEST(ServiceScore, Correct_conversations_have_no_finding) { expect_no_findings(service_conversations()); }

TEST(ServiceScore, Ninety_eight_of_a_hundred_single_faults_are_found_and_blamed_on_the_right_side) {
  auto excuses = read_excuses("undetectable_service_faults.tsv");
  expect_score(score(service_conversations(), each_service_variant, excuses, 1), excuses, 800);
}

}  // namespace
}  // namespace assay::test
