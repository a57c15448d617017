// One end of a TCP connection: address and port, as captures name it. Text forms without the system's resolver.
// Tests: tests/unit/capture/endpoint_test.cpp
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::capture {

/// An IPv4 address lies in the first four bytes, the rest is zero.
struct Endpoint {
  bool ipv6 = false;
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// "192.0.2.1", "2001:db8::1" (also "[2001:db8::1]", "::ffff:192.0.2.1"); nothing when it is no numeric address.
std::optional<Endpoint> endpoint(std::string_view address, std::uint16_t port);
/// "192.0.2.1:104", "[2001:db8::1]:104".
std::optional<Endpoint> endpoint(std::string_view address_and_port);

/// "192.0.2.1" or "2001:db8::1" (RFC 5952).
std::string address_text(const Endpoint& endpoint);
/// "192.0.2.1:104" or "[2001:db8::1]:104".
std::string to_text(const Endpoint& endpoint);

/// The same address as IPv6: IPv4 becomes ::ffff:a.b.c.d.
Endpoint as_ipv6(const Endpoint& endpoint);

}  // namespace assay::capture
