#include "harness/dataset/check.hpp"

#include <algorithm>

#include "harness/dataset/check_parts.hpp"

namespace assay::dataset {

std::uint64_t offset_in_value(const Node& node, std::size_t index) {
  if (node.offset == no_offset) return 0;
  return node.end_offset - node.value.size() + std::min(index, node.value.size());
}

std::string short_path(const Cursor& at) {
  constexpr std::size_t deep = 64;
  if (at.levels() <= deep) return at.path();
  std::string text = "... " + std::to_string(at.levels()) + " levels ...";
  for (std::size_t up = 4; up-- > 0;)
    if (at.around(up).kind != NodeKind::item) text += '/' + to_string(at.around(up).tag);
  return text + '/' + to_string(at.node().tag);
}

bool CheckReport::wants(Gravity gravity) {
  if (gravity == Gravity::note && !options_.notes) return false;
  // Notes leave half of the room to what is worse.
  const std::size_t room = gravity == Gravity::note ? options_.max_problems / 2 : options_.max_problems;
  if (problems.size() < room) return true;
  ++more;
  return false;
}

void CheckReport::put(std::uint64_t offset, std::string field, std::string_view rule, std::string_view clause,
                      std::string found, std::string expected, Gravity gravity) {
  problems.push_back(Problem{.rule = std::string(rule),
                             .clause = std::string(clause),
                             .offset = offset,
                             .field = std::move(field),
                             .found = std::move(found),
                             .expected = std::move(expected),
                             .gravity = gravity});
}

void CheckReport::in_value(const Cursor& at, std::string_view rule, std::string_view clause, std::size_t index,
                           std::string found, std::string expected, Gravity gravity) {
  if (wants(gravity))
    put(offset_in_value(at.node(), index), short_path(at), rule, clause, std::move(found), std::move(expected),
        gravity);
}

void CheckReport::at_tag(const Cursor& at, std::string_view rule, std::string_view clause, std::string found,
                         std::string expected, Gravity gravity) {
  const auto offset = at.node().offset == no_offset ? 0 : at.node().offset;
  if (wants(gravity)) put(offset, short_path(at), rule, clause, std::move(found), std::move(expected), gravity);
}

const Node* CheckPlace::neighbour(Tag tag) const {
  const auto& nodes = data_set.nodes();
  for (std::uint32_t i = level.first; i < level.end; i = nodes[i].end)
    if (nodes[i].tag == tag && nodes[i].vr != Vr::none) return &nodes[i];
  return nullptr;
}

Problems check(const DataSet& data_set, const CheckOptions& options, std::size_t* more_problems) {
  CheckReport report(options);
  LastSets sets;
  const auto& nodes = data_set.nodes();
  // One entry per level the cursor is in; sequences keep one too, which is never used.
  std::vector<CheckLevel> levels{{.end = static_cast<std::uint32_t>(nodes.size())}};
  for (Cursor at(data_set); at.next();) {
    levels.resize(std::min(levels.size(), at.levels() + 1));
    while (levels.size() <= at.levels()) {
      const Node& container = at.around(at.levels() - levels.size());
      levels.push_back({.first = static_cast<std::uint32_t>(&container - nodes.data()) + 1, .end = container.end});
    }
    const Node& node = at.node();
    if (node.kind == NodeKind::item || node.kind == NodeKind::fragment) {
      // A new item takes the place of the one before at the same depth: the level made for that one is gone, because
      // the cursor stood at the item in between.
      continue;
    }
    if (node.vr == Vr::none) continue;  // a stray delimiter, which the decoder has reported
    const CheckPlace place{data_set, at, levels.back(), report, sets};
    check_structure(place);
    if (node.kind == NodeKind::element) check_values(place);
    if (options.pixels) {
      check_pixels(place);
      check_overlay(place);
    }
  }
  if (more_problems) *more_problems = report.more;
  return std::move(report.problems);
}

namespace {

/// Who may be able to read the Pixel Data at all: said of the element that names the transfer syntax.
void check_transfer_syntax(const DicomFile& file, const CheckOptions& options, Problems& problems) {
  const Node* node = file.meta.find(tags::TransferSyntaxUID);
  const auto uid = file.meta.text(tags::TransferSyntaxUID);
  if (!node || uid.empty() || problems.size() >= options.max_problems) return;
  const auto* entry = dict::find_uid(uid);
  const auto offset = offset_in_value(*node, 0);
  if (!entry && !uid.starts_with("1.2.840.10008."))
    problems.push_back({"ps3.5/10/private-transfer-syntax", "PS3.5 10", offset, to_string(node->tag), std::string(uid),
                        "a Transfer Syntax of PS3.6 Annex A", Gravity::deviation});
  if (entry && entry->retired && options.notes)
    problems.push_back({"ps3.5/10/retired-transfer-syntax", "PS3.5 10", offset, to_string(node->tag),
                        std::string(dict::uid_name(uid)), "a Transfer Syntax in use", Gravity::note});
}

}  // namespace

Problems check(const DicomFile& file, CheckOptions options, std::size_t* more_problems) {
  if (options.transfer_syntax_uid.empty()) options.transfer_syntax_uid = file.transfer_syntax_uid;
  if (file.kind == FileKind::acr_nema) options.acr_nema = true;
  // A file that was read otherwise than it says is judged by what it is.
  if (!file.guess.empty()) options.transfer_syntax_uid = {};
  std::size_t more = 0;
  CheckOptions of_meta = options;
  of_meta.transfer_syntax_uid = {};
  auto problems = check(file.meta, of_meta, &more);
  check_transfer_syntax(file, options, problems);
  CheckOptions of_data = options;
  of_data.max_problems -= std::min(of_data.max_problems, problems.size());
  std::size_t more_of_data = 0;
  auto found = check(file.data_set, of_data, &more_of_data);
  problems.insert(problems.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  if (more_problems) *more_problems = more + more_of_data;
  return problems;
}

}  // namespace assay::dataset
