#include "harness/capture/endpoint.hpp"

#include <fmt/format.h>

#include <charconv>

namespace assay::capture {
namespace {

template <typename T>
std::optional<T> number(std::string_view text, int base) {
  T value{};
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, base);
  return text.empty() || read.ec != std::errc{} || read.ptr != end ? std::nullopt : std::optional(value);
}

bool read_ipv4(std::string_view text, std::uint8_t* out) {
  for (int i = 0; i < 4; ++i) {
    const auto dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return false;
    const auto part = number<std::uint8_t>(text.substr(0, dot), 10);
    if (!part) return false;
    out[i] = *part;
    if (i < 3) text.remove_prefix(dot + 1);
  }
  return true;
}

/// Groups of one half of an IPv6 address, up to `most` bytes; the count of bytes, or nothing.
std::optional<std::size_t> read_groups(std::string_view text, std::uint8_t* out, std::size_t most) {
  std::size_t at = 0;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      if (at + 4 > most || !read_ipv4(group, out + at)) return std::nullopt;
      return at + 4;
    }
    const auto value = group.size() > 4 ? std::nullopt : number<std::uint16_t>(group, 16);
    if (!value || at + 2 > most) return std::nullopt;
    out[at++] = static_cast<std::uint8_t>(*value >> 8);
    out[at++] = static_cast<std::uint8_t>(*value);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // ends in a single colon
  }
  return at;
}

bool read_ipv6(std::string_view text, std::array<std::uint8_t, 16>& out) {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) return read_groups(text, out.data(), 16) == 16;
  std::array<std::uint8_t, 16> tail{};
  const auto first = read_groups(text.substr(0, gap), out.data(), 14);
  const auto last = read_groups(text.substr(gap + 2), tail.data(), 14);
  if (!first || !last || *first + *last > 14) return false;
  for (std::size_t i = 0; i < *last; ++i) out[16 - *last + i] = tail[i];
  return true;
}

std::uint16_t group_of(const Endpoint& endpoint, int index) {
  const auto at = static_cast<std::size_t>(index) * 2;
  return static_cast<std::uint16_t>((endpoint.address[at] << 8) | endpoint.address[at + 1]);
}

bool is_mapped(const Endpoint& endpoint) {
  for (int i = 0; i < 5; ++i) {
    if (group_of(endpoint, i) != 0) return false;
  }
  return group_of(endpoint, 5) == 0xffff;
}

}  // namespace

std::optional<Endpoint> endpoint(std::string_view address, std::uint16_t port) {
  Endpoint out;
  out.port = port;
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  if (read_ipv4(address, out.address.data())) return out;
  out.address = {};
  out.ipv6 = true;
  address = address.substr(0, address.find('%'));  // the zone of a link-local one is no part of the packets
  return read_ipv6(address, out.address) ? std::optional(out) : std::nullopt;
}

std::optional<Endpoint> endpoint(std::string_view address_and_port) {
  const auto colon = address_and_port.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number<std::uint16_t>(address_and_port.substr(colon + 1), 10);
  const auto address = address_and_port.substr(0, colon);
  const bool bare_ipv6 = address.find(':') != std::string_view::npos && address.front() != '[';
  return !port || bare_ipv6 ? std::nullopt : endpoint(address, *port);
}

std::string address_text(const Endpoint& e) {
  if (!e.ipv6) return fmt::format("{}.{}.{}.{}", e.address[0], e.address[1], e.address[2], e.address[3]);
  if (is_mapped(e))
    return fmt::format("::ffff:{}.{}.{}.{}", e.address[12], e.address[13], e.address[14], e.address[15]);
  int gap = -1;  // the longest run of zero groups, the first of several
  int gap_length = 1;
  for (int i = 0; i < 8; ++i) {
    int length = 0;
    while (i + length < 8 && group_of(e, i + length) == 0) ++length;
    if (length > gap_length) {
      gap = i;
      gap_length = length;
    }
  }
  std::string out;
  for (int i = 0; i < 8; ++i) {
    if (i == gap) {
      out += "::";
      i += gap_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += fmt::format("{:x}", group_of(e, i));
  }
  return out;
}

std::string to_text(const Endpoint& e) {
  return e.ipv6 ? fmt::format("[{}]:{}", address_text(e), e.port) : fmt::format("{}:{}", address_text(e), e.port);
}

Endpoint as_ipv6(const Endpoint& e) {
  if (e.ipv6) return e;
  Endpoint out;
  out.ipv6 = true;
  out.port = e.port;
  out.address[10] = out.address[11] = 0xff;
  for (std::size_t i = 0; i < 4; ++i) out.address[12 + i] = e.address[i];
  return out;
}

}  // namespace assay::capture
