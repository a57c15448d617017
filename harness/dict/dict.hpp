// The data dictionary (PS3.6 6-8, PS3.7 E) and the UID registry (PS3.6 A) as compact generated tables.
// generate.py makes generated_*.inc from the table files in tables/. Tests: tests/unit/dict/
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/dict/tag.hpp"
#include "harness/dict/vr.hpp"

namespace assay::dict {

struct Entry {
  Tag tag;                 // for repeating groups the lowest that no other entry takes
  Vr vr = Vr::UN;          // the first where the standard allows several ("US or SS" -> US); none for FFFE delimiters
  Vr other_vr = Vr::none;  // the second where it does
  std::string_view vm;     // "1", "1-n", "2-2n"
  std::string_view keyword;
  std::string_view name;
  bool retired = false;
  Vr third_vr = Vr::none;  // "US or SS or OW" -> OW

  /// True when the dictionary allows this VR for the element.
  [[nodiscard]] constexpr bool allows(Vr other) const {
    return other != Vr::none && (other == vr || other == other_vr || other == third_vr);
  }
};

/// The entry of a tag: standard elements, command elements, repeating groups (50xx, 60xx), group lengths (UL).
/// Null for private and unknown tags.
const Entry* find(Tag tag);
const Entry* find_keyword(std::string_view keyword);
/// By the name in PS3.6, or the keyword, whatever the case, blanks, apostrophes and hyphens: "patients name",
/// "Patient's Name", "patient name". Of several with one name the one that is not retired.
const Entry* find_name(std::string_view name);
/// A tag from "(gggg,eeee)", "ggggeeee" or a PS3.6 keyword.
std::optional<Tag> tag_of(std::string_view text_or_keyword);
/// VR for reading implicit VR: the dictionary's, UL for group lengths, LO for private creators, else UN.
/// Where it allows several: OW when that is one of them (PS3.5 A.1), else the first ("US or SS" -> US).
Vr implicit_vr(Tag tag);
/// The VR of a standard element that has only one and is no repeating group and no group length, else Vr::none: one
/// probe of a hash table, for decoders that check the VR of every element.
Vr quick_vr(Tag tag);
/// Keyword, or "" when unknown.
std::string_view keyword(Tag tag);

enum class UidKind : std::uint8_t {
  sop_class,
  meta_sop_class,
  service_class,
  transfer_syntax,
  application_context,
  well_known_instance,
  other
};

struct UidEntry {
  std::string_view uid;
  std::string_view keyword;  // "Verification", "CTImageStorage", "ImplicitVRLittleEndian"
  std::string_view name;
  UidKind kind = UidKind::other;
  bool retired = false;
};

const UidEntry* find_uid(std::string_view uid);
const UidEntry* find_uid_keyword(std::string_view keyword);
/// Accepts a UID or a keyword; empty when it is neither a known keyword nor made of digits and dots.
std::string_view uid_of(std::string_view uid_or_keyword);
/// "Verification SOP Class (1.2.840.10008.1.1)", or the bare UID when unknown.
std::string_view uid_name(std::string_view uid);

}  // namespace assay::dict

namespace assay::uids {
inline constexpr std::string_view application_context = "1.2.840.10008.3.1.1.1";
inline constexpr std::string_view Verification = "1.2.840.10008.1.1";
inline constexpr std::string_view ImplicitVRLittleEndian = "1.2.840.10008.1.2";
inline constexpr std::string_view ExplicitVRLittleEndian = "1.2.840.10008.1.2.1";
inline constexpr std::string_view DeflatedExplicitVRLittleEndian = "1.2.840.10008.1.2.1.99";
inline constexpr std::string_view ExplicitVRBigEndian = "1.2.840.10008.1.2.2";
inline constexpr std::string_view CTImageStorage = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr std::string_view MRImageStorage = "1.2.840.10008.5.1.4.1.1.4";
inline constexpr std::string_view SecondaryCaptureImageStorage = "1.2.840.10008.5.1.4.1.1.7";
inline constexpr std::string_view PatientRootQueryRetrieveInformationModelFind = "1.2.840.10008.5.1.4.1.2.1.1";
inline constexpr std::string_view StudyRootQueryRetrieveInformationModelFind = "1.2.840.10008.5.1.4.1.2.2.1";
inline constexpr std::string_view StudyRootQueryRetrieveInformationModelMove = "1.2.840.10008.5.1.4.1.2.2.2";
}  // namespace assay::uids

namespace assay::tags {
#define ASSAY_TAG(keyword, group, element) inline constexpr Tag keyword{group, element};
#include "harness/dict/generated_tags.inc"  // every PS3.6 and PS3.7 keyword
#undef ASSAY_TAG
}  // namespace assay::tags
