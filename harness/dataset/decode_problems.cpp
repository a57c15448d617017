// What the Data Set reader has to say about its input: the checks that leave the straight path of decode.cpp, and the
// wording of problems.
#include <algorithm>

#include "harness/dataset/decoder.hpp"

namespace assay::dataset {

namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

// What is wrong with a UID value (PS3.5 9.1), and where.
struct UidFault {
  std::string_view rule;
  std::size_t at = 0;
  std::string_view expected;
};

UidFault fault_of_uid(std::string_view value) {
  constexpr std::string_view characters = "ps3.5/9.1/uid-characters";
  constexpr std::string_view component_rule = "ps3.5/9.1/uid-component";
  if (value.back() == ' ') return {"ps3.5/6.2/uid-padding", value.size() - 1, "padding by one NUL (00H)"};
  if (value.back() == 0) value.remove_suffix(1);
  std::size_t start = 0;      // of the UID
  std::size_t component = 0;  // its first digit
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const char c = i < value.size() ? value[i] : '\\';
    if (c >= '0' && c <= '9') {
      if (i > component && value[component] == '0') return {component_rule, component, "no leading zero"};
      continue;
    }
    if (c != '.' && c != '\\') return {characters, i, "digits and dots"};
    // An empty value between backslashes is allowed, an empty component is not.
    if (i == component && (c == '.' || i > start)) return {component_rule, i, "a digit between dots"};
    component = i + 1;
    if (c == '.') continue;
    if (i - start > 64) return {"ps3.5/9.1/uid-length", start, "at most 64 characters"};
    start = i + 1;
  }
  return {};
}

}  // namespace

template <typename Sink>
std::string Decoder<Sink>::letters(const std::uint8_t* two) {
  std::string text;
  for (int i = 0; i < 2; ++i) {
    if (two[i] >= 0x21 && two[i] < 0x7f) {
      text += static_cast<char>(two[i]);
    } else {
      text += "\\x";
      text += hex_digits[two[i] >> 4];
      text += hex_digits[two[i] & 15];
    }
  }
  return text;
}

// "(0040,0100)[1]/(0008,0060)"
template <typename Sink>
std::string Decoder<Sink>::path(const Tag* tag) const {
  // Of very deep nesting the ends are told: a thousand problems a million levels down would fill the memory.
  constexpr std::size_t told = 32;
  std::string text;
  for (std::size_t i = 1; i <= top_; ++i) {
    if (top_ > 4 * told && i == 2 * told + 1) {
      i = top_ - (2 * told + (top_ & 1U)) + 1;  // from a sequence on
      text += "/...";
    }
    const Frame& frame = frames_[i];
    if (frame.kind == FrameKind::item) continue;
    if (!text.empty()) text += '/';
    text += to_string(frame.tag);
    if (i < top_ || at_item_) text += '[' + std::to_string(frame.items) + ']';
  }
  if (tag) {
    if (!text.empty()) text += '/';
    text += to_string(*tag);
  }
  return text;
}

template <typename Sink>
void Decoder<Sink>::report(Gravity gravity, std::string_view rule, std::string_view clause, std::size_t at,
                           const Tag* tag, std::string_view found, std::string_view expected) {
  if (options_.strict && stopped_) return;
  if (gravity == Gravity::error) stopped_ = failed_ = true;
  if (gravity == Gravity::deviation && options_.strict) stopped_ = true;
  if (full() && gravity != Gravity::error) {
    ++more_problems;
    return;
  }
  if (problems.empty()) problems.reserve(std::min<std::size_t>(options_.max_problems, 16));
  problems.push_back(Problem{.rule = std::string(rule),
                             .clause = std::string(clause),
                             .offset = options_.base_offset + at,
                             .field = path(tag),
                             .found = std::string(found),
                             .expected = std::string(expected),
                             .gravity = gravity});
}

template <typename Sink>
void Decoder<Sink>::deviation(std::string_view rule, std::string_view clause, std::size_t at, Tag tag,
                              std::string_view found, std::string_view expected) {
  report(Gravity::deviation, rule, clause, at, &tag, found, expected);
}

template <typename Sink>
void Decoder<Sink>::error(std::string_view rule, std::string_view clause, std::size_t at, const Tag* tag,
                          std::string_view found, std::string_view expected) {
  report(Gravity::error, rule, clause, at, tag, found, expected);
  stopped_ = failed_ = true;
}

// The tag is not greater than the one before it in the same level.
template <typename Sink>
void Decoder<Sink>::check_order(const Frame& frame, Tag tag) {
  const Tag before(static_cast<std::uint32_t>(frame.next_tag - 1));
  if (tag == before)
    deviation("ps3.5/7.1/duplicate", "PS3.5 7.1", at_, tag, "the same tag again", "each tag at most once");
  else
    deviation("ps3.5/7.1/order", "PS3.5 7.1", at_, tag,
              full() ? std::string() : to_string(tag) + " after " + to_string(before), "ascending tags");
}

// Groups with a place of their own, and group lengths.
template <typename Sink>
void Decoder<Sink>::check_group(Tag tag) {
  if (options_.command_set) {
    if (tag.group != 0)
      deviation("ps3.7/6.3.1/foreign-group", "PS3.7 6.3.1", at_, tag, "an element outside group 0000",
                "only command elements in a Command Set");
    return;
  }
  if (options_.file_meta) {
    if (tag.group != 2)
      deviation("ps3.10/7.1/foreign-group", "PS3.10 7.1", at_, tag, "an element outside group 0002",
                "only group 0002 in the File Meta Information");
    return;
  }
  switch (tag.group) {
    case 0x0000:
      deviation("ps3.5/7.1/command-group", "PS3.5 7.1", at_, tag, "a command element", "no group 0000 in a Data Set");
      return;
    case 0x0002:
      deviation("ps3.5/7.1/meta-group", "PS3.10 7.1", at_, tag, "a File Meta element", "no group 0002 in a Data Set");
      return;
    case 0x0001:
    case 0x0003:
    case 0x0005:
    case 0x0007:
    case 0xffff:
      deviation("ps3.5/7.8/illegal-group", "PS3.5 7.8", at_, tag, "a group that is neither standard nor private",
                "an even group or an odd one from 0009 to FFFD");
      return;
    default: break;
  }
  if (tag.element == 0)
    report(Gravity::note, "ps3.5/7.2/group-length", "PS3.5 7.2", at_, &tag, "a group length", "none: retired");
}

// The VR in the stream is not the first of the dictionary's.
template <typename Sink>
void Decoder<Sink>::check_vr(Tag tag, Vr vr) {
  const auto* entry = dict::find(tag);
  if (!entry) {
    // A private creator is LO, and never UN (PS3.5 7.8.1, 6.2.2).
    if (tag.is_private() && tag.element >= 0x10 && tag.element <= 0xff && vr != Vr::LO)
      deviation("ps3.5/7.8.1/private-creator-vr", "PS3.5 7.8.1", at_ + 4, tag, name(vr), "LO");
    return;
  }
  if (entry->allows(vr)) return;
  std::string expected(name(entry->vr));
  for (const Vr other : {entry->other_vr, entry->third_vr})
    if (other != Vr::none) expected += " or " + std::string(name(other));
  if (vr == Vr::UN)
    report(Gravity::note, "ps3.5/6.2.2/un-for-known", "PS3.5 6.2.2", at_ + 4, &tag, "UN", expected);
  else
    report(Gravity::note, "ps3.6/6/vr", "PS3.6 6", at_ + 4, &tag, name(vr), expected);
}

template <typename Sink>
void Decoder<Sink>::check_uid(Tag tag, std::size_t at, std::size_t length) {
  const auto fault = fault_of_uid(as_text({data_ + at, length}));
  if (fault.rule.empty()) return;
  const std::string_view clause = fault.rule.starts_with("ps3.5/6.2") ? "PS3.5 6.2" : "PS3.5 9.1";
  std::string found;
  if (fault.at < length) {
    const auto byte = data_[at + fault.at];
    found = "byte ";
    found += hex_digits[byte >> 4];
    found += hex_digits[byte & 15];
    found += 'H';
  } else {
    found = "the end of the value";
  }
  if (fault.rule == "ps3.5/9.1/uid-length") found = "more";
  deviation(fault.rule, clause, at + fault.at, tag, found, fault.expected);
}

template <typename Sink>
void Decoder<Sink>::check_number_size(Tag tag, Vr vr, std::size_t length_at, std::uint32_t length) {
  deviation("ps3.5/6.2/number-size", "PS3.5 6.2", length_at, tag,
            "length " + std::to_string(length) + " with VR " + std::string(name(vr)),
            "a multiple of " + std::to_string(unit_size(vr)));
}

template <typename Sink>
void Decoder<Sink>::check_offset_table(const Frame&, std::uint32_t length) {
  report(Gravity::deviation, "ps3.5/A.4/offset-table", "PS3.5 A.4", at_ + 4, nullptr,
         "length " + std::to_string(length), "a Basic Offset Table of whole 32-bit offsets");
}

template <typename Sink>
void Decoder<Sink>::see_group_length(const Node& node) {
  const std::uint16_t group = options_.command_set ? 0x0000 : 0x0002;
  if (top_ != 0 || node.tag.group != group) return;
  if (node.tag.element == 0 && !group_length_.found)
    group_length_ = {.found = true,
                     .first = sink.count() == 0,
                     .at = node.offset - options_.base_offset,
                     .value = node.value,
                     .value_at = node.end_offset - options_.base_offset - node.value.size(),
                     .end = node.end_offset,
                     .group_end = 0};
  group_length_.group_end = node.end_offset;
}

// (0000,0000) or (0002,0000): there, first, and true.
template <typename Sink>
void Decoder<Sink>::check_group_length() {
  const std::uint16_t group = options_.command_set ? 0x0000 : 0x0002;
  // Whole ids, so that the catalogue of rules finds them.
  const auto rule = [&](std::string_view of_command, std::string_view of_meta) {
    return options_.command_set ? of_command : of_meta;
  };
  const std::string clause = options_.command_set ? "PS3.7 6.3.1" : "PS3.10 7.1";
  const Tag tag{group, 0};
  const GroupLength& found = group_length_;
  if (!found.found) {
    report(Gravity::deviation, rule("ps3.7/6.3.1/group-length-missing", "ps3.10/7.1/group-length-missing"), clause, 0,
           &tag, "no group length", "the group length first");
    return;
  }
  const auto value_at = static_cast<std::size_t>(found.value_at);
  if (!found.first) {
    report(Gravity::deviation, rule("ps3.7/6.3.1/group-length-first", "ps3.10/7.1/group-length-first"), clause,
           static_cast<std::size_t>(found.at), &tag, "not the first element", "the group length first");
    return;
  }
  const std::uint64_t counted = found.group_end - found.end;
  if (found.value.size() != 4) {
    report(Gravity::deviation, rule("ps3.7/6.3.1/group-length", "ps3.10/7.1/group-length"), clause, value_at, &tag,
           std::to_string(found.value.size()) + " bytes", "one UL");
    return;
  }
  const auto value = load<std::uint32_t>(found.value.data(), frames_[0].big ? Endian::big : Endian::little);
  if (value != counted)
    report(Gravity::deviation, rule("ps3.7/6.3.1/group-length", "ps3.10/7.1/group-length"), clause, value_at, &tag,
           std::to_string(value), std::to_string(counted));
}

// A Command Set is implicit VR whatever was negotiated. One in explicit VR would read as huge lengths, so when the
// first element has the letters of a VR where the length belongs, that is said and the rest is read as explicit.
template <typename Sink>
void Decoder<Sink>::look_for_explicit_command() {
  if (frames_[0].explicit_vr || size_ < 8 || u16(0, frames_[0].big) != 0) return;
  const auto vr = static_cast<Vr>(data_[4] << 8 | data_[5]);
  if (!is_known(vr)) return;
  frames_[0].explicit_vr = true;
  sink.became_explicit();
  const Tag tag{0, u16(2, frames_[0].big)};
  report(Gravity::deviation, "ps3.7/6.3.1/explicit-vr", "PS3.7 6.3.1", 4, &tag, "the VR " + std::string(name(vr)),
         "Implicit VR Little Endian");
}

template class Decoder<TreeSink>;
template class Decoder<TokenSink>;

}  // namespace assay::dataset
