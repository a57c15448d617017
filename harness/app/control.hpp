// What an operator or a test says to devices that are being played: lines such as "pacs delete 1.2.3". Each gets one
// last line, "pacs: ok ..." or "pacs: error: ...", after what there is to list.
// Tests: tests/loopback/control_test.cpp, tests/interop/control_lines_test.py
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/app/served_device.hpp"

namespace assay::app {

/// Bytes of one line; more is refused.
inline constexpr std::size_t max_control_line = 4096;
/// Words between blanks; "..." holds blanks together, \" and \\ stand for themselves inside. The error is one sentence.
std::expected<std::vector<std::string>, std::string> control_words(std::string_view line);

/// "NAME help", "help" and "quit" for the --help of the command.
std::string control_help();

/// Does what a line says to one of the devices (the only one needs no name), and gives the lines of the answer.
/// `quit` is called for that word.
std::vector<std::string> control(std::string_view line, const std::vector<std::unique_ptr<ServedDevice>>& devices,
                                 const std::function<void()>& quit);

}  // namespace assay::app
