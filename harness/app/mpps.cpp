#include "harness/app/mpps.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/app/home.hpp"
#include "harness/app/options.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/dataset/edit.hpp"
#include "harness/dataset/json.hpp"
#include "harness/dimse/status.hpp"
#include "harness/service/mpps_user.hpp"
#include "harness/service/sop_classes.hpp"
#include "peers/local_time.hpp"
#include "peers/peers.hpp"
#include "peers/uid.hpp"

namespace assay::app {
namespace {

using dataset::DataSet;

/// What is sent when nobody says otherwise: right, and small.
DataSet filled_in(const MppsSettings& s, service::StepState state) {
  const auto [date, time] = peers::local_time();
  if (s.action == "create") {
    DataSet item(dataset::explicit_le);
    item.set_text(tags::StudyInstanceUID, peers::new_uid());
    service::StepStart start;
    start.id = "PPS" + time;
    start.station_ae_title = start.station_name = s.peer.calling_ae;
    start.modality = "OT";
    start.date = date;
    start.time = time;
    return service::start_of_step(item, start);
  }
  std::vector<service::PerformedSeries> series;
  if (state != service::StepState::in_progress) {
    auto& one = series.emplace_back();
    one.uid = peers::new_uid();
    one.protocol = "UNKNOWN";
  }
  auto out = service::change_of_step(state, date, time, series);
  if (s.status.empty()) out.erase(tags::PerformedProcedureStepStatus);
  return out;
}

/// "Keyword=value", "Keyword", "-Keyword", with paths; the error is one sentence.
std::expected<void, std::string> put(DataSet& data_set, std::string_view key) {
  dataset::Edit edit;
  const bool erase = key.starts_with('-');
  if (erase) key.remove_prefix(1);
  const auto equals = key.find('=');
  const auto path = dataset::parse_tag_path(key.substr(0, equals));
  if (!path) return std::unexpected(fmt::format("-k {}: {}", key, path.error().message));
  edit.path = *path;
  if (erase)
    edit.kind = dataset::EditKind::erase;
  else if (equals == std::string_view::npos)
    edit.kind = dataset::EditKind::clear;
  else
    edit.text = std::string(key.substr(equals + 1));
  dataset::EditOptions options;
  options.create_missing = true;
  auto done = dataset::apply(data_set, edit, options);
  if (!done && edit.kind == dataset::EditKind::clear) {  // it is not there yet
    edit.kind = dataset::EditKind::set;
    edit.text.emplace();
    done = dataset::apply(data_set, edit, options);
  }
  if (!done) return std::unexpected(fmt::format("-k {}: {}", key, done.error()));
  return {};
}

/// The Data Set to be sent; nothing when a word or a file is wrong, and the console was told.
std::optional<DataSet> data_set_of(const MppsSettings& s, Console& console) {
  auto state = service::StepState::in_progress;
  if (!s.status.empty()) state = service::step_state_from(s.status).value_or(state);
  DataSet out = filled_in(s, state);
  if (!s.file.empty()) {
    const auto text = read_text(s.file);
    if (!text) {
      console.error(text.error());
      return std::nullopt;
    }
    auto read = dataset::from_json(*text);
    if (has_error(read.problems)) {
      console.error(fmt::format("{}: {}: {}", s.file, read.problems.front().rule, read.problems.front().found));
      return std::nullopt;
    }
    out = std::move(read.data_set);
  }
  // What a state of the standard is not was asked for on purpose.
  if (!s.status.empty()) out.set_text(tags::PerformedProcedureStepStatus, s.status);
  for (const auto& key : s.keys) {
    if (const auto done = put(out, key); !done) {
      console.error(done.error());
      return std::nullopt;
    }
  }
  return out;
}

std::string as_json(const MppsSettings& s, const peers::RequestorResult& result) {
  nlohmann::ordered_json out{
      {"target", s.peer.target},
      {"action", s.action},
      {"sop_instance_uid", result.sop_instances.empty() ? s.uid : result.sop_instances.front()},
      {"failure", result.failure == peers::Failure::none ? "" : std::string(peers::name(result.failure))},
      {"message", result.message}};
  if (!result.statuses.empty()) out["status"] = fmt::format("{:04X}", result.statuses.front());
  if (!result.identifiers.empty())
    out["step"] = nlohmann::ordered_json::parse(dataset::to_json(result.identifiers.front()).text, nullptr, false);
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  if (result.trace)
    for (const auto& f : result.trace->findings)
      if (f.severity != trace::Severity::note) findings.push_back(trace::to_line(f));
  out["findings"] = std::move(findings);
  return out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

int mpps(const MppsSettings& s, Console& console) {
  auto requestor = requestor_of(s.peer, console);
  if (!requestor) return exit_codes::usage;
  if (s.action != "create" && s.uid.empty()) {
    console.error("--uid is missing: the SOP Instance UID that 'assay mpps HOST:PORT create' printed");
    return exit_codes::usage;
  }
  peers::NormalizedCall call;
  call.sop_class_uid =
      s.action == "get" ? uids::ModalityPerformedProcedureStepRetrieve : uids::ModalityPerformedProcedureStep;
  call.sop_instance_uid = s.uid;
  if (s.action == "create") {
    call.request = dimse::CommandField::n_create_rq;
    if (s.uid.empty() && !s.no_uid) call.sop_instance_uid = peers::new_uid();
  } else {
    call.request = s.action == "set" ? dimse::CommandField::n_set_rq : dimse::CommandField::n_get_rq;
  }
  if (s.action != "get") {
    call.data_set = data_set_of(s, console);
    if (!call.data_set) return exit_codes::usage;
  }
  peers::Loop loop;
  const auto result = peers::normalized(loop, *requestor, {std::move(call)});
  if (s.json) {
    console.text(as_json(s, result));
  } else {
    if (result.failure == peers::Failure::none)
      console.text(fmt::format("{} {}: {}\n", s.action, result.sop_instances.front(),
                               dimse::describe_status(result.statuses.front())));
    else
      console.error(result.message);
    for (const auto& step : result.identifiers) console.text(dataset::to_text(step));
    if (result.trace)
      for (const auto& f : result.trace->findings)
        if (f.severity != trace::Severity::note && f.side == trace::Side::acceptor)
          console.text(fmt::format("  {}\n    {}\n", trace::to_line(f), f.advice));
    if (s.show_trace && result.trace) console.text(trace::to_text(*result.trace, true));
  }
  return exit_code_of(result.failure);
}

}  // namespace assay::app
