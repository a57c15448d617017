// A Data Set or a whole file as text that people can read, compare and change, and back to the very same bytes: length
// forms, odd lengths, wrong padding, order, duplicates and strays included.
//
//   assay-text-form 1
//   preamble zero                                 128 bytes and DICM; or 256 hex digits
//   encoding explicit-le                          of what follows: implicit-le, explicit-le, explicit-be, implicit-be
//   (0002,0010) UI "1.2.840.10008.1.2.1"          # keyword: comments run to the end of the line
//   (0028,0010) US 512                            numbers between backslashes
//   (0040,0100) SQ {                              lengths are computed
//     item undefined {                            or undefined, with delimiter
//       (0008,0060) CS "MR"
//     }
//   }
//   (7FE0,0010) OB undefined fragments {
//     fragment hex 00000000
//   }
//
// Text is padded to even length unless the line says `nopad`; in quotes \" \\ and \xNN are escapes. Behind the VR may
// stand `length=N` (a defined length other than the true one), `header=HEX` (the header as it stands, where no rule
// yields it), behind `undefined` also `end=none` (no delimiter) or `end=HEX`. A line `bytes HEX` stands for itself.
// Tests: tests/unit/dataset/text_form_test.cpp; fuzz target: fuzz_text_form
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "harness/dataset/dump.hpp"
#include "harness/dataset/file.hpp"

namespace assay::dataset {

struct TextFormError {
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // from 1, in bytes
  std::string message;
};

/// Lines of a Data Set, without the lines before the first element.
void text_form_lines(const DataSet& data_set, const LineSink& sink);
std::string to_text_form(const DataSet& data_set);

/// The bytes in the encoding given, unless the text has `encoding` lines. rewrite(d) ==
/// from_text_form(to_text_form(d)).
std::expected<Bytes, TextFormError> from_text_form(std::string_view text, Encoding encoding);

/// A whole file. A deflated Data Set stands there inflated, after the line `encoding deflated`.
void file_text_form(const DicomFile& file, const LineSink& sink);
std::expected<Bytes, TextFormError> file_from_text_form(std::string_view text);

}  // namespace assay::dataset
