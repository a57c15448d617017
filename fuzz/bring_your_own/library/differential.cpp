// The run of a differential target: both views, the comparison, and what becomes of a disagreement.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "fuzz/bring_your_own/library/clusters.hpp"
#include "fuzz/bring_your_own/library/compare.hpp"
#include "fuzz/bring_your_own/library/view.hpp"

namespace {

using namespace assay;
using namespace assay::fuzz;

constexpr std::chrono::seconds between_flushes{1};  // what a process that dies may lose of its counts

#if defined(__linux__) && defined(__clang__)
// What libFuzzer takes for coverage: kinds of disagreement, and the other's reasons to refuse, since a parser of a
// package has no instrumentation of its own.
__attribute__((section("__libfuzzer_extra_counters"), used)) std::uint8_t seen_kinds[2048];
void feed_back(std::string_view text) { seen_kinds[digest_of(as_bytes(text)) % sizeof seen_kinds] = 1; }
#else
void feed_back(std::string_view) {}
#endif

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "assay: %s\n", why.c_str());
  std::fflush(stderr);
  std::_Exit(2);
}

// One per target; a program holds one target.
struct Setting {
  std::vector<Explanation> explained;
  std::unique_ptr<Collection> collection;
  std::chrono::steady_clock::time_point flushed = std::chrono::steady_clock::now();
};

Setting* the_setting = nullptr;

Setting& setting(const assay_differential& what) {
  if (the_setting != nullptr) return *the_setting;
  static Setting made;
  const char* list = std::getenv("ASSAY_EXPLAINED");
  if (list == nullptr) list = what.explained;
  if (list != nullptr && *list != 0) {
    auto lines = explanations(list);
    if (!lines) stop(lines.error());
    made.explained = std::move(*lines);
  }
  const char* wanted = std::getenv("ASSAY_DIFFERENTIAL");
  const std::string_view mode = wanted == nullptr ? "abort" : wanted;
  constexpr std::string_view collect = "collect:";
  if (mode.starts_with(collect) && mode.size() > collect.size()) {
    made.collection = std::make_unique<Collection>(std::string(mode.substr(collect.size())));
    if (!made.collection->flush()) stop(std::string(mode.substr(collect.size())) + ": cannot be written to");
    std::atexit([] { the_setting->collection->flush(); });
  } else if (mode != "abort") {
    stop("ASSAY_DIFFERENTIAL is \"" + std::string(mode) + "\"; it may be abort or collect:FOLDER");
  }
  the_setting = &made;
  return made;
}

std::string story_of(const assay_differential& what, const Disagreement& found, const View& ours, std::size_t size) {
  const std::string product = what.product == nullptr ? "the other" : what.product;
  std::string out = "disagreement with " + product + " about " + std::to_string(size) + " bytes, " + ours.syntax + "\n";
  if (!found.path.empty()) out += "  where    " + found.path + ", byte " + std::to_string(found.offset) + "\n";
  out += "  Assay    " + found.ours + "\n  " + product + std::string(product.size() < 8 ? 9 - product.size() : 1, ' ') +
         found.theirs + "\n";
  std::size_t told = 0;
  for (const auto& problem : ours.problems) {
    if (++told > 5) break;
    out +=
        "  wrong in it: " + problem.rule + " at byte " + std::to_string(problem.offset) + " (" + problem.clause + ")\n";
  }
  const auto& c = found.cluster;
  out += "  to explain it, a line of: " + c.what + "\\t" + c.feature + "\\t" + c.vr + "\\t" + c.tag + "\\t" + c.syntax +
         "\\tCLAUSE\\tassay|other|both|none\\tWHY\n";
  return out;
}

std::size_t run(const assay_differential& what, ByteView input, assay_reader read) {
  auto& state = setting(what);
  auto* collection = state.collection.get();
  if (collection != nullptr) {
    collection->count("inputs");
    if (const auto now = std::chrono::steady_clock::now(); now - state.flushed > between_flushes) {
      collection->flush();
      state.flushed = now;
    }
  }
  const auto ours = our_view(what.format, input, what.flags);
  if (!ours.compared) {
    if (collection != nullptr) collection->count("not-compared");
    return 0;
  }
  assay_view told(what.flags);
  read(input.data(), input.size(), &told);
  if (told.mistake.empty() && !told.rejected && !told.open.empty()) told.mistake = "a container was never ended";
  if (!told.mistake.empty()) {
    std::fprintf(stderr, "assay: the view of %s is none of a Data Set, its adapter is wrong: %s\n",
                 what.product == nullptr ? "the other" : what.product, told.mistake.c_str());
    std::abort();
  }
  if (told.rejected) feed_back(told.view.refused);
  const auto found = disagreements(ours, told.view);
  std::size_t fresh = 0;
  for (const auto& one : found) {
    feed_back(to_string(one.cluster));
    const bool explained = explanation_of(state.explained, one.cluster) != nullptr;
    fresh += explained ? 0 : 1;
    if (collection != nullptr) {
      const auto story = story_of(what, one, ours, input.size());
      collection->add(one, explained, input, story);
      continue;
    }
    if (explained) continue;
    std::fprintf(stderr, "assay: %sSUMMARY: AssayDifferential: %s\n", story_of(what, one, ours, input.size()).c_str(),
                 to_string(one.cluster).c_str());
    std::abort();
  }
  if (collection != nullptr)
    collection->count(!found.empty() ? "differ" : ours.refused.empty() ? "agree" : "both-refuse");
  return fresh;
}

}  // namespace

extern "C" size_t assay_differential_run(const assay_differential* what, const uint8_t* data, size_t size,
                                         assay_reader read) {
  return run(*what, ByteView(data, size), read);
}
