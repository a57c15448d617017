// Plays variants and judges what was found. Tests: mutation_score_test.cpp, service_score_test.cpp
#include "mutation_score.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <tuple>

#include "harness/base/glob.hpp"
#include "harness/version.hpp"

namespace assay::test {
namespace {

/// Faults that break no rule a receiver may act on; the rules for them are notes.
bool counts_as_note(const trace::Finding& finding, const Variant& variant) {
  const auto about = [&](std::string_view field, std::string_view rule) {
    return variant.field.find(field) != std::string::npos && finding.rule.find(rule) != std::string::npos;
  };
  return about("reserved", "/reserved") || about("item-type", "/item-type") ||
         about("-ae-title", "-ae-title-returned") || about("application-context/name", "/application-context-") ||
         about("(0000,0120)", "/cancel-of-unknown-message") || about("(0000,1020)", "/remaining-in-final-response");
}

struct Seen {
  bool blamed = false;    // the side at fault
  bool innocent = false;  // the other side accused
  std::string lines;
};

Seen judge(const Variant& variant, Ending ending) {
  Seen seen;
  const auto trace = play(variant, ending).observe();
  for (const auto& finding : trace.findings) {
    seen.lines += "      " + to_line(finding) + '\n';
    const bool note = finding.severity == trace::Severity::note;
    if (finding.side == variant.side) {
      seen.blamed = seen.blamed || !note || counts_as_note(finding, variant);
    } else {
      seen.innocent = seen.innocent || !note;
    }
  }
  return seen;
}

/// Whether the correct conversation, ended in this way at this place, is without fault of that side: an end in the
/// middle of a message is a fault of its own, which must not pass for the finding of another.
bool may_end_here(const Variant& variant, Ending ending) {
  static std::map<std::tuple<const Correct*, std::size_t, Side, Ending>, bool> known;
  const auto [entry, fresh] =
      known.try_emplace({variant.of, variant.step + variant.skips, variant.side, ending}, false);
  if (!fresh) return entry->second;
  Variant unchanged = variant;
  unchanged.instead.clear();
  const auto& steps = variant.of->conversation.steps();
  for (std::size_t i = 0; i < variant.skips; ++i) unchanged.instead.push_back(steps[variant.step + i]);
  const auto seen = judge(unchanged, ending);
  return entry->second = !seen.blamed;
}

bool in_full() { return std::getenv("ASSAY_LONG") != nullptr; }

}  // namespace

bool Excuse::fit(const Variant& variant) const {
  return glob_matches(pdu, variant.pdu) && glob_matches(field, variant.field) && glob_matches(fault, variant.fault);
}

std::vector<Excuse> read_excuses(const std::string& name) {
  std::ifstream file(ASSAY_SOURCE_DIR "/tests/golden/" + name);
  std::vector<Excuse> out;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    std::array<std::string, 5> cells;
    std::size_t begin = 0;
    for (auto& cell : cells) {
      const auto end = std::min(line.find('\t', begin), line.size());
      cell = line.substr(begin, end - begin);
      begin = std::min(end + 1, line.size());
    }
    EXPECT_FALSE(cells[4].empty()) << "five columns are needed: " << line;
    EXPECT_TRUE(cells[3].starts_with("PS3.")) << line;
    out.push_back({cells[0], cells[1], cells[2], cells[3], cells[4]});
  }
  return out;
}

Score score(const std::vector<Correct>& conversations, const VariantMaker& make, std::vector<Excuse>& excuses,
            std::size_t every) {
  Score out;
  std::size_t candidates = 0;
  const bool everything = every == 1 || in_full();
  const std::function<bool(const Variant&)> wanted = [&](const Variant& variant) {
    for (auto& excuse : excuses) excuse.candidates += excuse.fit(variant) ? 1 : 0;
    return everything || candidates++ % every == 0;
  };
  const std::function<void(const Variant&)> run = [&](const Variant& variant) {
    ++out.all;
    ++out.by_conversation[variant.of->name];
    std::string lines;
    bool hit = false;
    for (const auto ending : {Ending::abort, Ending::abort_later, Ending::close, Ending::go_on}) {
      // Once the association is asked for, nobody may just close.
      if (ending == Ending::close && variant.step > 0) continue;
      if (!variant.closes && ending != Ending::go_on && !may_end_here(variant, ending)) continue;
      const auto seen = judge(variant, ending);
      hit = seen.blamed && !seen.innocent;
      if (hit || variant.closes) break;
      lines += seen.lines + "    --\n";
    }
    bool is_excused = false;
    for (auto& excuse : excuses) {
      if (!excuse.fit(variant)) continue;
      excuse.missed += hit ? 0 : 1;
      is_excused = true;
    }
    if (is_excused) {
      ++out.excused;
      return;
    }
    if (hit) {
      ++out.found;
      return;
    }
    auto& entry = out.missed[address_of(variant)];
    if (entry.times++ == 0) entry.example = fmt::format("    in \"{}\"\n{}", variant.of->name, lines);
  };
  for (const auto& correct : conversations) make(correct, wanted, run);
  return out;
}

void expect_score(const Score& score, const std::vector<Excuse>& excuses, std::size_t at_least) {
  const auto asked = score.all - score.excused;
  fmt::print("mutation score: {} faults, {} undetectable ({:.1f} %), {} of {} found ({:.2f} %)\n", score.all,
             score.excused, 100.0 * static_cast<double>(score.excused) / static_cast<double>(score.all), score.found,
             asked, 100.0 * static_cast<double>(score.found) / static_cast<double>(asked));
  for (const auto& [name, count] : score.by_conversation) fmt::print("  {:5} in \"{}\"\n", count, name);
  for (const auto& [address, entry] : score.missed)
    fmt::print("  missed {}: {}\n{}", entry.times, address, entry.example);
  EXPECT_GE(score.all, at_least);
  EXPECT_LE(score.excused * 10, score.all);
  EXPECT_GE(score.found * 100, asked * 98);
  for (const auto& excuse : excuses) {
    const auto line = fmt::format("{} | {} | {}", excuse.pdu, excuse.field, excuse.fault);
    EXPECT_GT(excuse.candidates, 0U) << "stale, fits no fault: " << line;
    if (in_full()) {
      EXPECT_GT(excuse.missed, 0U) << "stale, all its faults are found: " << line;
    }
  }
}

void expect_no_findings(const std::vector<Correct>& conversations) {
  for (const auto& correct : conversations) {
    const auto trace = correct.conversation.observe();
    for (const auto& finding : trace.findings) ADD_FAILURE() << correct.name << ": " << to_line(finding);
    EXPECT_GE(trace.entries.size(), 3U) << correct.name;
  }
}

}  // namespace assay::test
