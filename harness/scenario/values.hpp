// Values of scenario files: their forms, their checks, and the patterns of matchers.
// Tests: tests/unit/scenario/values_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/time.hpp"
#include "harness/scenario/grammar.hpp"

namespace assay::scenario {

/// "16" or "0x10", with a minus where asked for.
std::optional<std::int64_t> number_from(std::string_view text);
/// Hexadecimal with or without 0x: "A700".
std::optional<std::uint16_t> status_from(std::string_view text);
/// "100ms", "2s", "1.5s", "2m", or a name out of `waits`.
std::optional<Duration> duration_from(std::string_view text, const std::map<std::string, Duration>& waits = {});
/// The names a duration may have.
bool is_wait_name(std::string_view text);

/// The parts between blanks.
std::vector<std::string_view> words_of(std::string_view text);
std::string_view trimmed(std::string_view text);

inline bool has_variable(std::string_view text) { return text.find("${") != std::string_view::npos; }
/// The names in "${...}", in order; a "${" without "}" gives an empty name.
std::vector<std::string_view> variables_in(std::string_view text);
/// Text with variables filled in; those that `lookup` does not know stay as they are.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;
std::string substitute(std::string_view text, const Lookup& lookup);

/// What is wrong with a value of this type, or nothing. Variables must have been filled in before.
std::optional<std::string> problem_with(ValueType type, std::string_view text);
/// The XSD pattern of the type; empty for free text.
std::string_view pattern_of(ValueType type);
std::string_view name_of(ValueType type);
/// What the type is, for people: "a number (16 or 0x10)".
std::string_view describe(ValueType type);

// Patterns of matchers: exact, a|b, 1..4, glob, !x, present, absent.
bool matches_number(std::string_view pattern, std::optional<std::uint64_t> value);
bool matches_status(std::string_view pattern, std::optional<std::uint16_t> value);
bool matches_text(std::string_view pattern, std::optional<std::string_view> value);
/// UIDs by value or keyword.
bool matches_uid(std::string_view pattern, std::optional<std::string_view> value);
/// "x" with * and ?.
bool glob(std::string_view pattern, std::string_view text);

/// The UID behind a keyword or a UID; the text itself when it is neither.
std::string uid_value(std::string_view text);

}  // namespace assay::scenario
