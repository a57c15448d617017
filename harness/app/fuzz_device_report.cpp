// What is told at the end of a run of `assay fuzz device`, beside what is told of both sides (fuzz_tally.cpp).
#include <fmt/format.h>

#include "harness/app/fuzz_device_run.hpp"

namespace assay::app {
namespace {

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

std::string FuzzDeviceRun::time_spent() const {
  const auto& waits = spent_.waits;
  const auto waited = waits.due + waits.optional + waits.pauses + waits.pieces + waits.connects;
  std::string text;
  const auto add = [&](std::string_view what, Duration time) {
    const auto share = tally_.busy() > Duration{0} ? 100.0 * seconds(time) / seconds(tally_.busy()) : 0.0;
    text += fmt::format("{}{:.0f} % {}", text.empty() ? "" : ", ", share, what);
  };
  add("for answers that are due", waits.due);
  add("for those that need not come", waits.optional);
  add("pauses", waits.pauses);
  add("sends in pieces", waits.pieces);
  add("connections", waits.connects);
  add("else in conversations", spent_.talks - waited);
  add("oracles", spent_.watch);
  add("findings", spent_.findings);
  return text;
}

int FuzzDeviceRun::finish() {
  tally_.tell_counts(guide_);
  if (tally_.count() > 0) console_.text(fmt::format("Time: {}\n", time_spent()));
  tally_.tell_places(folder_);
  const auto in = [this](const char* name) { return (folder_.folder() / name).string(); };
  tally_.write_table(folder_, "states.txt", pairs_.table());
  console_.text(fmt::format("State and what was said there: {} of {} pairs that a requestor can provoke, in {}\n",
                            pairs_.tried(), pairs_.provokable(), in("states.txt")));
  if (coverage_ != nullptr) {
    tally_.write_table(folder_, "edges.txt", coverage_->table());
    console_.text(fmt::format("Coverage offered: {} edges reached, in {}\n", coverage_->edges(), in("edges.txt")));
  }
  return tally_.finish(folder_, fmt::format("{}:{}", target_.host, target_.port), started_);
}

}  // namespace assay::app
