// Objects of our own that a device acknowledged, looked for later: in the folder where it keeps them, by C-GET, or by
// C-FIND, as the device lets us. Each is small and has UIDs that nobody else makes, so no other traffic may change it.
// Tests: tests/loopback/device_watch_test.cpp
#pragma once

#include <deque>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "peers/peers.hpp"

namespace assay::app {

struct KeepsakeOptions {
  peers::RequestorOptions requestor;
  std::filesystem::path stored;  // the folder in which the device keeps what it is sent; empty: nobody knows it
};

class Keepsakes {
 public:
  Keepsakes(peers::Loop& loop, KeepsakeOptions options);

  /// Once, at the start: stores the first and finds out how it can be looked for. False: in no way, see notes().
  bool learn();
  /// Stores one more, unless there are enough that wait to be looked for. That it is refused is no finding.
  void store();
  /// Looks for the oldest, and for the newest. What is wrong, as one line; nothing where all is there, or nobody
  /// answers.
  std::optional<std::string> lost();
  /// The device was restarted: what it has in memory only may be gone.
  void forget();

  [[nodiscard]] bool on() const { return way_ != Way::none; }
  [[nodiscard]] const std::string& note() const { return note_; }
  [[nodiscard]] std::uint64_t associations() const { return associations_; }

 private:
  enum class Way : std::uint8_t { none, folder, get, find };
  struct Kept {
    std::string instance_uid;
    std::string study_uid;
    std::string series_uid;
    std::filesystem::path file;
    std::uint64_t digest = 0;  // of the file, or of what C-GET brought
  };
  /// What is found of one: its digest (of a C-FIND: the number of matches); nothing: it is not there. The error: the
  /// device could not be asked.
  using Found = std::expected<std::optional<std::uint64_t>, std::string>;

  std::expected<Kept, std::string> store_one();
  Found look(Way way, Kept& kept);
  Found in_folder(Kept& kept) const;
  Found by_get(const Kept& kept);
  Found by_find(const Kept& kept);

  peers::Loop& loop_;
  KeepsakeOptions options_;
  Way way_ = Way::none;
  std::deque<Kept> kept_;
  std::string note_;
  std::uint64_t associations_ = 0;
  unsigned number_ = 0;
};

}  // namespace assay::app
