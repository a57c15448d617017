// Decodes and judges a Command Set (PS3.7 6.3.1, 9.3, 10.3, E). It walks the bytes itself, because a Command Set has
// narrower rules than a Data Set and every departure needs its exact byte; the Data Set reader then makes the index.
// A clean command allocates nothing here. Tests: tests/unit/dimse/command_decode_test.cpp
#include <fmt/format.h>

#include <optional>

#include "harness/dimse/message.hpp"
#include "harness/dimse/status.hpp"

namespace assay::dimse {

namespace {

constexpr std::string_view encoding_clause = "PS3.7 6.3.1";

struct Element {
  Tag tag;
  std::size_t at = 0;        // of the tag
  std::size_t value_at = 0;  // of the first byte of the value
  ByteView value;
};

enum class Step : std::uint8_t { element, end, cut };

/// Walks over the elements in whichever encoding they turned out to be written.
class Walk {
 public:
  Walk(ByteView bytes, dataset::Encoding encoding) : bytes_(bytes), encoding_(encoding) {}

  Step next(Element& out) {
    const auto left = bytes_.size() - at_;
    if (left == 0) return Step::end;
    if (left < 8) return Step::cut;
    const auto* p = bytes_.data() + at_;
    out.tag = Tag(load<std::uint16_t>(p, encoding_.endian), load<std::uint16_t>(p + 2, encoding_.endian));
    std::size_t header = 8;
    std::size_t length = 0;
    if (!encoding_.explicit_vr) {
      length = load<std::uint32_t>(p + 4, encoding_.endian);
    } else if (has_long_length(vr_at(p + 4))) {
      if (left < 12) return Step::cut;
      header = 12;
      length = load<std::uint32_t>(p + 8, encoding_.endian);
    } else {
      length = load<std::uint16_t>(p + 6, encoding_.endian);
    }
    if (length > left - header) return Step::cut;
    out.at = at_;
    out.value_at = at_ + header;
    out.value = bytes_.subspan(out.value_at, length);
    at_ = out.value_at + length;
    return Step::element;
  }

  [[nodiscard]] std::size_t at() const { return at_; }

  static Vr vr_at(const std::uint8_t* p) { return static_cast<Vr>(load<std::uint16_t>(p, Endian::big)); }

 private:
  ByteView bytes_;
  dataset::Encoding encoding_;
  std::size_t at_ = 0;
};

/// What a value of a command element is made of (PS3.7 E.1).
enum class Kind : std::uint8_t { uid, u16, u32, tags, title, other };

Kind kind_of(Tag tag) {
  switch (tag.element) {
    case tags::AffectedSOPClassUID.element:
    case tags::RequestedSOPClassUID.element:
    case tags::AffectedSOPInstanceUID.element:
    case tags::RequestedSOPInstanceUID.element: return Kind::uid;
    case tags::CommandGroupLength.element: return Kind::u32;
    case tags::CommandField.element:
    case tags::MessageID.element:
    case tags::MessageIDBeingRespondedTo.element:
    case tags::Priority.element:
    case tags::CommandDataSetType.element:
    case tags::Status.element:
    case tags::ErrorID.element:
    case tags::EventTypeID.element:
    case tags::ActionTypeID.element:
    case tags::NumberOfRemainingSuboperations.element:
    case tags::NumberOfCompletedSuboperations.element:
    case tags::NumberOfFailedSuboperations.element:
    case tags::NumberOfWarningSuboperations.element:
    case tags::MoveOriginatorMessageID.element: return Kind::u16;
    case tags::OffendingElement.element:
    case tags::AttributeIdentifierList.element: return Kind::tags;
    case tags::MoveDestination.element:
    case tags::MoveOriginatorApplicationEntityTitle.element: return Kind::title;
    default: return Kind::other;
  }
}

class Judge {
 public:
  Judge(ByteView bytes, std::uint64_t base) : bytes_(bytes), base_(base) {}

  Problems run() {
    encoding_ = guess_encoding();
    walk_structure();
    judge_group_length();
    judge_command();
    return std::move(problems_);
  }

  [[nodiscard]] dataset::Encoding encoding() const { return encoding_; }

 private:
  // Reporting -------------------------------------------------------------------------------------------------------
  void report(std::string rule, std::string_view clause, std::size_t at, std::string field, std::string found,
              std::string expected, Gravity gravity = Gravity::deviation) {
    if (problems_.size() >= limits::max_problems) return;
    problems_.push_back({std::move(rule), std::string(clause), base_ + at, std::move(field), std::move(found),
                         std::move(expected), gravity});
  }

  void encoding_problem(std::string_view slug, std::size_t at, std::string field, std::string found,
                        std::string expected, Gravity gravity = Gravity::deviation) {
    report(fmt::format("ps3.7/6.3.1/{}", slug), encoding_clause, at, std::move(field), std::move(found),
           std::move(expected), gravity);
  }

  void command_problem(const CommandInfo& info, std::string_view slug, std::size_t at, std::string field,
                       std::string found, std::string expected, Gravity gravity = Gravity::deviation) {
    report(fmt::format("ps3.7/{}/{}", info.clause.substr(6), slug), info.clause, at, std::move(field), std::move(found),
           std::move(expected), gravity);
  }

  static std::string label(Tag tag) {
    const auto keyword = dict::keyword(tag);
    return keyword.empty() ? to_string(tag) : fmt::format("{} {}", to_string(tag), keyword);
  }

  // Encoding and structure ------------------------------------------------------------------------------------------
  dataset::Encoding guess_encoding() {
    if (bytes_.size() < 8) return dataset::implicit_le;
    const auto* p = bytes_.data();
    const auto left = bytes_.size() - 8;
    if (load<std::uint32_t>(p + 4, Endian::little) <= left) return dataset::implicit_le;
    if (is_known(Walk::vr_at(p + 4))) {
      const bool big = load<std::uint16_t>(p + 6, Endian::little) > left;
      encoding_problem("explicit-vr", 4, {}, fmt::format("VR \"{}\"", name(Walk::vr_at(p + 4))),
                       "Implicit VR Little Endian");
      return big ? dataset::explicit_be : dataset::explicit_le;
    }
    if (load<std::uint32_t>(p + 4, Endian::big) <= left) {
      encoding_problem("byte-order", 4, {}, "a length that fits in big endian only", "Implicit VR Little Endian");
      return {false, Endian::big, false, false};
    }
    return dataset::implicit_le;
  }

  void walk_structure() {
    Walk walk(bytes_, encoding_);
    Element e;
    std::optional<Tag> previous;
    while (true) {
      const auto at = walk.at();
      const auto step = walk.next(e);
      if (step == Step::end) return;
      if (step == Step::cut) {
        encoding_problem("truncated-element", at, {}, fmt::format("{} bytes left", bytes_.size() - at),
                         "a whole element", Gravity::error);
        return;
      }
      if (e.tag.group != 0)
        encoding_problem("foreign-group", e.at, label(e.tag), to_string(e.tag), "elements of group 0000 only");
      if (e.value.size() % 2 != 0)
        encoding_problem("odd-length", e.value_at - (encoding_.explicit_vr ? 2 : 4), label(e.tag),
                         fmt::format("{} bytes", e.value.size()), "an even length");
      if (previous && e.tag <= *previous) order_problem(e, *previous);
      previous = e.tag;
      if (e.tag == tags::CommandField && e.value.size() == 2 && !field_) field_ = number(e);
      if (e.tag == tags::CommandGroupLength && !group_length_) group_length_ = e;
      if (e.tag == tags::Status && e.value.size() == 2) status_ = number(e);
    }
  }

  void order_problem(const Element& e, Tag previous) {
    if (problems_.size() >= max_order_problems) return;
    Walk again(bytes_, encoding_);
    Element earlier;
    while (again.next(earlier) == Step::element && earlier.at < e.at) {
      if (earlier.tag != e.tag) continue;
      encoding_problem("duplicate-element", e.at, label(e.tag), fmt::format("again, first at {}", base_ + earlier.at),
                       "each element once");
      return;
    }
    encoding_problem("element-order", e.at, label(e.tag), fmt::format("after {}", to_string(previous)),
                     "elements in ascending tag order");
  }

  [[nodiscard]] std::uint16_t number(const Element& e) const {
    return load<std::uint16_t>(e.value.data(), encoding_.endian);
  }

  void judge_group_length() {
    if (!group_length_) {
      encoding_problem("group-length-missing", 0, label(tags::CommandGroupLength), "none",
                       "the group length as the first element");
      return;
    }
    const auto& e = *group_length_;
    if (e.value.size() != 4) {
      encoding_problem("group-length", e.value_at, label(e.tag), fmt::format("{} bytes", e.value.size()),
                       "a 4-byte number");
      return;
    }
    const auto claimed = load<std::uint32_t>(e.value.data(), encoding_.endian);
    const auto true_length = bytes_.size() - (e.value_at + 4);
    if (claimed != true_length)
      encoding_problem("group-length", e.value_at, label(e.tag), std::to_string(claimed), std::to_string(true_length));
  }

  // The command -----------------------------------------------------------------------------------------------------
  void judge_command() {
    if (!field_) {
      report("ps3.7/E.1/command-field-missing", "PS3.7 E.1", place_of(tags::CommandField), label(tags::CommandField),
             "none", "a Command Field of 2 bytes");
      return;
    }
    const auto* info = command_info(*field_);
    std::uint32_t seen = 0;
    Walk walk(bytes_, encoding_);
    Element e;
    while (walk.next(e) == Step::element) {
      if (e.tag.group != 0) continue;
      if (e.tag == tags::CommandField && info == nullptr)
        report("ps3.7/E.1/unknown-command-field", "PS3.7 E.1", e.value_at, label(e.tag),
               fmt::format("{:04X}H", *field_), "a command of PS3.7 E.1");
      if (info != nullptr) judge_presence(*info, e, seen);
      judge_value(info, e);
    }
    if (info == nullptr) return;
    for (std::size_t i = 0; i < info->fields.size(); ++i) {
      const auto& rule = info->fields[i];
      // The group length has its own rule above; without it a command is judged all the same.
      if (rule.use != FieldUse::mandatory || (seen >> i & 1U) != 0 || rule.tag == tags::CommandGroupLength) continue;
      command_problem(*info, "missing-field", place_of(rule.tag), label(rule.tag), "none",
                      fmt::format("{} in every {}", dict::keyword(rule.tag), info->name));
    }
  }

  void judge_presence(const CommandInfo& info, const Element& e, std::uint32_t& seen) {
    for (std::size_t i = 0; i < info.fields.size(); ++i) {
      if (info.fields[i].tag != e.tag) continue;
      seen |= 1U << i;
      if (e.value.empty() && info.fields[i].use == FieldUse::mandatory)
        command_problem(info, "empty-field", e.value_at, label(e.tag), "no value", "a value");
      return;
    }
    const auto* entry = dict::find(e.tag);
    if (entry != nullptr && entry->retired)
      report("ps3.7/E.2/retired-field", "PS3.7 E.2", e.at, label(e.tag), "a retired command element", "none",
             Gravity::note);
    else
      command_problem(info, "unexpected-field", e.at, label(e.tag), "present",
                      fmt::format("no such element in {}", info.name));
  }

  void judge_value(const CommandInfo* info, const Element& e) {
    switch (kind_of(e.tag)) {
      case Kind::uid: judge_uid(e); break;
      case Kind::u16:
        if (e.value.size() != 2) {
          if (!e.value.empty()) value_length(e, "2 bytes");
        } else if (info != nullptr) {
          judge_number(*info, e);
        }
        break;
      case Kind::tags:
        if (e.value.size() % 4 != 0) value_length(e, "a multiple of 4 bytes");
        break;
      case Kind::title:
        if (e.value.size() > 16)
          report("ps3.5/6.2/ae-length", "PS3.5 6.2", e.value_at + 16, label(e.tag),
                 fmt::format("{} bytes", e.value.size()), "at most 16 characters");
        judge_title(e);
        break;
      case Kind::u32:  // the group length, judged above
      case Kind::other: break;
    }
  }

  void value_length(const Element& e, std::string_view expected) {
    report("ps3.7/E.1/value-length", "PS3.7 E.1", e.value_at, label(e.tag), fmt::format("{} bytes", e.value.size()),
           std::string(expected));
  }

  void judge_number(const CommandInfo& info, const Element& e) {
    const auto value = number(e);
    if (e.tag == tags::Priority && value > 2)
      command_problem(info, "priority", e.value_at, label(e.tag), fmt::format("{:04X}H", value),
                      "0000H medium, 0001H high or 0002H low");
    if (e.tag == tags::CommandDataSetType) judge_data_set_type(info, e, value != no_data_set);
  }

  void judge_data_set_type(const CommandInfo& info, const Element& e, bool follows) {
    using Data = CommandInfo::Data;
    std::string_view expected;
    if (info.data_set == Data::never && follows) expected = "0101H: this message has no Data Set";
    if (info.data_set == Data::always && !follows) expected = "not 0101H: this message has a Data Set";
    // PS3.7 9.1.2.1 and PS3.4 C.4.1.3: an Identifier comes with each pending response and with no other.
    if (info.field == CommandField::c_find_rsp && status_) {
      const bool pending = status_class(*status_) == StatusClass::pending;
      if (pending && !follows) expected = "not 0101H: a pending response carries an Identifier";
      if (!pending && follows) expected = "0101H: only pending responses carry an Identifier";
    }
    if (!expected.empty())
      command_problem(info, "data-set-type", e.value_at, label(e.tag), fmt::format("{:04X}H", number(e)),
                      std::string(expected));
  }

  /// AE: the default repertoire but for backslash and control characters (PS3.5 6.2).
  void judge_title(const Element& e) {
    for (std::size_t i = 0; i < e.value.size(); ++i) {
      const auto c = e.value[i];
      if (c >= 0x20 && c < 0x7f && c != 0x5c) continue;
      report("ps3.5/6.2/ae-character", "PS3.5 6.2", e.value_at + i, label(e.tag), fmt::format("byte {:02X}H", c),
             "printable characters of ASCII, no backslash");
      return;
    }
  }

  void judge_uid(const Element& e) {
    const auto text = as_text(e.value);
    auto size = text.size();
    if (size != 0 && text[size - 1] == '\0') --size;
    for (std::size_t i = 0; i < size; ++i) {
      const char c = text[i];
      if ((c >= '0' && c <= '9') || c == '.') continue;
      const bool padding = text.find_first_not_of(c, i) == std::string_view::npos || text.substr(i, size - i) == " ";
      if (padding && (c == ' ' || c == '\0')) {
        report("ps3.5/9.1/uid-padding", "PS3.5 9.1", e.value_at + i, label(e.tag),
               c == ' ' ? "padded by a space" : "more than one NUL", "at most one NUL, to make the length even");
      } else {
        report("ps3.5/9.1/uid", "PS3.5 9.1", e.value_at + i, label(e.tag), fmt::format("byte {:02X}H", std::uint8_t(c)),
               "digits and dots");
      }
      return;
    }
    if (size > 64)
      report("ps3.5/9.1/uid", "PS3.5 9.1", e.value_at + 64, label(e.tag), fmt::format("{} characters", size),
             "at most 64 characters");
  }

  /// Where an absent element ought to stand: before the first one with a greater tag.
  [[nodiscard]] std::size_t place_of(Tag tag) const {
    Walk walk(bytes_, encoding_);
    Element e;
    while (walk.next(e) == Step::element)
      if (e.tag > tag) return e.at;
    return walk.at();
  }

  // Looking for the earlier of two equal tags costs a walk each time; a hostile command must not make it quadratic.
  static constexpr std::size_t max_order_problems = 64;

  ByteView bytes_;
  std::uint64_t base_;
  dataset::Encoding encoding_ = dataset::implicit_le;
  std::optional<std::uint16_t> field_;
  std::optional<std::uint16_t> status_;
  std::optional<Element> group_length_;
  Problems problems_;
};

}  // namespace

CommandDecode decode_command(ByteView bytes, std::uint64_t base_offset) {
  Judge judge(bytes, base_offset);
  auto problems = judge.run();
  // The walk above has judged every byte by the clauses of PS3.7; the reader's own view of them would say it twice.
  dataset::DecodeOptions options;
  options.base_offset = base_offset;
  options.max_problems = 0;
  auto decoded = dataset::decode_owned(to_bytes(bytes), judge.encoding(), options);
  return {CommandSet(std::move(decoded.data_set)), std::move(problems)};
}

std::optional<std::uint16_t> command_element(ByteView command, std::uint16_t element) {
  while (command.size() >= 8) {
    const auto group = load<std::uint16_t>(command.data(), Endian::little);
    const auto number = load<std::uint16_t>(command.data() + 2, Endian::little);
    const auto length = load<std::uint32_t>(command.data() + 4, Endian::little);
    if (group != 0 || length > command.size() - 8) return std::nullopt;
    if (number == element && length == 2) return load<std::uint16_t>(command.data() + 8, Endian::little);
    command = command.subspan(8 + length);
  }
  return std::nullopt;
}

}  // namespace assay::dimse
