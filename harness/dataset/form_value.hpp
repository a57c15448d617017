// Values between their bytes and the texts that JSON (PS3.18 F.2) and native XML (PS3.19 A.1) hold, and the list of
// what these forms cannot say. Tests: tests/unit/dataset/json_test.cpp, native_xml_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/cursor.hpp"
#include "harness/dataset/form_text.hpp"

namespace assay::dataset {

enum class Form : std::uint8_t { json, xml };

enum class LossKind : std::uint8_t {
  group_length,  // left out: computed by who writes
  length_form,   // defined or undefined length of a sequence or item
  padding,       // other than the one the VR asks for
  order,         // elements stand in ascending order
  duplicate,     // only the first of several is written
  stray,         // bytes without a place in the structure
  vr,            // the value does not fit its VR, or the VR has no place here: UN is written
  transcoded,    // text is UTF-8 now
  undecodable,   // bytes that are no characters of the declared set
  fragments,     // encapsulated: written as one value with its items
  confused,      // fragments outside Pixel Data, or a native value that looks like them
  not_a_number,  // NaN and infinities as strings
};

/// What a form did not say. Notes lose nothing that equal_in_value() sees once group lengths are left out; what loses
/// more is a deviation. Offsets count as the Data Set's do.
struct LossReport {
  Problems problems;
  std::size_t more = 0;  // beyond limits::max_problems

  void add(Form form, LossKind kind, const Cursor& at, std::string found);
  /// Of the Data Set as a whole.
  void add(Form form, LossKind kind, std::uint64_t offset, std::string field, std::string found);
  [[nodiscard]] bool empty() const { return problems.empty(); }
  [[nodiscard]] bool keeps_values() const { return clean(problems); }
};

/// Where large values go instead of into the text: returns the URI, or "" to keep the value in the text.
using BulkSink = std::function<std::string(const Cursor& at, ByteView little_endian)>;
/// The bytes behind a URI, little endian; the error is one sentence.
using BulkSource = std::function<std::expected<Bytes, std::string>(std::string_view uri)>;

struct FormOptions {
  BulkSink bulk;                 // none: every value stands in the text
  std::size_t bulk_from = 1024;  // bytes
};

/// One value as a form holds it.
struct FormValue {
  enum class Kind : std::uint8_t { none, texts, numbers, binary, bulk };
  Kind kind = Kind::none;
  Vr vr = Vr::UN;                   // as it is written: UN for what its own VR cannot say
  std::vector<std::string> values;  // UTF-8, "" for an empty one
  Bytes binary;                     // little endian
  std::string uri;
};

/// The value of the element the cursor stands at. `utf8` tells that the whole Data Set is written with ISO_IR 192.
FormValue form_value(const Cursor& at, Form form, const FormOptions& options, bool utf8, LossReport& losses);

/// True when some text of the Data Set is not ASCII: its forms then say ISO_IR 192 (PS3.18 F.2).
bool needs_utf8(const DataSet& data_set);

/// The Data Set with ascending elements and none twice, as the forms hold it: the same one when it is so already.
/// What had to be moved or left out is reported.
const DataSet& in_order(const DataSet& data_set, DataSet& storage, Form form, LossReport& losses);

/// Value of a binary VR from its texts, little endian; the error says what is wrong with which value.
std::expected<Bytes, std::string> bytes_from_numbers(Vr vr, const std::vector<std::string>& values);

/// The bytes with every whole number turned, when `from` is big endian.
Bytes little_endian(ByteView value, Vr vr, Endian from);

/// Item headers, fragments and the delimiter as they stand in a stream (PS3.5 A.4).
Bytes encapsulated_bytes(const std::vector<Node>& nodes, std::uint32_t index);
/// The fragments at the cursor as one value, which is what both forms hold of them (PS3.18 F.2.7, PS3.5 A.4).
FormValue form_of_fragments(const std::vector<Node>& nodes, const Cursor& at, Form form, const FormOptions& options,
                            LossReport& losses);
/// The fragments in such bytes; nothing when they are others.
std::optional<std::vector<ByteView>> fragments_in(ByteView value);

/// "00080018"
std::string tag_digits(Tag tag);

}  // namespace assay::dataset
