// How Assay reads an input, as a view: as its Transfer Syntax says, without guessing, to the first error.
#include <algorithm>

#include "fuzz/bring_your_own/library/view.hpp"
#include "harness/dataset/deflate.hpp"
#include "harness/dataset/file.hpp"
#include "harness/dataset/part10.hpp"
#include "harness/dataset/swap.hpp"
#include "harness/dict/dict.hpp"
#include "harness/dict/vr_table.hpp"

namespace assay::fuzz {
namespace {

using namespace assay::dataset;

constexpr std::size_t most_inflated = 4U << 20U;

std::string syntax_name(Encoding encoding) {
  if (encoding.deflated) return "deflated";
  if (encoding.encapsulated) return "encapsulated";
  if (!encoding.explicit_vr) return "implicit-le";
  return encoding.endian == Endian::big ? "explicit-be" : "explicit-le";
}

EntryKind kind_of(const Node& node) {
  switch (node.kind) {
    case NodeKind::sequence: return EntryKind::sequence;
    case NodeKind::item: return EntryKind::item;
    case NodeKind::fragments: return EntryKind::fragments;
    case NodeKind::fragment: return EntryKind::fragment;
    case NodeKind::element: break;
  }
  return node.vr == Vr::none ? EntryKind::stray : EntryKind::element;
}

class Maker {
 public:
  Maker(View& out, unsigned flags) : out_(out), flags_(flags) {}

  void add(const DataSet& data_set) {
    const auto first = static_cast<std::uint32_t>(out_.entries.size());
    const auto& nodes = data_set.nodes();
    std::uint32_t un_end = 0;  // where the UN of undefined length that we are in ends
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
      const Node& node = nodes[i];
      Entry entry;
      entry.tag = node.tag;
      entry.kind = kind_of(node);
      entry.vrs[0] = node.vr;
      entry.in_un = i < un_end;
      entry.implicit = entry.in_un || !data_set.encoding().explicit_vr;
      entry.undefined = node.length == undefined_length;
      entry.offset = node.offset;
      entry.end = first + node.end;
      const bool big = data_set.encoding().endian == Endian::big && !entry.in_un;
      if (entry.kind == EntryKind::element || entry.kind == EntryKind::fragment) measure(entry, node, big);
      if (entry.kind == EntryKind::sequence && node.vr == Vr::UN && data_set.encoding().explicit_vr)
        un_end = std::max(un_end, node.end);
      out_.entries.push_back(entry);
    }
  }

 private:
  void measure(Entry& entry, const Node& node, bool big) {
    ByteView value = node.value;
    if (big && entry.kind == EntryKind::element && (flags_ & ASSAY_NATIVE_NUMBERS) != 0 && vr_row(node.vr).swap > 1) {
      swapped_.resize(value.size());
      copy_swapped(swapped_.data(), value.data(), value.size(), vr_row(node.vr).swap);
      value = swapped_;
    }
    if ((flags_ & ASSAY_WITHOUT_PADDING) != 0)
      while (!value.empty() && (value.back() == ' ' || value.back() == 0)) value = value.first(value.size() - 1);
    entry.size = value.size();
    entry.digest = digest_of(value);
  }

  View& out_;
  unsigned flags_;
  Bytes swapped_;
};

void take(View& view, Problems problems) {
  for (auto& problem : problems) {
    if (problem.gravity == Gravity::note) continue;
    if (problem.gravity == Gravity::error && view.refused.empty()) view.refused = problem.rule;
    view.problems.push_back(std::move(problem));
  }
}

View file_view(ByteView input, unsigned flags) {
  View view;
  // What names the Transfer Syntax has to be sound, else everything after it would differ by what each makes of that.
  const auto part10 = parse_part10(input);
  const bool sound =
      std::ranges::all_of(part10.problems, [](const Problem& one) { return one.gravity == Gravity::note; });
  const auto* syntax = find_transfer_syntax(part10.transfer_syntax_uid);
  if (!sound || syntax == nullptr || input.size() < 132 || as_text(input.subspan(128, 4)) != "DICM") {
    view.compared = false;
    return view;
  }
  FileOptions options;
  options.guess = false;
  options.max_inflated = most_inflated;
  auto file = read_file(input, options);
  if (!file || file->kind != FileKind::part10) {
    view.compared = false;
    return view;
  }
  view.syntax = syntax_name(file->encoding);
  Maker maker(view, flags);
  if ((flags & ASSAY_WITHOUT_META) == 0) maker.add(file->meta);
  maker.add(file->data_set);
  take(view, std::move(file->problems));
  return view;
}

Encoding encoding_of_format(enum assay_format format) {
  switch (format) {
    case ASSAY_FORMAT_IMPLICIT_LITTLE: return implicit_le;
    case ASSAY_FORMAT_EXPLICIT_BIG: return explicit_be;
    case ASSAY_FORMAT_DEFLATED: return {true, Endian::little, true, false};
    default: return explicit_le;
  }
}

}  // namespace

View our_view(enum assay_format format, ByteView input, unsigned flags) {
  if (format == ASSAY_FORMAT_FILE || format == ASSAY_FORMAT_ANY || format == ASSAY_FORMAT_WIRE)
    return file_view(input, flags);
  View view;
  auto encoding = encoding_of_format(format);
  view.syntax = syntax_name(encoding);
  Bytes plain;
  if (encoding.deflated) {
    auto inflated = inflate(input, most_inflated);
    take(view, std::move(inflated.problems));
    plain = std::move(inflated.bytes);
    input = plain;
  }
  auto decoded = decode(input, encoding);
  Maker(view, flags).add(decoded.data_set);
  take(view, std::move(decoded.problems));
  return view;
}

}  // namespace assay::fuzz
