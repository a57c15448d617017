// Switches of the planted bugs, and what every file of the planted parser and server shares.
//
// This folder holds a small DICOM parser and server for one use: to measure how fast fuzzing finds faults that are
// known to be there. Built plainly it is correct. Built with -DPLANT_07 it carries bug 07 of bugs.tsv and no other. It
// shares no code with the harness. A switch stands in one .cpp file only, never in a header (build.py relies on it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

// PLANT(07) is true where the compiler was given -DPLANT_07, else false.
#define PLANT(number) PLANT_IS_SET(PLANT_##number)
#define PLANT_IS_SET(value) PLANT_PASTE(value)
#define PLANT_PASTE(value) PLANT_TAKE(PLANT_GIVEN_##value 1, 0)
#define PLANT_TAKE(...) PLANT_SECOND(__VA_ARGS__, 0)
#define PLANT_SECOND(ignored, second, ...) static_cast<bool>(second)
#define PLANT_GIVEN_1 0,

namespace planted {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

// The input is wrong: the file is refused, the association aborted.
struct Malformed {};

// Refuses the input unless this holds.
inline void require(bool held) {
  if (!held) throw Malformed{};
}

// Ends the process unless this holds: what no input, right or wrong, may bring about.
inline void invariant(bool held, const char* what) {
  if (held) return;
  std::fprintf(stderr, "INVARIANT broken: %s\n", what);
  std::abort();
}

// Reads numbers from front to back. They are looked for before they are read; take() and skip() leave that to the
// caller.
class Reader {
 public:
  // `start` is where the first byte lies in the file.
  explicit Reader(View all, bool big_endian = false, std::size_t start = 0)
      : all_(all), big_(big_endian), start_(start) {}

  std::size_t at() const { return at_; }
  std::size_t size() const { return all_.size(); }
  std::size_t left() const { return all_.size() - at_; }
  std::size_t offset() const { return start_ + at_; }

  std::uint8_t u8() {
    require(left() >= 1);
    return all_[at_++];
  }
  std::uint16_t u16() {
    require(left() >= 2);
    const std::uint8_t* byte = all_.data() + at_;
    at_ += 2;
    return static_cast<std::uint16_t>(big_ ? byte[0] << 8 | byte[1] : byte[1] << 8 | byte[0]);
  }
  std::uint32_t u32() {
    require(left() >= 4);
    const std::uint32_t first = u16();
    const std::uint32_t second = u16();
    return big_ ? first << 16 | second : second << 16 | first;
  }
  std::uint32_t tag() {
    require(left() >= 4);
    const std::uint32_t group = u16();
    return group << 16 | u16();
  }
  std::uint32_t peek_tag() {
    const std::size_t here = at_;
    const std::uint32_t read = tag();
    at_ = here;
    return read;
  }
  // The next `count` bytes; the caller has seen that they are there.
  View take(std::size_t count) {
    const View taken(all_.data() + at_, count);
    at_ += count;
    return taken;
  }
  void skip(std::size_t count) { at_ += count; }
  // A reader of the next `count` bytes, which this one steps over; the caller has seen that they are there.
  Reader part(std::size_t count) {
    const std::size_t first = offset();
    return Reader(take(count), big_, first);
  }

 private:
  View all_;
  bool big_;
  std::size_t start_;
  std::size_t at_ = 0;
};

}  // namespace planted
