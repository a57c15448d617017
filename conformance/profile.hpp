// A product's conformance statement as data, in the order of PS3.2 Annex A: Application Entities with their association
// policies, SOP Classes by role with transfer syntaxes, statuses, query keys by level, extended negotiation; character
// sets, security, media, de-identification. conformance/profile.xsd describes the XML, conformance/profiles/README.md
// explains it. Loading gives file:line:column errors and refuses statements that contradict themselves.
//
// Every entry is a Claim with an id that stays the same as long as what it says stays the same (claims(), below): what
// tests a device, writes a profile of one or holds two versions against each other works on those.
// Tests: tests/unit/conformance/profile_*_test.cpp; fuzz target: fuzz_profile
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dict/tag.hpp"

namespace assay::conformance {

/// Where something was written. It is no part of what is said: all places are equal.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  friend bool operator==(const Place&, const Place&) { return true; }
};
/// "file:line:column".
std::string to_string(const Place& place);

enum class Role : std::uint8_t { scu, scp };
enum class KeyLevel : std::uint8_t { patient, study, series, image, worklist };
/// Kinds of matching (PS3.4 C.2.2.2.1 to C.2.2.2.8, in this order).
enum class Matching : std::uint8_t { single, uid_list, universal, wildcard, range, sequence, empty, multiple };

/// As they are written: "scu", "study", "uid-list".
std::string_view name(Role role);
std::string_view name(KeyLevel level);
std::string_view name(Matching matching);

/// Stands for every Storage SOP Class (storage="yes"); a service of one class goes before it.
inline constexpr std::string_view every_storage = "1.2.840.10008.5.1.4.1.1.*";
bool is_storage(std::string_view sop_class_uid);

/// A SOP Class in one role.
struct ServiceClaim {
  std::string sop_class;  // UID, or every_storage
  Role role = Role::scp;
  std::vector<std::string> transfer_syntaxes;  // UIDs, most wanted first
  std::vector<std::string> extended;           // names of extended_items(): what it agrees to where it is asked for
  std::vector<std::string> notes;
  Place at;
  friend bool operator==(const ServiceClaim&, const ServiceClaim&) = default;
};

/// A status that a service sends (as SCP) or knows what to do with (as SCU).
struct StatusClaim {
  std::string sop_class;  // of a ServiceClaim
  Role role = Role::scp;
  std::uint16_t from = 0;
  std::uint16_t to = 0;  // from, where it is one status
  std::string when;      // what it means there, or when it is sent
  std::string then;      // what the product does then
  Place at;
  friend bool operator==(const StatusClaim&, const StatusClaim&) = default;
};

/// A key of queries at a level: as SCP what can be asked, as SCU what is asked.
struct KeyClaim {
  Role role = Role::scp;
  KeyLevel level = KeyLevel::study;
  Tag tag;
  char type = 0;                   // of the statement: 'U', 'R', 'O'; 0 = not said
  std::vector<Matching> matching;  // sorted; none: it is not matched, only returned
  bool supported = true;           // false: the product says that it does not know this key
  bool returned = true;            // SCP: stands in responses; SCU: is wanted in them
  bool needed = false;             // SCU: without it the query is of no use to the product
  std::optional<bool> case_sensitive;
  Place at;
  friend bool operator==(const KeyClaim&, const KeyClaim&) = default;
};

/// A scalar fact, by its name in the table of policies (policies()).
struct PolicyClaim {
  std::string value;
  Place at;
  friend bool operator==(const PolicyClaim&, const PolicyClaim&) = default;
};

struct ApplicationEntity {
  std::string title;
  std::vector<std::string> notes;
  std::map<std::string, PolicyClaim, std::less<>> policies;
  std::vector<ServiceClaim> services;
  std::vector<StatusClaim> statuses;
  std::vector<KeyClaim> keys;
  Place at;
  friend bool operator==(const ApplicationEntity&, const ApplicationEntity&) = default;

  /// The value of a policy; nothing when the entity is silent about it.
  [[nodiscard]] std::optional<std::string> policy(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view policy_name) const;
  [[nodiscard]] bool says(std::string_view policy_name, std::string_view value) const;
  /// What it claims of a SOP Class in a role: the service of that class, else that of every Storage SOP Class.
  [[nodiscard]] const ServiceClaim* service(std::string_view sop_class, Role role) const;
  [[nodiscard]] const KeyClaim* key(Role role, KeyLevel level, Tag tag) const;
};

struct CharacterSetClaim {
  std::string term;  // a Defined Term of (0008,0005): "ISO_IR 100"
  Place at;
  friend bool operator==(const CharacterSetClaim&, const CharacterSetClaim&) = default;
};

/// A TLS Secure Transport Connection Profile (PS3.15 B) that the product speaks.
struct TlsClaim {
  std::string profile;  // name of tls_names()
  std::string minimum;  // "1.2"
  std::string maximum;
  std::string mutual = "supported";  // certificates of the calling side: required, supported, no
  std::vector<std::string> suites;   // names of the IANA; none: those of the profile
  Place at;
  friend bool operator==(const TlsClaim&, const TlsClaim&) = default;
};

/// A Media Storage Application Profile (PS3.11) in some of the roles FSC, FSR and FSU.
struct MediaClaim {
  std::string profile;
  std::vector<std::string> roles;
  Place at;
  friend bool operator==(const MediaClaim&, const MediaClaim&) = default;
};

/// The Basic Application Level Confidentiality Profile with options (PS3.15 E).
struct DeidentificationClaim {
  std::vector<std::string> options;  // names of deidentification_options()
  Place at;
  friend bool operator==(const DeidentificationClaim&, const DeidentificationClaim&) = default;
};

/// A SOP Class or transfer syntax of the vendor's own (PS3.2 A.8.5, A.8.6): services may name it then.
struct PrivateUid {
  std::string uid;
  std::string name;
  bool transfer_syntax = false;
  Place at;
  friend bool operator==(const PrivateUid&, const PrivateUid&) = default;
};

/// One thing that a product says about itself.
struct Claim {
  /// "sop-class/CTImageStorage/scp/ExplicitVRLittleEndian", "key/study/PatientID/wildcard", "policy/maximum-length".
  /// Claims of the second and later Application Entities begin with "ae/TITLE/". Never changes once published.
  std::string id;
  std::string text;    // in plain words, without the product's name: "as SCP of CT Image Storage, takes ..."
  std::string clause;  // of PS3.2 or of the part that the claim is about: "PS3.2 A.4.2.1.2.1"
  Place at;            // of the element or attribute that says it
};

struct Profile {
  std::string product;
  std::string version;
  std::string manufacturer;
  std::string edition;  // of the standard, where the statement names one
  std::vector<std::string> notes;
  std::vector<PrivateUid> private_uids;
  std::vector<ApplicationEntity> aes;
  std::vector<CharacterSetClaim> character_sets;
  std::optional<bool> plain;  // speaks without TLS, too
  Place plain_at;
  std::vector<TlsClaim> tls;
  std::vector<MediaClaim> media;
  std::optional<DeidentificationClaim> deidentification;
  Place at;  // its file
  friend bool operator==(const Profile&, const Profile&) = default;

  /// Answers <needs claim="...">: "verification-scp", "storage-scp", "storage-scu", "study-root-find-scp",
  /// "sop-class:UID-or-keyword:scp", "transfer-syntax:UID-or-keyword", a policy name, or an item of extended
  /// negotiation. Nothing when the profile is silent about it.
  [[nodiscard]] std::optional<bool> claims(std::string_view claim) const;
  /// Of the first Application Entity that states it.
  [[nodiscard]] std::optional<std::string> policy(std::string_view name) const;
  [[nodiscard]] const ApplicationEntity* ae(std::string_view title) const;
};

/// Everything the profile claims, in the order of PS3.2: policies, services, extended negotiation, statuses and keys of
/// each Application Entity, then character sets, security, media, de-identification. Each id stands once.
std::vector<Claim> claims(const Profile& profile);

struct SourceFile {
  std::string path;  // by which it is named in errors and found again in cycles
  std::string text;
};
/// Reads what base="..." and <include href="..."/> name, as seen from the file that names it. The error is one
/// sentence.
using ReadFile =
    std::function<std::expected<SourceFile, std::string>(const std::string& from_file, const std::string& href)>;

/// Bounds of what one profile may pull in.
inline constexpr std::size_t max_profile_depth = 16;   // of bases and includes inside each other
inline constexpr std::size_t max_profile_files = 200;  // read in all
inline constexpr std::size_t max_profile_entries = 50'000;

/// Errors read "file:line:column: what is wrong and what is allowed there", one a line. Without `read`, a profile that
/// names other files is refused.
std::expected<Profile, std::string> load_profile(std::string_view xml, std::string_view file_name,
                                                 const ReadFile& read = {});

/// The profile as XML, bases and includes resolved: load_profile(to_xml(p)) == p.
std::string to_xml(const Profile& profile);

/// The XSD, generated from the loader's own tables.
std::string profile_xsd();

/// Keyword of PS3.6, else the UID; "storage" for every_storage.
std::string short_name(std::string_view uid);

}  // namespace assay::conformance
