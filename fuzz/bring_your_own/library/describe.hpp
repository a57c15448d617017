// Words for entries of a view and the fields of a cluster.
#pragma once

#include <string>
#include <string_view>

#include "fuzz/bring_your_own/library/compare.hpp"

namespace assay::fuzz {

std::string in_words(const Entry& entry);
std::string in_words(const Problem& problem);
/// Whether a rule is about how bytes are taken apart, not about what they then say: only such a fault excuses a
/// refusal.
bool about_encoding(std::string_view rule);
/// Of those the ones after which two readers may be at different bytes.
bool leads_apart(std::string_view rule);
/// The kind of tag, so that a cluster does not name single ones.
std::string tag_class(const Entry& entry);
/// "UN>SQ" and the like, as Cluster::vr.
std::string vr_field(std::string_view what, const Entry* ours, const Entry* theirs);
/// What is special where the views part: the rule we report about that element, else the first fault that leads
/// readers apart, else what stands around it (in-un, undefined-length), else "-".
std::string feature_at(const View& ours, std::string_view what, const Entry* entry);

}  // namespace assay::fuzz
