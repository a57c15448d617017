// The RIS over real sockets: our SCU functions ask it, a modality works with it, and what it has is edited meanwhile.
#include "peers/devices/ris.hpp"

#include <gmock/gmock.h>

#include "conformance/rules/standard_rules.hpp"
#include "harness/dataset/value_time.hpp"
#include "harness/service/mpps_user.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic_schedule.hpp"
#include "peers/devices/embedded_device.hpp"
#include "peers/devices/modality.hpp"
#include "peers/local_time.hpp"
#include "peers/uid.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;

std::unique_ptr<Ris> ris(Loop& loop, RisOptions options = {}) {
  if (options.schedule.empty()) options.schedule = service::synthetic_schedule("20260705");
  auto started = Ris::start(loop, std::move(options));
  EXPECT_TRUE(started) << (started ? "" : started.error());
  return started ? std::move(*started) : nullptr;
}

RequestorOptions judged(std::uint16_t port) {
  auto options = to_port(port);
  options.rules = conformance::standard_rules();
  return options;
}

void expect_no_findings(const RequestorResult& result) {
  ASSERT_TRUE(result.trace);
  for (const auto& finding : result.trace->findings)
    EXPECT_EQ(finding.severity, trace::Severity::note) << trace::to_line(finding);
}

service::StepStart start_now() { return {"PPS1", "CT1", "CT1", "", "20260705", "0900"}; }

TEST(Uid, Is_a_UUID_below_2_25) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto uid = new_uid();
    EXPECT_TRUE(uid.starts_with("2.25."));
    EXPECT_LE(uid.size(), 44U);
    EXPECT_NE(uid[5], '0');
    EXPECT_TRUE(seen.insert(uid).second);
  }
}

TEST(LocalTime, Is_a_date_and_a_time) {
  const auto now = local_time();
  EXPECT_TRUE(dataset::parse_date(now.date)) << now.date;
  EXPECT_TRUE(dataset::parse_time(now.time)) << now.time;
}

TEST(Ris, A_worklist_is_asked_narrowed_and_edited) {
  Loop loop;
  const auto device = ris(loop);
  const auto ask = [&](const std::vector<std::pair<Tag, std::string>>& keys) {
    auto result = worklist(loop, judged(device->port()), service::worklist_identifier(keys));
    EXPECT_EQ(name(result.failure), "none") << result.message;
    expect_no_findings(result);
    return result.identifiers;
  };
  EXPECT_EQ(ask({}).size(), 12U);
  const auto ct = ask({{tags::Modality, "CT"}, {tags::ScheduledStationAETitle, "CT1"}});
  ASSERT_EQ(ct.size(), 1U);
  EXPECT_EQ(ct[0].text(tags::PatientID), "ASY-0001");
  const auto item = device->worklist().find(ct[0].text(tags::StudyInstanceUID), "SPS001");
  ASSERT_TRUE(item);
  auto changed = *item;
  changed.set_text(tags::PatientID, "OTHER");
  EXPECT_TRUE(device->worklist().replace(item, changed));
  EXPECT_EQ(ask({{tags::ScheduledStationAETitle, "CT1"}})[0].text(tags::PatientID), "OTHER");
}

TEST(Ris, A_step_runs_through_its_states_and_the_worklist_follows) {
  Loop loop;
  RisOptions options;
  std::vector<std::string> lines;
  options.on_step = [&](const service::StepChange& c) { lines.emplace_back(service::name(c.after)); };
  const auto device = ris(loop, std::move(options));
  const auto item = *device->worklist().items()->front();
  const auto study = item.text(tags::StudyInstanceUID);
  const auto status = [&] {
    const auto now = device->worklist().find(study, "SPS001");
    return now ? std::string(
                     now->items(tags::ScheduledProcedureStepSequence)[0].text(tags::ScheduledProcedureStepStatus))
               : "gone";
  };
  MppsRequest request;
  request.create = service::start_of_step(item, start_now());
  auto result = mpps(loop, judged(device->port()), request);
  EXPECT_EQ(name(result.failure), "none") << result.message;
  expect_no_findings(result);
  ASSERT_EQ(result.sop_instances.size(), 1U);
  const auto first = result.sop_instances[0];
  EXPECT_EQ(status(), "STARTED");

  service::PerformedSeries series;
  series.uid = "2.25.8";
  series.protocol = "HEAD";
  MppsRequest end;
  end.sop_instance_uid = first;
  end.set = service::change_of_step(service::StepState::discontinued, "20260705", "0930", {series});
  result = mpps(loop, judged(device->port()), end);
  EXPECT_EQ(name(result.failure), "none") << result.message;
  EXPECT_EQ(status(), "SCHEDULED");
  result = mpps(loop, judged(device->port()), end);
  EXPECT_EQ(name(result.failure), "status");
  EXPECT_EQ(result.statuses, std::vector<std::uint16_t>{0x0110});
  expect_no_findings(result);

  // Creation and end over one association; the UID is the one the SCP chose.
  request.set = service::change_of_step(service::StepState::completed, "20260705", "0930", {series});
  result = mpps(loop, judged(device->port()), request);
  EXPECT_EQ(result.statuses, (std::vector<std::uint16_t>{0, 0})) << result.message;
  EXPECT_EQ(result.sop_instances[0], result.sop_instances[1]);
  EXPECT_NE(result.sop_instances[0], first);
  EXPECT_EQ(status(), "gone");
  EXPECT_EQ(lines, (std::vector<std::string>{"IN PROGRESS", "DISCONTINUED", "IN PROGRESS", "COMPLETED"}));

  device->reschedule(service::synthetic_schedule("20260705"));
  EXPECT_EQ(device->worklist().size(), 11U) << "what was performed stays performed";

  NormalizedCall get;
  get.sop_class_uid = uids::ModalityPerformedProcedureStepRetrieve;
  get.sop_instance_uid = first;
  result = normalized(loop, judged(device->port()), {get});
  ASSERT_EQ(result.identifiers.size(), 1U) << result.message;
  expect_no_findings(result);
  EXPECT_EQ(result.identifiers[0].text(tags::PerformedProcedureStepStatus), "DISCONTINUED");
}

TEST(Ris, Steps_known_from_before_are_there) {
  Loop loop;
  RisOptions options;
  options.schedule = service::synthetic_schedule("20260705");
  auto step = service::start_of_step(options.schedule.front(), start_now());
  options.steps.emplace_back("2.25.77", std::move(step));
  const auto device = ris(loop, std::move(options));
  MppsRequest again;
  again.sop_instance_uid = "2.25.77";
  again.create = *device->steps().find("2.25.77");
  EXPECT_EQ(mpps(loop, judged(device->port()), again).statuses, std::vector<std::uint16_t>{0x0111});
}

TEST(Ris, What_it_does_not_serve_is_said) {
  Loop loop;
  const auto device = ris(loop);
  const auto result = find(loop, to_port(device->port()), service::worklist_identifier({}));
  EXPECT_EQ(name(result.failure), "no-context");
  const auto archive = EmbeddedDevice::start(loop, {});
  ASSERT_TRUE(archive);
  const auto asked = worklist(loop, to_port((*archive)->port()), service::worklist_identifier({}));
  EXPECT_EQ(name(asked.failure), "no-context");
  EXPECT_THAT(asked.message, HasSubstr("Modality Worklist"));
}

TEST(Modality, Performs_the_whole_worklist_once) {
  Loop loop;
  const auto information = ris(loop);
  EmbeddedDeviceOptions empty;
  empty.with_patients = false;
  const auto archive = EmbeddedDevice::start(loop, std::move(empty));
  ASSERT_TRUE(archive);
  ModalityOptions options;
  options.worklist = judged(information->port());
  options.mpps = judged(information->port());
  options.archive = judged((*archive)->port());
  options.archive->called_ae = "ARCHIVE";
  std::vector<std::string> lines;
  options.log = [&](const std::string& line) { lines.push_back(line); };
  Modality device(loop, std::move(options));
  const auto poll = [&] {
    std::optional<ModalityReport> report;
    device.poll([&](const ModalityReport& r) { report = r; });
    loop.run_until([&] { return report.has_value(); });
    return *report;
  };
  const auto report = poll();
  EXPECT_EQ(report.items, 12U);
  EXPECT_EQ(report.performed, 12U);
  EXPECT_EQ(report.failures, 0U) << testing::PrintToString(lines);
  EXPECT_EQ(report.stored, report.made);
  EXPECT_EQ((*archive)->store().count(), report.made);
  EXPECT_EQ(information->worklist().size(), 0U);

  // Worklist, steps and stored objects tell one story.
  EXPECT_EQ(information->steps().all().size(), 12U);
  for (const auto& [uid, step] : information->steps().all()) {
    EXPECT_EQ(step->text(tags::PerformedProcedureStepStatus), "COMPLETED");
    for (const auto& series : step->items(tags::PerformedSeriesSequence)) {
      EXPECT_EQ(series.text(tags::RetrieveAETitle), "ARCHIVE");
      for (const auto sequence : {tags::ReferencedImageSequence, tags::ReferencedNonImageCompositeSOPInstanceSequence})
        for (const auto& one : series.items(sequence)) {
          const auto stored = (*archive)->store().find(one.text(tags::ReferencedSOPInstanceUID));
          ASSERT_TRUE(stored);
          EXPECT_EQ(stored->series_uid, series.text(tags::SeriesInstanceUID));
          EXPECT_EQ(stored->attributes.text(tags::PatientName), step->text(tags::PatientName));
          EXPECT_EQ(stored->attributes.items(tags::ReferencedPerformedProcedureStepSequence)[0].text(
                        tags::ReferencedSOPInstanceUID),
                    uid);
        }
    }
  }
  EXPECT_EQ(poll().performed, 0U) << "nothing is left";
  information->reschedule(service::synthetic_schedule("20260706"));
  EXPECT_EQ(poll().performed, 12U) << "another day";
}

TEST(Modality, Goes_on_when_somebody_is_missing) {
  Loop loop;
  const auto information = ris(loop);
  const auto nobody = free_port();
  ASSERT_TRUE(nobody);
  ModalityOptions options;
  options.worklist = to_port(information->port());
  options.mpps = to_port(*nobody);
  options.archive = to_port(*nobody);
  options.wanted = {{tags::Modality, "CT"}};
  Modality device(loop, options);
  std::optional<ModalityReport> report;
  device.poll([&](const ModalityReport& r) { report = r; });
  loop.run_until([&] { return report.has_value(); });
  EXPECT_EQ(report->items, 2U);
  EXPECT_EQ(report->performed, 2U);
  EXPECT_EQ(report->stored, 0U);
  EXPECT_EQ(report->failures, 4U);
  EXPECT_EQ(name(report->worst), "refused");

  options.worklist = to_port(*nobody);
  Modality lonely(loop, options);
  report.reset();
  lonely.poll([&](const ModalityReport& r) { report = r; });
  loop.run_until([&] { return report.has_value(); });
  EXPECT_EQ(report->items, 0U);
  EXPECT_EQ(report->failures, 1U);
}

TEST(Modality, Polls_again_and_sees_what_is_new) {
  Loop loop;
  const auto information = ris(loop);
  ModalityOptions options;
  options.worklist = to_port(information->port());
  options.wanted = {{tags::ScheduledStationAETitle, "CT1"}};
  Modality device(loop, options);
  std::vector<std::size_t> performed;
  device.poll_every(std::chrono::milliseconds(1), [&](const ModalityReport& report) {
    performed.push_back(report.performed);
    if (performed.size() == 2) information->reschedule(service::synthetic_schedule("20260706"));
  });
  loop.run_until([&] { return performed.size() == 4; });
  device.stop();
  EXPECT_EQ(performed, (std::vector<std::size_t>{1, 0, 1, 0}));
}

}  // namespace
}  // namespace assay::peers::test
