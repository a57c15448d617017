#include "harness/diagnose/titles.hpp"

#include <algorithm>

#include "harness/base/hex.hpp"

namespace assay::diagnose {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool separator(char c) { return c == ' ' || c == '_' || c == '-' || c == '.'; }

template <typename F>
std::string mapped(std::string_view text, F f) {
  std::string out;
  for (const char c : text) out += f(c);
  return out;
}

std::string without(std::string_view text, bool (*drop)(char)) {
  std::string out;
  for (const char c : text)
    if (!drop(c)) out += c;
  return out;
}

}  // namespace

std::string title_fault(std::string_view title) {
  if (title.empty()) return "it is empty";
  if (title.size() > 16) return "it has " + std::to_string(title.size()) + " characters, and 16 is the most";
  for (const char c : title) {
    if (c == '\\') return "it contains a backslash";
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "it contains a control character";
    if (static_cast<unsigned char>(c) > 0x7f) return "it contains '" + printable(title) + "', which is no plain ASCII";
  }
  if (title.find_first_not_of(' ') == std::string_view::npos) return "it is all blanks";
  return {};
}

std::string title_warning(std::string_view title) {
  if (title != mapped(title, upper)) return "has small letters: many devices tell 'Archive' from 'ARCHIVE'";
  if (title.front() == ' ' || title.back() == ' ') return "begins or ends with a blank, which carries no meaning";
  if (title.find(' ') != std::string_view::npos) return "has a blank inside, which is easily overlooked";
  for (const char c : title)
    if (!letter(c) && !digit(c) && c != '_' && c != '-' && c != '.')
      return "has unusual characters: capitals, digits and _ are safe";
  return {};
}

std::vector<std::string> title_variants(std::string_view title, std::size_t limit) {
  std::string_view bare = title;
  while (!bare.empty() && bare.front() == ' ') bare.remove_prefix(1);
  while (!bare.empty() && bare.back() == ' ') bare.remove_suffix(1);
  const auto swap = [&](char to) { return mapped(bare, [&](char c) { return separator(c) ? to : c; }); };
  std::string_view stem = bare;
  while (!stem.empty() && digit(stem.back())) stem.remove_suffix(1);
  while (!stem.empty() && separator(stem.back())) stem.remove_suffix(1);
  std::string capital = mapped(bare, lower);
  if (!capital.empty()) capital[0] = upper(capital[0]);
  const std::vector<std::string> all = {mapped(bare, upper),
                                        mapped(bare, lower),
                                        swap('_'),
                                        swap('-'),
                                        without(bare, separator),
                                        swap(' '),
                                        capital,
                                        mapped(swap('_'), upper),
                                        mapped(without(bare, separator), upper),
                                        std::string(stem),
                                        mapped(stem, upper),
                                        std::string(bare) + "1",
                                        std::string(bare) + "_SCP",
                                        mapped(bare, [](char c) { return c == 'O' ? '0' : c; }),
                                        mapped(bare, [](char c) { return c == '0' ? 'O' : c; })};
  std::vector<std::string> out;
  for (const auto& one : all) {
    if (out.size() >= limit) break;
    if (one == bare || !title_fault(one).empty() || std::find(out.begin(), out.end(), one) != out.end()) continue;
    out.push_back(one);
  }
  return out;
}

std::string title_difference(std::string_view one, std::string_view other) {
  const auto fold = [](std::string_view t) { return mapped(t, upper); };
  const auto pure = [](std::string_view t) { return without(t, separator); };
  if (fold(one) == fold(other)) return "differs only by capital and small letters";
  if (pure(one) == pure(other)) return "differs only by blanks, underscores or hyphens";
  if (fold(pure(one)) == fold(pure(other)))
    return "differs only by capital letters and by blanks, underscores or hyphens";
  return "is another title";
}

}  // namespace assay::diagnose
