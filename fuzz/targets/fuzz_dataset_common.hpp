// What must hold for any bytes given to the Data Set reader, in each encoding.
// Shared by all fuzz_dataset_* targets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"
#include "harness/dataset/cursor.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/dataset/scan.hpp"

namespace assay::fuzz {

/// Junk of 4 KB has a thousand problems, whose texts cost more than all the rest: mostly a few of them are enough.
inline dataset::DecodeOptions usual_options([[maybe_unused]] ByteView input) {
  dataset::DecodeOptions options;
#ifdef ASSAY_LIBFUZZER
  if (sum_of(input) / 64 % 16 != 0) options.max_problems = 8;
#endif
  return options;
}

inline const Problem* first_deviation(const Problems& problems) {
  const auto found = std::find_if(problems.begin(), problems.end(),
                                  [](const Problem& problem) { return problem.gravity != Gravity::note; });
  return found == problems.end() ? nullptr : &*found;
}

/// The decoder has found nothing wrong, and had room to say so: notes take room too.
inline bool faultless(const dataset::DataSetDecode& decoded) {
  return decoded.more_problems == 0 && clean(decoded.problems);
}

/// The index is a tree in document order, its offsets lie in the input and nothing lies outside it.
inline void check_structure(const dataset::DataSetDecode& decoded, std::size_t size, std::uint64_t base) {
  const auto& nodes = decoded.data_set.nodes();
  require(decoded.consumed <= size, "consumed <= size");
  require(nodes.size() <= size / 8 + 1, "a node has at least 8 bytes");
  std::vector<std::uint32_t> ends{static_cast<std::uint32_t>(nodes.size())};
  std::uint64_t next = base;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    while (ends.back() <= i) ends.pop_back();
    require(node.end > i && node.end <= ends.back(), "a subtree lies inside the one around it");
    require(node.offset >= next && node.end_offset <= base + decoded.consumed, "offsets ascend inside the input");
    require(node.end_offset >= node.offset + 8, "a node has at least 8 bytes");
    require(node.depth <= limits::max_nesting_depth, "depth is limited");
    const bool leaf = node.kind == dataset::NodeKind::element || node.kind == dataset::NodeKind::fragment;
    require(!leaf || node.end == i + 1, "a leaf has no children");
    require(leaf || node.value.empty(), "only leaves have values");
    require(node.value.size() <= node.end_offset - node.offset, "a value lies inside its element");
    next = leaf ? node.end_offset : node.offset + 8;
    if (!leaf) ends.push_back(node.end);
  }
  for (const auto& problem : decoded.problems)
    require(problem.offset >= base && problem.offset <= base + size, "a problem lies in the input");
  require(decoded.problems.size() <= limits::max_problems + 1, "problems are limited");
}

enum class Group : std::uint8_t {
  strict,
  encoding,
  conversion,
  copy,
  forms,
  shallow,
  command,
  tokens,
  asking,
  setting,
  count
};

inline bool wanted(Group group, ByteView input) {
  return wanted(static_cast<std::size_t>(group), static_cast<std::size_t>(Group::count), input);
}

inline void check_strict(ByteView input, dataset::Encoding encoding, const dataset::DataSetDecode& decoded) {
  auto strict = usual_options(input);
  strict.strict = true;
  const auto strictly = decode(input, encoding, strict);
  check_structure(strictly, input.size(), 0);
  require(same(rewrite(strictly.data_set), input.first(strictly.consumed)), "strict rewrite");
  const auto* first = first_deviation(decoded.problems);
  const auto* first_strict = first_deviation(strictly.problems);
  if (decoded.more_problems > 0) return;
  require((first == nullptr) == (first_strict == nullptr), "strict and lenient both object or neither");
  require(!first || *first == *first_strict, "strict and lenient object to the same first");
}

inline void check_encoding(ByteView input, dataset::Encoding encoding, const dataset::DataSetDecode& decoded) {
  const auto& data_set = decoded.data_set;
  const Bytes encoded = encode(data_set, encoding);
  if (decoded.more_problems == 0 && first_deviation(decoded.problems) == nullptr)
    require(same(encoded, input), "clean bytes are encoded as they came");
  const auto again = decode(encoded, encoding, usual_options(input));
  require(again.data_set.nodes().size() <= data_set.nodes().size(), "nothing is added");
  require(encode(again.data_set, encoding) == encoded, "encode(decode(encode(d))) == encode(d)");
  require(data_set.equal_in_value(data_set), "equal to itself");
  require(data_set.equal_in_value(again.data_set), "encoding keeps the values");
  dataset::Gather gather;
  encode_gather(gather, data_set, encoding);
  Bytes joined;
  for (const auto piece : gather.pieces) append(joined, piece);
  require(joined == encoded, "the pieces are the encoding");
}

inline void check_conversion(const dataset::DataSetDecode& decoded) {
  using namespace assay::dataset;
  if (decoded.more_problems > 0 || first_deviation(decoded.problems) != nullptr) return;
  const auto& data_set = decoded.data_set;
  for (const auto& other : {explicit_le, explicit_be}) {
    const Bytes converted = encode(data_set, other);
    const auto back = decode(converted, other);
    require(!has_error(back.problems), "a converted Data Set can be read");
    require(back.data_set.equal_in_value(data_set), "conversion keeps the values");
  }
  // Without VRs the dictionary decides, so nothing may have departed from it.
  if (decoded.problems.empty())
    require(!has_error(decode(encode(data_set, implicit_le), implicit_le).problems), "implicit form can be read");
}

inline void check_tokens(ByteView input, dataset::Encoding encoding, const dataset::DataSetDecode& decoded) {
  using namespace assay::dataset;
  std::size_t nodes = 0;
  std::size_t open = 0;
  const auto result = scan(input, encoding, usual_options(input), [&](const Token& token) {
    if (token.kind == TokenKind::end) {
      require(open-- > 0, "an end has a start");
      return Next::go_on;
    }
    require(nodes < decoded.data_set.nodes().size(), "no more tokens than nodes");
    const auto& node = decoded.data_set.nodes()[nodes++];
    require(node.tag == token.node->tag && node.vr == token.node->vr && node.offset == token.node->offset &&
                node.depth == token.node->depth && node.value.data() == token.node->value.data() &&
                node.value.size() == token.node->value.size(),
            "tokens are the nodes of the tree");
    open += token.kind == TokenKind::start;
    return Next::go_on;
  });
  require(nodes == decoded.data_set.nodes().size() && open == 0, "as many tokens as nodes, all closed");
  require(result.problems == decoded.problems && result.more_problems == decoded.more_problems &&
              result.consumed == decoded.consumed,
          "tokens and tree report alike");
  std::size_t walked = 0;
  for (Cursor cursor(decoded.data_set); cursor.next(); ++walked) {
    if (cursor.node().tag.is_private()) require(cursor.creator().size() <= input.size(), "a creator is in the input");
  }
  require(walked == nodes, "the cursor walks over every node");
}

inline void ask_level(const dataset::Level& level, int deeper) {
  for (const auto* node : level.elements()) {
    require(level.find(node->tag) != nullptr && level.has(node->tag), "what is listed is found");
    require(level.texts(node->tag).size() <= node->value.size() + 1 || level.find(node->tag) != node,
            "values are separated by backslashes");
    (void)level.u16(node->tag);
    (void)level.u32(node->tag);
    if (deeper == 0) continue;
    for (const auto& item : level.items(node->tag)) ask_level(item, deeper - 1);
  }
}

/// What is set is found, whatever stood there before; the rest stays as it was.
inline void check_setting(ByteView input, dataset::Encoding encoding, const dataset::DataSetDecode& decoded) {
  using namespace assay::dataset;
  DataSet changed(decoded.data_set);
  const ByteView some = input.first(std::min<std::size_t>(input.size(), 9));
  changed.set_text(tags::PatientID, "A");
  changed.set_text(tags::StudyInstanceUID, Vr::UI, "1.2.3");
  changed.set_u16(tags::Rows, 513);
  changed.set_u16(Tag{0x0028, 0x0106}, 7);  // US or SS
  changed.set_u32(Tag{0x0008, 0x1161}, 70000);
  changed.set_u32(Tag{0x0020, 0x9165}, 0x00080018);  // AT
  changed.set_bytes(Tag{0x0029, 0x1001}, Vr::SQ, some);
  changed.set_empty(Tag{0x0010, 0x0010});
  require(changed.text(tags::PatientID) == "A" && changed.text(tags::StudyInstanceUID) == "1.2.3", "texts are set");
  require(changed.u16(tags::Rows) == 513 && changed.u32(Tag{0x0008, 0x1161}) == 70000, "numbers are set");
  require(changed.u32(Tag{0x0020, 0x9165}) == 0x00080018, "a tag is set");
  require(changed.texts(Tag{0x0010, 0x0010}).empty(), "empty is without values");
  const Tag sequence{0x0008, 0x1140};
  const Encoding other{true, encoding.endian == Endian::big ? Endian::little : Endian::big, false, false};
  DataSet item(other);
  item.set_u16(tags::Rows, 3);
  changed.set_sequence(sequence, {item, decoded.data_set, DataSet(encoding)}, input.size() % 2 == 0);
  const auto items = changed.items(sequence);
  require(items.size() == 3 && items[0].u16(tags::Rows) == 3, "items are set");
  changed.set_fragments(tags::PixelData, {{}, some, input});
  (void)rewrite(changed);
  const Bytes encoded = encode(changed, encoding);
  require(!changed.equal_in_value(decoded.data_set) || decoded.data_set.has(tags::PixelData), "a change is seen");
  require(changed.erase(sequence) && changed.erase(tags::PixelData), "what was set can be taken out");
  require(encode(changed, encoding).size() < encoded.size(), "what was taken out is gone");
}

inline void check_properties(ByteView input, dataset::Encoding encoding) {
  const MemoryBound memory(input.size(), 512);
  using namespace assay::dataset;
  const auto decoded = decode(input, encoding, usual_options(input));
  const auto& data_set = decoded.data_set;
  check_structure(decoded, input.size(), 0);
  const Bytes rewritten = rewrite(data_set);
  require(same(rewritten, input.first(decoded.consumed)), "rewrite gives what was consumed");
  require(has_error(decoded.problems) || decoded.consumed == input.size(), "without an error everything is consumed");

  if (wanted(Group::strict, input)) check_strict(input, encoding, decoded);
  if (wanted(Group::encoding, input)) check_encoding(input, encoding, decoded);
  if (wanted(Group::conversion, input)) check_conversion(decoded);
  if (wanted(Group::tokens, input)) check_tokens(input, encoding, decoded);
  if (wanted(Group::asking, input)) ask_level(data_set.root(), 2);
  if (wanted(Group::setting, input) && seldom(input)) check_setting(input, encoding, decoded);
  if (wanted(Group::copy, input)) {
    const DataSet copy(data_set);
    require(rewrite(copy) == rewritten, "a copy is rewritten alike");
  }
  if (wanted(Group::forms, input) && input.size() <= 4096) {
    require(layout::serialise(to_layout(data_set, encoding)) == encode(data_set, encoding),
            "the layout serialises to the encoding");
    require(!to_text(data_set).empty() || data_set.nodes().empty(), "text for every node");
  }
  if (wanted(Group::shallow, input)) {
    auto shallow = usual_options(input);
    shallow.max_depth = 2;
    shallow.base_offset = 1000;
    shallow.stop_before = tags::PixelData;
    const auto shallowly = decode(input, encoding, shallow);
    check_structure(shallowly, input.size(), 1000);
    require(same(rewrite(shallowly.data_set), input.first(shallowly.consumed)), "shallow rewrite");
  }
  if (wanted(Group::command, input)) {
    auto command = usual_options(input);
    command.command_set = true;
    check_structure(decode(input, encoding, command), input.size(), 0);
  }
}

}  // namespace assay::fuzz
