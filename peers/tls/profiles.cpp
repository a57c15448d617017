// The Secure Transport Connection Profiles of PS3.15 Annex B as a table. What a profile leaves to RFC 9325 (BCP 195)
// stands here as RFC 9325 4.2 recommends it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "peers/tls/tls.hpp"

namespace assay::peers {
namespace {

constexpr std::string_view rfc_9325 =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
constexpr std::string_view rfc_7525 =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256";
// B.13 permits Camellia in GCM as well, which OpenSSL does not have.
constexpr std::string_view modified =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-CCM:ECDHE-ECDSA-AES256-CCM8:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-AES128-CCM8:DHE-RSA-AES128-GCM-SHA256";
constexpr std::string_view suites_1_3 = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr std::string_view modified_1_3 =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"
    "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256";

constexpr std::array profiles{
    TlsProfile{default_tls_profile, "BCP 195 RFC 8996, 9325 TLS Secure Transport Connection Profile", "B.12", false,
               "1.2", "1.3", rfc_9325, suites_1_3},
    TlsProfile{"bcp195-rfc8996-modified", "Modified BCP 195 RFC 8996, 9325 TLS Secure Transport Connection Profile",
               "B.13", false, "1.2", "1.3", modified, modified_1_3},
    TlsProfile{"bcp195", "BCP 195 TLS Secure Transport Connection Profile", "B.9", true, "1.0", "1.3",
               "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES256-GCM-SHA384:"
               "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:"
               "ECDHE-RSA-AES128-SHA:DHE-RSA-AES128-SHA:AES128-SHA",
               suites_1_3},
    TlsProfile{"bcp195-non-downgrading", "Non-Downgrading BCP 195 TLS Secure Transport Connection Profile", "B.10",
               true, "1.2", "1.3", rfc_7525, suites_1_3},
    TlsProfile{"bcp195-extended", "Extended BCP 195 TLS Secure Transport Connection Profile", "B.11", true, "1.2",
               "1.3", modified, suites_1_3},
    TlsProfile{"aes", "AES TLS Secure Transport Connection Profile", "B.3", true, "1.0", "1.2",
               "AES128-SHA:DES-CBC3-SHA", ""},
    TlsProfile{"basic", "Basic TLS Secure Transport Connection Profile", "B.1", true, "1.0", "1.2", "DES-CBC3-SHA", ""},
};

}  // namespace

std::span<const TlsProfile> tls_profiles() { return profiles; }

const TlsProfile* tls_profile(std::string_view name) {
  const auto found = std::ranges::find(profiles, name, &TlsProfile::name);
  return found == profiles.end() ? nullptr : &*found;
}

std::string describe_tls_profiles() {
  std::string out;
  for (const auto& one : profiles)
    out += fmt::format("  {:24} PS3.15 {}{}, TLS {} to {}: {}\n", one.name, one.section,
                       one.retired ? " (retired)" : "", one.minimum, one.maximum, one.title);
  return out;
}

}  // namespace assay::peers
