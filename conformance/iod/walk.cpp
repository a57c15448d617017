#include "conformance/iod/walk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/iod/extension.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/value.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

constexpr std::size_t max_macros = 32;  // included by each other at one place; the deepest of the tables has 6

bool is_functional_group(Tag sequence) {
  return sequence == tags::SharedFunctionalGroupsSequence || sequence == tags::PerFrameFunctionalGroupsSequence;
}

std::string short_text(std::string_view text) {
  constexpr std::size_t shown = 64;
  return text.size() <= shown ? std::string(text) : std::string(text.substr(0, shown)) + "...";
}

}  // namespace

Walk::Walk(const dataset::DataSet& data_set, const IodOptions& options)
    : options_(options),
      root_(data_set, options.meta),
      known_(data_set.nodes().size()),
      allowed_(data_set.nodes().size()),
      of_root_(named_conditions().size() + (options.extension != nullptr ? options.extension->conditions() : 0), -1) {}

void Walk::judge(const Iod& iod, std::string_view sop_class_uid) {
  std::vector<const IodModule*> later;
  std::vector<const IodModule*> known;
  for (const auto& of : iod.modules) {
    const Place top{root_, module_of(of.module), Mode::judge};
    const Truth wanted = of.usage == Usage::M && of.condition == ConditionId::None ? Truth::yes
                         : of.condition == ConditionId::None                       ? Truth::unknown
                                                                                   : holds(top, of.condition);
    if (wanted == Truth::yes)
      module(of, Mode::judge);
    else
      (wanted == Truth::unknown ? later : known).push_back(&of);
  }
  for (const auto* of : later) module(*of, has_attribute_of_its_own(of->module) ? Mode::judge : Mode::know);
  for (const auto* of : known) module(*of, Mode::know);
  added(iod, sop_class_uid);
  for (auto& candidate : unwanted_)
    if (allowed_[candidate.node] == 0 && told_.emplace(candidate.problem.field, "unwanted").second)
      problems_.push_back(std::move(candidate.problem));
  frames();
  uids();
  evidence(iod);
  if (options_.notes) unknown_attributes();
}

void Walk::frames() {
  const auto groups = root_.find(tags::PerFrameFunctionalGroupsSequence);
  const auto number = root_.find(tags::NumberOfFrames);
  if (groups == Scope::none || number == Scope::none || known_[groups] == 0) return;
  const auto frames = number_value(root_.nodes()[number], root_.endian(), 0);
  const auto items = item_count(root_.data_set(), groups);
  if (!frames || items == 0 || *frames == items) return;
  report({root_, module_of(ModuleId::MultiFrameFunctionalGroupsCommon), Mode::judge}, "ps3.3/C.7.6.16/frame-count",
         tags::PerFrameFunctionalGroupsSequence, fmt::format("{} items", items),
         fmt::format("{}, the Number of Frames", *frames));
}

void Walk::uids() {
  constexpr Tag kinds[] = {tags::SOPInstanceUID, tags::StudyInstanceUID, tags::SeriesInstanceUID,
                           tags::FrameOfReferenceUID};
  for (std::size_t i = 1; i < std::size(kinds); ++i) {
    const auto node = root_.find(kinds[i]);
    if (node == Scope::none || !has_value(root_.data_set(), node)) continue;
    const auto uid = text_value(root_.nodes()[node], 0);
    for (std::size_t before = 0; before < i; ++before) {
      const auto other = root_.find(kinds[before]);
      if (other == Scope::none || uid.empty() || text_value(root_.nodes()[other], 0) != uid) continue;
      report({root_, module_of(ModuleId::None), Mode::judge}, "ps3.5/9/uid-of-two-kinds", kinds[i], short_text(uid),
             fmt::format("another UID than {} {}", dict::keyword(kinds[before]), to_string(kinds[before])));
      break;
    }
  }
}

void Walk::module(const IodModule& of, Mode mode) {
  const auto& module = module_of(of.module);
  if (mode == Mode::judge) judged_.insert(of.module);
  rows({root_, module, mode}, module.rows);
}

bool Walk::has_attribute_of_its_own(ModuleId id) const {
  std::vector<std::pair<ModuleId, std::size_t>> open{{id, 0}};
  while (!open.empty()) {
    const auto [at, depth] = open.back();
    open.pop_back();
    for (const auto& row : module_of(at).rows) {
      if (row.depth != 0 || row.kind == RowKind::verify) continue;
      if (row.kind == RowKind::include) {
        if (depth < max_macros) open.emplace_back(row.macro, depth + 1);
        continue;
      }
      const auto node = root_.find(row.tag);
      if (node != Scope::none && known_[node] == 0) return true;
    }
  }
  return false;
}

void Walk::rows(const Place& place, std::span<const Row> all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].depth != all[0].depth) continue;  // of the sequence before
    if (++steps_ >= max_steps) return;
    switch (all[i].kind) {
      case RowKind::include: include(place, all[i]); break;
      case RowKind::verify: verify(place, all[i]); break;
      default: attribute(place, all, i);
    }
  }
}

Truth Walk::holds(const Place& place, ConditionId id) {
  const auto index = static_cast<std::size_t>(id);
  const auto& condition = condition_of(id);
  if (!condition.root_only()) return condition.holds(place.scope);
  if (of_root_[index] < 0) of_root_[index] = static_cast<std::int8_t>(condition.holds(place.scope));
  return static_cast<Truth>(of_root_[index]);
}

Truth Walk::needed_at(const Place& place, const Row& row) {
  const Truth needed = holds(place, row.condition);
  const bool conditional = row.type == Type::t1C || row.type == Type::t2C || row.type == Type::t3C;
  return needed == Truth::unknown && !conditional ? Truth::yes : needed;
}

void Walk::include(const Place& place, const Row& row) {
  if (place.macros >= max_macros) return;
  const auto& macro = module_of(row.macro);
  const Truth wanted = holds(place, row.condition);
  Mode mode = place.mode;
  if (wanted != Truth::yes) mode = Mode::know;
  if (mode == Mode::know && place.mode == Mode::judge && !around_.empty() && wanted == Truth::no &&
      around_.back().sequence == tags::SharedFunctionalGroupsSequence && !macro.rows.empty()) {
    const Row& group = macro.rows[0];
    if (place.scope.find(group.tag) != Scope::none && other_functional_group(place, group.tag))
      report(place, "ps3.3/C.7.6.16/group-in-both", group.tag, "shared and per frame",
             "a functional group that is shared by all frames, or given for each");
  }
  rows({place.scope, macro, mode, place.sequences, place.macros + 1}, macro.rows);
}

std::optional<std::uint32_t> Walk::other_functional_group(const Place& place, Tag tag) const {
  if (around_.size() != 1 || !is_functional_group(around_[0].sequence)) return std::nullopt;
  const Tag other = around_[0].sequence == tags::SharedFunctionalGroupsSequence ? tags::PerFrameFunctionalGroupsSequence
                                                                                : tags::SharedFunctionalGroupsSequence;
  const auto sequence = root_.find(other);
  const auto& nodes = place.scope.nodes();
  if (sequence == Scope::none || sequence + 1 >= nodes[sequence].end) return std::nullopt;
  for (std::uint32_t i = sequence + 2; i < nodes[sequence + 1].end; i = nodes[i].end)
    if (nodes[i].tag == tag) return i;
  return std::nullopt;
}

void Walk::attribute(const Place& place, std::span<const Row> all, std::size_t number) {
  const Row& row = all[number];
  const auto node = place.scope.find(row.tag);
  if (node == Scope::none) {
    if (place.mode == Mode::judge) absent(place, row, needed_at(place, row));
    return;
  }
  known_[node] = 1;
  const Node& found = place.scope.nodes()[node];
  const auto items = rows_inside(all, number);
  if (place.mode == Mode::know) {
    if (row.kind == RowKind::sequence) inside(place, items, node);
    return;
  }
  const Truth needed = needed_at(place, row);
  const bool conditional = row.type == Type::t1C || row.type == Type::t2C || row.type == Type::t3C;
  if (conditional && needed == Truth::no && !row.otherwise) {
    if (allowed_[node] == 0 && unwanted_.size() < options_.max_problems) {
      const bool second = row.type == Type::t2C;
      Problem problem{.rule = second ? "ps3.5/7.4.4/type-2c-unwanted" : "ps3.5/7.4.2/type-1c-unwanted",
                      .clause = second ? "PS3.5 7.4.4" : "PS3.5 7.4.2",
                      .offset = found.offset == dataset::no_offset ? 0 : found.offset,
                      .field = path(row.tag),
                      .found = "present",
                      .expected = fmt::format("only where {}: {}", short_text(in_words(expression_of(row.condition))),
                                              where(place, row))};
      unwanted_.push_back({node, std::move(problem)});
    }
    if (row.kind == RowKind::sequence)
      inside({place.scope, place.module, Mode::know, place.sequences, place.macros}, items, node);
    return;
  }
  // Type 3 in one module does not lift what another says of when it may be present.
  if (row.type != Type::t3) allowed_[node] = 1;
  if (!has_value(place.scope.data_set(), node)) {
    if (row.type == Type::t1 && needed == Truth::yes)
      report(place, "ps3.5/7.4.1/type-1-empty", row.tag, row.kind == RowKind::sequence ? "no items" : "no value",
             "a value: " + where(place, row));
    else if (row.type == Type::t1C)
      report(place, "ps3.5/7.4.2/type-1c-empty", row.tag, row.kind == RowKind::sequence ? "no items" : "no value",
             "a value, where it is present: " + where(place, row));
    return;
  }
  count(place, row, node);
  values(place, row, node);
  if (row.kind == RowKind::sequence) inside(place, items, node);
}

bool Walk::beyond_the_end(const Scope& scope, Tag tag) {
  Tag greatest;
  for (std::uint32_t i = scope.first(); i < scope.last(); i = scope.nodes()[i].end)
    greatest = std::max(greatest, scope.nodes()[i].tag);
  return tag >= greatest;
}

void Walk::absent(const Place& place, const Row& row, Truth needed) {
  if (needed != Truth::yes) return;
  if (options_.cut && place.scope.last() == root_.nodes().size() && beyond_the_end(place.scope, row.tag)) return;
  std::string_view rule;
  switch (row.type) {
    case Type::t1: rule = "ps3.5/7.4.1/type-1-missing"; break;
    case Type::t1C: rule = "ps3.5/7.4.2/type-1c-missing"; break;
    case Type::t2: rule = "ps3.5/7.4.3/type-2-missing"; break;
    case Type::t2C: rule = "ps3.5/7.4.4/type-2c-missing"; break;
    default: return;
  }
  if (around_.size() == 1 && place.macros > 0 && is_functional_group(around_[0].sequence) && row.depth == 0) {
    // The tables ask for it at both places as long as it is at neither: told at the first.
    const auto shared = fmt::format("{}[1]/{}", to_string(tags::SharedFunctionalGroupsSequence), to_string(row.tag));
    if (around_[0].sequence == tags::SharedFunctionalGroupsSequence || !told_.contains({shared, "missing"}))
      report(place, "ps3.3/C.7.6.16/group-missing", row.tag, "absent", "the functional group " + where(place, row));
    return;
  }
  report(place, rule, row.tag, "absent",
         fmt::format("{}{}: {}", row.type == Type::t1 || row.type == Type::t1C ? "present with a value" : "present",
                     row.type == Type::t1C || row.type == Type::t2C
                         ? fmt::format(", because {}", short_text(in_words(expression_of(row.condition))))
                         : "",
                     where(place, row)));
}

void Walk::inside(const Place& place, std::span<const Row> items, std::uint32_t sequence) {
  const auto& nodes = place.scope.nodes();
  const Node& node = nodes[sequence];
  if (node.kind != NodeKind::sequence) return;
  if (items.empty() || place.sequences >= options_.max_depth) {
    std::fill(known_.begin() + sequence, known_.begin() + node.end, std::uint8_t{1});
    return;
  }
  std::uint32_t number = 0;
  for (std::uint32_t i = sequence + 1; i < node.end; i = nodes[i].end) {
    if (nodes[i].kind != NodeKind::item) continue;
    around_.push_back({node.tag, ++number});
    const Scope scope(place.scope, i, endian_inside(node, place.scope.endian()));
    rows({scope, place.module, place.mode, place.sequences + 1, 0}, items);
    around_.pop_back();
  }
}

void Walk::verify(const Place& place, const Row& row) {
  const auto node = place.scope.find(row.tag);
  if (node != Scope::none) known_[node] = 1;
  if (place.mode == Mode::know || holds(place, row.condition) != Truth::yes) return;
  const bool bounds = row.least != 0 || row.most != any;
  if (row.tested <= Tested::unwise && !bounds && row.condition != ConditionId::None) {
    const auto& named = named_conditions()[static_cast<std::size_t>(row.condition)];
    report(place, row.tested == Tested::none ? "ps3.3/C/contradiction" : "ps3.3/C/doubtful", row.tag,
           short_text(in_words(named.expression)), fmt::format("that this is not so: {}", where(place, row)),
           row.tested == Tested::noted ? Gravity::note : Gravity::deviation);
    return;
  }
  if (node == Scope::none || !has_value(place.scope.data_set(), node)) return;
  count(place, row, node);
  values(place, row, node);
}

void Walk::count(const Place& place, const Row& row, std::uint32_t node) {
  if (row.least == 0 && row.most == any) return;
  const Node& found = place.scope.nodes()[node];
  // Nobody knows how many values stand in a private element without its VR.
  if (found.kind == NodeKind::element && found.tag.is_private() && found.vr == Vr::UN) return;
  const std::size_t number = value_count(place.scope.data_set(), node);
  if (number >= row.least && (row.most == any || number <= row.most)) return;
  const auto wanted = row.most == any         ? fmt::format("{} or more", row.least)
                      : row.most == row.least ? fmt::format("{}", row.least)
                                              : fmt::format("{} to {}", row.least, row.most);
  if (found.kind == NodeKind::sequence)
    report(place, "ps3.5/7.5/item-count", row.tag, fmt::format("{} items", number),
           fmt::format("{}: {}", wanted, where(place, row)));
  else
    report(place, "ps3.5/6.4/module-vm", row.tag, fmt::format("{} values", number),
           fmt::format("{}: {}", wanted, where(place, row)));
}

void Walk::values(const Place& place, const Row& row, std::uint32_t node) {
  if (row.tested <= Tested::unwise) return;
  if (place.scope.nodes()[node].kind != NodeKind::element) return;
  const std::size_t number = value_count(place.scope.data_set(), node);
  constexpr std::size_t looked_at = 64;  // values of one element: more of a list say nothing new
  if (row.value != any) {
    if (row.value < number) one_value(place, row, node, row.value);
    return;
  }
  for (std::size_t i = 0; i < std::min(number, looked_at); ++i) one_value(place, row, node, i);
}

void Walk::one_value(const Place& place, const Row& row, std::uint32_t index, std::size_t which) {
  const Node& node = place.scope.nodes()[index];
  const auto list = list_of(row.list, vr_of(node));
  const auto number = number_value(node, place.scope.endian(), which);
  const bool nonzero_error = row.tested == Tested::nonzero_error || row.tested == Tested::enumerated_nonzero_error ||
                             row.tested == Tested::defined_nonzero_error;
  const bool nonzero = row.tested >= Tested::nonzero_error;
  if (nonzero && number && *number == 0) {
    report(place, nonzero_error ? "ps3.3/C/zero-value" : "ps3.3/C/zero-value-unlikely", row.tag, "0",
           "another number: " + where(place, row));
    return;
  }
  if (row.tested == Tested::nonzero_error || row.tested == Tested::nonzero_warning) return;
  std::string found;
  if (list.kind == ListKind::tag) {
    if (vr_of(node) != Vr::AT) return;
    found = fmt::format("{:08X}", dataset::Numbers<Tag>(node.value, place.scope.endian())[which].packed());
  } else if (list.kind == ListKind::numbers) {
    if (!number) return;
    // The lists give what is negative as the bits of an unsigned number.
    const bool negative = *number < 0 && vr_of(node) == Vr::SS && !is_added(row.list);
    found = fmt::format("{}", negative ? *number + 65536 : *number);
  } else {
    if (!is_text(vr_of(node))) return;
    found = std::string(text_value(node, which));
    if (found.empty()) return;
  }
  std::string_view rest = list.values;
  while (true) {
    const auto mark = rest.find('\\');
    if (rest.substr(0, mark) == found) return;
    if (mark == std::string_view::npos) break;
    rest.remove_prefix(mark + 1);
  }
  const bool defined = row.tested == Tested::defined || row.tested == Tested::defined_nonzero_error ||
                       row.tested == Tested::defined_nonzero_warning;
  if (defined && !options_.notes) return;
  // Private coding schemes (PS3.3 8.2).
  if (defined && row.tag == tags::CodingSchemeDesignator && found.starts_with("99")) return;
  std::string wanted(list.values);
  std::ranges::replace(wanted, '\\', ' ');
  if (wanted.empty()) wanted = "(an empty value)";
  constexpr std::size_t listed = 200;
  if (wanted.size() > listed) wanted = wanted.substr(0, wanted.rfind(' ', listed)) + " ...";
  report(place, defined ? "ps3.5/6.3/defined-term" : "ps3.5/6.3/enumerated-value", row.tag,
         fmt::format("{}{}", found.size() > 64 ? found.substr(0, 64) + "..." : found,
                     which == 0 && row.value == any ? "" : fmt::format(" as value {}", which + 1)),
         fmt::format("{} {}: {}", defined ? "a defined term as" : "one of", wanted, where(place, row)),
         defined ? Gravity::note : Gravity::deviation);
}

}  // namespace assay::conformance::iod
