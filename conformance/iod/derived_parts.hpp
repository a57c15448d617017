// The parts of check_derived(). Private to derived*.cpp.
#pragma once

#include <span>
#include <string_view>

#include "conformance/iod/derived.hpp"
#include "conformance/iod/object_report.hpp"
#include "conformance/iod/pixel_values.hpp"

namespace assay::conformance::iod {

/// One source and what was made of it.
struct Derivation {
  const ObjectReport& source;
  ObjectReport& derived;
  std::string_view source_syntax;
  std::string_view derived_syntax;
  Sameness pixels = Sameness::unknown;
  bool lossy_step = false;  // the derived image was compressed with loss and the source was not
  bool same_instance = false;

  /// The pixels are known to be others.
  [[nodiscard]] bool changed() const { return pixels == Sameness::changed || lossy_step; }
  /// Another object, or the same with other pixels: what is demanded of derived images is demanded of it.
  [[nodiscard]] bool is_new() const { return changed() || !same_instance; }
};

/// The image's pixels went through a lossy compression, by its label or by its transfer syntax.
bool is_lossy(const ObjectReport& image, std::string_view transfer_syntax_uid);
bool is_secondary_capture(std::string_view sop_class_uid);
/// Texts that say the same: without padding, and names without empty components at the end.
bool same_text(const ObjectReport& a, const ObjectReport& b, Tag tag);

void check_derived_entities(const Derivation& of);
void check_derived_identity(const Derivation& of);
void check_derived_sources(const Derivation& of);
void check_derived_pixels(const Derivation& of);
void check_derived_geometry(const Derivation& of);
void check_derived_times(const Derivation& of);
/// Technique of one source in an image that was made of several.
void check_merged_technique(std::span<const ObjectReport* const> sources, ObjectReport& derived);

}  // namespace assay::conformance::iod
