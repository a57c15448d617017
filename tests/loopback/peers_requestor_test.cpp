// Everything that can go wrong for a requestor, each told apart and with advice, against listeners that do one wrong
// thing over real sockets.
#include <gmock/gmock.h>

#include "harness/pdu/codec.hpp"
#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;

struct Wrong {
  std::string name;
  BadListener::Serve serve;
  Failure failure;
  std::string says;
};

pdu::AAssociateAc acceptance(std::uint8_t result, std::uint32_t maximum_length = 0) {
  pdu::AAssociateAc ac;
  ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::PresentationContextItemAc context;
  context.result = result;
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
  ac.items.emplace_back(context);
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{maximum_length});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.3"});
  ac.items.emplace_back(user);
  return ac;
}

Bytes acceptance_then(ByteView more) {
  auto bytes = pdu::encode(acceptance(0));
  append(bytes, more);
  return bytes;
}

Bytes echo_response(std::uint16_t responded_to, std::uint16_t status) {
  dimse::Message message;
  message.command = dimse::response_to(dimse::c_echo_rq(responded_to), status);
  Bytes out;
  dimse::fragment(out, message, {});
  return out;
}

std::vector<Wrong> wrongs() {
  const auto reset = [](std::shared_ptr<tcp::socket> socket) {
    auto buffer = std::make_shared<std::array<char, 1>>();
    socket->async_read_some(asio::buffer(*buffer), [socket, buffer](const error_code&, std::size_t) {
      socket->set_option(asio::socket_base::linger(true, 0));
      socket->close();
    });
  };
  return {
      {"HTTP server", answer_with(to_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), true), Failure::not_dicom,
       "HTTP server"},
      {"HTTP server that holds on", answer_with(to_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), false),
       Failure::not_dicom, "HTTP server"},
      {"SSH server", answer_with(to_bytes("SSH-2.0-OpenSSH_9.2p1\r\n"), true), Failure::not_dicom, "SSH server"},
      {"TLS server", answer_with({0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a}, true), Failure::not_dicom, "TLS"},
      {"something else", answer_with(to_bytes("hello"), true), Failure::not_dicom, "hello"},
      {"closed after the request", answer_with({}, true), Failure::closed_after_accept, "closes it"},
      {"reset after the request", reset, Failure::closed_after_accept, "resets it"},
      {"rejected", answer_with(pdu::encode(pdu::AAssociateRj{1, 1, 7}), true), Failure::rejected, "\"ANY-SCP\""},
      {"caller unknown", answer_with(pdu::encode(pdu::AAssociateRj{1, 1, 3}), true), Failure::rejected, "\"ASSAY\""},
      {"busy", answer_with(pdu::encode(pdu::AAssociateRj{2, 3, 2}), true), Failure::rejected, "later"},
      {"aborted by the user", answer_with(pdu::encode(pdu::AAbort{0, 0}), true), Failure::aborted, "aborts"},
      {"aborted by the provider", answer_with(pdu::encode(pdu::AAbort{2, 1}), true), Failure::aborted, "unrecognized"},
      {"P-DATA instead of an answer", answer_with(pdu::encode(pdu::PDataTf{{{1, 3, {0, 0}}}}), true),
       Failure::bad_response, "unexpected P-DATA-TF"},
      {"no context", answer_with(pdu::encode(acceptance(3)), false), Failure::no_context,
       "does not accept Verification"},
      {"lost after acceptance", answer_with(pdu::encode(acceptance(0)), true), Failure::lost,
       "in the middle of the association"},
      {"another message id", answer_with(acceptance_then(echo_response(77, 0)), false), Failure::bad_response,
       "something else"},
      {"failure status", answer_with(acceptance_then(echo_response(1, 0x0122)), false), Failure::status, "0122"},
      {"a message nobody can read", answer_with(acceptance_then(pdu::encode(pdu::PDataTf{{{1, 2, {0, 0}}}})), false),
       Failure::bad_response, "makes no DIMSE message"},
  };
}

TEST(Requestor, Tells_apart_what_goes_wrong_and_says_what_to_do) {
  for (const auto& wrong : wrongs()) {
    SCOPED_TRACE(wrong.name);
    Loop loop;
    BadListener listener(loop, wrong.serve);
    auto options = to_port(listener.port());
    if (wrong.failure == Failure::status) options.dul_timeout = soon;  // this listener never answers the release
    if (wrong.failure == Failure::no_context) options.dul_timeout = soon;
    const auto result = echo(loop, options);
    EXPECT_EQ(name(result.failure), name(wrong.failure)) << result.message;
    EXPECT_THAT(result.message, HasSubstr(wrong.says));
    EXPECT_THAT(result.message, HasSubstr("127.0.0.1:" + std::to_string(listener.port())));
    EXPECT_EQ(result.message.find('\n'), std::string::npos) << "one line";
    EXPECT_LT(result.took, Duration(patient));
  }
}

TEST(Requestor, A_refused_port_is_told_as_such) {
  Loop loop;
  const auto port = free_port();
  ASSERT_TRUE(port);
  const auto result = echo(loop, to_port(*port));
  EXPECT_EQ(name(result.failure), "refused");
  EXPECT_THAT(result.message, HasSubstr("refuses connections"));
}

TEST(Requestor, A_silent_peer_ends_after_the_limit) {
  Loop loop;
  std::vector<std::shared_ptr<tcp::socket>> kept;
  BadListener listener(loop, [&](std::shared_ptr<tcp::socket> socket) { kept.push_back(std::move(socket)); });
  auto options = to_port(listener.port());
  options.dul_timeout = soon;
  const auto result = echo(loop, options);
  EXPECT_EQ(name(result.failure), "silent");
  EXPECT_GE(result.took, Duration(soon));
}

TEST(Requestor, A_peer_that_stops_answering_inside_the_association_ends_after_the_limit) {
  Loop loop;
  BadListener listener(loop, answer_with(pdu::encode(acceptance(0)), false));
  auto options = to_port(listener.port());
  options.dimse_timeout = soon;
  const auto result = echo(loop, options);
  EXPECT_EQ(name(result.failure), "dimse-timeout");
  EXPECT_THAT(result.message, HasSubstr("C-ECHO"));
}

TEST(Requestor, A_name_that_nobody_knows_is_no_network_fault) {
  Loop loop;
  auto options = to_port(104);
  options.host = "no-such-host.invalid";
  options.connect_timeout = std::chrono::seconds(5);
  const auto result = echo(loop, options);
  // Where no name server answers at all, the limit comes first.
  EXPECT_THAT((std::vector{Failure::resolve, Failure::connect_timeout}), testing::Contains(result.failure))
      << result.message;
}

TEST(Requestor, An_announced_maximum_length_that_leaves_no_room_is_the_peers_fault) {
  Loop loop;
  BadListener listener(loop, answer_with(pdu::encode(acceptance(0, 4)), false));
  const auto result = echo(loop, to_port(listener.port()));
  EXPECT_EQ(name(result.failure), "bad-response");
  EXPECT_THAT(result.message, HasSubstr("leaves no room"));
}

TEST(Requestor, Nothing_to_store_is_said_before_anything_is_sent) {
  Loop loop;
  const auto result = store(loop, to_port(1), {});
  EXPECT_EQ(name(result.failure), "usage");
}

TEST(Requestor, A_stopped_loop_ends_the_wait) {
  Loop loop;
  std::vector<std::shared_ptr<tcp::socket>> kept;
  BadListener listener(loop, [&](std::shared_ptr<tcp::socket> socket) {
    kept.push_back(std::move(socket));
    loop.stop();
  });
  EXPECT_EQ(name(echo(loop, to_port(listener.port())).failure), "interrupted");
}

}  // namespace
}  // namespace assay::peers::test
