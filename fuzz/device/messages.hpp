// What a requestor says on purpose: a PDU of each kind, a DIMSE message of each kind, right or wrong for where the
// device is. Tests: tests/unit/device_fuzz/aim_test.cpp
#pragma once

#include <cstdint>
#include <vector>

#include "fuzz/device/model.hpp"
#include "fuzz/device/random.hpp"

namespace assay::fuzz::device {

/// A PDU of any type, and what is none.
Bytes any_pdu(Random& random);
/// What is said by one PDU outside of DIMSE; not Said::closed.
Bytes pdu_for(Said said, Random& random);
/// The PDUs of what is said within an association, for a device that is where the model says. Nothing where it cannot
/// be: no request is pending, no context was accepted for it.
std::vector<Bytes> dimse_for(Said said, const Model& model, Random& random);

/// For the way to a place: a request that announces a Data Set or does not, on the first context there is.
Bytes request(const Model& model, bool with_data_set, Random& random);

}  // namespace assay::fuzz::device
