// What parsers have stumbled over: numbers, texts and UIDs that the mutators put into fields.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace assay::fuzz {

/// Lengths and counts at which additions and products wrap.
inline constexpr std::array<std::uint32_t, 26> numbers{
    0,  1,   2,   3,   4,   7,      8,      9,      15,     16,         31,         63,         64,
    65, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};

inline constexpr std::array<std::uint32_t, 24> length_lies{
    0,          1,          2,          3,          7,          0x7F,       0x80,       0xFF,
    0xFFFE,     0xFFFF,     0x10000,    0xFFFFFF,   0x7FFFFFFC, 0x7FFFFFFE, 0x7FFFFFFF, 0x80000000,
    0x80000001, 0xFFFFFFF0, 0xFFFFFFF6, 0xFFFFFFF8, 0xFFFFFFFA, 0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF};

/// Texts that leave a folder when they become a name in it.
inline constexpr std::array<std::string_view, 9> paths{"../../../../etc/x", "..",  ".",      "../x", "/tmp/x",
                                                       "..\\..\\x",         "a/b", "a/../b", "CON"};

inline constexpr std::array<std::string_view, 16> texts{
    "%n%n%n%n",    "%s%s%s%s", "%08x.%08x", "\\", "\\\\\\\\", "^^^^^^",      "=====", "*", "?", "99999999999999999999",
    "-2147483648", "1e999",    "nan",       " ",  "\x1b$B",   "\xff\xfe\x80"};

inline constexpr std::array<std::string_view, 12> escapes{"\x1b(B", "\x1b)I", "\x1b$B", "\x1b$)C", "\x1b$)A", "\x1b-A",
                                                          "\x1b-F", "\x1b",   "\x1b$",  "\x1b$(",  "\x1b$(D", "\x1b%G"};

inline constexpr std::array<std::string_view, 14> character_sets{"ISO_IR 6",        "ISO_IR 100",
                                                                 "ISO_IR 13",       "ISO_IR 192",
                                                                 "GB18030",         "GBK",
                                                                 "ISO 2022 IR 87",  "\\ISO 2022 IR 87",
                                                                 "ISO 2022 IR 149", "\\ISO 2022 IR 149\\ISO 2022 IR 58",
                                                                 "ISO 2022 IR 159", "ISO 2022 IR 166",
                                                                 "ISO_IR 9999",     "\\\\\\\\\\\\"};

inline constexpr std::array<std::string_view, 20> uids{
    "1.2.840.10008.1.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.3.1.1.1",
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.2.1.1",
    "1.2.840.10008.5.1.4.1.2.2.2",
    "1.2.840.10008.5.1.4.1.2.2.3",
    "1.2.840.10008.5.1.4.31",
    "1.2.840.10008.1.3.10",
    "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26",
    "1..2",
    "0"};

inline constexpr std::array<std::string_view, 34> vrs{
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OD", "OF", "OL", "OV",
    "OW", "PN", "SH", "SL", "SQ", "SS", "ST", "SV", "TM", "UC", "UI", "UL", "UN", "UR", "US", "UT", "UV"};

/// Command fields (PS3.7 E.1), requests; the response has 8000H more.
inline constexpr std::array<std::uint16_t, 12> command_fields{0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0100,
                                                              0x0110, 0x0120, 0x0130, 0x0140, 0x0150, 0x0FFF};

}  // namespace assay::fuzz
