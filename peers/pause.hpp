// Waiting without doing anything, on the loop.
#pragma once

#include "peers/peers.hpp"

namespace assay::peers {

/// Lets this much time pass; false when the loop was stopped before.
bool pause(Loop& loop, Duration time);

}  // namespace assay::peers
