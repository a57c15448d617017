// What campaigns read, from nobody knows where: their file, their state, their history, and what targets say. Nothing
// crashes; a refused file has mistakes with places; what is taken is the same when it is written and read again.
#include <cstdint>

#include "fuzz/campaign/campaign_file.hpp"
#include "fuzz/campaign/state.hpp"
#include "fuzz/campaign/state_table.hpp"
#include "fuzz/campaign/status_line.hpp"
#include "fuzz/targets/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  using fuzz::require;
  const auto text = as_text(ByteView(data, size));
  const auto campaign = fuzz::load_campaign(text, "f", "d");
  if (campaign) {
    require(!campaign->targets.empty(), "a campaign has targets");
    for (const auto& one : campaign->targets) {
      require(one.program.empty() != one.match.empty(), "a line names one target or several");
      require(one.share >= 0.1 && one.share <= 100, "shares are bounded");
      for (const auto& option : one.options) require(fuzz::option_problem(option).empty(), "options are libFuzzer's");
    }
  } else {
    require(!campaign.error().empty(), "a refusal has a reason");
    for (const auto& error : campaign.error()) require(error.line >= 1 && error.column >= 1, "a mistake has a place");
  }
  if (const auto state = fuzz::state_from(text)) {
    const auto again = fuzz::state_from(fuzz::to_text(*state));
    require(again.has_value() && again->targets.size() == state->targets.size(), "a state can be read again");
  }
  const auto history = fuzz::history_from(text);
  for (const auto& record : history.records)
    require(fuzz::record_from(fuzz::to_line(record)).has_value(), "a record can be read again");
  fuzz::Progress progress;
  fuzz::read_progress(text, progress);
  require(fuzz::last_lines(text, 4).size() <= text.size() + 4, "lines are not made up");
  require(fuzz::last_running(text).size() <= text.size(), "a file is not made up");
  fuzz::StateTable table;
  table.add(text);
  require(table.reached() <= table.defined(), "cells are counted once");
  return 0;
}
