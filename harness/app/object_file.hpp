// What the commands that read DICOM objects share: the options that say how, and the lines in which they complain about
// a file. Tests: tests/interop/file_commands_test.py
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "harness/app/console.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/file.hpp"
#include "harness/dict/private.hpp"

namespace assay::app {

/// The reading options as typed. dump, validate, diff, convert and edit take the same ones.
struct ReadingOptions {
  std::string as;                          // transfer syntax: UID, keyword or word of --to; "" = what the file says
  std::optional<std::size_t> max_nesting;  // levels of sequences; none = as deep as it goes
  std::string private_dictionary;          // file, "" = the built-in table alone
};

/// The same, looked up.
struct Reading {
  dataset::FileOptions how;
  std::string transfer_syntax;  // UID of --as
  std::optional<dict::PrivateDictionary> own;

  [[nodiscard]] const dict::PrivateDictionary* private_names() const { return own ? &*own : nullptr; }
};

/// The error is one sentence, or for a dictionary one line per fault without the end of the last.
std::expected<Reading, std::string> reading_from(const ReadingOptions& options);

/// UID of a transfer syntax from its UID, its keyword, or implicit, explicit, big-endian, deflated; "" when it is none.
std::string_view transfer_syntax_named(std::string_view word);

/// "x.dcm: is no DICOM file but a PDF document: wrap it ..."
std::string not_dicom(const std::string& path, const Problem& problem);

/// Both files hold the same elements with the same values: copies, perhaps in other encodings. False for what cannot be
/// read to its end.
bool same_objects(const std::string& one, const std::string& other, const dataset::FileOptions& how);

/// "x.dcm: cannot be read past byte 700 (0x2BC), ..." of the first error among the problems.
std::string cut_short(const std::string& path, const Problems& problems);

/// Joins lines before they go to Console::data(), which writes at once.
class BufferedData {
 public:
  explicit BufferedData(Console& console) : console_(console) {}
  BufferedData(const BufferedData&) = delete;
  BufferedData& operator=(const BufferedData&) = delete;
  ~BufferedData() { flush(); }

  void add(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() > 65536) flush();
  }
  void flush() {
    if (!buffer_.empty()) console_.data(buffer_);
    buffer_.clear();
  }

 private:
  Console& console_;
  std::string buffer_;
};

}  // namespace assay::app
