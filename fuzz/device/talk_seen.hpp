// What the two sides of device fuzzing share of looking at a conversation. Internal to talk*.cpp and reply_talk*.cpp.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "fuzz/device/talk.hpp"

namespace assay::fuzz::device {

inline bool is_p_data(const trace::PduSeen& seen) { return seen.recognized && seen.type == 4; }

/// A rule of the layers that say whether there is anything to answer.
inline bool about_exchange(std::string_view rule) { return rule.starts_with("ps3.8/") || rule.starts_with("ps3.7/"); }

/// "C-STORE-RQ"; "unknown command" for what DIMSE does not have.
std::string command_name(const dimse::Message& message);

/// What was new in one conversation, each once.
class Seen {
 public:
  /// `shown`: in the table for people, too.
  void add(const std::string& text, bool shown);
  /// Into features and cells of the Outcome.
  void give(Outcome& outcome);

 private:
  std::set<std::uint64_t> features_;
  std::vector<std::string> cells_;
};

}  // namespace assay::fuzz::device
