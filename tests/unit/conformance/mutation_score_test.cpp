// The mutation score: every single fault made mechanically in correct conversations is found and the right side blamed,
// but for those that tests/golden/undetectable_faults.tsv excuses with a clause.
//
// A fault is found when the rules name the side that made it and do not accuse the other one (a note is no accusation).
// The other side goes on in one of a few ways, of which one must show it: it gives up and aborts, at once or when its
// turn comes (or closes, when all it had was a first PDU), or it goes on as if it had not noticed. Findings of severity
// note count only where the fault itself is of that kind (counts_as_note). The quick tier makes every ninth variant;
// ASSAY_LONG=1 makes all.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <tuple>

#include "harness/base/glob.hpp"
#include "harness/version.hpp"
#include "mutation.hpp"

namespace assay::test {
namespace {

/// One line of the data file: faults that no observer can know of.
struct Excuse {
  std::string pdu, field, fault, clause, why;
  std::size_t candidates = 0;
  std::size_t missed = 0;

  [[nodiscard]] bool fit(const Variant& variant) const {
    return glob_matches(pdu, variant.pdu) && glob_matches(field, variant.field) && glob_matches(fault, variant.fault);
  }
};

std::vector<Excuse> read_excuses() {
  std::ifstream file(ASSAY_SOURCE_DIR "/tests/golden/undetectable_faults.tsv");
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

TEST(MutationScore, Correct_conversations_have_no_finding) {
  for (const auto& correct : correct_conversations()) {
    const auto trace = correct.conversation.observe();
    for (const auto& finding : trace.findings) ADD_FAILURE() << correct.name << ": " << to_line(finding);
    EXPECT_GE(trace.entries.size(), 3U) << correct.name;
  }
}

TEST(MutationScore, Ninety_eight_of_a_hundred_single_faults_are_found_and_blamed_on_the_right_side) {
  auto excuses = read_excuses();
  std::size_t all = 0;
  std::size_t excused = 0;
  std::size_t found = 0;
  struct Missed {
    std::size_t times = 0;
    std::string example;
  };
  std::map<std::string, Missed> missed;
  std::map<std::string, std::size_t> by_conversation;

  std::size_t candidates = 0;
  const bool everything = std::getenv("ASSAY_LONG") != nullptr;
  const std::function<bool(const Variant&)> wanted = [&](const Variant& variant) {
    for (auto& excuse : excuses) excuse.candidates += excuse.fit(variant) ? 1 : 0;
    return everything || candidates++ % 9 == 0;
  };
  const std::function<void(const Variant&)> run = [&](const Variant& variant) {
    ++all;
    ++by_conversation[variant.of->name];
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
      ++excused;
      return;
    }
    if (hit) {
      ++found;
      return;
    }
    auto& entry = missed[address_of(variant)];
    if (entry.times++ == 0) entry.example = fmt::format("    in \"{}\"\n{}", variant.of->name, lines);
  };
  for (const auto& correct : correct_conversations()) each_variant(correct, wanted, run);

  const auto asked = all - excused;
  fmt::print("mutation score: {} faults, {} undetectable ({:.1f} %), {} of {} found ({:.2f} %)\n", all, excused,
             100.0 * static_cast<double>(excused) / static_cast<double>(all), found, asked,
             100.0 * static_cast<double>(found) / static_cast<double>(asked));
  for (const auto& [name, count] : by_conversation) fmt::print("  {:5} in \"{}\"\n", count, name);
  for (const auto& [address, entry] : missed) fmt::print("  missed {}: {}\n{}", entry.times, address, entry.example);
  EXPECT_GE(all, 1500U);
  EXPECT_LE(excused * 10, all);
  EXPECT_GE(found * 100, asked * 98);
  for (const auto& excuse : excuses) {
    const auto line = fmt::format("{} | {} | {}", excuse.pdu, excuse.field, excuse.fault);
    EXPECT_GT(excuse.candidates, 0U) << "stale, fits no fault: " << line;
    if (everything) {
      EXPECT_GT(excuse.missed, 0U) << "stale, all its faults are found: " << line;
    }
  }
}

}  // namespace
}  // namespace assay::test
