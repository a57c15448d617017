#include "conformance/learn_queries.hpp"

#include <algorithm>

#include "harness/service/sop_classes.hpp"

namespace assay::conformance::learn {

using dataset::DataSet;

namespace {

constexpr Candidate all_candidates[] = {
#define ASSAY_LEARN_KEY(level, keyword) {KeyLevel::level, tags::keyword, false},
#define ASSAY_LEARN_STEP_KEY(keyword) {KeyLevel::worklist, tags::keyword, true},
#include "conformance/learn_keys.inc"
#undef ASSAY_LEARN_KEY
#undef ASSAY_LEARN_STEP_KEY
};

void put(DataSet& to, Tag tag, std::string_view value) {
  if (value.empty()) {
    to.set_empty(tag);
  } else if (vr_of(tag) == Vr::US) {
    std::uint32_t number = 0;
    for (const char c : value)
      if (c >= '0' && c <= '9') number = (number * 10 + static_cast<std::uint32_t>(c - '0')) & 0xffffU;
    to.set_u16(tag, static_cast<std::uint16_t>(number));
  } else {
    to.set_text(tag, value);
  }
}

/// The level of a match where a key stands; nothing when it has no step.
std::optional<dataset::Level> level_of(const DataSet& match, bool in_step) {
  if (!in_step) return match.root();
  const auto items = match.items(tags::ScheduledProcedureStepSequence);
  if (items.empty()) return std::nullopt;
  return items.front();
}

}  // namespace

std::span<const Candidate> candidates() { return all_candidates; }

bool step_key(Tag tag) {
  return std::ranges::any_of(candidates(), [&](const Candidate& one) { return one.in_step && one.tag == tag; });
}

Vr vr_of(Tag tag) {
  const auto* entry = dict::find(tag);
  return entry == nullptr ? Vr::UN : entry->vr;
}

DataSet identifier(const Place& place, const std::vector<Unique>& above, const std::vector<Value>& values) {
  DataSet out(dataset::explicit_le);
  DataSet step(dataset::explicit_le);
  if (!place.query_level.empty()) out.set_text(tags::QueryRetrieveLevel, place.query_level);
  if (place.level == KeyLevel::worklist) {
    for (const auto tag : {tags::AccessionNumber, tags::PatientID, tags::StudyInstanceUID}) out.set_empty(tag);
    step.set_empty(tags::ScheduledProcedureStepID);
  } else {
    out.set_empty(place.unique);
  }
  for (const auto& [tag, value] : above) out.set_text(tag, value);
  for (const auto& one : values) put(one.key.in_step ? step : out, one.key.tag, one.value);
  if (place.level == KeyLevel::worklist) out.set_sequence(tags::ScheduledProcedureStepSequence, {step});
  return out;
}

std::optional<std::string> value_of(const DataSet& match, const Candidate& key) {
  const auto level = level_of(match, key.in_step);
  if (!level || !level->has(key.tag)) return std::nullopt;
  if (vr_of(key.tag) == Vr::US) {
    const auto number = level->u16(key.tag);
    return number ? std::to_string(*number) : std::string();
  }
  auto text = level->text(key.tag);
  return std::string(text.substr(0, text.find('\\')));
}

std::string identity_of(const Place& place, const DataSet& match) {
  if (place.level != KeyLevel::worklist) return std::string(match.text(place.unique));
  std::string out;
  const auto step = level_of(match, true);
  if (step) out = step->text(tags::ScheduledProcedureStepID);
  for (const auto tag : {tags::StudyInstanceUID, tags::AccessionNumber, tags::PatientID})
    out.append("/").append(match.text(tag));
  return out;
}

bool plain(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f && c != '*' && c != '?'; });
}

bool takes_wild_cards(Vr vr) {
  constexpr Vr kinds[] = {Vr::AE, Vr::CS, Vr::LO, Vr::LT, Vr::PN, Vr::SH, Vr::ST, Vr::UC, Vr::UT};  // PS3.4 C.2.2.2.4
  return std::ranges::find(kinds, vr) != std::end(kinds);
}
bool takes_case(Vr vr) {
  constexpr Vr kinds[] = {Vr::LO, Vr::LT, Vr::PN, Vr::SH, Vr::ST, Vr::UC, Vr::UT};
  return std::ranges::find(kinds, vr) != std::end(kinds);
}
bool takes_ranges(Vr vr) { return vr == Vr::DA || vr == Vr::TM || vr == Vr::DT; }
bool only_returned(Tag tag) { return dict::keyword(tag).starts_with("NumberOf") && tag != tags::NumberOfFrames; }

std::string wrong_value(Vr vr, const std::string& right) {
  const auto other = [&](const char* one, const char* two) { return std::string(right == one ? two : one); };
  switch (vr) {
    case Vr::UI: return std::string(no_such_uid);
    case Vr::DA: return other("18581117", "18581118");
    case Vr::DT: return other("18581117000000", "18581118000000");
    case Vr::TM: return right.starts_with("23") ? "010203" : "235958";
    case Vr::IS:
    case Vr::DS: return other("987654", "876543");
    case Vr::US: return other("64999", "64998");
    case Vr::AS: return other("999D", "998D");
    default: return other("ZQXJNOBODY", "ZQXJNOTHING");
  }
}

std::string wrong_range(Vr vr, const std::string& right) {
  if (vr != Vr::TM) return "18580101-18580131";
  return right.starts_with("23") || right.starts_with("22") ? "000000-000959" : "235000-235959";
}

std::string other_case(std::string text) {
  for (auto& c : text) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return text;
}

}  // namespace assay::conformance::learn
