// Changing single elements of a Data Set that was read, at any depth, while every other byte stays what it was: broken
// siblings, length forms and padding included. What must follow does: the lengths of the sequences and items around
// (PS3.5 7.5) and the group lengths of the groups that changed (PS3.5 7.2). A length that was wrong before stays wrong
// by the same amount. Tests: tests/unit/dataset/edit_test.cpp; fuzz target: fuzz_edit
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "harness/dataset/tag_path.hpp"
#include "harness/dict/private.hpp"

namespace assay::dataset {

enum class EditKind : std::uint8_t {
  set,     // give an element another value; makes the element when there is none
  clear,   // leave an element without value, a sequence without items
  erase,   // take an element or item out
  insert,  // put a new element, or a new item before the one named ([+]: behind the last)
};

struct Edit {
  EditKind kind = EditKind::set;
  TagPath path;
  Vr vr = Vr::none;                 // of a new value; none: the one it has, else the dictionary's
  std::optional<std::string> text;  // UTF-8; several values between backslashes
  std::optional<Bytes> bytes;       // or the value as it is encoded, in the file's byte order
};

struct EditOptions {
  bool create_missing = false;  // sequences and items on the way to a set or inserted element
  bool force = false;           // illegal values are wanted: no check, no padding of `bytes`
  const dict::PrivateDictionary* private_names = nullptr;  // VRs of private elements, asked before the built-in table
};

/// One element or item that an edit changed.
struct Change {
  std::string path;
  Vr vr = Vr::none;
  std::string before;  // short, for people; "(absent)" when there was none
  std::string after;
};

/// Carries out one edit. Nothing changed when it fails; the error is one sentence. Values of nodes seen before may
/// move. With [*] in the path every item is changed, and it is an error when nothing was found.
std::expected<std::vector<Change>, std::string> apply(DataSet& data_set, const Edit& edit,
                                                      const EditOptions& options = {});

}  // namespace assay::dataset
