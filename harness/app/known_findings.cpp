#include "harness/app/known_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/app/home.hpp"

namespace assay::app {

std::expected<KnownFindings, std::string> KnownFindings::read(const std::filesystem::path& file,
                                                              const std::string& product) {
  const auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  KnownFindings out;
  std::string_view rest = *text;
  bool product_named = false;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const auto wrong = [&](const std::string& what) {
      return std::unexpected(fmt::format("{}:{}: {}", file.string(), number, what));
    };
    std::vector<std::string> columns;
    for (std::size_t at = 0; at <= line.size();) {
      const auto tab = std::min(line.find('\t', at), line.size());
      columns.emplace_back(line.substr(at, tab - at));
      at = tab + 1;
    }
    if (columns.size() != 6)
      return wrong(fmt::format(
          "{} columns: write product, version, kind, detail, place and why, with a tab between two", columns.size()));
    const auto kind = fuzz::kind_named(columns[2]);
    if (!kind) return wrong(kind.error());
    product_named = product_named || columns[0] == product;
    if (product.empty() || columns[0] == product)
      out.rows_.push_back({columns[0], columns[1], *kind, columns[3], columns[4], columns[5]});
  }
  if (!product.empty() && !product_named)
    return std::unexpected(fmt::format("{}: no line is about '{}'", file.string(), product));
  return out;
}

const KnownFinding* KnownFindings::knows(const fuzz::Finding& finding) const {
  const auto fits = [](const std::string& known, const std::string& is) { return known == "*" || known == is; };
  const auto found = std::ranges::find_if(rows_, [&](const KnownFinding& row) {
    return row.kind == finding.kind && fits(row.detail, finding.detail) && fits(row.place, finding.place);
  });
  return found == rows_.end() ? nullptr : &*found;
}

}  // namespace assay::app
