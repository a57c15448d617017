// Lists of known deviations from nobody knows where, and runs whose cases say anything. The reader never crashes; a
// refusal names a place that lies in the file; what is taken changes no verdict; and the list that is written from a
// run can be read and makes that run green.
#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "conformance/expectations.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"

namespace {

using namespace assay;  // NOLINT(google-build-using-namespace)
using fuzz::require;
using trace::Verdict;

void check_refusal(std::string_view error, std::string_view text) {
  require(error.starts_with("f:"), "a mistake begins with the name of the file");
  std::size_t line = 0;
  std::size_t column = 0;
  const auto* end = error.data() + error.size();
  const auto first = std::from_chars(error.data() + 2, end, line);
  require(first.ec == std::errc() && first.ptr != end && *first.ptr == ':', "a mistake has a line");
  const auto second = std::from_chars(first.ptr + 1, end, column);
  require(second.ec == std::errc() && std::string_view(second.ptr, end).starts_with(": "), "a mistake has a column");
  require(line >= 1 && line <= static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1, "it lies in the file");
  require(column >= 1 && column <= text.size() + 1, "it lies in the file");
}

/// Each line is a case: its first character the verdict, the next few its id, the rest what it says.
trace::RunResult run_of(std::string_view text) {
  constexpr std::size_t most = 8;
  constexpr std::size_t id_length = 6;
  constexpr std::string_view in_ids = "abcdefgh0123./--";
  trace::RunResult out;
  while (!text.empty() && out.cases.size() < most) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    auto& one = out.cases.emplace_back();
    constexpr Verdict verdicts[] = {Verdict::fail, Verdict::pass, Verdict::fail, Verdict::inconclusive};
    one.verdict = verdicts[static_cast<unsigned char>(line[0]) % 4];
    one.id = "ps3.8/";
    for (const char c : line.substr(1, id_length)) one.id += in_ids[static_cast<unsigned char>(c) % in_ids.size()];
    const auto rest = line.substr(std::min(line.size(), 1 + id_length));
    if (static_cast<unsigned char>(line[0]) % 8 < 4) {
      one.reason = rest;
    } else {
      one.reason = "it broke a rule";
      one.deciding_rule = rest;
      one.actual = rest;
    }
  }
  return out;
}

std::vector<std::string> ids_of(const trace::RunResult& run) {
  std::vector<std::string> out;
  for (const auto& one : run.cases) out.push_back(one.id);
  return out;
}

void check_written(trace::RunResult run) {
  const auto text = conformance::write_expectations(run);
  const auto list = conformance::load_expectations(text, "f");
  require(list.has_value(), "what is written can be read");
  conformance::apply(*list, run, ids_of(run));
  for (const auto& one : run.cases)
    require(one.expected_deviation == (one.verdict == Verdict::fail), "a run is green by what was written from it");
  require(run.stale_expectations.empty(), "nothing is written that did not happen");
}

void check_applied(const conformance::Expectations& list, const trace::RunResult& run) {
  auto changed = run;
  conformance::apply(list, changed, ids_of(run));
  require(changed.cases.size() == run.cases.size(), "a list adds no case and takes none away");
  require(changed.stale_expectations.size() <= list.entries.size(), "an entry is stale once");
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    const auto& one = changed.cases[i];
    require(one.verdict == run.cases[i].verdict, "a list changes no verdict");
    require(!one.expected_deviation || one.verdict == Verdict::fail, "only a failure is a known deviation");
    require(!one.expected_deviation || !one.expectation_note.empty(), "it is said why");
    (void)list.skips(one.id);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 2048, std::size_t{1} << 20U);
  const auto text = as_text(ByteView(data, size));
  const auto run = run_of(text);
  const auto list = conformance::load_expectations(text, "f");
  if (list) {
    for (const auto& entry : list->entries) require(!entry.id.empty() && entry.line >= 1, "an entry has id and line");
    check_applied(*list, run);
  } else {
    check_refusal(list.error(), text);
  }
  check_written(run);
  return 0;
}
