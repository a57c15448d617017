// Moments as reports and findings write them: ISO 8601, to the second.
#pragma once

#include <string>

namespace assay::app {

/// Now, with the offset of this place: "2026-11-23T17:44:11+0100".
std::string local_timestamp();
/// Now: "2026-11-23T16:44:11Z".
std::string utc_timestamp();

}  // namespace assay::app
