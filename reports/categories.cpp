#include "reports/categories.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace assay::reports {
namespace {

using trace::Verdict;

std::string category_of(std::string_view file) {
  constexpr std::string_view catalogue = "scenarios/";
  const auto at = file.rfind(catalogue);
  if (at == std::string_view::npos) return "other";
  const auto rest = file.substr(at + catalogue.size());
  const auto end = rest.find('/');
  return end == std::string_view::npos ? "other" : std::string(rest.substr(0, end));
}

}  // namespace

std::vector<Category> categories(const std::vector<trace::CaseResult>& cases) {
  std::vector<Category> out;
  for (const auto& one : cases) {
    const auto name = category_of(one.file);
    auto at = std::ranges::find(out, name, &Category::name);
    if (at == out.end()) at = out.insert(out.end(), Category{name, 0, 0, 0, 0});
    switch (one.verdict) {
      case Verdict::warning: ++at->warned; [[fallthrough]];
      case Verdict::pass: ++at->passed; break;
      case Verdict::fail: ++at->failed; break;
      default: ++at->not_judged; break;
    }
  }
  return out;
}

std::string to_text(const std::vector<Category>& all) {
  std::string out;
  for (const auto& one : all) {
    if (one.judged() == 0) continue;
    out += fmt::format("{}{} {} of {}", out.empty() ? "" : ", ", one.name, one.passed, one.judged());
    if (one.warned > 0) out += fmt::format(" ({} warning{})", one.warned, one.warned == 1 ? "" : "s");
  }
  return out;
}

}  // namespace assay::reports
