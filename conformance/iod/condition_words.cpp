// Conditions in words, for messages. The notation has few shapes (condition.hpp), so tokens are enough: what they mean
// is judged by the parser alone.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "conformance/iod/condition.hpp"

namespace assay::conformance::iod {
namespace {

using Tokens = std::vector<std::string_view>;

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '[' || c == ']';
}

Tokens tokens_of(std::string_view text) {
  Tokens out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    if (text[at] == ' ') {
      at = end;
      continue;
    }
    if (text[at] == '\'') {
      end = text.find('\'', at + 1);
      end = end == std::string_view::npos ? text.size() : end + 1;
    } else if (is_name(text[at])) {
      while (end < text.size() && is_name(text[end])) ++end;
    } else if (end < text.size() && text[end] == '=') {
      ++end;
    }
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

/// "root.A[1].B[3]" -> "value 3 of B in A".
std::string attribute(std::string_view path) {
  for (const std::string_view base : {std::string_view("root."), std::string_view("parent.")}) {
    if (path.starts_with(base)) path.remove_prefix(base.size());
  }
  std::string out;
  bool last = true;
  while (!path.empty()) {
    const auto dot = path.rfind('.');
    auto step = dot == std::string_view::npos ? path : path.substr(dot + 1);
    path = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
    while (path.ends_with('.')) path.remove_suffix(1);
    std::string_view number;
    if (const auto open = step.find('['); open != std::string_view::npos) {
      number = step.substr(open + 1, step.size() - open - 2);
      step = step.substr(0, open);
    }
    if (!last) out += " in ";
    if (last && !number.empty()) out += fmt::format("value {} of ", number);
    out += step;
    last = false;
  }
  return out;
}

/// A UID by its keyword, other texts as they are.
std::string value(std::string_view token) {
  if (!token.starts_with('\'') || token.size() < 2) return std::string(token);
  token = token.substr(1, token.size() - 2);
  if (token.empty()) return "empty";
  const auto* uid = dict::find_uid(token);
  return std::string(uid == nullptr || uid->keyword.empty() ? token : uid->keyword);
}

std::string_view relation(std::string_view token) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> words{{{"==", "is"},
                                                                                {"!=", "is not"},
                                                                                {"<", "is below"},
                                                                                {"<=", "is at most"},
                                                                                {">", "is above"},
                                                                                {">=", "is at least"}}};
  for (const auto& [sign, word] : words) {
    if (sign == token) return word;
  }
  return {};
}

/// Says one comparison, one call or one word after the other.
class Speaker {
 public:
  explicit Speaker(Tokens tokens) : tokens_(std::move(tokens)) {}

  std::string words() {
    while (at_ < tokens_.size()) {
      if (!call() && !comparison()) word();
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view token(std::size_t ahead) const {
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : std::string_view();
  }

  void say(std::string_view text) {
    if (!out_.empty() && !out_.ends_with('(') && text != ")") out_ += ' ';
    out_ += text;
  }

  /// present(A), filled(A), items(A) > 0, with or without `not`.
  bool call() {
    const std::size_t negated = token(0) == "not" ? 1 : 0;
    const auto name = token(negated);
    if (token(negated + 1) != "(" || token(negated + 3) != ")") return false;
    const auto of = attribute(token(negated + 2));
    if (name == "present") {
      say(of + (negated != 0 ? " is absent" : " is there"));
    } else if (name == "filled") {
      say(of + (negated != 0 ? " has no value" : " has a value"));
    } else if (name == "items" && negated == 0 && !relation(token(4)).empty()) {
      say(fmt::format("the number of items of {} {} {}", of, relation(token(4)), token(5)));
      at_ += 2;
    } else {
      return false;
    }
    at_ += negated + 4;
    return true;
  }

  /// A == 'x', and A == 'x' or A == 'y' as one.
  bool comparison() {
    const auto name = token(0);
    const auto sign = token(1);
    if (relation(sign).empty()) return false;
    auto text = fmt::format("{} {} ", attribute(name), relation(sign));
    operand(2, text);
    const std::string_view join = sign == "==" ? "or" : "and";
    while ((sign == "==" || sign == "!=") && token(0) == join && token(1) == name && token(2) == sign) {
      text += fmt::format(" {} ", sign == "==" ? "or" : "nor");
      operand(3, text);
    }
    say(text);
    return true;
  }

  /// What it is compared with, so many tokens ahead: a value, or tag(Name).
  void operand(std::size_t ahead, std::string& text) {
    if (token(ahead) == "tag" && token(ahead + 1) == "(") {
      text += token(ahead + 2);
      at_ += ahead + 4;
    } else {
      text += value(token(ahead));
      at_ += ahead + 1;
    }
  }

  void word() {
    say(token(0) == "unspecified" ? std::string_view("nobody can tell from the object") : token(0));
    ++at_;
  }

  Tokens tokens_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string in_words(std::string_view expression) { return Speaker(tokens_of(expression)).words(); }

}  // namespace assay::conformance::iod
