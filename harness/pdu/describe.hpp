// PDUs in words, for people: several lines, or one line for a log. Text that came from a peer is escaped and cut.
// Tests: tests/unit/pdu/describe_test.cpp
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "harness/pdu/pdu.hpp"

namespace assay::pdu {

/// Yields the name of a UID, or nothing when it knows none. Rooms above have the dictionary; this one does not.
using UidNames = std::function<std::string_view(std::string_view uid)>;

/// One line per item, nested items indented, each line ended; AE titles in quotes.
std::string to_text(const Pdu& pdu, const UidNames& names = {});

/// The PDU's name and what matters most in it: "A-ASSOCIATE-RJ rejected-permanent / service-user / ...".
std::string one_line(const Pdu& pdu);

/// Result of a presentation context as the standard names it (PS3.8 Table 9-18): "abstract-syntax-not-supported".
std::string_view context_result(std::uint8_t result);

}  // namespace assay::pdu
