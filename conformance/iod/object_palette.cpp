// Palette Color Lookup Tables (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6): alike in the three colours, and as long as they say.
#include <fmt/format.h>

#include <array>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/object_checks.hpp"
#include "harness/base/bytes.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

struct Table {
  Tag descriptor;
  Tag data;
  std::string_view colour;
};

constexpr Table tables_of_colours[] = {
    {tags::RedPaletteColorLookupTableDescriptor, tags::RedPaletteColorLookupTableData, "red"},
    {tags::GreenPaletteColorLookupTableDescriptor, tags::GreenPaletteColorLookupTableData, "green"},
    {tags::BluePaletteColorLookupTableDescriptor, tags::BluePaletteColorLookupTableData, "blue"},
};

/// Number of entries, first value mapped, bits of an entry; as they stand, whether US or SS.
using Descriptor = std::array<std::uint16_t, 3>;

std::optional<Descriptor> descriptor_of(const ObjectReport& report, Tag tag) {
  const Node* node = report.node(tag);
  if (node == nullptr || node->kind != NodeKind::element || node->value.size() != 6) return std::nullopt;
  Descriptor told{};
  for (std::size_t i = 0; i < told.size(); ++i)
    told[i] = load<std::uint16_t>(node->value.data() + 2 * i, report.root().endian());
  return told;
}

std::string words(const Descriptor& told) { return fmt::format("{}\\{}\\{}", told[0], told[1], told[2]); }

void check_length(ObjectReport& report, const Table& table, const Descriptor& told) {
  const Node* data = report.node(table.data);
  if (data == nullptr || data->kind != NodeKind::element) return;
  const std::size_t entries = told[0] == 0 ? 65536 : told[0];  // 0: 2^16 do not fit
  const std::size_t size = data->value.size();
  const bool bytes = told[2] == 8;
  if (size == 2 * entries) {
    if (bytes)
      report.at(table.data, "ps3.3/C.7.6.3.1.6/palette-length", fmt::format("{} bytes, a word for each entry", size),
                fmt::format("{} bytes for {} entries of 8 bits", entries + entries % 2, entries), Gravity::note);
    return;
  }
  if (bytes && size == entries + entries % 2) return;
  report.at(table.data, "ps3.3/C.7.6.3.1.6/palette-length", fmt::format("{} bytes", size),
            fmt::format("{} bytes for {} entries of {} bits in {}", bytes ? entries + entries % 2 : 2 * entries,
                        entries, told[2], to_string(table.descriptor)));
}

}  // namespace

void check_palette(ObjectReport& report, const ObjectOptions& options) {
  std::optional<Descriptor> first;
  for (const auto& table : tables_of_colours) {
    const auto told = descriptor_of(report, table.descriptor);
    if (!told) continue;
    if (!first) first = told;
    if (*told != *first)
      report.at(table.descriptor, "ps3.3/C.7.6.3.1.5/palette-descriptors-differ", words(*told),
                fmt::format("{} for {} too", words(*first), table.colour));
    if (!options.cut) check_length(report, table, *told);
  }
}

}  // namespace assay::conformance::iod
