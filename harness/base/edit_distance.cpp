#include "harness/base/edit_distance.hpp"

#include <algorithm>
#include <array>
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
  // two. What is further from the diagonal than the limit is too far.
  const auto far = limit + 1;
  const std::size_t width = a.size() + 2;
  std::array<std::size_t, 3 * 80> usual;
  std::vector<std::size_t> long_words;
  std::size_t* row = usual.data();
  if (3 * width > usual.size()) {
    long_words.resize(3 * width);
    row = long_words.data();
  }
  std::size_t* last = row + width;
  std::size_t* last_but_one = last + width;
  for (std::size_t i = 0; i <= a.size(); ++i) row[i] = std::min(i, far);
  auto least_before = std::size_t{0};
  for (std::size_t j = 1; j <= b.size(); ++j) {
    std::swap(last_but_one, last);
    std::swap(last, row);
    const std::size_t first = j > limit + 1 ? j - limit : 1;
    const std::size_t end = std::min(a.size(), limit < a.size() ? j + limit : a.size());
    row[first - 1] = first == 1 ? j : far;
    auto least = row[first - 1];
    for (std::size_t i = first; i <= end; ++i) {
      row[i] = std::min({last[i - 1] + (same(i, j) ? 0 : 1), last[i] + 1, row[i - 1] + 1});
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) row[i] = std::min(row[i], last_but_one[i - 2] + 1);
      least = std::min(least, row[i]);
    }
    row[end + 1] = far;  // where the next row begins to look
    // A swap may come out of the row before, so both must be too far.
    if (least > limit && least_before > limit) return far;
    least_before = least;
  }
  return std::min(row[a.size()], far);
}

}  // namespace assay
