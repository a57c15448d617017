// TLS between requestor and acceptor over real sockets: what is agreed on, everything that can go wrong with its words,
// and peers that are no TLS peers at all.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/tls_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;
using Change = std::function<void(TlsOptions&)>;

struct Outcome {
  RequestorResult result;
  std::vector<std::string> log;  // of the device
};

Outcome echo_over_tls(const TlsOptions& client, const TlsOptions& server, const std::string& host = "127.0.0.1") {
  Loop loop;
  Outcome out;
  EmbeddedDeviceOptions device_options;
  device_options.tls = tls_context(TlsRole::server, server);
  device_options.log = [&](const std::string& line) { out.log.push_back(line); };
  auto device = EmbeddedDevice::start(loop, std::move(device_options));
  EXPECT_TRUE(device);
  RequestorOptions options;
  options.host = host;
  options.port = (*device)->port();
  options.dul_timeout = options.connect_timeout = patient;
  options.tls = tls_context(TlsRole::client, client);
  options.rules = std::make_shared<trace::RuleBook>();
  out.result = echo(loop, options);
  // What the device says of it may come a moment later.
  EXPECT_TRUE(loop.run_until([&] { return (*device)->acceptor().open_connections() == 0; }));
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

TEST(Tls, Client_and_server_agree_on_version_1_3_and_the_trace_says_so) {
  const auto out = echo_over_tls(tls_options(), tls_options());
  EXPECT_EQ(out.result.message, "");
  ASSERT_TRUE(out.result.tls);
  const auto& tls = *out.result.tls;
  EXPECT_EQ(tls.version, "1.3");
  EXPECT_EQ(tls.suite, "TLS_AES_256_GCM_SHA384");
  EXPECT_FALSE(tls.group.empty());
  EXPECT_EQ(trace::name(tls.chain), "trusted");
  EXPECT_TRUE(tls.client_certificate) << "mutual authentication";
  EXPECT_EQ(tls.server_name, "") << "an address is no server name (RFC 6066 3)";
  ASSERT_TRUE(tls.certificate);
  EXPECT_THAT(tls.certificate->names, HasSubstr("127.0.0.1"));
  ASSERT_TRUE(out.result.trace);
  ASSERT_TRUE(out.result.trace->tls);
  EXPECT_THAT(trace::to_text(*out.result.trace), HasSubstr("TLS 1.3 TLS_AES_256_GCM_SHA384"));
  EXPECT_THAT(joined(out.log), HasSubstr("client certificate sent"));
}

TEST(Tls, A_name_is_sent_as_server_name_and_seen_by_the_server) {
  const auto out = echo_over_tls(tls_options(), tls_options(), "localhost");
  EXPECT_EQ(out.result.message, "");
  ASSERT_TRUE(out.result.tls);
  EXPECT_EQ(out.result.tls->server_name, "localhost");
  EXPECT_THAT(joined(out.log), HasSubstr("server name localhost"));
}

TEST(Tls, Every_profile_that_is_not_retired_agrees_with_itself_in_its_versions) {
  for (const auto& profile : tls_profiles()) {
    if (profile.retired) continue;
    for (const auto* version : {"1.2", "1.3"}) {
      auto options = tls_options();
      options.profile = profile.name;
      auto client = options;
      client.maximum = client.minimum = version;
      const auto out = echo_over_tls(client, options);
      EXPECT_EQ(out.result.message, "") << profile.name << " " << version;
      ASSERT_TRUE(out.result.tls);
      EXPECT_EQ(out.result.tls->version, version) << profile.name;
      EXPECT_TRUE(out.result.tls->extended_master_secret);
      EXPECT_TRUE(out.result.tls->secure_renegotiation);
    }
  }
}

struct Wrong {
  std::string name;
  Change client;
  Change server;
  std::string client_says;
  std::string device_says;
};

TlsOptions with_certificate(TlsOptions options, CertificateKind kind) {
  const auto other = tls_options(kind);
  options.certificate = other.certificate;
  options.key = other.key;
  return options;
}

Change certificate(CertificateKind kind) {
  return [kind](TlsOptions& options) { options = with_certificate(options, kind); };
}

class TlsRefused : public testing::TestWithParam<Wrong> {};

TEST_P(TlsRefused, Is_told_on_both_sides_with_advice) {
  const auto& wrong = GetParam();
  auto client = tls_options();
  auto server = tls_options();
  if (wrong.client) wrong.client(client);
  if (wrong.server) wrong.server(server);
  const auto out = echo_over_tls(client, server);
  EXPECT_EQ(name(out.result.failure), "tls") << out.result.message;
  EXPECT_THAT(out.result.message, HasSubstr(wrong.client_says));
  EXPECT_THAT(joined(out.log), HasSubstr(wrong.device_says));
  ASSERT_TRUE(out.result.tls);
  EXPECT_FALSE(out.result.tls->advice.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, TlsRefused,
    testing::Values(
        Wrong{"expired", {}, certificate(CertificateKind::expired), "has expired", "alert certificate_expired"},
        Wrong{
            "not_yet_valid", {}, certificate(CertificateKind::not_yet_valid), "not valid yet", "alert bad_certificate"},
        Wrong{"self_signed", {}, certificate(CertificateKind::self_signed), "signed by itself", "alert unknown_ca"},
        Wrong{"unknown_issuer",
              {},
              certificate(CertificateKind::unknown_issuer),
              "an authority we do not trust",
              "alert unknown_ca"},
        Wrong{"wrong_host",
              {},
              certificate(CertificateKind::wrong_host),
              "is not for \"127.0.0.1\" (O=Assay tests, CN=wrong.host.invalid, for DNS:wrong.host.invalid",
              "alert"},
        Wrong{"client_certificate_missing_1_3",
              [](TlsOptions& o) { o.certificate = o.key = {}; },
              {},
              "give --tls-cert and --tls-key",
              "sent no certificate"},
        Wrong{"client_certificate_missing_1_2",
              [](TlsOptions& o) {
                o.certificate = o.key = {};
                o.maximum = "1.2";
              },
              {},
              "give --tls-cert and --tls-key",
              "sent no certificate"},
        Wrong{"client_certificate_expired",
              certificate(CertificateKind::expired),
              {},
              "alert certificate_expired",
              "has expired"},
        Wrong{"client_certificate_of_unknown_issuer",
              certificate(CertificateKind::unknown_issuer),
              {},
              "enter that authority on the peer",
              "an authority we do not trust"},
        Wrong{"withdrawn_version_1_0",
              [](TlsOptions& o) {
                o.minimum = o.maximum = "1.0";
                o.suites = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA";
              },
              {},
              "no TLS version in common",
              "TLS 1.0 and 1.1 are withdrawn"},
        Wrong{"withdrawn_version_1_1",
              [](TlsOptions& o) {
                o.minimum = o.maximum = "1.1";
                o.suites = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA";
              },
              {},
              "no TLS version in common",
              "TLS 1.0 and 1.1 are withdrawn"},
        Wrong{"weak_suites_only",
              [](TlsOptions& o) {
                o.maximum = "1.2";
                o.suites = "TLS_RSA_WITH_NULL_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA";
              },
              {},
              "alert handshake_failure",
              "offers no cipher suite that we take"}),
    [](const auto& instance) { return instance.param.name; });

TEST(Tls, Without_verification_a_bad_certificate_is_taken_and_still_called_bad) {
  for (const auto& [kind, verdict] : {std::pair{CertificateKind::expired, "expired"},
                                      {CertificateKind::self_signed, "self-signed"},
                                      {CertificateKind::unknown_issuer, "unknown-issuer"},
                                      {CertificateKind::wrong_host, "wrong-host"}}) {
    auto client = tls_options();
    client.verify = false;
    auto server = tls_options(kind);
    const auto out = echo_over_tls(client, server);
    EXPECT_EQ(out.result.message, "");
    ASSERT_TRUE(out.result.tls);
    EXPECT_EQ(trace::name(out.result.tls->chain), verdict);
  }
}

// --- peers of another kind ----------------------------------------------------------------------------------------

TEST(Tls, A_plain_device_is_recognized_by_a_client_that_speaks_tls) {
  Loop loop;
  auto device = EmbeddedDevice::start(loop, {});
  ASSERT_TRUE(device);
  RequestorOptions options;
  options.host = "127.0.0.1";
  options.port = (*device)->port();
  options.tls = tls_context(TlsRole::client, tls_options());
  const auto result = echo(loop, options);
  EXPECT_EQ(name(result.failure), "tls");
  EXPECT_THAT(result.message, HasSubstr("speaks DICOM without TLS here: use the peer's TLS port (often 2762)"));
}

TEST(Tls, A_device_with_tls_is_recognized_by_a_plain_client_and_says_itself_what_came) {
  Loop loop;
  std::vector<std::string> log;
  EmbeddedDeviceOptions device_options;
  device_options.tls = tls_context(TlsRole::server, tls_options());
  device_options.log = [&](const std::string& line) { log.push_back(line); };
  auto device = EmbeddedDevice::start(loop, std::move(device_options));
  ASSERT_TRUE(device);
  RequestorOptions options;
  options.host = "127.0.0.1";
  options.port = (*device)->port();
  const auto result = echo(loop, options);
  // OpenSSL closes on what is no TLS at all without an alert.
  EXPECT_THAT(result.message, HasSubstr("may expect TLS"));
  EXPECT_THAT(joined(log), HasSubstr("speaks DICOM without TLS here: turn TLS on in the peer"));
}

/// What a client meets that finds no TLS server; each must end soon, with a message of its own.
TEST(Tls, Listeners_that_are_no_tls_server_neither_hang_nor_crash_the_client) {
  struct Bad {
    std::string says;
    Bytes answer;
    bool close;
  };
  const std::vector<Bad> all{
      {"speaks HTTP", to_bytes(as_bytes("HTTP/1.0 400 Bad Request\r\n\r\n")), true},
      {"speaks SSH", to_bytes(as_bytes("SSH-2.0-x\r\n")), true},
      {"closed the connection in the middle of the TLS handshake", {}, true},
      {"did not finish the TLS handshake in time", {}, false},
      {"did not finish the TLS handshake in time", {0x16, 0x03, 0x03, 0x40, 0x00, 0x02}, false},
      {"closed the connection in the middle", {0x16, 0x03, 0x03, 0x40, 0x00, 0x02}, true},
      {"alert protocol_version", {0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 70}, false},
      {"speaks no TLS here", Bytes(5000, 0x16), false},
      {"speaks no TLS here", Bytes(5000, 0xff), false},
  };
  for (const auto& bad : all) {
    Loop loop;
    BadListener listener(loop, [&](std::shared_ptr<tcp::socket> socket) {
      auto buffer = std::make_shared<std::array<char, 65536>>();
      auto& used = *socket;
      auto& into = *buffer;
      used.async_read_some(asio::buffer(into), [=, &bad](const error_code&, std::size_t) {
        error_code ignored;
        (void)socket->send(asio::buffer(bad.answer), 0, ignored);
        if (!bad.close) hold(socket, buffer);
      });
    });
    RequestorOptions options;
    options.host = "127.0.0.1";
    options.port = listener.port();
    auto tls = tls_options();
    tls.handshake_limit = bad.says.ends_with("in time") ? Duration(soon) : Duration(patient);
    options.tls = tls_context(TlsRole::client, tls);
    const auto result = echo(loop, options);
    EXPECT_EQ(name(result.failure), "tls");
    EXPECT_THAT(result.message, HasSubstr(bad.says));
  }
}

/// A connection that sends some bytes and reads until the device closes.
struct Knock : std::enable_shared_from_this<Knock> {
  explicit Knock(Loop& loop) : socket(loop.impl().context) {}

  void start(std::uint16_t port, Bytes to_send, bool close_after) {
    bytes = std::move(to_send);
    socket.async_connect({asio::ip::address_v4::loopback(), port},
                         [self = shared_from_this(), close_after](const error_code& error) {
                           self->over = bool(error);
                           if (error) return;
                           error_code ignored;
                           if (!self->bytes.empty()) (void)self->socket.send(asio::buffer(self->bytes), 0, ignored);
                           if (close_after) self->socket.shutdown(tcp::socket::shutdown_send, ignored);
                           self->read();
                         });
  }
  void read() {
    socket.async_read_some(asio::buffer(buffer), [self = shared_from_this()](const error_code& error, std::size_t) {
      self->over = bool(error);
      if (!error) self->read();
    });
  }

  tcp::socket socket;
  Bytes bytes;
  std::array<char, 4096> buffer{};
  bool over = false;
};

TEST(Tls, Hostile_handshakes_neither_hang_nor_crash_the_device_and_it_still_serves) {
  Loop loop;
  EmbeddedDeviceOptions device_options;
  auto server = tls_options();
  server.handshake_limit = std::chrono::seconds(2);  // all wait at the same time
  device_options.tls = tls_context(TlsRole::server, server);
  auto device = EmbeddedDevice::start(loop, std::move(device_options));
  ASSERT_TRUE(device);
  Bytes huge(20000, 0);
  const Bytes head{0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0xff, 0xff, 0xff};
  std::ranges::copy(head, huge.begin());
  Bytes noise(40000);
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<std::uint8_t>((i * 2654435761U) >> 13);
  const std::vector<Bytes> all{
      {},                                    // nothing at all
      {0x16},                                // one byte
      {0x16, 0x03, 0x01, 0x02, 0x00, 0x01},  // a ClientHello cut short
      {0x16, 0x03, 0x01, 0x00, 0x00},        // an empty record
      {0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28},
      {0x14, 0x03, 0x03, 0x00, 0x01, 0x01},
      {0x17, 0x03, 0x03, 0x00, 0x05, 1, 2, 3, 4, 5},
      {0x80, 0x2e, 0x01, 0x00, 0x02, 0x00, 0x15, 0x00, 0x00, 0x00, 0x10},  // SSL 2
      {0x16, 0x03, 0x01, 0xff, 0xff, 0x01},
      huge,
      noise,
      to_bytes(as_bytes("GET / HTTP/1.0\r\n\r\n")),
  };
  std::vector<std::shared_ptr<Knock>> knocks;
  for (const auto& bytes : all) {
    for (const bool close_after : {false, true}) {
      knocks.push_back(std::make_shared<Knock>(loop));
      knocks.back()->start((*device)->port(), bytes, close_after);
    }
  }
  EXPECT_TRUE(loop.run_until([&] { return std::ranges::all_of(knocks, &Knock::over); }));
  RequestorOptions options;
  options.host = "127.0.0.1";
  options.port = (*device)->port();
  options.tls = tls_context(TlsRole::client, tls_options());
  EXPECT_EQ(echo(loop, options).message, "");
  EXPECT_TRUE(loop.run_until([&] { return (*device)->acceptor().open_connections() == 0; }));
}

TEST(Tls, A_large_object_goes_through_whole) {
  Loop loop;
  EmbeddedDeviceOptions device_options;
  device_options.with_patients = false;
  device_options.tls = tls_context(TlsRole::server, tls_options());
  auto device = EmbeddedDevice::start(loop, std::move(device_options));
  ASSERT_TRUE(device);
  dataset::DataSet set(dataset::explicit_le);
  set.set_text(tags::SOPClassUID, std::string(uids::SecondaryCaptureImageStorage));
  set.set_text(tags::SOPInstanceUID, "1.2.826.0.1.3680043.10.999.77.1");
  set.set_text(tags::StudyInstanceUID, "1.2.826.0.1.3680043.10.999.77");
  set.set_text(tags::SeriesInstanceUID, "1.2.826.0.1.3680043.10.999.77.0");
  set.set_text(tags::PatientID, "TLS");
  set.set_bytes(tags::PixelData, Vr::OB, Bytes(20U << 20, 0x5a));
  auto instance = service::make_instance(set, uids::ExplicitVRLittleEndian);
  ASSERT_TRUE(instance);
  RequestorOptions options;
  options.host = "127.0.0.1";
  options.port = (*device)->port();
  options.dul_timeout = options.dimse_timeout = patient;
  options.tls = tls_context(TlsRole::client, tls_options());
  std::vector<service::Instance> instances;
  instances.push_back(std::move(*instance));
  const auto result = store(loop, options, instances);
  EXPECT_EQ(result.message, "");
  EXPECT_EQ(result.statuses, std::vector<std::uint16_t>{0});
  EXPECT_EQ((*device)->store().count(), 1U);
}

// --- files --------------------------------------------------------------------------------------------------------

class TlsFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("assay-tls-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  std::filesystem::path folder_;
};

TEST_F(TlsFiles, Each_mistake_names_the_file_and_what_to_do) {
  const auto one = tls_options();
  const auto& cert = one.certificate.text;
  const auto other = TestAuthority::make("Other");
  ASSERT_TRUE(other);
  const auto good = file("good.pem", cert);
  const auto key = file("good.key", one.key.text);
  const auto foreign = file("foreign.key", other->key());
  const auto text = file("text.pem", "hello");
  const auto empty = file("empty.pem", "-----BEGIN NOTHING-----\n-----END NOTHING-----\n");
  auto cut = cert;
  cut.resize(cut.size() / 2);
  const auto damaged = file("damaged.pem", cut + "\n-----END CERTIFICATE-----\n");
  struct Mistake {
    std::string certificate;
    std::string key;
    std::string ca;
    std::string says;
  };
  const auto missing = (folder_ / "missing.pem").string();
  const std::vector<Mistake> all{
      {missing, key, "", "missing.pem cannot be read: No such file"},
      {good, missing, "", "missing.pem cannot be read"},
      {good, key, missing, "missing.pem cannot be read"},
      {text, key, "", "text.pem is no PEM file"},
      {empty, key, "", "empty.pem holds no certificate"},
      {damaged, key, "", "damaged.pem holds a damaged certificate"},
      {good, good, "", "good.pem holds no private key"},
      {good, foreign, "", "foreign.key does not belong to the certificate in"},
      {good, key, empty, "empty.pem holds no certificate"},
      {good, key, folder_.string(), "cannot be read: Is a directory"},
      {"", "", "", "a TLS server needs a certificate"},
      {"", key, "", "a TLS server needs a certificate"},
  };
  for (const auto& mistake : all) {
    TlsOptions options;
    options.certificate.file = mistake.certificate;
    options.key.file = mistake.key;
    options.ca.file = mistake.ca;
    const auto made = TlsContext::make(TlsRole::server, options);
    ASSERT_FALSE(made) << mistake.says;
    EXPECT_THAT(made.error(), HasSubstr(mistake.says));
  }
  TlsOptions right;
  right.certificate.file = good;
  right.key.file = key;
  right.ca.file = file("ca.pem", authority().certificate());
  EXPECT_TRUE(TlsContext::make(TlsRole::server, right));
  right.profile = "no-such";
  EXPECT_THAT(TlsContext::make(TlsRole::server, right).error(), HasSubstr("there are: bcp195-rfc8996"));
  right.profile = default_tls_profile;
  right.suites = "TLS_MADE_UP";
  EXPECT_THAT(TlsContext::make(TlsRole::server, right).error(), HasSubstr("no cipher suite \"TLS_MADE_UP\""));
}

}  // namespace
}  // namespace assay::peers::test
