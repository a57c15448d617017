// What writer and reader of the exact XML must make alike: headers, delimiters, values from their texts.
// Tests: tests/unit/dataset/exact_xml_test.cpp
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

/// How the elements of a level are encoded.
struct ExactContext {
  bool explicit_vr = true;
  Endian endian = Endian::little;

  /// Of what stands inside a container: a UN of undefined length holds implicit VR little endian (PS3.5 6.2.2).
  [[nodiscard]] ExactContext inside(Vr vr, bool undefined) const {
    if (vr == Vr::UN && undefined && explicit_vr) return {false, Endian::little};
    return *this;
  }
};

std::string_view name_in_xml(Encoding encoding);
/// Nothing for another word.
std::optional<ExactContext> context_named(std::string_view name);

/// Tag, VR and length; items and delimiters have no VR. A length that a short VR cannot hold loses its upper half.
void put_exact_header(Bytes& out, Tag tag, Vr vr, std::uint32_t length, ExactContext context);

/// The value from what stands in the document, without padding; the error says what is wrong.
std::expected<Bytes, std::string> exact_value(Vr vr, const std::vector<std::string>& values, Endian endian);

/// The pad that a text of this length gets.
Bytes usual_padding(Vr vr, std::size_t length);

}  // namespace assay::dataset
