// Schedules from nobody knows where, CSV and XML: the reader never crashes; a refusal names places that lie in the
// file; what is taken are items of a worklist that can be written and read again; a comment in front of all else moves
// every place by one line and changes nothing more.
#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"
#include "harness/scenario/schedule.hpp"
#include "harness/service/worklist.hpp"

namespace {

using namespace assay;  // NOLINT(google-build-using-namespace)
using fuzz::require;
using Schedule = std::expected<std::vector<dataset::DataSet>, std::vector<std::string>>;

constexpr std::string_view more_begin = "f: and ";

/// The places of "f:12:3: what", the line first; the last sentence may count the rest and then has none.
std::vector<std::pair<std::size_t, std::size_t>> places(const std::vector<std::string>& errors) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (const auto& error : errors) {
    if (error.starts_with(more_begin) && &error == &errors.back()) continue;
    require(error.starts_with("f:"), "a mistake begins with the name of the file");
    std::size_t line = 0;
    std::size_t column = 0;
    const auto* end = error.data() + error.size();
    const auto first = std::from_chars(error.data() + 2, end, line);
    require(first.ec == std::errc() && first.ptr != end && *first.ptr == ':', "a mistake has a line");
    const auto second = std::from_chars(first.ptr + 1, end, column);
    require(second.ec == std::errc() && std::string_view(second.ptr, end).starts_with(": "), "a mistake has a column");
    require(end - second.ptr > 2, "a mistake has words");
    out.emplace_back(line, column);
  }
  return out;
}

void check_refusal(const std::vector<std::string>& errors, std::string_view text) {
  require(!errors.empty(), "a refusal has a reason");
  require(errors.size() <= scenario::max_schedule_errors + 1, "mistakes are bounded");
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const auto& [line, column] : places(errors)) {
    require(line >= 1 && line <= lines, "the place lies in the file");
    require(column >= 1 && column <= text.size() + 1, "the place lies in the file");
  }
}

void check_item(const dataset::DataSet& item) {
  require(service::missing_in_worklist_item(item).empty(), "an item has what the standard asks for");
  const auto encoded = dataset::encode(item, dataset::explicit_le);
  const auto again = dataset::decode(encoded, dataset::explicit_le);
  require(!has_error(again.problems), "an item can be read again");
  require(again.data_set.equal_in_value(item), "reading it again changes nothing");
}

/// What changes the text without changing what it says.
std::string with_comment(std::string_view text) {
  const std::string_view mark = "\xEF\xBB\xBF";
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool xml = first != std::string_view::npos && text[first] == '<';
  return (xml ? "\n" : "# by the way\n") + std::string(text);
}

void check_moved(const Schedule& read, std::string_view text) {
  const auto moved = scenario::read_schedule(with_comment(text), "f");
  require(moved.has_value() == read.has_value(), "a comment changes nothing");
  if (!read) {
    auto wanted = places(read.error());
    const auto found = places(moved.error());
    require(wanted.size() == found.size(), "a comment changes nothing");
    for (std::size_t i = 0; i < found.size(); ++i) {
      const bool nothing = wanted[i].first == 1 && found[i].first == 1;  // "there is nothing in it" is said of line 1
      require(nothing || found[i].first == wanted[i].first + 1, "a comment moves every place by one line");
    }
    return;
  }
  require(moved->size() == read->size(), "a comment changes nothing");
  for (std::size_t i = 0; i < read->size(); ++i)
    require((*read)[i].equal_in_value((*moved)[i]), "a comment changes nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 2048, std::size_t{4} << 20U);
  const ByteView input(data, size);
  const auto text = as_text(input);
  const auto read = scenario::read_schedule(text, "f");
  if (!read) {
    check_refusal(read.error(), text);
  } else {
    for (const auto& item : *read) check_item(item);
  }
  if (fuzz::wanted(0, 4, input)) check_moved(read, text);
  return 0;
}
