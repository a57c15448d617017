// The date and time of this place as DICOM writes them. Tests: tests/loopback/ris_test.cpp
#pragma once

#include <string>

namespace assay::peers {

struct LocalTime {
  std::string date;  // DA
  std::string time;  // TM, to the second
};
LocalTime local_time();

}  // namespace assay::peers
