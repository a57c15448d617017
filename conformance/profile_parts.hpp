// What the sources of profiles share: the grammar, ids of entries, and the steps of a load.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/profile.hpp"
#include "harness/scenario/checked_xml.hpp"

namespace assay::conformance {

const scenario::Grammar& profile_language();

Place place_of(const scenario::Location& at);
/// With the other place that an error is about: "... (the other stands at file:line:column)".
scenario::LoadError error_between(const Place& at, std::string message, const Place& other);

// Ids of entries, without the Application Entity; ids of claims begin with them.
std::string policy_id(std::string_view name);
std::string service_id(std::string_view sop_class, Role role);
std::string extended_id(std::string_view sop_class, Role role, std::string_view item);
std::string status_id(const StatusClaim& status);
std::string key_id(const KeyClaim& key);
std::string character_set_id(std::string_view term);
std::string tls_id(std::string_view profile);
std::string media_id(std::string_view profile);
std::string deidentification_id(std::string_view option);
/// An id cut at its slashes.
std::vector<std::string> id_parts(std::string_view id);
/// The other way round of short_name(); a UID stays one.
std::string uid_of_short_name(const std::string& name);
/// "" for the first Application Entity, else "ae/TITLE/".
std::string ae_prefix(const Profile& profile, const ApplicationEntity& ae);
/// "A700" or "A700-A7FF".
std::string status_text(const StatusClaim& status);

/// Why an element cannot be matched so (PS3.4 C.2.2.2); nothing when it can.
std::optional<std::string> problem_with_matching(Matching kind, Tag tag);
/// Whether the operations of a SOP Class have this status.
bool has_status(std::string_view sop_class, std::uint16_t status);

/// Takes what a derived profile says on top of what is in `profile` (the base, or nothing). Includes are resolved.
void apply_elements(const scenario::Element& root, Profile& profile, std::vector<scenario::LoadError>& errors);
/// Takes the claim of this id, and those below it, out. False when there is none.
bool remove_claim(Profile& profile, std::string_view id);
/// What a whole profile says that cannot be true together.
void check_whole(const Profile& profile, std::vector<scenario::LoadError>& errors);

}  // namespace assay::conformance
