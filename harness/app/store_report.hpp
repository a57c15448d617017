// What became of the files of 'assay store', as text and as JSON. Tests: tests/interop/scu_commands_test.py
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/app/scu_run.hpp"
#include "harness/app/store_plan.hpp"

namespace assay::app {

enum class Fate : std::uint8_t {
  stored,
  warned,      // stored, with a warning status
  refused,     // a failure status
  no_context,  // not sent: no accepted Presentation Context takes it
  unanswered,  // sent, and the association ended before the answer
  not_tried,   // the association ended before its turn
  unreadable,  // could not be read when it was its turn
};
inline constexpr std::size_t fates = 7;
std::string_view name(Fate fate);

struct FileFate {
  std::size_t file = 0;  // of StorePlan::files
  Fate fate = Fate::stored;
  std::uint16_t status = 0;
  std::string comment;  // of the peer, or why it could not be read
};

struct StoreReport {
  std::string target;
  std::size_t counts[fates] = {};
  std::vector<FileFate> failures;  // everything but `stored`
  std::uint64_t bytes = 0;         // of the Data Sets stored
  std::size_t associations = 0;
  unsigned window_asked = 1;
  std::optional<std::uint16_t> window;  // agreed on
  Duration took{0};
  peers::Failure failure = peers::Failure::none;  // of an association that did not get to its end
  std::string message;
  std::optional<trace::Tls> tls;
  PeerFindings findings;
  bool interrupted = false;

  [[nodiscard]] std::size_t count(Fate fate) const { return counts[static_cast<std::size_t>(fate)]; }
  /// Of files sent again and again nobody wants to read a line for each time.
  void add_untried(std::size_t times) { counts[static_cast<std::size_t>(Fate::not_tried)] += times; }
  void add(FileFate fate) {
    ++counts[static_cast<std::size_t>(fate.fate)];
    if (fate.fate != Fate::stored) failures.push_back(std::move(fate));
  }
  [[nodiscard]] std::size_t total() const;
};

std::string store_text(const StoreReport& report, const StorePlan& plan);
nlohmann::ordered_json store_json(const StoreReport& report, const StorePlan& plan);
/// "1.2 MB"
std::string size_text(std::uint64_t bytes);

}  // namespace assay::app
