// Connections by number, as the lines of a conversation have them; what is asked of one that is not there is nothing.
// Internal to lines.cpp and callers.cpp.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "peers/connection.hpp"

namespace assay::peers {

struct Numbered {
  using Number = std::uint8_t;
  std::map<Number, std::shared_ptr<Connection>> all;

  [[nodiscard]] Connection* at(Number number) const {
    const auto found = all.find(number);
    return found == all.end() ? nullptr : found->second.get();
  }
  void send(Number number, ByteView bytes, const std::vector<std::uint32_t>& pieces, Duration pause) const {
    auto* line = at(number);
    if (line == nullptr || !line->open()) return;
    if (pieces.empty())
      line->send(bytes);
    else
      line->send_in_pieces(bytes, {pieces.begin(), pieces.end()}, pause);
  }
  void fin(Number number) const {
    if (auto* line = at(number)) line->close();
  }
  void half(Number number) const {
    if (auto* line = at(number)) line->close_write_half();
  }
  void rst(Number number) const {
    if (auto* line = at(number)) line->reset();
  }
  void close() const {
    for (const auto& [number, line] : all) line->close();
  }
};

}  // namespace assay::peers
