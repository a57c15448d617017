#include "harness/app/dump_levels.hpp"

#include <fmt/format.h>

#include "harness/base/digest.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/dump_people.hpp"

namespace assay::app {

namespace {

constexpr std::array<std::string_view, 3> level_names = {"patient", "study", "series"};
constexpr std::array<Tag, 3> level_keys = {tags::PatientID, tags::StudyInstanceUID, tags::SeriesInstanceUID};
// Elements that vary: different values kept to be counted.
constexpr std::size_t most_values = 100'000;
constexpr std::size_t longest_value = 200;

}  // namespace

void DumpLevels::add(const dataset::DataSet& data_set) {
  std::map<Tag, std::pair<std::uint64_t, std::string>> values;
  dataset::Cursor cursor(data_set);
  for (bool more = cursor.next(); more; more = cursor.skip_subtree()) {
    const auto& node = cursor.node();
    if (node.vr == Vr::none) continue;
    std::string text;
    Digest digest;
    if (node.kind == dataset::NodeKind::element) {
      text = dataset::value_for_people(cursor, longest_value);
      if (node.value.size() <= 4096)
        digest.update(node.value);
      else
        digest.update(as_bytes(text));
    } else if (node.kind == dataset::NodeKind::sequence) {
      digest.update(data_set.raw(node));
      text = "sequence";
    } else {
      text = "fragments";
    }
    values.try_emplace(node.tag, digest.value(), std::move(text));
  }
  Group* group = &all_;
  for (const Tag key : level_keys) {
    group = &group->below[printable(data_set.text(key))];
    take(*group, values);
  }
}

void DumpLevels::take(Group& group, const std::map<Tag, std::pair<std::uint64_t, std::string>>& values) {
  ++group.instances;
  for (const auto& [tag, value] : values) {
    Values& known = group.elements[tag];
    if (known.instances++ == 0) known.first = value.second;
    if (known.digests.size() < most_values) known.digests.insert(value.first);
  }
}

// No recursion problem: there are three levels.
void DumpLevels::print(const Group& group, const std::string& name, std::size_t level, std::set<Tag> told,
                       const dataset::LineSink& sink) {
  const std::string indent(level * 2, ' ');
  const bool last = level + 1 == levels;
  sink(fmt::format("{}{} {}: {} instance{}{}\n", indent, level_names[level], name.empty() ? "(none)" : name,
                   group.instances, group.instances == 1 ? "" : "s",
                   last ? "" : fmt::format(", {} {}", group.below.size(), level == 0 ? "studies" : "series")));
  for (const auto& [tag, values] : group.elements) {
    const bool constant = values.digests.size() == 1 && values.instances == group.instances;
    if (told.contains(tag) || (!constant && !last)) continue;
    told.insert(tag);
    std::string value = values.first;
    if (!constant) value = fmt::format("{} values", values.digests.size());
    if (values.instances < group.instances)
      value += fmt::format(", in {} of {} instances", values.instances, group.instances);
    sink(fmt::format("{}  {} {:<32}  {}\n", indent, to_string(tag), dict::keyword(tag), value));
  }
  for (const auto& [below_name, below] : group.below) print(below, below_name, level + 1, told, sink);
}

void DumpLevels::print(const dataset::LineSink& sink) const {
  for (const auto& [name, group] : all_.below) print(group, name, 0, {}, sink);
}

}  // namespace assay::app
