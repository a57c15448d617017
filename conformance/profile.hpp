// A first thin profile: what a product claims (PS3.2), as data. Decides what a scenario's <needs> skips.
// conformance/profile.xsd describes the XML; loading gives file:line:column errors.
// Tests: tests/unit/conformance/profile_test.cpp
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::conformance {

struct ServiceClaim {
  std::string sop_class;  // UID
  bool scu = false;
  bool scp = false;
  std::vector<std::string> transfer_syntaxes;  // UIDs
};

struct Profile {
  std::string product;
  std::string version;
  std::string file;
  std::vector<std::string> ae_titles;
  std::optional<std::uint32_t> maximum_length;
  std::optional<unsigned> maximum_associations;
  std::vector<ServiceClaim> services;
  std::map<std::string, std::string> policies;  // "checks-called-ae-title" -> "yes" | "no" | a value

  /// Answers <needs claim="...">: "verification-scp", "storage-scp", "storage-scu", "study-root-find-scp",
  /// "sop-class:UID-or-keyword:scp", "transfer-syntax:UID-or-keyword", or a policy name. Nothing when the profile is
  /// silent about it.
  [[nodiscard]] std::optional<bool> claims(std::string_view claim) const;
};

/// Errors read "file:line:column: what is wrong and what is allowed there".
std::expected<Profile, std::string> load_profile(std::string_view xml, std::string_view file_name);

/// The XSD, generated from the loader's own tables.
std::string profile_xsd();

}  // namespace assay::conformance
