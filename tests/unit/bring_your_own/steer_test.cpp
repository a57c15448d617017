// What the mutators of a differential target do to a file.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "harness/dataset/part10.hpp"
#include "tests/unit/bring_your_own/views.hpp"

namespace assay::fuzz {
namespace {

Bytes file_of(std::string_view syntax) {
  dataset::FileMeta meta;
  meta.sop_class_uid = uids::CTImageStorage;
  meta.sop_instance_uid = "1.2.3";
  meta.transfer_syntax_uid = syntax;
  meta.implementation_class_uid = "1.2.3.4";
  return dataset::build_part10(meta, sample());
}

TEST(Steer, mostly_the_data_set_changes_and_the_meta_information_stays_sound) {
  const auto file = file_of(uids::ExplicitVRLittleEndian);
  std::set<std::string> syntaxes;
  std::size_t sound = 0;
  std::size_t changed = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    auto data = file;
    data.resize(4096);
    const auto size = assay_differential_mutate(ASSAY_FORMAT_FILE, data.data(), file.size(), data.size(), seed);
    data.resize(size);
    const auto view = our_view(ASSAY_FORMAT_FILE, data, 0);
    sound += view.compared ? 1U : 0U;
    changed += data != file && size > 0 ? 1U : 0U;
    if (view.compared) syntaxes.insert(view.syntax);
  }
  EXPECT_GT(sound, changed * 9 / 10);
  EXPECT_GT(changed, 900U);  // the other half is the engine's, which a unit test has not
  EXPECT_EQ(syntaxes, (std::set<std::string>{"deflated", "encapsulated", "explicit-be", "explicit-le", "implicit-le"}));
}

TEST(Steer, crossing_takes_the_data_sets_and_keeps_the_first_head) {
  const auto one = file_of(uids::ExplicitVRLittleEndian);
  auto other = file_of(uids::ExplicitVRLittleEndian);
  std::replace(other.begin(), other.end(), std::uint8_t{'B'}, std::uint8_t{'Z'});
  std::size_t made = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    Bytes out(4096);
    const auto size = assay_differential_cross_over(ASSAY_FORMAT_FILE, one.data(), one.size(), other.data(),
                                                    other.size(), out.data(), out.size(), seed);
    if (size == 0) continue;
    ++made;
    EXPECT_TRUE(std::equal(one.begin(), one.begin() + 250, out.begin()));
  }
  EXPECT_GT(made, 30U);
  const auto big = file_of(uids::ExplicitVRBigEndian);
  Bytes out(4096);
  EXPECT_EQ(assay_differential_cross_over(ASSAY_FORMAT_FILE, one.data(), one.size(), big.data(), big.size(), out.data(),
                                          out.size(), 3),
            0U);
}

}  // namespace
}  // namespace assay::fuzz
