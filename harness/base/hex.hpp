// Hexadecimal text to bytes and back. Tests: tests/unit/base/hex_test.cpp
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/base/bytes.hpp"

namespace assay {

/// Lower-case hex digits without separators: {0x0a, 0xff} -> "0aff".
std::string to_hex(ByteView bytes);

/// At most `limit` bytes as hex, followed by "... (n bytes)" when there are more.
std::string to_hex_short(ByteView bytes, std::size_t limit = 16);

/// Reads hex digits; blanks, line ends and `#` comments up to the line end are skipped.
/// Nothing when a character is not a hex digit or the number of digits is odd.
std::optional<Bytes> from_hex(std::string_view text);

/// The classic dump: eight digits of offset, sixteen bytes, their ASCII form, one line each.
std::string hex_dump(ByteView bytes, std::uint64_t first_offset = 0);

/// Text with everything outside printable ASCII written as \xNN, for messages.
std::string printable(std::string_view text);

}  // namespace assay
