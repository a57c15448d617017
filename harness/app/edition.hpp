// Which editions of the standard the tables in this program were taken from.
#pragma once

#include <string_view>

namespace assay::app {

inline constexpr std::string_view standard_edition =
    "data elements and UIDs of PS3.6 2024d; state table of PS3.8 and statuses of PS3.4/PS3.7 2016c";

}  // namespace assay::app
