// Private Data Elements of vendors (PS3.5 7.8): what the built-in table and dictionaries of the user say about an
// element of a block that a Private Creator has reserved. Tests: tests/unit/dict/private_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dict/tag.hpp"
#include "harness/dict/vr.hpp"

namespace assay::dict {

struct PrivateEntry {
  std::string_view creator;
  std::uint16_t group = 0;
  std::uint8_t element = 0;  // within the block: NN of (gggg,xxNN)
  Vr vr = Vr::UN;
  std::string_view vm;
  std::string_view name;  // "" when nobody says
};

/// The built-in entry for a private element, whose block `creator` (unpadded or not) has reserved. None for tags that
/// are not in a private block, and for creators and elements that are not known.
std::optional<PrivateEntry> find_private(std::string_view creator, Tag tag);
/// How many elements the built-in table has.
std::size_t private_count();

/// One thing wrong with a table of private elements.
struct PrivateFault {
  std::size_t line = 0;  // counted from 1
  std::string message;
};

/// A dictionary that the user brings.
class PrivateDictionary {
 public:
  /// Lines of six cells with tabs between: creator, group "0029", element "xx10" (also "10", or "1010" for a table that
  /// is written down for block 10), VR, VM, name. '#' begins a comment, a first line of titles ("creator ...") is
  /// skipped, the name may be left out or "-". Otherwise everything wrong with it, up to 100 faults.
  static std::expected<PrivateDictionary, std::vector<PrivateFault>> parse(std::string_view text);

  /// As dict::find_private(); views live as long as the dictionary.
  [[nodiscard]] std::optional<PrivateEntry> find(std::string_view creator, Tag tag) const;
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

 private:
  struct Row {
    std::string creator;
    std::uint16_t group = 0;
    std::uint8_t element = 0;
    Vr vr = Vr::UN;
    std::string vm;
    std::string name;
    std::size_t line = 0;
  };
  std::vector<Row> rows_;  // by creator, group, element
};

/// What the user's dictionary says, or else the built-in table. `own` may be null.
std::optional<PrivateEntry> find_private(std::string_view creator, Tag tag, const PrivateDictionary* own);

}  // namespace assay::dict
