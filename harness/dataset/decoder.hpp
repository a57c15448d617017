// The Data Set reader (PS3.5 7.1-7.5, A.4): one pass, an explicit stack of open levels instead of recursion, every
// element touched once. Only decode.cpp and decode_problems.cpp include this. Tests: tests/unit/dataset/decode_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/dataset/dataset.hpp"
#include "harness/dict/vr_table.hpp"

namespace assay::dataset {

class Decoder {
 public:
  Decoder(ByteView bytes, Encoding encoding, const DecodeOptions& options);

  DataSetDecode run();

 private:
  enum class FrameKind : std::uint8_t { root, sequence, item, fragments };

  // One open level. Left uninitialised until opened: most Data Sets use three of them.
  struct Frame {
    std::size_t end;         // where it ends; of an undefined length, where the enclosing level does
    std::uint64_t next_tag;  // least tag that keeps the order
    std::uint32_t node;      // index, unused for the root
    std::uint32_t items;     // of a sequence, so far
    FrameKind kind;
    std::uint8_t depth;  // of the nodes it holds
    bool undefined;
    bool explicit_vr;
    bool big;
    bool signed_pixels;  // Pixel Representation 1 was seen: "US or SS" reads as SS
  };

  static constexpr std::size_t deepest = 120;  // Node::depth is 8 bits wide, and the stack stays small

  [[nodiscard]] std::uint16_t u16(std::size_t at, bool big) const {
    return big ? static_cast<std::uint16_t>(data_[at] << 8 | data_[at + 1])
               : static_cast<std::uint16_t>(data_[at + 1] << 8 | data_[at]);
  }
  [[nodiscard]] std::uint32_t u32(std::size_t at, bool big) const {
    return load<std::uint32_t>(data_ + at, big ? Endian::big : Endian::little);
  }

  void element(Frame& frame);
  void item(Frame& frame);
  void delimiter(Frame& frame, Tag tag);
  void container(Frame& frame, Tag tag, Vr vr, std::size_t header, std::uint32_t length);
  void stray(Frame& frame, Tag tag, std::size_t size);
  void open(FrameKind kind, Tag tag, Vr vr, std::size_t header, std::uint32_t length, std::size_t end);
  void close();
  void close_at_end(const Frame& frame);
  Vr vr_of_implicit(Frame& frame, Tag tag, std::size_t length) const;
  bool unknown_vr(const Frame& frame, Tag tag, Vr& vr, std::size_t& header, std::uint32_t& length);

  // Checks off the straight path (decode_problems.cpp)
  void report(Gravity gravity, std::string_view rule, std::string_view clause, std::size_t at, const Tag* tag,
              std::string found, std::string expected);
  void deviation(std::string_view rule, std::string_view clause, std::size_t at, Tag tag, std::string found,
                 std::string expected);
  void error(std::string_view rule, std::string_view clause, std::size_t at, const Tag* tag, std::string found,
             std::string expected);
  [[nodiscard]] std::string path(const Tag* tag) const;
  static std::string letters(const std::uint8_t* two);
  void check_order(const Frame& frame, Tag tag);
  void check_group(Tag tag);
  void check_vr(Tag tag, Vr vr);
  void check_uid(Tag tag, std::size_t at, std::size_t length);
  void check_number_size(Tag tag, Vr vr, std::size_t length_at, std::uint32_t length);
  void check_offset_table(const Frame& frame, std::uint32_t length);
  void check_group_length();
  void look_for_explicit_command();

  const DecodeOptions options_;
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
  std::size_t top_ = 0;
  std::size_t max_depth_;
  std::uint64_t stop_before_;
  bool stopped_ = false;
  bool failed_ = false;
  bool at_item_ = false;  // a problem is about the item counted last, not about the sequence as a whole
  bool encapsulated_;
  DataSetDecode out_;
  std::vector<Node>& nodes_;
  std::array<Frame, 2 * deepest + 4> frames_;
};

}  // namespace assay::dataset
