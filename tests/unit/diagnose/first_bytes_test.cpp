#include "harness/diagnose/first_bytes.hpp"

#include <gmock/gmock.h>

#include "harness/base/hex.hpp"
#include "harness/diagnose/client_hello.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::diagnose {
namespace {

using ::testing::HasSubstr;

Protocol protocol_of(std::string_view text) { return guess_protocol(as_bytes(text)).protocol; }
Protocol protocol_of_hex(std::string_view hex) { return guess_protocol(*from_hex(hex)).protocol; }

TEST(FirstBytes, Every_answer_of_a_DICOM_application_is_taken_for_DICOM) {
  pdu::AAssociateAc ac;
  ac.items.emplace_back(pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"});
  for (const auto& answer : {pdu::Pdu(pdu::AAssociateRj{1, 1, 1}), pdu::Pdu(pdu::AAssociateRj{2, 3, 2}), pdu::Pdu(ac),
                             pdu::Pdu(pdu::AAbort{2, 1}), pdu::Pdu(pdu::AReleaseRp{})}) {
    const auto bytes = pdu::encode(answer);
    for (std::size_t n = 1; n <= bytes.size(); ++n)
      EXPECT_EQ(guess_protocol(ByteView(bytes).first(n)).protocol, Protocol::dicom) << n;
  }
}

TEST(FirstBytes, Other_protocols_are_told_apart) {
  EXPECT_EQ(protocol_of(""), Protocol::nothing);
  EXPECT_EQ(protocol_of("HTTP/1.0 400 Bad Request\r\n"), Protocol::http);
  EXPECT_EQ(protocol_of("<!DOCTYPE HTML PUBLIC"), Protocol::http);
  EXPECT_EQ(protocol_of("SSH-2.0-x\r\n"), Protocol::ssh);
  EXPECT_EQ(protocol_of("220 host ESMTP\r\n"), Protocol::mail);
  EXPECT_EQ(protocol_of("+OK POP3 ready\r\n"), Protocol::mail);
  EXPECT_EQ(protocol_of("220 (vsFTPd 3.0.3)\r\n"), Protocol::ftp);
  EXPECT_EQ(protocol_of("\x0bMSH|^~\\&|A\r\x1c\r"), Protocol::hl7);
  EXPECT_EQ(protocol_of("RFB 003.008\n"), Protocol::remote_desktop);
  EXPECT_EQ(protocol_of("-ERR unknown command\r\n"), Protocol::database);
  EXPECT_EQ(protocol_of("what?\r\n"), Protocol::text);
  EXPECT_EQ(protocol_of_hex("fffd18fffd20"), Protocol::telnet);
  EXPECT_EQ(protocol_of_hex("030000130ed000001234000200080002000000"), Protocol::remote_desktop);
  EXPECT_EQ(protocol_of_hex("4a0000000a382e302e333200"), Protocol::database);
  EXPECT_EQ(protocol_of_hex("15030300020228"), Protocol::tls);
  EXPECT_EQ(protocol_of_hex("8081828384"), Protocol::unknown);
}

TEST(FirstBytes, Our_own_bytes_are_known_again) {
  const auto sent = *from_hex("01000000001f000100004142434445464748494a4b4c");
  EXPECT_EQ(guess_protocol(sent, sent).protocol, Protocol::mirror);
  auto other = sent;
  other[8] ^= 1;
  EXPECT_EQ(guess_protocol(other, sent).protocol, Protocol::dicom);
}

TEST(FirstBytes, What_a_terminal_must_not_get_is_escaped) {
  EXPECT_THAT(guess_protocol(as_bytes("SSH-2.0-\x1b[31m\r\n")).what, HasSubstr("\\x1b"));
}

/// Reads a length; a function of its own, because the order in which an EXPECT's arguments are read is the compiler's.
bool length_is_the_rest(ByteReader& reader) {
  const auto length = reader.u16(Endian::big);
  return length && *length == reader.remaining();
}

TEST(ClientHello, Its_lengths_agree_with_each_other) {
  for (const auto* host : {"127.0.0.1", "pacs.example", "", "::1"}) {
    const auto bytes = client_hello(host);
    ByteReader reader(bytes);
    EXPECT_EQ(reader.u8(), 0x16);
    reader.skip(2);
    EXPECT_TRUE(length_is_the_rest(reader));
    EXPECT_EQ(reader.u8(), 1);
    reader.skip(1);
    EXPECT_TRUE(length_is_the_rest(reader));
    reader.skip(2 + 32);
    reader.skip(*reader.u8());
    reader.skip(*reader.u16(Endian::big));
    reader.skip(*reader.u8());
    EXPECT_TRUE(length_is_the_rest(reader));
    while (!reader.empty()) {
      reader.skip(2);
      ASSERT_TRUE(reader.skip(*reader.u16(Endian::big)));
    }
    const bool named = std::string_view(as_text(bytes)).find("pacs.example") != std::string_view::npos;
    EXPECT_EQ(named, std::string_view(host) == "pacs.example");
  }
}

TEST(ClientHello, Answers_are_read_and_broken_ones_survived) {
  auto hello = *from_hex(
      "160303002a02000026"
      "0303");
  hello.resize(hello.size() + 32, 0x77);
  append(hello, *from_hex("00c02f000000"));
  const auto answer = tls_answer(hello);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->hello);
  EXPECT_EQ(answer->text, "TLS 1.2, cipher suite C02FH");
  for (std::size_t n = 0; n <= hello.size(); ++n) (void)tls_answer(ByteView(hello).first(n));
  const auto alert = tls_answer(*from_hex("15030300020246"));
  ASSERT_TRUE(alert);
  EXPECT_TRUE(alert->alert);
  EXPECT_EQ(alert->text, "alert fatal protocol_version");
  EXPECT_FALSE(tls_answer(*from_hex("030000000004000101")));
}

}  // namespace
}  // namespace assay::diagnose
