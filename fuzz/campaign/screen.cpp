#include "fuzz/campaign/screen.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fuzz/campaign/summary.hpp"

namespace assay::fuzz {

namespace {

std::string fitted(std::string line, std::size_t width) {
  if (line.size() > width) line.resize(width);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

std::string left(const Screen& s) {
  return s.wanted > s.spent ? fmt::format("{} left", long_time(s.wanted - s.spent)) : std::string("time is over");
}

}  // namespace

std::string screen_text(const Screen& screen, std::size_t width, std::size_t height) {
  std::vector<const ScreenRow*> rows;
  for (const auto& row : screen.rows) rows.push_back(&row);
  const auto rank = [](const ScreenRow& row) { return row.running ? 0 : row.findings != 0 ? 1 : row.out ? 2 : 3; };
  // Rows of one rank stay in the campaign's order, which is that of their addresses.
  std::ranges::sort(rows,
                    [&](const auto* a, const auto* b) { return rank(*a) != rank(*b) ? rank(*a) < rank(*b) : a < b; });
  std::string out =
      fitted(fmt::format("Campaign {}: {}, {} executions, {} findings ({} of this campaign)", screen.number,
                         left(screen), short_count(static_cast<double>(screen.runs)), screen.findings, screen.fresh),
             width);
  // What does not change is left to the names: the numbers take 46 characters.
  const std::size_t names = width > 66 ? std::min<std::size_t>(width - 46, 40) : 20;
  out += fitted(fmt::format("  {:<{}}{:>9}{:>9}{:>9}{:>9}{:>7}", "target", names, "exec/s", "cov", "corpus", "findings",
                            "rounds"),
                width);
  std::size_t room = height > 5 ? height - 4 : 1;  // head, titles, what is left out, what it does
  std::size_t shown = 0;
  for (const auto* each : rows) {
    const auto& row = *each;
    if (shown == room && rows.size() > shown) break;
    ++shown;
    out += fitted(fmt::format("{} {:<{}}{:>9}{:>9}{:>9}{:>9}{:>7}",
                              row.running ? '>'
                              : row.out   ? '!'
                                          : ' ',
                              row.target.substr(0, names - 1), names,
                              row.rounds == 0 && !row.running ? "" : short_count(static_cast<double>(row.speed)),
                              row.coverage, row.corpus, row.findings, row.rounds),
                  width);
  }
  if (shown < rows.size()) out += fitted(fmt::format("  and {} more", rows.size() - shown), width);
  out += fitted(screen.doing.empty() ? "Ctrl-C ends it with a summary; the same command goes on" : screen.doing, width);
  return out;
}

std::string screen_line(const Screen& screen) {
  std::uint64_t speed = 0;
  std::uint64_t corpus = 0;
  std::string running;
  for (const auto& row : screen.rows) {
    corpus += row.corpus;
    if (!row.running) continue;
    speed += row.speed;
    running += (running.empty() ? "" : ", ") + row.target;
  }
  return fmt::format("{}: {} exec/s, {} executions, corpus {}, {} findings ({} of this campaign), running {}{}",
                     left(screen), short_count(static_cast<double>(speed)),
                     short_count(static_cast<double>(screen.runs)), corpus, screen.findings, screen.fresh,
                     running.empty() ? "nothing" : running, screen.doing.empty() ? "" : "; " + screen.doing);
}

}  // namespace assay::fuzz
