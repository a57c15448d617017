#include "harness/diagnose/client_hello.hpp"

#include <algorithm>
#include <array>

#include "harness/trace/tls.hpp"

namespace assay::diagnose {
namespace {

void put16(Bytes& out, std::size_t value) { store(out, static_cast<std::uint16_t>(value), Endian::big); }

void extension(Bytes& out, std::uint16_t type, const Bytes& body) {
  put16(out, type);
  put16(out, body.size());
  append(out, body);
}

bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string hex16(unsigned value) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[(value >> static_cast<unsigned>(shift)) & 15U];
  return out + "H";
}

std::string version_name(unsigned version) {
  switch (version) {
    case 0x0300: return "SSL 3.0";
    case 0x0301: return "TLS 1.0";
    case 0x0302: return "TLS 1.1";
    case 0x0303: return "TLS 1.2";
    case 0x0304: return "TLS 1.3";
    default: return "TLS version " + hex16(version);
  }
}

}  // namespace

Bytes client_hello(std::string_view host) {
  Bytes body;
  put16(body, 0x0303);
  for (std::uint8_t i = 0; i < 32; ++i) body.push_back(static_cast<std::uint8_t>(0xa5 ^ i));
  body.push_back(0);  // no session
  constexpr std::array<std::uint16_t, 12> suites = {0x1301, 0x1302, 0x1303, 0xc02f, 0xc030, 0xc02b,
                                                    0xc02c, 0x009e, 0x009f, 0x009c, 0x002f, 0x0035};
  put16(body, suites.size() * 2);
  for (const auto suite : suites) put16(body, suite);
  body.push_back(1);  // compression: none
  body.push_back(0);

  Bytes extensions;
  if (!host.empty() && host.size() < 256 && !is_address(host)) {
    Bytes name;
    put16(name, host.size() + 3);
    name.push_back(0);
    put16(name, host.size());
    append(name, host);
    extension(extensions, 0x0000, name);
  }
  extension(extensions, 0x000a, {0, 6, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x18});  // x25519, secp256r1, secp384r1
  extension(extensions, 0x000b, {1, 0});
  extension(extensions, 0x000d, {0, 16, 4, 3, 5, 3, 6, 3, 8, 4, 8, 5, 8, 6, 4, 1, 5, 1});
  extension(extensions, 0x002b, {8, 3, 4, 3, 3, 3, 2, 3, 1});
  Bytes share = {0, 36, 0, 0x1d, 0, 32};  // a public value of x25519 whose private one nobody needs
  share.push_back(9);
  share.insert(share.end(), 31, 0);
  extension(extensions, 0x0033, share);
  put16(body, extensions.size());
  append(body, extensions);

  Bytes out = {0x16, 3, 1};
  put16(out, body.size() + 4);
  out.push_back(1);
  out.push_back(0);
  put16(out, body.size());
  append(out, body);
  return out;
}

std::optional<TlsAnswer> tls_answer(ByteView bytes) {
  if (bytes.size() < 6 || (bytes[0] != 0x15 && bytes[0] != 0x16) || bytes[1] != 3 || bytes[2] > 4) return std::nullopt;
  TlsAnswer answer;
  if (bytes[0] == 0x15) {
    answer.alert = true;
    answer.text = "alert";
    if (bytes.size() >= 7) {
      answer.text += bytes[5] == 2 ? " fatal " : " warning ";
      answer.text += trace::alert_name(bytes[6]);
    }
    return answer;
  }
  if (bytes[5] != 2) {  // no ServerHello: a server that speaks first, or a client
    answer.text = "handshake message " + std::to_string(bytes[5]);
    return answer;
  }
  answer.hello = true;
  ByteReader reader(bytes.subspan(5));
  reader.skip(4);
  unsigned version = reader.u16(Endian::big).value_or(0);
  reader.skip(32);
  reader.skip(reader.u8().value_or(0));
  const auto suite = reader.u16(Endian::big);
  reader.skip(1);
  ByteReader extensions(reader.take_at_most(reader.u16(Endian::big).value_or(0)));
  while (extensions.has(4)) {
    const auto type = *extensions.u16(Endian::big);
    ByteReader value(extensions.take_at_most(*extensions.u16(Endian::big)));
    if (type == 0x002b) version = value.u16(Endian::big).value_or(static_cast<std::uint16_t>(version));
  }
  answer.text = version_name(version);
  if (suite) answer.text += ", cipher suite " + hex16(*suite);
  return answer;
}

}  // namespace assay::diagnose
