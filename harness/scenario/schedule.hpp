// A schedule as people write it, XML or CSV, to the items of a Modality Worklist (PS3.4 Annex K). Every mistake is told
// with its place; nothing is guessed. Tests: tests/unit/scenario/schedule_test.cpp, tests/interop/ris_test.py;
// fuzz target: fuzz_schedule
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::scenario {

/// Mistakes of one schedule before the rest is only counted.
inline constexpr std::size_t max_schedule_errors = 20;

/// Reads a schedule; what begins with '<' is XML. The errors, each "file:line:column: sentence".
///
/// CSV: the first line has keywords of PS3.6, each line after it is an item. A comma, semicolon or tab separates,
/// values may stand in quotation marks, lines that begin with # are comments, an empty cell is an attribute that is not
/// there. Sequences are written ScheduledProcedureStepSequence.Modality or RequestedProcedureCodeSequence[2].CodeValue;
/// keywords that belong into the scheduled step (Table K.6-1) may do without.
///
/// XML: <schedule><item PatientName="..." ...><ScheduledProcedureStepSequence Modality="CT" .../></item></schedule>,
/// an element for each item of a sequence.
///
/// Text is UTF-8, and stays so in the items unless they say a Specific Character Set of their own.
std::expected<std::vector<dataset::DataSet>, std::vector<std::string>> read_schedule(std::string_view text,
                                                                                     const std::string& file_name);

/// One item from words like PatientID=P1 and Modality=CT. The error is one sentence.
std::expected<dataset::DataSet, std::string> schedule_item(const std::vector<std::string>& words);

}  // namespace assay::scenario
