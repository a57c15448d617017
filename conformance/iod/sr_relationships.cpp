#include "conformance/iod/sr_relationships.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "conformance/iod/sr_tree.hpp"

namespace assay::conformance::iod {

namespace {

/// Value types, a bit each.
using Types = std::uint16_t;

constexpr std::string_view type_names[] = {"TEXT",   "CODE",      "NUM",   "DATETIME", "DATE",
                                           "TIME",   "UIDREF",    "PNAME", "SCOORD",   "SCOORD3D",
                                           "TCOORD", "COMPOSITE", "IMAGE", "WAVEFORM", "CONTAINER"};
constexpr std::string_view relationship_types[] = {"CONTAINS",        "HAS OBS CONTEXT", "HAS ACQ CONTEXT",
                                                   "HAS CONCEPT MOD", "HAS PROPERTIES",  "INFERRED FROM",
                                                   "SELECTED FROM"};

/// 0 for what is no value type.
constexpr Types type_of(std::string_view name) {
  for (std::size_t i = 0; i < std::size(type_names); ++i)
    if (type_names[i] == name) return static_cast<Types>(1U << i);
  return 0;
}

/// The names that the table is written in.
namespace named {
constexpr int TEXT = type_of("TEXT");
constexpr int CODE = type_of("CODE");
constexpr int NUM = type_of("NUM");
constexpr int DATETIME = type_of("DATETIME");
constexpr int DATE = type_of("DATE");
constexpr int TIME = type_of("TIME");
constexpr int UIDREF = type_of("UIDREF");
constexpr int PNAME = type_of("PNAME");
constexpr int SCOORD = type_of("SCOORD");
constexpr int SCOORD3D = type_of("SCOORD3D");
constexpr int TCOORD = type_of("TCOORD");
constexpr int COMPOSITE = type_of("COMPOSITE");
constexpr int IMAGE = type_of("IMAGE");
constexpr int WAVEFORM = type_of("WAVEFORM");
constexpr int CONTAINER = type_of("CONTAINER");
constexpr int ANY = 0x7fff;
constexpr bool by_value = false;
constexpr bool either = true;
}  // namespace named

struct SrIod {
  std::string_view name;
  SrRules rules;
};

struct Row {
  std::string_view iod;
  Types sources;
  std::string_view relationship;
  bool by_reference;  // also
  Types targets;
};

constexpr auto sr_iods = std::to_array<SrIod>({
    {"BasicTextSR", {"ps3.3/A.35.1/relationship", "ps3.3/A.35.1/by-reference"}},
    {"EnhancedSR", {"ps3.3/A.35.2/relationship", "ps3.3/A.35.2/by-reference"}},
    {"ComprehensiveSR", {"ps3.3/A.35.3/relationship", "ps3.3/A.35.3/by-reference"}},
    {"KeyObjectSelectionDocument", {"ps3.3/A.35.4/relationship", "ps3.3/A.35.4/by-reference"}},
    {"MammographyCADSR", {"ps3.3/A.35.5/relationship", "ps3.3/A.35.5/by-reference"}},
    {"ChestCADSR", {"ps3.3/A.35.6/relationship", "ps3.3/A.35.6/by-reference"}},
    {"XRayRadiationDoseSR", {"ps3.3/A.35.8/relationship", "ps3.3/A.35.8/by-reference"}},
    {"Comprehensive3DSR", {"ps3.3/A.35.13/relationship", "ps3.3/A.35.13/by-reference"}},
});

constexpr auto rows = [] {
  using namespace named;
  return std::to_array<Row>({
#define ASSAY_SR_RELATIONSHIP(iod, sources, relationship, conveyed, targets) \
  {#iod, static_cast<Types>(sources), relationship, conveyed, static_cast<Types>(targets)},
#include "conformance/iod/sr_relationships.inc"
#undef ASSAY_SR_RELATIONSHIP
  });
}();

/// The value types that the IOD has at all; of others it is told in the walk that they are wrong.
Types types_of(std::string_view iod) {
  Types all = type_of("CONTAINER");
  for (const auto& row : rows)
    if (row.iod == iod) all |= row.targets;
  return all;
}

std::string listed(Types types) {
  std::string text;
  for (const auto name : type_names)
    if ((types & type_of(name)) != 0) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

}  // namespace

SrRules sr_rules(std::string_view iod) {
  const auto* found = std::ranges::find(sr_iods, iod, &SrIod::name);
  return found == sr_iods.end() ? SrRules{} : found->rules;
}

Relation relation_of(std::string_view iod, std::string_view source, std::string_view relationship,
                     std::string_view target, Conveyed conveyed) {
  const auto known = types_of(iod);
  if (sr_rules(iod).relationship.empty() || (type_of(source) & known) == 0 || (type_of(target) & known) == 0 ||
      std::ranges::find(relationship_types, relationship) == std::end(relationship_types))
    return Relation::unknown;
  auto relation = Relation::forbidden;
  bool any_reference = false;
  for (const auto& row : rows) {
    if (row.iod != iod) continue;
    any_reference |= row.by_reference;
    if (row.relationship != relationship || (row.sources & type_of(source)) == 0 ||
        (row.targets & type_of(target)) == 0)
      continue;
    if (conveyed == Conveyed::by_value || row.by_reference) return Relation::allowed;
    relation = Relation::only_by_value;
  }
  // Where the IOD has no references at all, that is what is wrong.
  return conveyed == Conveyed::by_reference && !any_reference ? Relation::only_by_value : relation;
}

std::string sr_allowed(std::string_view iod, std::string_view source, std::string_view relationship) {
  Types targets = 0;
  std::string others;
  std::string_view last;
  for (const auto& row : rows) {
    if (row.iod != iod || (row.sources & type_of(source)) == 0) continue;
    if (row.relationship == relationship) targets |= row.targets;
    if (row.relationship != last) others += (others.empty() ? "" : ", ") + std::string(row.relationship);
    last = row.relationship;
  }
  if (targets != 0) return fmt::format("{} {} one of {}", source, relationship, listed(targets));
  if (others.empty()) return fmt::format("no relationship from {}", source);
  return fmt::format("{} has only {}", source, others);
}

}  // namespace assay::conformance::iod
