// A Data Set (PS3.5 7) as a flat, zero-copy index over its bytes: elements, sequences and items stand in one vector
// in document order; `end` says where the subtree of a node stops. Values are views into the decoded input or into
// storage the Data Set owns for values set later. Every decoded element knows its offset.
// What was read and not changed is written back byte by byte by rewrite(), malformed input included.
// Tests: tests/unit/dataset/; fuzz targets: fuzz_dataset_*
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/layout.hpp"
#include "harness/base/limits.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/transfer_syntax.hpp"
#include "harness/dict/dict.hpp"

namespace assay::dataset {

inline constexpr std::uint32_t undefined_length = 0xffffffffU;
/// The offset of what was set and not read.
inline constexpr std::uint64_t no_offset = ~std::uint64_t{0};
/// Offsets from here on are no places in the input: bytes that an edit put in place of read ones (edit.hpp).
inline constexpr std::uint64_t first_added_offset = std::uint64_t{1} << 63;

enum class NodeKind : std::uint8_t { element, sequence, item, fragments, fragment };

/// A node of kind element with Vr::none is a delimiter or other bytes found where the standard has no place for them:
/// kept so that nothing read is lost, left out when the Data Set is encoded anew.
struct Node {
  Tag tag;
  Vr vr = Vr::none;
  NodeKind kind = NodeKind::element;
  std::uint32_t depth = 0;       // sequences around it: 0 at the top level, an item and its elements one more than
                                 // their sequence
  std::uint32_t length = 0;      // as it stood in the input; undefined_length allowed
  std::uint32_t end = 0;         // index one past the last node of this subtree
  std::uint64_t offset = 0;      // of the tag's first byte, counted from the decoder's base offset; no_offset when set
  std::uint64_t end_offset = 0;  // one past its last byte, items and delimiters included
  ByteView value;                // element and fragment only
};

class DataSet;
struct TreeSink;
struct DataSetDecode;
struct DecodeOptions;

/// A level of the tree: the Data Set itself or one item. Cheap to copy; valid while the DataSet is unchanged.
class Level {
 public:
  Level(const DataSet& data_set, std::uint32_t first, std::uint32_t last, bool always_little = false)
      : data_set_(&data_set), first_(first), last_(last), always_little_(always_little) {}

  [[nodiscard]] const Node* find(Tag tag) const;
  [[nodiscard]] bool has(Tag tag) const { return find(tag) != nullptr; }
  /// Value as text without padding; empty when absent. All values, backslashes included.
  [[nodiscard]] std::string_view text(Tag tag) const;
  /// The values between backslashes, unpadded.
  [[nodiscard]] std::vector<std::string_view> texts(Tag tag) const;
  /// The first number of a binary element of 2 or 4 bytes, by the Data Set's byte order; nothing when absent or short.
  /// An AT reads as its tag, packed.
  [[nodiscard]] std::optional<std::uint16_t> u16(Tag tag) const;
  [[nodiscard]] std::optional<std::uint32_t> u32(Tag tag) const;
  /// Items of a sequence, empty when absent or not a sequence.
  [[nodiscard]] std::vector<Level> items(Tag tag) const;
  /// The elements of this level, in order (their subtrees skipped).
  [[nodiscard]] std::vector<const Node*> elements() const;

 private:
  [[nodiscard]] Endian endian() const;

  const DataSet* data_set_;
  std::uint32_t first_;
  std::uint32_t last_;
  bool always_little_;  // inside a UN of undefined length, which is implicit little endian everywhere (PS3.5 6.2.2)
};

class DataSet {
 public:
  DataSet() = default;
  explicit DataSet(Encoding encoding) : encoding_(encoding) {}
  // Copies are deep (views are re-based onto own storage); moves keep views valid.
  DataSet(const DataSet&);
  DataSet& operator=(const DataSet&);
  DataSet(DataSet&&) noexcept = default;
  DataSet& operator=(DataSet&&) noexcept = default;
  ~DataSet() = default;

  // Reading
  [[nodiscard]] Encoding encoding() const { return encoding_; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] Level root() const { return {*this, 0, static_cast<std::uint32_t>(nodes_.size())}; }
  [[nodiscard]] const Node* find(Tag tag) const { return root().find(tag); }
  [[nodiscard]] bool has(Tag tag) const { return find(tag) != nullptr; }
  [[nodiscard]] std::string_view text(Tag tag) const { return root().text(tag); }
  [[nodiscard]] std::vector<std::string_view> texts(Tag tag) const { return root().texts(tag); }
  [[nodiscard]] std::optional<std::uint16_t> u16(Tag tag) const { return root().u16(tag); }
  [[nodiscard]] std::optional<std::uint32_t> u32(Tag tag) const { return root().u32(tag); }
  [[nodiscard]] std::vector<Level> items(Tag tag) const { return root().items(tag); }

  // Writing, at the top level; elements stay in ascending tag order; an existing element is replaced.
  // Values are stored in this Data Set's encoding and padded to even length as the VR says.
  // Number VRs take bytes in this Data Set's byte order. A Data Set read before keeps its other bytes for rewrite().
  void set_bytes(Tag tag, Vr vr, ByteView value);  // not for SQ: bytes given for SQ are kept as UN
  void set_text(Tag tag, Vr vr, std::string_view value);
  void set_text(Tag tag, std::string_view value);  // VR from the dictionary
  void set_u16(Tag tag, std::uint16_t value);      // VR US unless the dictionary says another 16-bit VR
  void set_u32(Tag tag, std::uint32_t value);      // VR UL unless the dictionary says another 32-bit VR
  void set_empty(Tag tag);
  void set_sequence(Tag tag, const std::vector<DataSet>& items, bool undefined_lengths = false);
  void set_fragments(Tag tag, const std::vector<ByteView>& fragments);  // the first is the Basic Offset Table (A.4)
  bool erase(Tag tag);

  /// The bytes of a node with its header, items and delimiters, as they were read or edited; empty when it was set.
  [[nodiscard]] ByteView raw(const Node& node) const;

  /// True when both hold the same elements with the same VR, values and items, whatever the length forms, byte orders
  /// and padding. UN equals any VR with the same bytes: who reads implicit VR knows no private VRs.
  [[nodiscard]] bool equal_in_value(const DataSet& other) const;

 private:
  friend struct TreeSink;
  friend class Level;
  friend DataSetDecode decode_owned(Bytes, Encoding, const DecodeOptions&);
  friend class Splicer;

  // Encoded bytes that an edit put in place of others, with the offsets their nodes count from.
  struct Added {
    std::uint64_t base;
    std::shared_ptr<const Bytes> bytes;
  };

  ByteView keep(Bytes bytes);
  void put(std::vector<Node> subtree);

  Encoding encoding_ = explicit_le;
  std::vector<Node> nodes_;
  ByteView source_;                                    // what was decoded
  std::uint64_t source_base_ = 0;                      // its offset
  std::shared_ptr<const Bytes> input_;                 // owns source_ after decode_owned and in copies
  std::vector<std::shared_ptr<const Bytes>> storage_;  // values set later; never changed, so copies share them
  std::vector<Added> added_;                           // by ascending base, for the same reason shared
};

struct DecodeOptions {
  std::uint64_t base_offset = 0;
  std::size_t max_depth = limits::max_nesting_depth;  // any number; 16 bytes of input can open two levels
  bool strict = false;                                // stop at the first deviation
  std::optional<Tag> stop_before;                     // do not read this tag or any after it
  bool command_set = false;  // group 0000 rules apply, and elements of other groups are deviations
  bool file_meta = false;    // the same for group 0002 (PS3.10 7.1)
  std::size_t max_problems = limits::max_problems;  // the rest is only counted; an error is always told
};

struct DataSetDecode {
  DataSet data_set;          // what could be read, up to an error
  std::size_t consumed = 0;  // bytes
  Problems problems;
  std::size_t more_problems = 0;  // beyond DecodeOptions::max_problems, only counted
};

/// Reads a Data Set; the result's values point into `bytes`, which must outlive it. Total: never throws, never
/// allocates by a claimed length. PS3.5 7.1-7.5.
DataSetDecode decode(ByteView bytes, Encoding encoding, const DecodeOptions& options = {});
/// As decode(), but the result owns the bytes.
DataSetDecode decode_owned(Bytes bytes, Encoding encoding, const DecodeOptions& options = {});

/// Writes in the given encoding, with lengths computed (defined lengths stay defined, undefined stay undefined), odd
/// values padded, and UN for values that a 16-bit length cannot count (PS3.5 6.2.2).
Bytes encode(const DataSet& data_set, Encoding encoding);
void encode_to(Bytes& out, const DataSet& data_set, Encoding encoding);

/// An encoded Data Set in pieces for one writev: short values and headers stand in `own`, values of 4 KB and more stay
/// where they are. The pieces view `own` and the Data Set.
struct Gather {
  Bytes own;
  std::vector<ByteView> pieces;
};
/// Refills `out`, whose memory is used again. The pieces, joined, are encode(data_set, encoding).
void encode_gather(Gather& out, const DataSet& data_set, Encoding encoding);

/// What was read, byte by byte, from the nodes of a decoded Data Set. What was set since is written in the Data Set's
/// encoding in its place; all else stays as it came.
Bytes rewrite(const DataSet& data_set);

/// The Data Set laid open for modification: a block per element named by its tag "(0008,0018)" with
/// tag, vr, [reserved], length, value; items are blocks named "item". serialise(to_layout(x)) == encode(x).
layout::Node to_layout(const DataSet& data_set, Encoding encoding);

/// One line per element for people: offset, tag, VR, length, value, keyword, nested by depth.
std::string to_text(const DataSet& data_set, std::size_t max_value_length = 64);

}  // namespace assay::dataset
