// A small patient set that exists nowhere: names with accents in two character sets, CT, MR and secondary captures
// with tiny pixel data. Deterministic. Tests: tests/unit/service/store_test.cpp
#pragma once

#include <vector>

#include "harness/dataset/dataset.hpp"
#include "harness/service/store.hpp"

namespace assay::service {

/// 5 patients, 7 studies, 9 series, 14 instances, explicit VR little endian, in a fixed order.
std::vector<dataset::DataSet> synthetic_instances();

/// The same put into a store, in place of what it has under their UIDs or only where it has none; the number that is
/// there now.
std::size_t fill_with_synthetic(InstanceStore& store, bool replace = true);

}  // namespace assay::service
