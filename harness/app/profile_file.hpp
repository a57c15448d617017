// A profile as commands are told of it: a file, or the name of a shipped one.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "conformance/profile.hpp"

namespace assay::app {

/// Names of the profiles in conformance/profiles, sorted.
std::vector<std::string> shipped_profiles();

/// What it names (base, includes) is looked for beside it, then among the shipped ones. The error is one sentence that
/// lists the shipped profiles, or file:line:column of what is wrong.
std::expected<conformance::Profile, std::string> read_profile(const std::string& name);

}  // namespace assay::app
