// The proxy over real sockets: not a byte changed, FIN and RST as they came, nobody served slower than the other side
// reads, and both sides judged.
#include <gmock/gmock.h>

#include <random>

#include "conformance/rules/standard_rules.hpp"
#include "harness/pdu/codec.hpp"
#include "peers/devices/embedded_device.hpp"
#include "peers/proxy.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;
using trace::Closing;
using trace::Side;

/// A plain socket that notes all that comes and how it ends, and can be told not to read.
class Socket : public std::enable_shared_from_this<Socket> {
 public:
  explicit Socket(tcp::socket socket) : socket_(std::move(socket)) {}
  static std::shared_ptr<Socket> connect(Loop& loop, std::uint16_t port) {
    tcp::socket socket(loop.impl().context);
    socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
    socket.set_option(tcp::no_delay(true));
    return std::make_shared<Socket>(std::move(socket));
  }

  void read() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](const error_code& error, std::size_t length) {
                              if (error == asio::error::operation_aborted) return;
                              if (error) {
                                self->ended = error == asio::error::eof ? Closing::fin : Closing::rst;
                                return;
                              }
                              append(self->received, ByteView(self->buffer_).first(length));
                              self->read();
                            });
  }
  /// Sends in pieces, as fast as the socket takes them.
  void send(Bytes bytes, std::mt19937& random, std::size_t longest = 5000) {
    longest_ = longest;
    to_send_ = std::move(bytes);
    next(random);
  }
  void send(ByteView bytes) { EXPECT_EQ(socket_.write_some(asio::buffer(bytes.data(), bytes.size())), bytes.size()); }
  void fin() { socket_.shutdown(tcp::socket::shutdown_send); }
  void reset() {
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
  }
  [[nodiscard]] std::size_t sent() const { return sent_; }
  [[nodiscard]] tcp::socket& socket() { return socket_; }

  Bytes received;
  std::optional<Closing> ended;

 private:
  void next(std::mt19937& random) {
    if (sent_ == to_send_.size()) return;
    const auto length = std::min<std::size_t>(1 + random() % longest_, to_send_.size() - sent_);
    socket_.async_write_some(asio::buffer(to_send_.data() + sent_, length),
                             [self = shared_from_this(), &random](const error_code& error, std::size_t done) {
                               if (error) return;
                               self->sent_ += done;
                               self->next(random);
                             });
  }

  tcp::socket socket_;
  std::array<std::uint8_t, 65536> buffer_{};
  Bytes to_send_;
  std::size_t sent_ = 0;
  std::size_t longest_ = 1;
};

struct Notes final : ProxyListener {
  void opened(const ProxiedConnection&, Instant) override { ++open; }
  void bytes(const ProxiedConnection&, Side from, ByteView bytes, Instant) override {
    append(passed[static_cast<std::size_t>(from)], bytes);
  }
  void closed(const ProxiedConnection&, Side by, Closing how, Instant) override {
    closings.push_back(std::string(trace::name(by)) + " " + std::string(trace::name(how)));
  }
  void not_connected(const ProxiedConnection&, const std::string& why) override { unreached.push_back(why); }
  void ended(const ProxiedConnection& connection, const trace::Trace& trace) override {
    over.push_back(connection);
    traces.push_back(trace);
  }
  std::size_t open = 0;
  Bytes passed[2];
  std::vector<std::string> closings;
  std::vector<std::string> unreached;
  std::vector<ProxiedConnection> over;
  std::vector<trace::Trace> traces;
};

/// A proxy before a plain listener, and the two sockets at its ends.
struct Between {
  explicit Between(bool target_reads = true, std::size_t most = 1000)
      : listener(loop, [this, target_reads](const std::shared_ptr<tcp::socket>& socket) {
          targets.push_back(std::make_shared<Socket>(std::move(*socket)));
          if (target_reads) targets.back()->read();
        }) {
    ProxyOptions options;
    options.address = "127.0.0.1";
    options.target_host = "127.0.0.1";
    options.target_port = listener.port();
    options.max_connections = most;
    options.rules = conformance::standard_rules();
    options.listener = &notes;
    auto started = Proxy::start(loop, std::move(options));
    EXPECT_TRUE(started) << (started ? "" : started.error());
    proxy = std::move(*started);
  }
  std::shared_ptr<Socket> call() {
    auto socket = Socket::connect(loop, proxy->port());
    const auto before = targets.size();
    EXPECT_TRUE(loop.run_until([&] { return targets.size() > before; }));
    return socket;
  }

  Loop loop;
  Notes notes;
  std::vector<std::shared_ptr<Socket>> targets;
  BadListener listener;
  std::unique_ptr<Proxy> proxy;
};

Bytes noise(std::mt19937& random, std::size_t size) {
  Bytes block(10'007);
  for (auto& byte : block) byte = static_cast<std::uint8_t>(random());
  Bytes out;
  while (out.size() < size) append(out, ByteView(block).first(std::min(block.size(), size - out.size())));
  return out;
}

TEST(Proxy, Passes_every_byte_of_both_directions_unchanged_and_in_order) {
  std::mt19937 random(7);
  Between between;
  const auto caller = between.call();
  caller->read();
  const auto there = noise(random, 900'000);
  const auto back = noise(random, 700'000);
  caller->send(there, random);
  between.targets[0]->send(back, random);
  ASSERT_TRUE(between.loop.run_until(
      [&] { return between.targets[0]->received.size() == there.size() && caller->received.size() == back.size(); }));
  EXPECT_TRUE(between.targets[0]->received == there);
  EXPECT_TRUE(caller->received == back);
  EXPECT_TRUE(between.notes.passed[0] == there);
  EXPECT_TRUE(between.notes.passed[1] == back);
}

TEST(Proxy, Passes_a_half_close_and_what_the_other_side_still_says) {
  Between between;
  const auto caller = between.call();
  caller->read();
  caller->send(Bytes{1, 2, 3});
  caller->fin();
  ASSERT_TRUE(between.loop.run_until([&] { return between.targets[0]->ended.has_value(); }));
  EXPECT_EQ(*between.targets[0]->ended, Closing::fin);
  EXPECT_EQ(between.targets[0]->received, (Bytes{1, 2, 3}));
  between.targets[0]->send(Bytes{4, 5});
  between.targets[0]->fin();
  ASSERT_TRUE(between.loop.run_until([&] { return caller->ended.has_value() && !between.notes.over.empty(); }));
  EXPECT_EQ(*caller->ended, Closing::fin);
  EXPECT_EQ(caller->received, (Bytes{4, 5}));
  EXPECT_THAT(between.notes.closings, testing::ElementsAre("requestor FIN", "acceptor FIN"));
}

TEST(Proxy, Passes_a_reset_from_either_side_after_the_last_bytes) {
  for (const bool by_caller : {true, false}) {
    Between between;
    const auto caller = between.call();
    caller->read();
    auto& breaker = by_caller ? *caller : *between.targets[0];
    auto& other = by_caller ? *between.targets[0] : *caller;
    breaker.send(Bytes{9, 9});
    ASSERT_TRUE(between.loop.run_until([&] { return other.received.size() == 2; }));
    breaker.reset();
    ASSERT_TRUE(between.loop.run_until([&] { return other.ended.has_value() && !between.notes.over.empty(); }));
    EXPECT_EQ(*other.ended, Closing::rst);
    EXPECT_THAT(between.notes.closings, testing::ElementsAre(by_caller ? "requestor RST" : "acceptor RST"));
  }
}

TEST(Proxy, A_reader_that_stops_stops_the_writer_and_loses_nothing) {
  std::mt19937 random(8);
  Between between(false);
  const auto caller = between.call();
  const auto bytes = noise(random, 30'000'000);
  caller->send(bytes, random, 500'000);
  // Until nothing moves: sockets and one buffer are full, the rest is still with the caller.
  std::size_t last = 1;
  asio::steady_timer timer(between.loop.impl().context);
  bool still = false;
  std::function<void()> look = [&] {
    timer.expires_after(soon);
    timer.async_wait([&](const error_code&) {
      still = caller->sent() == last;
      last = caller->sent();
      if (!still) look();
    });
  };
  look();
  ASSERT_TRUE(between.loop.run_until([&] { return still; }));
  EXPECT_LT(caller->sent(), bytes.size());
  EXPECT_LE(between.notes.passed[0].size(), caller->sent());
  between.targets[0]->read();
  ASSERT_TRUE(between.loop.run_until([&] { return between.targets[0]->received.size() == bytes.size(); }));
  EXPECT_TRUE(between.targets[0]->received == bytes);
}

TEST(Proxy, A_reset_is_passed_on_while_the_other_side_does_not_read) {
  std::mt19937 random(9);
  Between between(false);
  const auto caller = between.call();
  caller->send(noise(random, 30'000'000), random, 500'000);
  asio::steady_timer timer(between.loop.impl().context);
  timer.expires_after(soon);
  bool waited = false;
  timer.async_wait([&](const error_code&) { waited = true; });
  ASSERT_TRUE(between.loop.run_until([&] { return waited; }));
  caller->reset();
  ASSERT_TRUE(between.loop.run_until([&] { return !between.notes.over.empty(); }));
  EXPECT_THAT(between.notes.closings, testing::ElementsAre("requestor RST"));
}

TEST(Proxy, A_target_that_is_down_is_told_and_the_caller_is_reset) {
  Loop loop;
  Notes notes;
  ProxyOptions options;
  options.address = options.target_host = "127.0.0.1";
  options.target_port = *free_port();
  options.listener = &notes;
  const auto proxy = Proxy::start(loop, options);
  ASSERT_TRUE(proxy);
  const auto caller = Socket::connect(loop, (*proxy)->port());
  caller->read();
  ASSERT_TRUE(loop.run_until([&] { return caller->ended.has_value(); }));
  EXPECT_EQ(*caller->ended, Closing::rst);
  ASSERT_EQ(notes.unreached.size(), 1U);
  EXPECT_THAT(notes.unreached[0], HasSubstr("refuses connections"));
  EXPECT_TRUE(notes.over.empty());
}

TEST(Proxy, A_busy_port_is_an_error_that_says_what_to_do) {
  Between between;
  ProxyOptions options;
  options.address = "127.0.0.1";
  options.port = between.proxy->port();
  const auto second = Proxy::start(between.loop, options);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("--listen"));
}

TEST(Proxy, Carries_many_connections_at_once_and_no_more_than_it_may) {
  std::mt19937 random(10);
  Between between(true, 40);
  std::vector<std::shared_ptr<Socket>> callers;
  for (int i = 0; i < 60; ++i) callers.push_back(Socket::connect(between.loop, between.proxy->port()));
  ASSERT_TRUE(between.loop.run_until([&] { return between.targets.size() == 40; }));
  EXPECT_EQ(between.proxy->open_connections(), 40U);
  // Those that wait are served as others end.
  for (int i = 0; i < 40; ++i) callers[static_cast<std::size_t>(i)]->reset();
  ASSERT_TRUE(between.loop.run_until([&] { return between.targets.size() == 60; }));
  for (int i = 40; i < 60; ++i) {
    callers[static_cast<std::size_t>(i)]->send(Bytes(1000, static_cast<std::uint8_t>(i)));
  }
  ASSERT_TRUE(between.loop.run_until([&] {
    std::size_t whole = 0;
    for (const auto& one : between.targets) whole += one->received.size() == 1000 ? 1 : 0;
    return whole == 20;
  }));
}

TEST(Proxy, Stopping_cuts_what_is_open_and_blames_nobody) {
  Between between;
  const auto caller = between.call();
  caller->read();
  caller->send(pdu::encode(pdu::AAssociateRq{}));
  ASSERT_TRUE(between.loop.run_until([&] { return !between.targets[0]->received.empty(); }));
  const auto before = between.notes.traces.size();
  between.proxy->stop();
  ASSERT_EQ(between.notes.traces.size(), before + 1);
  EXPECT_TRUE(between.notes.over.back().cut_off);
  for (const auto& finding : between.notes.traces.back().findings) EXPECT_NE(finding.side, Side::acceptor);
  ASSERT_TRUE(between.loop.run_until([&] { return caller->ended.has_value() && between.targets[0]->ended; }));
}

TEST(Proxy, Judges_both_sides_of_a_conversation_between_two_devices) {
  Loop loop;
  const auto device = EmbeddedDevice::start(loop, {});
  ASSERT_TRUE(device);
  Notes notes;
  ProxyOptions options;
  options.address = options.target_host = "127.0.0.1";
  options.target_port = (*device)->port();
  options.rules = conformance::standard_rules();
  options.listener = &notes;
  const auto proxy = Proxy::start(loop, options);
  ASSERT_TRUE(proxy);
  const auto result = echo(loop, to_port((*proxy)->port()), 5);
  EXPECT_EQ(name(result.failure), "none") << result.message;
  ASSERT_TRUE(loop.run_until([&] { return notes.over.size() == 1; }));
  EXPECT_TRUE(notes.traces[0].findings.empty());
  EXPECT_TRUE(notes.traces[0].negotiated.established());

  // A caller that answers nothing it was asked: the device is not to be blamed for it.
  const auto caller = Socket::connect(loop, (*proxy)->port());
  caller->read();
  caller->send(pdu::encode(pdu::AReleaseRq{}));
  ASSERT_TRUE(loop.run_until([&] { return !caller->received.empty(); }));
  caller->fin();
  ASSERT_TRUE(loop.run_until([&] { return notes.over.size() == 2; }));
  EXPECT_FALSE(notes.traces[1].findings.empty());
  for (const auto& finding : notes.traces[1].findings) EXPECT_EQ(finding.side, Side::requestor) << finding.rule;
}

TEST(Proxy, Tls_on_both_sides_is_passed_unread_and_on_one_side_only_is_found) {
  const Bytes hello{0x16, 0x03, 0x01, 0x00, 0x04, 1, 2, 3, 4};
  for (const bool understood : {true, false}) {
    Between between;
    const auto caller = between.call();
    caller->read();
    caller->send(hello);
    ASSERT_TRUE(between.loop.run_until([&] { return between.targets[0]->received.size() == hello.size(); }));
    between.targets[0]->send(understood ? hello : pdu::encode(pdu::AAbort{2, 1}));
    ASSERT_TRUE(between.loop.run_until([&] { return !caller->received.empty(); }));
    between.targets[0]->fin();
    caller->fin();
    ASSERT_TRUE(between.loop.run_until([&] { return !between.notes.over.empty(); }));
    EXPECT_EQ(between.notes.over[0].encrypted, understood);
    EXPECT_EQ(between.notes.traces[0].findings.empty(), understood);
    for (const auto& finding : between.notes.traces[0].findings) {
      EXPECT_EQ(finding.side, Side::requestor);
      EXPECT_THAT(finding.found, HasSubstr("TLS"));
    }
  }
}

}  // namespace
}  // namespace assay::peers::test
