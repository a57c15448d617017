// The values of one element: each value of a text VR, how many there are, what UIDs name, what units make likely.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "harness/base/hex.hpp"
#include "harness/dataset/check_parts.hpp"
#include "harness/dataset/value.hpp"

namespace assay::dataset {

namespace {

/// "1", "2-2n", "1-32", "3-n" (PS3.6 5): at least, at most (0: no bound), and what the number is a multiple of.
struct Multiplicity {
  unsigned least = 0;
  unsigned most = 0;
  unsigned step = 1;
};

Multiplicity multiplicity_of(std::string_view vm) {
  Multiplicity result;
  const char* end = vm.data() + vm.size();
  const auto [after, error] = std::from_chars(vm.data(), end, result.least);
  if (error != std::errc{}) return {0, 0, 1};
  if (after == end) {
    result.most = result.least;
    return result;
  }
  unsigned number = 1;
  const auto [stop, none] = std::from_chars(after + 1, end, number);
  const bool open = stop != end && *stop == 'n';
  if (open)
    result.step = number;
  else if (none == std::errc{})
    result.most = number;
  return result;
}

/// Nothing but printable ASCII: no character set can find fault with it.
bool is_plain(ByteView value) {
  return std::ranges::all_of(value, [](std::uint8_t c) { return c >= 0x20 && c < 0x7f; });
}

void check_texts(const CheckPlace& place, const CharacterSets& sets, const std::vector<ByteView>& parts) {
  const Node& node = place.node();
  const auto& options = place.report.options();
  if (!is_plain(node.value)) {
    for (auto& problem : sets.check(node.value, node.vr, offset_in_value(node, 0)))
      if (place.report.wants(problem.gravity))
        place.report.put(problem.offset, short_path(place.at), problem.rule, problem.clause, std::move(problem.found),
                         std::move(problem.expected), problem.gravity);
  }
  const ValueContext context{.sets = &sets, .query = options.query, .acr_nema = options.acr_nema};
  for (const auto part : parts)
    if (auto fault = fault_of_text(node.vr, as_text(part), context))
      place.report.in_value(place.at, fault->rule, fault->clause,
                            static_cast<std::size_t>(part.data() - node.value.data()) + fault->at,
                            std::move(fault->found), std::move(fault->expected), fault->gravity);
}

/// Where the value number `n` (from 0) begins.
std::size_t start_of_value(const Node& node, std::size_t n, const std::vector<ByteView>& parts) {
  if (parts.empty()) return n * unit_size(node.vr);
  return static_cast<std::size_t>(parts[n].data() - node.value.data());
}

void check_multiplicity(const CheckPlace& place, const std::vector<ByteView>& parts) {
  const Node& node = place.node();
  const auto* entry = dict::find(node.tag);
  if (!entry || !entry->allows(node.vr) || node.value.size() % unit_size(node.vr) != 0) return;
  const std::size_t count = parts.empty() ? multiplicity(node.vr, node.value) : parts.size();
  // Tables that may stand as one OW value; a Data Set without values says nothing.
  if (count == 0 || node.vr == Vr::OW || node.vr == Vr::OB) return;
  const auto allowed = multiplicity_of(entry->vm);
  const bool too_many = allowed.most != 0 && count > allowed.most;
  if (!too_many && count >= allowed.least && (allowed.step <= 1 || count % allowed.step == 0)) return;
  // UIDs and strings in keys are lists there (PS3.4 C.2.2.2.2).
  if (place.report.options().query && splits_at_backslash(node.vr)) return;
  const bool prose = node.vr == Vr::LO || node.vr == Vr::SH || node.vr == Vr::PN || node.vr == Vr::UC;
  // The byte that makes it one too many: the backslash or the first of the number.
  std::size_t at = too_many ? start_of_value(node, allowed.most, parts) : 0;
  if (at > 0 && splits_at_backslash(node.vr)) --at;
  if (prose && allowed.most == 1)
    return place.report.in_value(place.at, "ps3.5/6.4/backslash-split", "PS3.5 6.4", at,
                                 fmt::format("{} values, split by a backslash", count),
                                 fmt::format("one value: VM is {}", entry->vm));
  place.report.in_value(place.at, "ps3.6/6/vm", "PS3.6 6", at, fmt::format("{} value{}", count, count == 1 ? "" : "s"),
                        fmt::format("VM {}", entry->vm));
}

/// UIDs under the root of the standard itself.
void check_uids(const CheckPlace& place, const std::vector<ByteView>& parts) {
  constexpr std::string_view root = "1.2.840.10008.";
  const Node& node = place.node();
  for (const auto part : parts) {
    const auto uid = without_padding(as_text(part));
    if (!uid.starts_with(root) || dict::find_uid(uid)) continue;
    const auto at = static_cast<std::size_t>(part.data() - node.value.data());
    const bool instance = node.tag == tags::SOPInstanceUID || node.tag == tags::StudyInstanceUID ||
                          node.tag == tags::SeriesInstanceUID || node.tag == tags::FrameOfReferenceUID ||
                          node.tag == tags::MediaStorageSOPInstanceUID || node.tag == tags::ImplementationClassUID ||
                          node.tag == tags::InstanceCreatorUID || node.tag == tags::DimensionOrganizationUID;
    if (instance)
      place.report.in_value(place.at, "ps3.5/9.2.1/reserved-root", "PS3.5 9.2.1", at, printable(uid),
                            "a UID under the root of its maker: 1.2.840.10008 is the standard's own");
    else if (!uid.starts_with("1.2.840.10008.6.1."))  // context groups: too many, and new ones all the time
      place.report.in_value(place.at, "ps3.5/9.2.1/unregistered-uid", "PS3.5 9.2.1", at, printable(uid),
                            "a UID that PS3.6 Annex A registers");
  }
}

/// Specific Character Set itself.
void check_terms(const CheckPlace& place) {
  Problems problems;
  const CharacterSets sets(as_text(place.node().value), &problems, offset_in_value(place.node(), 0));
  for (auto& problem : problems)
    if (place.report.wants(problem.gravity))
      place.report.put(problem.offset, short_path(place.at), problem.rule, problem.clause, std::move(problem.found),
                       std::move(problem.expected), problem.gravity);
}

/// Units that are often mistaken: only where no patient and no device could have the value.
void check_units(const CheckPlace& place) {
  struct Bound {
    Tag tag;
    double most;
    std::string_view unit;
  };
  static constexpr Bound bounds[] = {{tags::PatientSize, 3.0, "metres"}, {tags::PatientWeight, 800.0, "kilograms"}};
  const Node& node = place.node();
  for (const auto& bound : bounds) {
    if (node.tag != bound.tag || node.vr != Vr::DS) continue;
    const auto number = parse_decimal_string(without_padding(as_text(node.value)));
    if (number && (*number > bound.most || *number < 0))
      place.report.in_value(place.at, "ps3.3/C.7.2.2/implausible-unit", "PS3.3 C.7.2.2", 0, fmt::format("{}", *number),
                            fmt::format("a number of {}, 0 to {}", bound.unit, bound.most), Gravity::note);
  }
}

/// Image Orientation (Patient): two unit vectors at right angles. Pixel Spacing: positive.
void check_geometry(const CheckPlace& place, const std::vector<ByteView>& parts) {
  const Node& node = place.node();
  const bool orientation = node.tag == tags::ImageOrientationPatient;
  if ((!orientation && node.tag != tags::PixelSpacing && node.tag != tags::ImagerPixelSpacing) || node.vr != Vr::DS)
    return;
  double number[6];
  std::size_t count = 0;
  for (const auto part : parts) {
    const auto parsed = parse_decimal_string(without_padding(as_text(part)));
    if (!parsed || count == 6) return;
    number[count++] = *parsed;
  }
  if (!orientation) {
    for (std::size_t i = 0; i < count; ++i)
      if (number[i] <= 0)
        return place.report.in_value(place.at, "ps3.3/10.7.1.3/pixel-spacing", "PS3.3 10.7.1.3",
                                     start_of_value(node, i, parts), fmt::format("{}", number[i]),
                                     "millimetres above 0");
    return;
  }
  if (count != 6) return;
  // Writers round to few digits; a slip in the vectors is far larger.
  constexpr double tolerance = 0.01;
  double dot = 0;
  for (const std::size_t first : {std::size_t{0}, std::size_t{3}}) {
    const double length = std::hypot(number[first], number[first + 1], number[first + 2]);
    if (std::abs(length - 1) > tolerance)
      return place.report.in_value(place.at, "ps3.3/C.7.6.2.1.1/orientation", "PS3.3 C.7.6.2.1.1",
                                   start_of_value(node, first, parts), fmt::format("a vector of length {:.4g}", length),
                                   "direction cosines: length 1");
  }
  for (std::size_t i = 0; i < 3; ++i) dot += number[i] * number[i + 3];
  if (std::abs(dot) > tolerance)
    place.report.in_value(place.at, "ps3.3/C.7.6.2.1.1/orientation", "PS3.3 C.7.6.2.1.1", 0,
                          fmt::format("row and column directions with the product {:.4g}", dot),
                          "directions at right angles: product 0");
}

}  // namespace

void check_values(const CheckPlace& place) {
  const Node& node = place.node();
  if (node.value.empty() || node.vr == Vr::UN) return;
  std::vector<ByteView> parts;
  if (is_text(node.vr)) {
    const auto& sets = place.sets.in_force(place.at.character_set());
    if (node.tag == tags::SpecificCharacterSet) check_terms(place);
    parts = sets.split_values(node.value, node.vr);
    if (node.vr == Vr::UI)
      check_uids(place, parts);
    else
      check_texts(place, sets, parts);
  }
  check_multiplicity(place, parts);
  check_units(place);
  check_geometry(place, parts);
}

}  // namespace assay::dataset
