// What a file is and what to do with it: the answer of `assay probe`. Tests: tests/unit/dataset/probe_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/base/bytes.hpp"
#include "harness/base/problem.hpp"

namespace assay::dataset {

enum class Usability : std::uint8_t {
  usable,    // a DICOM file, or a DICOMDIR
  doubtful,  // DICOM, but something about the file is wrong or was guessed
  unusable,  // not DICOM
};

struct Probe {
  Usability usability = Usability::unusable;
  std::string kind;       // for machines: "part10", "dicomdir", "no-preamble", "bare", "acr-nema", "shifted", "foreign"
  std::string what;       // for people: "DICOM file", "a PDF document"
  std::string sop_class;  // UID, empty when unknown
  std::string syntax;     // UID as the file says, empty when it does not
  std::string writer;     // Implementation Class UID of the file, empty when it names none
  std::string version;    // its Implementation Version Name
  std::string encoding;   // the one that was used, in words
  std::string guess;      // why it is another than the declared one
  std::string first_fault;  // of the file as a whole; "found, expected expected"
  std::string next;         // one sentence
  std::uint64_t size = 0;
  std::uint64_t elements = 0;  // Data Elements, items and fragments
  std::uint64_t deviations = 0;
  std::uint64_t frames = 0;  // 0 when there is no Pixel Data
};

/// Total; touches no pixels.
Probe probe(ByteView file);

}  // namespace assay::dataset
