// What both directions of the text form share. Only text_form_*.cpp include this.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset::text_form {

/// A header as the encodings lay it out (PS3.5 7.1.2, 7.1.3); VR none for items. Nothing when its length field is too
/// short for the length.
std::optional<Bytes> header(Tag tag, Vr vr, std::uint64_t length, bool explicit_vr, Endian endian);

/// Item or Sequence Delimitation Item (PS3.5 7.5).
Bytes delimiter(bool item, Endian endian);

}  // namespace assay::dataset::text_form
