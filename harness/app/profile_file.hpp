// A profile as commands are told of it: a file, or the name of a shipped one.
#pragma once

#include <expected>
#include <string>

#include "conformance/profile.hpp"

namespace assay::app {

/// The error is one sentence that lists the shipped profiles, or file:line:column of what is wrong.
std::expected<conformance::Profile, std::string> read_profile(const std::string& name);

}  // namespace assay::app
