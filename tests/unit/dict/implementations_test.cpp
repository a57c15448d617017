// harness/dict/implementations.hpp: roots end at a dot, and what is unknown has no name.
#include "harness/dict/implementations.hpp"

#include <gtest/gtest.h>

namespace assay::dict {
namespace {

TEST(Implementations, Are_known_by_their_root_and_nothing_else) {
  EXPECT_EQ(implementation_name("1.2.276.0.7230010.3.0.3.6.7"), "DCMTK");
  EXPECT_EQ(implementation_name("1.2.276.0.7230010.3"), "DCMTK");
  EXPECT_EQ(implementation_name("1.2.276.0.7230010.30.1"), "");
  EXPECT_EQ(implementation_name("1.2.276.0.7230010"), "");
  EXPECT_EQ(implementation_name("1.2.826.0.1.3680043.8.498.1"), "pydicom");
  EXPECT_EQ(implementation_name("1.2.826.0.1.3680043.9.3811.2.0.2"), "pynetdicom");
  EXPECT_EQ(implementation_name(""), "");
}

}  // namespace
}  // namespace assay::dict
