// Fuzz target: what a requestor sends over one connection, in pieces.
#include <algorithm>

#include "server.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The input is the stream as it is, so that a file of PDUs is an input. How it is cut depends on its length alone.
  constexpr std::size_t pieces[] = {SIZE_MAX, 64, 7, 1000};
  const std::size_t piece = pieces[size % std::size(pieces)];
  planted::Server server;
  for (std::size_t at = 0; at < size && !server.closed();) {
    const std::size_t count = std::min(piece, size - at);
    server.feed({data + at, count});
    at += count;
  }
  // The test of the correct inputs asks for these words.
  static const bool tells = std::getenv("PLANTED_TELL") != nullptr;
  if (tells && server.refused()) std::puts("refused");
  return 0;
}
