#include "harness/base/loan.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Loan, What_one_holds_the_others_cannot_have) {
  const auto budget = std::make_shared<std::size_t>(100);
  Loan one(budget);
  EXPECT_EQ(one.take(70), 70U);
  {
    Loan other(budget);
    EXPECT_EQ(other.take(70), 30U);
    EXPECT_EQ(other.take(1), 0U);
    EXPECT_EQ(one.left(), 0U);
  }
  EXPECT_EQ(one.left(), 30U);
  one.give_back();
  one.give_back();
  EXPECT_EQ(*budget, 100U);
}

TEST(Loan, Moves_with_its_owner) {
  const auto budget = std::make_shared<std::size_t>(100);
  Loan one(budget);
  one.take(40);
  Loan two(std::move(one));
  EXPECT_EQ(*budget, 60U);
  Loan three(budget);
  three.take(10);
  three = std::move(two);
  EXPECT_EQ(*budget, 60U);
  three.give_back();
  EXPECT_EQ(*budget, 100U);
}

TEST(Loan, Without_a_budget_gives_everything) {
  Loan one;
  EXPECT_EQ(one.take(1U << 30), 1U << 30);
  EXPECT_EQ(one.left(), SIZE_MAX);
}

}  // namespace
}  // namespace assay
