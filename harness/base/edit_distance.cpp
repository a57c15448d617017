#include "harness/base/edit_distance.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace assay {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > limit) return limit + 1;
  const auto same = [&](std::size_t i, std::size_t j) { return lower(a[i - 1]) == lower(b[j - 1]); };
  // One row for each character of `b`: the distances of its beginning from every beginning of `a`. A swap looks back by
  // two.
  std::vector<std::size_t> row(a.size() + 1);
  std::vector<std::size_t> last(a.size() + 1);
  std::vector<std::size_t> last_but_one(a.size() + 1);
  for (std::size_t i = 0; i <= a.size(); ++i) row[i] = i;
  auto least_before = std::size_t{0};
  for (std::size_t j = 1; j <= b.size(); ++j) {
    std::swap(last_but_one, last);
    std::swap(last, row);
    row[0] = j;
    auto least = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      row[i] = std::min({last[i - 1] + (same(i, j) ? 0 : 1), last[i] + 1, row[i - 1] + 1});
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) row[i] = std::min(row[i], last_but_one[i - 2] + 1);
      least = std::min(least, row[i]);
    }
    // A swap may come out of the row before, so both must be too far.
    if (least > limit && least_before > limit) return limit + 1;
    least_before = least;
  }
  return std::min(row[a.size()], limit + 1);
}

}  // namespace assay
