// The embedded device over real sockets: its three services, many associations at once, its limits and its end.
#include <gmock/gmock.h>

#include "harness/pdu/codec.hpp"
#include "harness/service/synthetic.hpp"
#include "peers/connection.hpp"
#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;

std::unique_ptr<EmbeddedDevice> device(Loop& loop, EmbeddedDeviceOptions options = {}) {
  auto started = EmbeddedDevice::start(loop, std::move(options));
  EXPECT_TRUE(started) << (started ? "" : started.error());
  return started ? std::move(*started) : nullptr;
}

dataset::DataSet study_query() {
  dataset::DataSet identifier(dataset::explicit_le);
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  identifier.set_empty(tags::PatientName);
  identifier.set_empty(tags::StudyInstanceUID);
  return identifier;
}

/// A bare connection that notes what came and how it ended.
struct Client {
  std::shared_ptr<Connection> connection;
  Bytes received;
  std::optional<trace::Closing> ended;

  Client(Loop& loop, std::uint16_t port) : connection(Connection::create(loop.impl())) {
    bool connected = false;
    connection->connect("127.0.0.1", port, patient, [&](error_code error, bool) { connected = !error; });
    EXPECT_TRUE(loop.run_until([&] { return connected; }));
    connection->start({[this](ByteView bytes) { append(received, bytes); },
                       [this](trace::Closing how, const std::string&) { ended = how; },
                       {}});
  }
  ~Client() { connection->reset(); }
};

TEST(EmbeddedDevice, Answers_echoes_and_is_left_by_release) {
  Loop loop;
  const auto one = device(loop);
  const auto result = echo(loop, to_port(one->port()), 25);
  EXPECT_EQ(name(result.failure), "none") << result.message;
  EXPECT_EQ(result.statuses, std::vector<std::uint16_t>(25, 0));
  EXPECT_EQ(result.message, "");
}

TEST(EmbeddedDevice, Keeps_what_is_stored_and_finds_it) {
  Loop loop;
  EmbeddedDeviceOptions options;
  options.with_patients = false;
  const auto one = device(loop, options);
  EXPECT_TRUE(find(loop, to_port(one->port()), study_query()).identifiers.empty());

  std::vector<service::Instance> instances;
  for (const auto& data_set : service::synthetic_instances())
    instances.push_back(*service::make_instance(data_set, uids::ExplicitVRLittleEndian));
  const auto stored = store(loop, to_port(one->port()), instances);
  EXPECT_EQ(name(stored.failure), "none") << stored.message;
  EXPECT_EQ(stored.statuses, std::vector<std::uint16_t>(instances.size(), 0));
  EXPECT_EQ(one->store().count(), instances.size());
  for (const auto& instance : instances) {
    const auto kept = one->store().find(instance.sop_instance_uid);
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(kept->data_set, instance.data_set) << "byte for byte";
  }

  const auto found = find(loop, to_port(one->port()), study_query());
  EXPECT_EQ(name(found.failure), "none") << found.message;
  EXPECT_EQ(found.identifiers.size(), 7U);
  for (const auto& identifier : found.identifiers) EXPECT_TRUE(identifier.has(tags::StudyInstanceUID));
}

TEST(EmbeddedDevice, A_large_instance_comes_through_whole) {
  Loop loop;
  const auto one = device(loop);
  auto data_set = service::synthetic_instances().front();
  Bytes pixels(20U << 20);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 2654435761U >> 13);
  data_set.set_bytes(tags::PixelData, Vr::OW, pixels);
  const auto instance = service::make_instance(data_set, uids::ExplicitVRLittleEndian);
  ASSERT_TRUE(instance);
  const auto stored = store(loop, to_port(one->port()), {*instance});
  EXPECT_EQ(name(stored.failure), "none") << stored.message;
  const auto kept = one->store().find(instance->sop_instance_uid);
  ASSERT_NE(kept, nullptr);
  EXPECT_TRUE(kept->data_set == instance->data_set);
}

TEST(EmbeddedDevice, A_query_it_cannot_read_is_a_failure_status_and_not_the_end) {
  Loop loop;
  const auto one = device(loop);
  auto query = study_query();
  query.set_text(tags::QueryRetrieveLevel, "PATIENT");  // not a level of Study Root
  const auto result = find(loop, to_port(one->port()), query);
  EXPECT_EQ(name(result.failure), "status");
  ASSERT_EQ(result.statuses.size(), 1U);
  EXPECT_EQ(result.statuses[0], 0xa900);
}

TEST(EmbeddedDevice, Serves_fifty_associations_at_once_on_one_loop) {
  Loop loop;
  const auto one = device(loop);
  int done = 0;
  std::size_t most = 0;
  for (int i = 0; i < 50; ++i)
    async_echo(loop, to_port(one->port()), 20, [&](RequestorResult result) {
      EXPECT_EQ(name(result.failure), "none") << result.message;
      EXPECT_EQ(result.statuses.size(), 20U);
      ++done;
    });
  EXPECT_TRUE(loop.run_until([&] {
    most = std::max(most, one->acceptor().open_associations());
    return done == 50;
  }));
  EXPECT_GT(most, 10U) << "they were open together";
  EXPECT_TRUE(loop.run_until([&] { return one->acceptor().open_connections() == 0; }));
}

TEST(EmbeddedDevice, Refuses_one_association_too_many_and_takes_the_next_when_one_ends) {
  Loop loop;
  EmbeddedDeviceOptions options;
  options.max_associations = 1;
  const auto one = device(loop, options);
  Client holder(loop, one->port());
  pdu::AAssociateRq rq;
  rq.called_ae_title = "X";
  rq.calling_ae_title = "Y";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::PresentationContextItemRq context;
  context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(uids::Verification)});
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
  rq.items.emplace_back(context);
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{0});
  rq.items.emplace_back(user);
  holder.connection->send(pdu::encode(rq));
  ASSERT_TRUE(loop.run_until([&] { return !holder.received.empty(); }));
  EXPECT_EQ(holder.received[0], 2);

  const auto refused = echo(loop, to_port(one->port()));
  EXPECT_EQ(name(refused.failure), "rejected");
  EXPECT_THAT(refused.message, HasSubstr("local-limit-exceeded"));

  holder.connection->reset();
  ASSERT_TRUE(loop.run_until([&] { return one->acceptor().open_connections() == 0; }));
  EXPECT_EQ(name(echo(loop, to_port(one->port())).failure), "none");
}

TEST(EmbeddedDevice, Knows_its_title_when_told_to_check_it) {
  Loop loop;
  EmbeddedDeviceOptions options;
  options.require_called_ae = true;
  options.ae_title = "RIGHT";
  const auto one = device(loop, options);
  auto wrong = to_port(one->port());
  wrong.called_ae = "WRONG";
  EXPECT_EQ(name(echo(loop, wrong).failure), "rejected");
  wrong.called_ae = "RIGHT";
  EXPECT_EQ(name(echo(loop, wrong).failure), "none");
}

TEST(EmbeddedDevice, Artim_closes_a_connection_on_which_nothing_is_said) {
  Loop loop;
  EmbeddedDeviceOptions options;
  options.artim = soon;
  const auto one = device(loop, options);
  const auto begin = loop.now();
  Client client(loop, one->port());
  ASSERT_TRUE(loop.run_until([&] { return client.ended.has_value(); }));
  EXPECT_GE(loop.now() - begin, Duration(soon) - std::chrono::milliseconds(20));
  EXPECT_EQ(client.ended, trace::Closing::fin);
  EXPECT_TRUE(client.received.empty());
}

TEST(EmbeddedDevice, A_silent_association_is_aborted) {
  Loop loop;
  EmbeddedDeviceOptions options;
  options.dimse_timeout = soon;
  const auto one = device(loop, options);
  Client client(loop, one->port());
  pdu::AAssociateRq rq;
  rq.calling_ae_title = "SLOW";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{0});
  rq.items.emplace_back(user);
  client.connection->send(pdu::encode(rq));
  const Bytes abort = pdu::encode(pdu::AAbort{0, 0});
  ASSERT_TRUE(loop.run_until([&] {
    return client.received.size() > abort.size() && std::equal(abort.begin(), abort.end(), client.received.end() - 10);
  }));
}

TEST(EmbeddedDevice, What_is_no_dicom_is_answered_with_an_abort) {
  Loop loop;
  EmbeddedDeviceOptions options;
  options.artim = soon;
  const auto one = device(loop, options);
  Client client(loop, one->port());
  client.connection->send(as_bytes("GET / HTTP/1.0\r\n\r\n"));
  ASSERT_TRUE(loop.run_until([&] { return client.ended.has_value(); }));
  EXPECT_EQ(client.received, pdu::encode(pdu::AAbort{0, 0}));  // AA-1, as Table 9-10 has it for Sta2
}

TEST(EmbeddedDevice, Bytes_one_by_one_with_pauses_are_understood) {
  Loop loop;
  const auto one = device(loop);
  Client client(loop, one->port());
  pdu::AAssociateRq rq;
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{0});
  rq.items.emplace_back(user);
  client.connection->send_in_pieces(pdu::encode(rq), {1, 7, 30}, std::chrono::milliseconds(1));
  ASSERT_TRUE(loop.run_until([&] { return !client.received.empty(); }));
  EXPECT_EQ(client.received[0], 2);
}

TEST(EmbeddedDevice, Stops_while_associations_are_open) {
  Loop loop;
  const auto one = device(loop);
  Client silent(loop, one->port());
  bool echoed = false;
  async_echo(loop, to_port(one->port()), 1'000'000, [&](RequestorResult result) {
    echoed = true;
    EXPECT_EQ(name(result.failure), "aborted") << result.message;
  });
  ASSERT_TRUE(loop.run_until([&] { return one->acceptor().open_associations() == 1; }));
  const auto port = one->port();
  one->stop(std::chrono::milliseconds(20));
  ASSERT_TRUE(loop.run_until([&] { return echoed && silent.ended; }));
  EXPECT_EQ(one->acceptor().open_connections(), 0U);
  EXPECT_EQ(name(echo(loop, to_port(port)).failure), "refused");
}

TEST(EmbeddedDevice, A_port_in_use_is_one_line_with_what_to_do) {
  Loop loop;
  const auto one = device(loop);
  EmbeddedDeviceOptions options;
  options.port = one->port();
  const auto second = EmbeddedDevice::start(loop, options);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("port " + std::to_string(one->port()) + " is in use"));
  options.address = "nowhere";
  EXPECT_FALSE(EmbeddedDevice::start(loop, options));
}

TEST(EmbeddedDevice, Acts_as_scu_on_demand) {
  Loop loop;
  EmbeddedDeviceOptions empty;
  empty.with_patients = false;
  const auto peer = device(loop, empty);
  const auto one = device(loop);
  for (const std::string action : {"echo", "store", "find", "dance"}) {
    SCOPED_TRACE(action);
    std::optional<bool> acted;
    std::string detail;
    one->act(action, "127.0.0.1", peer->port(), "PEER", "DEVICE", [&](bool did, std::string how) {
      acted = did;
      detail = std::move(how);
    });
    ASSERT_TRUE(loop.run_until([&] { return acted.has_value(); }));
    EXPECT_EQ(*acted, action != "dance") << detail;
    EXPECT_THAT(detail, HasSubstr(action));
  }
  EXPECT_EQ(peer->store().count(), 1U);
}

TEST(EmbeddedDevice, Every_observed_connection_gives_a_trace_without_findings) {
  Loop loop;
  std::vector<trace::Trace> traces;
  EmbeddedDeviceOptions options;
  options.rules = std::make_shared<trace::RuleBook>();
  options.on_trace = [&](const trace::Trace& trace) { traces.push_back(trace); };
  const auto one = device(loop, options);
  auto requestor = to_port(one->port());
  requestor.rules = options.rules;
  const auto result = echo(loop, requestor, 3);
  ASSERT_TRUE(loop.run_until([&] { return traces.size() == 1; }));
  ASSERT_TRUE(result.trace);
  EXPECT_EQ(result.trace->bytes_from_requestor, traces[0].bytes_from_requestor);
  EXPECT_EQ(result.trace->bytes_from_acceptor, traces[0].bytes_from_acceptor);
  EXPECT_THAT(result.trace->findings, testing::IsEmpty());
  EXPECT_THAT(traces[0].findings, testing::IsEmpty());
}

}  // namespace
}  // namespace assay::peers::test
