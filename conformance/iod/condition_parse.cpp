// The notation of condition.hpp, read.
#include <fmt/format.h>

#include <charconv>

#include "conformance/iod/condition.hpp"
#include "harness/dataset/tag_path.hpp"

namespace assay::conformance::iod {

namespace {

constexpr std::size_t max_nesting = 64;       // of parentheses and not
constexpr std::size_t max_length = 1U << 16;  // bytes of one condition; the longest of the tables has 10 000

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

class ConditionParser {
 public:
  explicit ConditionParser(std::string_view text) : text_(text) {}

  std::expected<Condition, ConditionError> run() {
    if (text_.size() > max_length) {
      fail(max_length, "a condition has at most 65536 characters");
    } else {
      result_.terms_.emplace_back();
      if (chain(0)) {
        skip_blanks();
        if (at_ < text_.size()) fail(at_, "'and', 'or' or the end of the condition is expected here");
      }
    }
    if (!error_.message.empty()) return std::unexpected(error_);
    return std::move(result_);
  }

 private:
  using Op = Condition::Op;
  using Relation = Condition::Relation;

  bool fail(std::size_t position, std::string message) {
    if (error_.message.empty()) error_ = {position, std::move(message)};
    return false;
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }

  /// The word at this place, not taken.
  std::string_view word() {
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
    return text_.substr(at_, end - at_);
  }

  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::uint32_t add() {
    result_.terms_.emplace_back();
    return static_cast<std::uint32_t>(result_.terms_.size() - 1);
  }

  /// term (and term)* or term (or term)*, written to the term at `index`.
  bool chain(std::uint32_t index) {
    if (++depth_ > max_nesting) return fail(at_, "too many parentheses in each other: at most 64");
    const bool ok = chain_inside(index);
    --depth_;
    return ok;
  }

  bool chain_inside(std::uint32_t index) {
    const auto first = add();
    if (!term(first)) return false;
    std::string_view joined;
    auto last = first;
    while (true) {
      const auto next = word();
      if (next != "and" && next != "or") break;
      if (!joined.empty() && next != joined)
        return fail(at_, "'and' and 'or' need parentheses between each other, as in A and (B or C)");
      joined = next;
      at_ += next.size();
      const auto other = add();
      if (!term(other)) return false;
      result_.terms_[last].next = other;
      last = other;
    }
    auto& whole = result_.terms_[index];
    whole.op = joined == "or" ? Op::some : Op::all;
    whole.first = first;
    return true;
  }

  bool term(std::uint32_t index) {
    if (take('(')) {
      if (!chain(index)) return false;
      return take(')') || fail(at_, "')' is expected here");
    }
    const auto next = word();
    if (next.empty())
      return fail(at_, "an attribute, 'not', present(...), filled(...), items(...) or '(' is expected here");
    const std::size_t start = at_;
    if (next == "not") {
      at_ += next.size();
      const auto inner = add();
      if (++depth_ > max_nesting) return fail(at_, "too many 'not' in a row");
      if (!term(inner)) return false;
      --depth_;
      result_.terms_[index].op = Op::negated;
      result_.terms_[index].first = inner;
      return true;
    }
    if (next == "true" || next == "false" || next == "unspecified") {
      at_ += next.size();
      result_.terms_[index].op = next == "true" ? Op::yes : next == "false" ? Op::no : Op::unknown;
      return true;
    }
    if (next == "present" || next == "filled" || next == "items") {
      at_ += next.size();
      if (!take('(')) return fail(at_, fmt::format("'(' is expected behind {}", next));
      if (!path(index)) return false;
      if (!take(')')) return fail(at_, "')' is expected here");
      result_.terms_[index].op = next == "present" ? Op::present : next == "filled" ? Op::filled : Op::items;
      if (next != "items") return true;
      if (!relation(index) || !literal(index)) return false;
      if (result_.terms_[index].op != Op::number) return fail(start, "items(...) compares with a number");
      result_.terms_[index].op = Op::items;
      return true;
    }
    return path(index) && relation(index) && literal(index);
  }

  bool path(std::uint32_t index) {
    auto& term = result_.terms_[index];
    term.first = static_cast<std::uint32_t>(result_.steps_.size());
    auto next = word();
    if (next == "root" || next == "parent") {
      term.base = next == "root" ? Condition::Base::root : Condition::Base::parent;
      at_ += next.size();
      if (!take('.')) return fail(at_, fmt::format("'.' is expected behind {}", next));
      next = word();
    }
    if (term.base != Condition::Base::root) result_.root_only_ = false;
    bool deep = false;
    while (true) {
      const auto* entry = dict::find_keyword(next);
      if (entry == nullptr) {
        const auto similar = dataset::similar_keyword(next.substr(0, 64));
        return fail(at_, fmt::format("'{}' is no keyword of PS3.6{}", next.substr(0, 64),
                                     similar.empty() ? "" : fmt::format("; did you mean {}?", similar)));
      }
      at_ += next.size();
      Condition::Step step{entry->tag, 0, deep};
      if (at_ < text_.size() && text_[at_] == '[') {
        const auto [end, wrong] = std::from_chars(text_.data() + at_ + 1, text_.data() + text_.size(), step.number);
        const auto stop = static_cast<std::size_t>(end - text_.data());
        if (wrong != std::errc() || step.number == 0 || stop >= text_.size() || text_[stop] != ']')
          return fail(at_, "[n] with n from 1 is expected here");
        at_ = stop + 1;
      }
      result_.steps_.push_back(step);
      ++term.count;
      if (at_ >= text_.size() || text_[at_] != '.') return true;
      ++at_;
      deep = at_ < text_.size() && text_[at_] == '.';
      if (deep) ++at_;
      next = word();
    }
  }

  bool relation(std::uint32_t index) {
    skip_blanks();
    struct Sign {
      std::string_view text;
      Relation relation;
    };
    constexpr Sign signs[] = {{"==", Relation::equal},    {"!=", Relation::unequal}, {"<=", Relation::at_most},
                              {">=", Relation::at_least}, {"<", Relation::less},     {">", Relation::more}};
    for (const auto& sign : signs) {
      if (!text_.substr(at_).starts_with(sign.text)) continue;
      at_ += sign.text.size();
      result_.terms_[index].relation = sign.relation;
      return true;
    }
    return fail(at_, "one of == != < <= > >= is expected here");
  }

  bool literal(std::uint32_t index) {
    skip_blanks();
    auto& term = result_.terms_[index];
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
      const auto end = text_.find(text_[at_], at_ + 1);
      if (end == std::string_view::npos) return fail(at_, "the text has no closing quotation mark");
      term.text = std::string(text_.substr(at_ + 1, end - at_ - 1));
      term.op = Op::text;
      at_ = end + 1;
      return true;
    }
    if (text_.substr(at_).starts_with("tag(")) {
      const auto end = text_.find(')', at_);
      const auto inside = end == std::string_view::npos ? std::string_view() : text_.substr(at_ + 4, end - at_ - 4);
      const auto tag = inside.empty() ? std::nullopt : dict::tag_of(inside);
      if (!tag) return fail(at_ + 4, "tag(...) holds a keyword of PS3.6 or a tag as gggg,eeee");
      term.tag = *tag;
      term.op = Op::tag;
      at_ = end + 1;
      return true;
    }
    const auto [end, wrong] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), term.number);
    if (wrong != std::errc()) return fail(at_, "a text in quotation marks, a number or tag(...) is expected here");
    term.op = Op::number;
    at_ = static_cast<std::size_t>(end - text_.data());
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  Condition result_;
  ConditionError error_;
};

std::expected<Condition, ConditionError> Condition::parse(std::string_view text) { return ConditionParser(text).run(); }

}  // namespace assay::conformance::iod
