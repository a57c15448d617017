#include "harness/diagnose/first_bytes.hpp"

#include <algorithm>

#include "harness/base/hex.hpp"
#include "harness/diagnose/client_hello.hpp"

namespace assay::diagnose {
namespace {

std::string first_line(std::string_view text) {
  return printable(text.substr(0, std::min({text.find_first_of("\r\n"), text.size(), std::size_t{80}})));
}

bool mostly_text(std::string_view text) {
  const auto odd = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\r' && c != '\n' && c != '\t') || c == 0x7f ||
           static_cast<unsigned char>(c) > 0x7f;
  });
  return !text.empty() && odd == 0;
}

bool contains(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [&](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

/// The header of a PDU: a type from 1 to 7 and a length that one can have.
bool like_a_pdu(ByteView bytes) {
  if (bytes.empty() || bytes[0] < 1 || bytes[0] > 7) return false;
  return bytes.size() < 6 || load<std::uint32_t>(bytes.data() + 2, Endian::big) < (256U << 20);
}

/// TPKT (RFC 1006) with the X.224 connect confirm or data in it: begins like an A-ASSOCIATE-RJ, but has a length in
/// its third and fourth byte.
bool like_tpkt(ByteView bytes) {
  return bytes.size() >= 7 && bytes[0] == 3 && bytes[1] == 0 &&
         load<std::uint16_t>(bytes.data() + 2, Endian::big) >= 7 && (bytes[5] == 0xd0 || bytes[5] == 0xf0);
}

}  // namespace

Guess guess_protocol(ByteView received, ByteView sent) {
  if (received.empty()) return {Protocol::nothing, "no byte came"};
  const auto text = as_text(received);
  const auto line = first_line(text);
  if (!sent.empty() && received.size() >= std::min<std::size_t>(sent.size(), 16) && received.size() <= sent.size() &&
      std::equal(received.begin(), received.end(), sent.begin()))
    return {Protocol::mirror, "something that sends back what it gets"};
  if (const auto tls = tls_answer(received)) return {Protocol::tls, "a TLS server (" + tls->text + ")"};
  if (like_tpkt(received))
    return {Protocol::remote_desktop, "a remote desktop server (TPKT header " + to_hex_short(received, 8) + ")"};
  if (like_a_pdu(received)) return {Protocol::dicom, "a DICOM application"};
  if (text.starts_with("HTTP/") || contains(text, "<html") || contains(text, "<!doctype"))
    return {Protocol::http, "a web server (" + line + ")"};
  if (text.starts_with("SSH-")) return {Protocol::ssh, "an SSH server (" + line + ")"};
  if (text.starts_with("220") && contains(text, "ftp")) return {Protocol::ftp, "an FTP server (" + line + ")"};
  if (text.starts_with("220") || text.starts_with("+OK") || text.starts_with("* OK") || text.starts_with("554 "))
    return {Protocol::mail, "a mail server (" + line + ")"};
  if (received[0] == 0x0b || text.starts_with("MSH|")) return {Protocol::hl7, "an HL7 interface (MLLP: " + line + ")"};
  if (received[0] == 0xff && received.size() >= 2 && received[1] >= 0xfb)
    return {Protocol::telnet, "a Telnet server (" + to_hex_short(received, 8) + ")"};
  if (text.starts_with("RFB ")) return {Protocol::remote_desktop, "a remote desktop server (" + line + ")"};
  if (received.size() > 6 && received[3] == 0 && (received[4] == 10 || received[4] == 0xff) && received[2] == 0)
    return {Protocol::database, "a MySQL or MariaDB database (" + to_hex_short(received, 12) + ")"};
  if (text.starts_with("-ERR")) return {Protocol::database, "a Redis database (" + line + ")"};
  if (received[0] == 'E' && received.size() > 5 && contains(text, "FATAL"))
    return {Protocol::database, "a PostgreSQL database (" + line + ")"};
  if (mostly_text(text)) return {Protocol::text, "something that answers in text: '" + line + "'"};
  return {Protocol::unknown,
          "something that answers with bytes of no protocol known here (" + to_hex_short(received, 16) + ")"};
}

}  // namespace assay::diagnose
