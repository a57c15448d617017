// The Data Set reader (PS3.5 7.1-7.5, A.4): one pass, an explicit stack of open levels instead of recursion, every
// element touched once. One reader serves the tree and the token stream: what it finds goes to a Sink.
// Only decode.cpp and decode_problems.cpp include this. Tests: tests/unit/dataset/decode_test.cpp, scan_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/dataset/dataset.hpp"
#include "harness/dataset/scan.hpp"
#include "harness/dict/vr_table.hpp"

namespace assay::dataset {

/// Builds the flat index of a DataSet.
struct TreeSink {
  DataSet data_set;

  explicit TreeSink(Encoding encoding) : data_set(encoding) {}

  void start(ByteView bytes, const DecodeOptions& options);
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(data_set.nodes_.size()); }
  void leaf(const Node& node, bool) { data_set.nodes_.push_back(node); }
  void open(const Node& node, bool) { data_set.nodes_.push_back(node); }
  void close(std::uint32_t index, std::uint64_t end_offset, const Node&) {
    Node& node = data_set.nodes_[index];
    node.end = count();
    node.end_offset = end_offset;
  }
  void became_explicit() { data_set.encoding_.explicit_vr = true; }
  void finish(std::size_t consumed) { data_set.source_ = data_set.source_.first(consumed); }
  [[nodiscard]] static constexpr bool stopped() { return false; }
};

/// Hands every node to a visitor and keeps none.
struct TokenSink {
  Visitor visitor;
  std::uint32_t tokens = 0;
  std::uint32_t skipping = 0;  // open containers from the one whose content is not wanted
  bool stop = false;

  explicit TokenSink(Visitor wanted) : visitor(wanted) {}

  void start(ByteView, const DecodeOptions&) {}
  [[nodiscard]] std::uint32_t count() const { return tokens; }
  void leaf(const Node& node, bool big) {
    ++tokens;
    if (skipping == 0) stop = visitor(Token{&node, TokenKind::leaf, big ? Endian::big : Endian::little}) == Next::stop;
  }
  void open(const Node& node, bool big) {
    ++tokens;
    if (skipping > 0) {
      ++skipping;
      return;
    }
    const auto next = visitor(Token{&node, TokenKind::start, big ? Endian::big : Endian::little});
    stop = next == Next::stop;
    if (next == Next::skip) skipping = 1;
  }
  void close(std::uint32_t, std::uint64_t end_offset, const Node& opened) {
    if (skipping > 0 && --skipping > 0) return;
    if (stop) return;
    Node node = opened;
    node.end_offset = end_offset;
    stop = visitor(Token{&node, TokenKind::end, Endian::little}) == Next::stop;
  }
  void became_explicit() {}
  void finish(std::size_t) {}
  [[nodiscard]] bool stopped() const { return stop; }
};

template <typename Sink>
class Decoder {
 public:
  Decoder(ByteView bytes, Encoding encoding, const DecodeOptions& options, Sink sink);

  /// Reads everything; afterwards the results can be taken.
  void run();

  Sink sink;
  std::size_t consumed = 0;
  Problems problems;
  std::size_t more_problems = 0;

 private:
  enum class FrameKind : std::uint8_t { root, sequence, item, fragments };

  // One open level. Left uninitialised until opened: most Data Sets use three of them.
  struct Frame {
    std::size_t end;         // where it ends; of an undefined length, where the enclosing level does
    std::uint64_t next_tag;  // least tag that keeps the order
    std::uint64_t offset;    // of the container's tag
    Tag tag;                 // the container's
    std::uint32_t node;      // its index, unused for the root
    std::uint32_t items;     // of a sequence, so far
    std::uint32_t depth;     // of the nodes it holds
    std::uint32_t length;    // the container's, as stated
    Vr vr;                   // the container's
    FrameKind kind;
    bool undefined;
    bool explicit_vr;
    bool big;
    bool signed_pixels;  // Pixel Representation 1 was seen: "US or SS" reads as SS
  };

  static constexpr std::size_t usual_levels = 24;  // nesting beyond it, two levels per sequence, goes to the heap

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
  [[nodiscard]] Node node_of(const Frame& level, std::uint32_t depth) const;
  void more_levels();
  void close_at_end(const Frame& frame);
  Vr vr_of_implicit(Frame& frame, Tag tag, std::size_t length) const;
  [[nodiscard]] bool starts_element(const Frame& frame, std::size_t at) const;
  bool unknown_vr(Frame& frame, Tag tag, Vr& vr, std::size_t& header, std::uint32_t& length);

  // Checks off the straight path (decode_problems.cpp)
  void report(Gravity gravity, std::string_view rule, std::string_view clause, std::size_t at, const Tag* tag,
              std::string_view found, std::string_view expected);
  void deviation(std::string_view rule, std::string_view clause, std::size_t at, Tag tag, std::string_view found,
                 std::string_view expected);
  void error(std::string_view rule, std::string_view clause, std::size_t at, const Tag* tag, std::string_view found,
             std::string_view expected);
  /// True when a deviation or note would only be counted, so that nobody reads its words.
  [[nodiscard]] bool full() const { return problems.size() >= options_.max_problems; }
  [[nodiscard]] std::string path(const Tag* tag) const;
  static std::string letters(const std::uint8_t* two);
  void check_order(const Frame& frame, Tag tag);
  void check_group(Tag tag);
  void check_vr(Tag tag, Vr vr);
  void check_uid(Tag tag, std::size_t at, std::size_t length);
  void check_number_size(Tag tag, Vr vr, std::size_t length_at, std::uint32_t length);
  void check_offset_table(const Frame& frame, std::uint32_t length);
  void see_group_length(const Node& node);
  void check_group_length();
  void look_for_explicit_command();

  /// Group 0000 or 0002 as far as it was read, for the check of its length.
  struct GroupLength {
    bool found = false;
    bool first = false;  // it was the first element
    std::uint64_t at = 0;
    ByteView value;
    std::uint64_t value_at = 0;
    std::uint64_t end = 0;        // offset one past the length element
    std::uint64_t group_end = 0;  // offset one past the last element of the group
  };

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
  bool counts_group_;  // a Command Set or File Meta Information
  GroupLength group_length_;
  std::array<Frame, usual_levels> usual_frames_;
  std::vector<Frame> more_frames_;
  Frame* frames_ = usual_frames_.data();
  std::size_t room_ = usual_levels;
};

}  // namespace assay::dataset
