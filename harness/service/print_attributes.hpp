// The attributes that a Print SCP knows, with the values they may have (PS3.4 H.4, PS3.3 C.13).
// Tests: tests/unit/service/print_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::service {

enum class PrintObject : std::uint8_t { film_session, film_box, image_box, annotation_box, presentation_lut };

/// What the printer can do; what lies outside is answered with B605H.
struct DensityRange {
  std::uint16_t min = 0;  // hundredths of optical density
  std::uint16_t max = 400;
};

/// The outcome of setting attributes. Failures change nothing.
struct AttributesTaken {
  std::uint16_t status = 0;  // 0; warnings 0107H, 0116H, B600H, B605H; failures 0106H, 0120H, 0121H
  std::optional<Tag> offending;
  std::string comment;
  std::vector<Tag> list;  // unknown ones (0107H) or those that keep their former value (0116H)

  [[nodiscard]] bool failed() const { return status == 0x0106 || status == 0x0120 || status == 0x0121; }
};

/// Takes the attributes of an N-CREATE (`create`) or N-SET into `into`, whose defaults are set first when it is
/// created. Sequences are left to the caller, who checks what they refer to.
AttributesTaken take_attributes(PrintObject object, bool create, const dataset::DataSet& given, DensityRange range,
                                dataset::DataSet& into);

}  // namespace assay::service
