// Storage Commitment: the SCP behind a provider, whole conversations without a socket, and what the SCU makes of it.
#include "harness/service/commitment.hpp"

#include <gtest/gtest.h>

#include "harness/service/provider.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"
#include "harness/service/user.hpp"

namespace assay::service {
namespace {

constexpr std::uint8_t commit_id = 1;
constexpr std::uint8_t echo_id = 3;

session::AcceptedContext context(bool requestor_is_scp = false) {
  return {commit_id, std::string(uids::StorageCommitmentPushModel), std::string(uids::ImplicitVRLittleEndian),
          !requestor_is_scp, requestor_is_scp};
}

struct Bench {
  MemoryStore store;
  std::vector<InstanceReference> stored;
  std::vector<ReportJob> sent;
  std::vector<std::function<void()>> later;
  std::vector<std::string> log;
  std::size_t woken = 0;
  bool destination_known = true;
  CommitmentOptions options;
  std::shared_ptr<CommitmentService> service;

  Bench() {
    fill_with_synthetic(store);
    for (const auto& one : store.all()) stored.push_back({one->sop_class_uid, one->sop_instance_uid});
    options.send = [this](ReportJob job) {
      if (destination_known) sent.push_back(std::move(job));
      return destination_known;
    };
    options.later = [this](Duration, std::function<void()> work) { later.push_back(std::move(work)); };
    options.log = [this](std::string line) { log.push_back(std::move(line)); };
  }
  Provider provider() {
    if (!service) service = std::make_shared<CommitmentService>(store, options);
    AssociationView view;
    view.contexts = {
        {commit_id, context()},
        {echo_id, {echo_id, std::string(uids::Verification), std::string(uids::ImplicitVRLittleEndian), true, false}}};
    view.calling_ae_title = "MODALITY";
    view.wake = [this] { ++woken; };
    Services services{service};
    for (auto& one : archive_services(store)) services.push_back(one);
    return {std::move(view), std::move(services)};
  }
};

dimse::Message request(const CommitmentRequest& wanted, std::uint16_t id = 5,
                       std::string_view instance = uids::StorageCommitmentPushModelInstance, std::uint16_t type = 1) {
  const auto information = action_information(wanted);
  return NormalizedUser(context(), dimse::CommandField::n_action_rq)
      .request(id, {{}, std::string(instance), type}, &information);
}

dimse::Message echo(std::uint16_t id) {
  dimse::Message out;
  out.context_id = echo_id;
  out.command = dimse::c_echo_rq(id);
  return out;
}

dimse::Message next(Provider& provider) {
  EXPECT_TRUE(provider.ready());
  auto message = provider.next_message();
  EXPECT_TRUE(message);
  if (!message) return {};
  EXPECT_TRUE(dimse::decode_command(encode(message->command)).problems.empty());
  return std::move(*message);
}

std::pair<std::uint16_t, CommitmentReport> report_in(const dimse::Message& message) {
  EXPECT_EQ(message.command.name(), "N-EVENT-REPORT-RQ");
  EXPECT_EQ(message.command.sop_instance_uid(), uids::StorageCommitmentPushModelInstance);
  auto report = read_commitment_report(message, uids::ImplicitVRLittleEndian, 1000);
  EXPECT_TRUE(report) << (report ? "" : report.error().comment);
  return {message.command.elements().u16(tags::EventTypeID).value_or(0), report ? *report : CommitmentReport{}};
}

void respond(Provider& provider, const dimse::Message& to, std::uint16_t status = 0) {
  dimse::Message answer;
  answer.context_id = to.context_id;
  answer.command = dimse::response_to(to.command, status);
  provider.receive(std::move(answer));
}

TEST(Commitment, Commits_on_the_same_association_to_all_that_is_stored) {
  Bench bench;
  auto provider = bench.provider();
  const CommitmentRequest wanted{"1.2.3", {bench.stored[0], bench.stored[1]}};
  provider.receive(request(wanted));
  const auto response = next(provider);
  EXPECT_EQ(response.command.name(), "N-ACTION-RSP");
  EXPECT_EQ(response.command.status(), 0x0000);
  const auto event = next(provider);
  const auto [type, report] = report_in(event);
  EXPECT_EQ(type, 1);
  EXPECT_EQ(report.committed, wanted.instances);
  EXPECT_TRUE(contradictions(wanted, report, type).empty());
  EXPECT_FALSE(provider.ready()) << "it waits for the answer";
  respond(provider, event);
  EXPECT_FALSE(provider.next_message());
  EXPECT_TRUE(provider.idle());
  EXPECT_TRUE(bench.sent.empty());
  EXPECT_TRUE(bench.log.empty());
}

TEST(Commitment, Names_what_is_missing_and_what_is_of_another_class) {
  Bench bench;
  auto provider = bench.provider();
  auto other = bench.stored[1];
  other.sop_class_uid = uids::SecondaryCaptureImageStorage;
  ASSERT_NE(bench.stored[1].sop_class_uid, other.sop_class_uid);
  const CommitmentRequest wanted{"1.2.3", {bench.stored[0], other, {std::string(uids::CTImageStorage), "1.2.99"}}};
  provider.receive(request(wanted));
  (void)next(provider);
  const auto [type, report] = report_in(next(provider));
  EXPECT_EQ(type, 2);
  EXPECT_EQ(report.committed, std::vector{bench.stored[0]});
  ASSERT_EQ(report.failed.size(), 2U);
  EXPECT_EQ(report.failed[0].reason, 0x0119);
  EXPECT_EQ(report.failed[1].reason, 0x0112);
  EXPECT_TRUE(contradictions(wanted, report, type).empty());
}

TEST(Commitment, Judges_the_store_as_it_is_when_it_reports) {
  Bench bench;
  bench.options.delay = std::chrono::seconds(5);
  auto provider = bench.provider();
  provider.receive(request({"1.2.3", {bench.stored[0]}}));
  EXPECT_EQ(next(provider).command.status(), 0x0000);
  EXPECT_FALSE(provider.ready());
  ASSERT_EQ(bench.later.size(), 1U);
  provider.receive(echo(6));
  EXPECT_EQ(next(provider).command.name(), "C-ECHO-RSP") << "a report that is not due holds nothing up";
  ASSERT_TRUE(bench.store.erase(bench.stored[0].sop_instance_uid));
  bench.later[0]();
  EXPECT_EQ(bench.woken, 1U);
  EXPECT_EQ(report_in(next(provider)).first, 2) << "purged meanwhile";
}

TEST(Commitment, Many_reports_that_are_not_due_take_no_place_of_other_requests) {
  Bench bench;
  bench.options.delay = std::chrono::seconds(5);
  auto provider = bench.provider();
  for (std::uint16_t id = 1; id <= 300; ++id) {
    provider.receive(request({"1.2.3." + std::to_string(id), {bench.stored[0]}}, 7));
    ASSERT_EQ(next(provider).command.status(), 0x0000) << id;
  }
  provider.receive(echo(8));
  EXPECT_EQ(next(provider).command.status(), 0x0000);
  EXPECT_TRUE(provider.idle());
  for (const auto& work : bench.later) work();
  std::size_t reports = 0;
  while (provider.ready()) {
    const auto event = provider.next_message();
    if (!event) continue;
    ++reports;
    EXPECT_FALSE(provider.ready()) << "no window was negotiated: one at a time";
    respond(provider, *event);
  }
  EXPECT_EQ(reports, 300U);
}

TEST(Commitment, The_report_goes_elsewhere_when_the_association_ended_first) {
  Bench bench;
  bench.options.delay = std::chrono::seconds(5);
  {
    auto provider = bench.provider();
    provider.receive(request({"1.2.3", {bench.stored[0]}}));
    (void)next(provider);
  }
  EXPECT_TRUE(bench.sent.empty()) << "not before it is due";
  bench.later[0]();
  ASSERT_EQ(bench.sent.size(), 1U);
  EXPECT_EQ(bench.sent[0].destination, "MODALITY");
  EXPECT_EQ(bench.sent[0].report.event_type(), 1);
  bench.sent[0].done(false);
  ASSERT_EQ(bench.log.size(), 1U);
  EXPECT_NE(bench.log[0].find("given up"), std::string::npos);
}

TEST(Commitment, A_report_that_was_not_answered_is_sent_elsewhere) {
  Bench bench;
  {
    auto provider = bench.provider();
    provider.receive(request({"1.2.3", {bench.stored[0]}}));
    (void)next(provider);
    (void)next(provider);
  }
  ASSERT_EQ(bench.sent.size(), 1U);
  bench.sent[0].done(true);
  EXPECT_TRUE(bench.log.empty());
}

TEST(Commitment, Always_on_a_new_association_when_so_configured_and_lost_when_nobody_is_known) {
  Bench bench;
  bench.options.way = ReportWay::new_association;
  auto provider = bench.provider();
  provider.receive(request({"1.2.3", {bench.stored[0]}}));
  EXPECT_EQ(next(provider).command.status(), 0x0000);
  EXPECT_FALSE(provider.next_message());
  EXPECT_EQ(bench.sent.size(), 1U);
  bench.destination_known = false;
  provider.receive(request({"1.2.4", {bench.stored[0]}}, 6));
  (void)next(provider);
  EXPECT_FALSE(provider.next_message());
  ASSERT_EQ(bench.log.size(), 1U);
  EXPECT_NE(bench.log[0].find("lost"), std::string::npos);
}

TEST(Commitment, Never_reports_when_so_configured) {
  Bench bench;
  bench.options.way = ReportWay::never;
  auto provider = bench.provider();
  provider.receive(request({"1.2.3", {bench.stored[0]}}));
  EXPECT_EQ(next(provider).command.status(), 0x0000);
  while (!provider.idle()) EXPECT_FALSE(provider.next_message());
  EXPECT_TRUE(bench.sent.empty());
}

TEST(Commitment, A_transaction_uid_in_use_fails_every_instance_and_is_free_again_afterwards) {
  Bench bench;
  bench.options.way = ReportWay::new_association;
  auto provider = bench.provider();
  for (const std::uint16_t id : std::initializer_list<std::uint16_t>{5, 6}) {
    provider.receive(request({"1.2.3", {bench.stored[0]}}, id));
    (void)next(provider);
    (void)provider.next_message();
  }
  ASSERT_EQ(bench.sent.size(), 2U);
  EXPECT_EQ(bench.sent[0].report.event_type(), 1);
  ASSERT_EQ(bench.sent[1].report.failed.size(), 1U);
  EXPECT_EQ(bench.sent[1].report.failed[0].reason, 0x0131);
  bench.sent[0].done(true);
  bench.sent[1].done(true);
  provider.receive(request({"1.2.3", {bench.stored[0]}}, 7));
  (void)next(provider);
  (void)provider.next_message();
  EXPECT_EQ(bench.sent.at(2).report.event_type(), 1);
}

TEST(Commitment, Every_second_instance_can_be_made_to_fail_and_the_transaction_to_be_foreign) {
  Bench bench;
  bench.options.fail_every = 2;
  bench.options.foreign_transaction = true;
  auto provider = bench.provider();
  const CommitmentRequest wanted{"1.2.3", {bench.stored[0], bench.stored[1], bench.stored[2]}};
  provider.receive(request(wanted));
  (void)next(provider);
  const auto [type, report] = report_in(next(provider));
  EXPECT_EQ(report.committed.size(), 2U);
  ASSERT_EQ(report.failed.size(), 1U);
  EXPECT_EQ(report.failed[0].reason, 0x0110);
  EXPECT_EQ(contradictions(wanted, report, type).size(), 1U) << "the transaction";
}

TEST(Commitment, Wrong_requests_are_refused_with_the_status_that_names_the_fault) {
  Bench bench;
  bench.options.max_instances = 2;
  const auto status = [&](dimse::Message message) {
    auto provider = bench.provider();
    provider.receive(std::move(message));
    const auto response = next(provider);
    while (!provider.idle()) EXPECT_FALSE(provider.next_message()) << "no report of what was refused";
    return response.command.status().value_or(0xffff);
  };
  const CommitmentRequest good{"1.2.3", {bench.stored[0]}};
  EXPECT_EQ(status(request(good, 5, "1.2.840.10008.1.20.1.2")), 0x0112);
  EXPECT_EQ(status(request(good, 5, uids::StorageCommitmentPushModelInstance, 2)), 0x0123);
  EXPECT_EQ(status(request({"", good.instances})), 0x0115);
  EXPECT_EQ(status(request({"not.a.uid", good.instances})), 0x0115);
  EXPECT_EQ(status(request({"1.2.3", {}})), 0x0115);
  EXPECT_EQ(status(request({"1.2.3", {{"", "1.2.4"}}})), 0x0115);
  EXPECT_EQ(status(request({"1.2.3", {bench.stored[0], bench.stored[1], bench.stored[2]}})), 0x0213);
  auto broken = request(good);
  broken.data_set = {0x08, 0x00, 0x95, 0x11, 0xff, 0xff};
  broken.data_set_length = broken.data_set.size();
  EXPECT_EQ(status(broken), 0x0110);
  auto without = request(good);
  without.command.elements().set_u16(tags::CommandDataSetType, dimse::no_data_set);
  without.data_set.clear();
  without.data_set_length = 0;
  EXPECT_EQ(status(without), 0x0115);
  auto create = request(good);
  create.command.elements().set_u16(tags::CommandField, static_cast<std::uint16_t>(dimse::CommandField::n_delete_rq));
  EXPECT_EQ(status(create), 0x0211);
}

TEST(Commitment, An_instance_named_twice_is_answered_once) {
  Bench bench;
  auto provider = bench.provider();
  provider.receive(request({"1.2.3", {bench.stored[0], bench.stored[0]}}));
  (void)next(provider);
  EXPECT_EQ(report_in(next(provider)).second.committed.size(), 1U);
}

TEST(Commitment, No_more_transactions_are_open_than_allowed) {
  Bench bench;
  bench.options.max_transactions = 1;
  bench.options.delay = std::chrono::seconds(1);
  auto provider = bench.provider();
  provider.receive(request({"1.2.3", {bench.stored[0]}}));
  EXPECT_EQ(next(provider).command.status(), 0x0000);
  provider.receive(request({"1.2.4", {bench.stored[0]}}, 6));
  EXPECT_EQ(next(provider).command.status(), 0x0213);
}

TEST(Commitment, Nothing_happens_when_the_service_is_gone_before_the_report_is_due) {
  Bench bench;
  bench.options.delay = std::chrono::seconds(1);
  {
    auto provider = bench.provider();
    provider.receive(request({"1.2.3", {bench.stored[0]}}));
    (void)next(provider);
  }
  bench.service.reset();
  bench.later[0]();
  EXPECT_TRUE(bench.sent.empty());
}

TEST(Commitment, Contradictions_between_request_and_report_are_named) {
  const InstanceReference a{"1.2.840.10008.5.1.4.1.1.2", "1.1"};
  const InstanceReference b{"1.2.840.10008.5.1.4.1.1.2", "1.2"};
  const CommitmentRequest wanted{"1.2.3", {a, b}};
  const auto faults = [&](const CommitmentReport& report, std::uint16_t type) {
    return contradictions(wanted, report, type).size();
  };
  EXPECT_EQ(faults({"1.2.3", "", {a, b}, {}}, 1), 0U);
  EXPECT_EQ(faults({"1.2.3", "", {a}, {{b, 0x0112}}}, 2), 0U);
  EXPECT_EQ(faults({"1.2.3", "", {}, {{a, 0x0112}, {b, 0x0112}}}, 2), 0U);
  EXPECT_EQ(faults({"1.2.3", "", {a, b}, {}}, 2), 1U) << "failures announced, none there";
  EXPECT_EQ(faults({"1.2.3", "", {a}, {{b, 0x0112}}}, 1), 1U) << "success announced";
  EXPECT_EQ(faults({"1.2.3", "", {a}, {}}, 1), 1U) << "one left out";
  EXPECT_EQ(faults({"1.2.3", "", {a, b, a}, {}}, 1), 1U) << "one twice";
  EXPECT_EQ(faults({"1.2.3", "", {a, b}, {{a, 0x0112}}}, 2), 1U) << "in both lists";
  EXPECT_EQ(faults({"1.2.3", "", {a, b, {a.sop_class_uid, "1.3"}}, {}}, 1), 1U) << "nobody asked";
  EXPECT_EQ(faults({"1.2.3", "", {a, {"1.2.840.10008.5.1.4.1.1.4", "1.2"}}, {}}, 1), 1U) << "another class";
  EXPECT_EQ(faults({"1.2.4", "", {a, b}, {}}, 1), 1U) << "another transaction";
}

TEST(Commitment, Reports_are_taken_where_the_requestor_is_scp_and_wrong_ones_refused) {
  std::vector<std::pair<CommitmentReport, bool>> taken;
  const auto service = std::make_shared<CommitmentReportService>(
      [&](CommitmentReport report, std::uint16_t, bool as_scp) -> std::uint16_t {
        const bool ours = report.transaction_uid == "1.2.3";
        taken.emplace_back(std::move(report), as_scp);
        return ours ? 0x0000 : 0x0115;
      });
  const auto status = [&](const CommitmentReport& report, std::uint16_t type, std::string_view instance,
                          bool role = true) {
    AssociationView view;
    view.contexts = {{commit_id, context(role)}};
    Provider provider(std::move(view), {service});
    const auto information = event_information(report);
    provider.receive(NormalizedUser(context(), dimse::CommandField::n_event_report_rq)
                         .request(9, {{}, std::string(instance), type}, &information));
    return next(provider).command.status().value_or(0xffff);
  };
  const CommitmentReport good{"1.2.3", "ARCHIVE", {{std::string(uids::CTImageStorage), "1.1"}}, {}};
  EXPECT_EQ(status(good, 1, uids::StorageCommitmentPushModelInstance), 0x0000);
  EXPECT_EQ(status(good, 1, uids::StorageCommitmentPushModelInstance, false), 0x0000);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_TRUE(taken[0].second);
  EXPECT_FALSE(taken[1].second) << "no role was negotiated: told, not refused";
  EXPECT_EQ(taken[0].first.retrieve_ae_title, "ARCHIVE");
  EXPECT_EQ(status(good, 3, uids::StorageCommitmentPushModelInstance), 0x0113);
  EXPECT_EQ(status(good, 1, "1.2.3.4"), 0x0112);
  EXPECT_EQ(status({"", "", good.committed, {}}, 1, uids::StorageCommitmentPushModelInstance), 0x0115);
  EXPECT_EQ(taken.size(), 2U);
  EXPECT_EQ(status({"1.2.4", "", good.committed, {}}, 1, uids::StorageCommitmentPushModelInstance), 0x0115);
}

TEST(Commitment, Every_failure_reason_has_words_and_advice) {
  for (const std::uint16_t reason :
       std::initializer_list<std::uint16_t>{0x0110, 0x0112, 0x0119, 0x0122, 0x0131, 0x0213, 0x1234}) {
    EXPECT_FALSE(failure_reason_text(reason).empty());
    EXPECT_FALSE(failure_reason_advice(reason).empty());
  }
  EXPECT_EQ(failure_reason_text(0x0112), "0112H no such object instance");
}

}  // namespace
}  // namespace assay::service
