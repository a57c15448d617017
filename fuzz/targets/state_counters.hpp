// What of the protocol's state an input reached, told to the engine beside the edges it covered: the cells of PS3.8
// Table 9-10 (13 states, 19 events), and each DIMSE command with its class of status, by direction and by the state it
// came in. libFuzzer and Centipede keep an input that reaches something new of it, whatever edges it takes.
//
// The environment variable ASSAY_STATE_TABLE=FILE makes a target write down at its end how often it reached what:
//   cell Sta6 Evt10 COUNT
//   command received C-STORE-RQ none COUNT      received or sent; the class of its status, or none
// one a line, in ascending order. What stands in FILE already is added to, also when several processes end at once
// (libFuzzer's forks): the sum over a corpus is `TARGET -runs=0 CORPUS` or `TARGET FILE...` with the variable set. A
// target that is ended by a signal or by a finding writes nothing.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "harness/dimse/message.hpp"
#include "harness/dimse/status.hpp"
#include "harness/dul/dul.hpp"

namespace assay::fuzz {

enum class Way : std::uint8_t { received, sent };

namespace state_counters {

inline constexpr std::size_t cells = std::size_t{dul::state_count} * dul::event_count;
inline constexpr std::size_t commands = 24;  // the last one: a Command Field that no table knows
inline constexpr std::size_t classes = 7;    // those of dimse::StatusClass, and the last one: no status
inline constexpr std::size_t answers = 2 * commands * classes;
inline constexpr std::size_t commands_in_states = std::size_t{dul::state_count} * commands;
inline constexpr std::size_t all = cells + answers + commands_in_states;

#ifdef ASSAY_LIBFUZZER
// libFuzzer sets its counters back between two inputs, Centipede its features. Each ignores the other's.
__attribute__((used, retain, section("__libfuzzer_extra_counters"))) static std::array<std::uint8_t, all> counters;
__attribute__((used, retain, section("__centipede_extra_features"))) static std::array<std::uint64_t, all> features;
#endif

/// How often what was reached, in the whole life of the process; nothing is counted unless somebody asks for the table.
inline std::array<std::uint64_t, all>& totals() {
  static std::array<std::uint64_t, all> made{};
  return made;
}

inline std::string name_of(std::size_t index) {
  std::string out;
  if (index < cells) {
    const auto state = static_cast<dul::State>(index / dul::event_count + 1);
    const auto event = static_cast<dul::Event>(index % dul::event_count + 1);
    return out.append("cell ").append(dul::name(state)).append(" ").append(dul::name(event));
  }
  index -= cells;
  if (index >= answers) return out;  // states with commands steer the engine; the table has them one by one
  const auto command = index / classes % commands;
  const auto status = index % classes;
  out.append("command ").append(index < commands * classes ? "received " : "sent ");
  out.append(command < dimse::all_commands().size()
                 ? dimse::command_name(static_cast<std::uint16_t>(dimse::all_commands()[command].field))
                 : std::string("unknown"));
  return out.append(" ").append(status + 1 < classes ? dimse::name(static_cast<dimse::StatusClass>(status)) : "none");
}

/// "cell Sta6 Evt10" -> 3
using Table = std::map<std::string, std::uint64_t>;

/// The lines of a table; what is none is left out.
inline void read(std::string_view text, Table& into) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto space = line.rfind(' ');
    if (space == std::string_view::npos) continue;
    into[std::string(line.substr(0, space))] += std::strtoull(std::string(line.substr(space + 1)).c_str(), nullptr, 10);
  }
}

inline void write_table(const char* path) {
  const int file = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0 || ::flock(file, LOCK_EX) != 0) {
    std::perror(path);
    return;
  }
  Table table;
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = ::read(file, piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  read(text, table);
  for (std::size_t i = 0; i < all; ++i)
    if (const auto count = totals()[i]; count > 0)
      if (auto name = name_of(i); !name.empty()) table[std::move(name)] += count;
  text.clear();
  for (const auto& [name, count] : table) text.append(name).append(" ").append(std::to_string(count)).append("\n");
  // Counts only grow, so the new text is no shorter than the old one.
  if (::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) std::perror(path);
  ::close(file);
}

inline bool table_wanted() {
  static const bool wanted = [] {
    static const char* path = std::getenv("ASSAY_STATE_TABLE");
    if (path == nullptr || *path == '\0') return false;
    (void)totals();  // outlives the call at the end
    std::atexit([] { write_table(path); });
    return true;
  }();
  return wanted;
}

inline void count(std::size_t index) {
#ifdef ASSAY_LIBFUZZER
  if (counters[index] != 0xff) ++counters[index];
  features[index] = index + 1;  // domain 0, as the upper half says
#endif
  if (table_wanted()) ++totals()[index];
}

}  // namespace state_counters

/// A transition of Table 9-10 was made.
inline void cell_reached(dul::State state, dul::Event event) { state_counters::count(dul::cell_index(state, event)); }
inline void cells_reached(const dul::Cells& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells.test(i)) state_counters::count(i);
}

/// A message was received or sent by a side in this state.
inline void command_seen(Way way, dul::State state, const dimse::CommandSet& command) {
  namespace sc = state_counters;
  const auto known = dimse::all_commands();
  const auto field = command.field().value_or(0);
  std::size_t which = 0;
  while (which < known.size() && static_cast<std::uint16_t>(known[which].field) != field) ++which;
  const auto status = command.status();
  const auto status_class = status ? static_cast<std::size_t>(dimse::status_class(*status)) : sc::classes - 1;
  const auto direction = way == Way::received ? std::size_t{0} : sc::commands;
  sc::count(sc::cells + (direction + which) * sc::classes + status_class);
  sc::count(sc::cells + sc::answers + (static_cast<std::size_t>(state) - 1) * sc::commands + which);
}

}  // namespace assay::fuzz
