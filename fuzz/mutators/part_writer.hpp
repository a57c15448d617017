// What the two halves of dissect() share: a position in the input, and the parts written so far. Internal.
#pragma once

#include <algorithm>

#include "fuzz/mutators/dissect.hpp"

namespace assay::fuzz {

class PartWriter {
 public:
  PartWriter(ByteView bytes, Parts& out) : bytes_(bytes), end_(static_cast<std::uint32_t>(bytes.size())), out_(out) {}

  /// What is left of the block that is open, at most up to its end.
  [[nodiscard]] std::size_t left() const { return end_ - at_; }
  [[nodiscard]] const std::uint8_t* here() const { return bytes_.data() + at_; }
  [[nodiscard]] ByteView rest() const { return bytes_.subspan(at_, left()); }
  [[nodiscard]] int depth() const { return out_.empty() ? 0 : out_[block_].depth; }

  /// Opens a block; what follows stands in it. Gives what close() needs.
  struct Opened {
    std::uint32_t block;
    std::uint32_t outer;
    std::uint32_t end;
  };
  Opened open(std::string_view name, std::uint32_t tag = 0) {
    const Opened opened{block_, static_cast<std::uint32_t>(out_.size()), end_};
    put(name, layout::Part::block, 0, Endian::big, tag);
    block_ = opened.outer;
    return opened;
  }
  void close(const Opened& opened) {
    out_[opened.outer].end = at_;
    block_ = opened.block;
    end_ = opened.end;
  }

  /// A field of so many bytes, or of as many as there are.
  void field(std::string_view name, std::size_t size, Endian endian = Endian::big) {
    put(name, layout::Part::field, std::min(size, left()), endian, 0);
  }
  /// A length of what follows in this block; the block ends where it says, as far as there are bytes.
  enum class Counts : std::uint8_t { all, all_or_undefined, something };  // what follows, or a part of it
  std::uint32_t length(std::string_view name, std::uint8_t width, Endian endian, Counts counts = Counts::all) {
    const std::uint32_t value = width == 2 ? load<std::uint16_t>(here(), endian) : load<std::uint32_t>(here(), endian);
    put(name, layout::Part::length, width, endian, 0);
    auto& part = out_.back();
    const bool undefined = counts == Counts::all_or_undefined && width == 4 && value == 0xFFFFFFFF;
    part.lies = !undefined && value > left();
    if (counts != Counts::something && !part.lies && !undefined) end_ = at_ + value;
    return value;
  }
  /// A length of the next field alone, and that field.
  void counted(std::string_view length_name, std::string_view name) {
    const auto value = length(length_name, 2, Endian::big, Counts::something);
    out_.back().of_next = true;
    field(name, value);
  }
  /// What nobody could read.
  void leftover(std::string_view name = "raw") {
    if (left() > 0) field(name, left());
  }
  Part& last() { return out_.back(); }
  /// What is left ends there. Gives where it ended before.
  std::size_t limit_to(std::size_t end) {
    const auto before = end_;
    end_ = static_cast<std::uint32_t>(end);
    return before;
  }

 private:
  void put(std::string_view name, layout::Part kind, std::size_t size, Endian endian, std::uint32_t tag) {
    Part part;
    part.begin = at_;
    part.end = at_ + static_cast<std::uint32_t>(size);
    part.up = block_;
    part.tag = tag;
    part.name = name;
    part.kind = kind;
    part.endian = endian;
    part.depth = static_cast<std::uint8_t>(out_.empty() ? 0 : out_[block_].depth + 1);
    at_ = part.end;
    out_.push_back(part);
  }

  ByteView bytes_;
  std::uint32_t at_ = 0;
  std::uint32_t end_;
  std::uint32_t block_ = 0;
  Parts& out_;
};

void read_pdus(PartWriter& writer);
/// The elements of a Data Set in a block of that name, as far as they can be read, and the rest as one field.
void read_data_set(PartWriter& writer, std::string_view name, Syntax syntax);
/// The elements of group 0000 or 0002; their group length, when it is the first, is a length of the others.
void read_group(PartWriter& writer, std::string_view name, Syntax syntax);

}  // namespace assay::fuzz
