// What the embedded device does as SCU when it is told to.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/service/modality_objects.hpp"
#include "harness/service/mpps_user.hpp"
#include "harness/service/synthetic.hpp"
#include "harness/service/worklist.hpp"
#include "peers/devices/embedded_device.hpp"
#include "peers/local_time.hpp"
#include "peers/print.hpp"
#include "peers/uid.hpp"

namespace assay::peers {
namespace {

std::string address_of(const RequestorOptions& peer) { return fmt::format("{}:{}", peer.host, peer.port); }

/// One image of a worklist item, as a modality makes it.
dataset::DataSet image_of(const dataset::DataSet& item, const std::string& station) {
  service::ObjectSource source;
  source.item = &item;
  source.station_name = station;
  const auto [date, time] = local_time();
  source.date = date;
  source.time = time;
  source.instances = 1;
  source.new_uid = new_uid;
  auto series = service::make_objects(source);
  return std::move(series.front().instances.front());
}

}  // namespace

std::string EmbeddedDevice::study_in_mind() const {
  return wanted_study.empty() ? std::string(service::synthetic_instances().front().text(tags::StudyInstanceUID))
                              : wanted_study;
}

void EmbeddedDevice::store_one(const RequestorOptions& peer, Tell tell) {
  const auto item = to_be_imaged_.extract(address_of(peer));
  auto made = item ? image_of(item.mapped(), options_.ae_title) : service::synthetic_instances().front();
  auto instance = service::make_instance(made, uids::ExplicitVRLittleEndian);
  if (!instance) {
    RequestorResult result;
    result.failure = Failure::usage;
    result.message = "the instance cannot be encoded";
    tell(std::move(result));
    return;
  }
  async_store(loop_, peer, {std::make_shared<const service::Instance>(std::move(*instance))}, std::move(tell));
}

void EmbeddedDevice::retrieve_one(const RequestorOptions& peer, bool move, Tell tell) {
  dataset::DataSet identifier(dataset::explicit_le);
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  identifier.set_text(tags::StudyInstanceUID, study_in_mind());
  if (move) {
    MoveRequest request;
    request.identifier = std::move(identifier);
    request.destination = peer.calling_ae;
    async_move(loop_, peer, std::move(request), std::move(tell));
    return;
  }
  GetRequest request;
  request.identifier = std::move(identifier);
  for (const auto& one : service::synthetic_instances())
    if (const std::string uid(one.text(tags::SOPClassUID));
        std::ranges::find(request.sop_classes, uid) == request.sop_classes.end())
      request.sop_classes.push_back(uid);
  async_get(loop_, peer, std::move(request), std::move(tell));
}

void EmbeddedDevice::ask_worklist(const RequestorOptions& peer, Tell tell) {
  async_worklist(loop_, peer, service::worklist_identifier({}),
                 [this, address = address_of(peer), tell = std::move(tell)](RequestorResult result) {
                   for (const auto& item : result.identifiers)
                     if (!item.text(tags::StudyInstanceUID).empty()) to_be_imaged_.insert_or_assign(address, item);
                   tell(std::move(result));
                 });
}

void EmbeddedDevice::perform_step(const RequestorOptions& peer, Tell tell) {
  const auto [date, time] = local_time();
  dataset::DataSet item(dataset::explicit_le);
  item.set_text(tags::StudyInstanceUID, new_uid());
  service::StepStart start;
  start.id = "PPS" + time;
  start.station_ae_title = start.station_name = peer.calling_ae;
  start.modality = "CT";
  start.date = date;
  start.time = time;
  service::PerformedSeries series;
  series.uid = new_uid();
  series.protocol = "CT CHEST";
  MppsRequest request;
  request.sop_instance_uid = new_uid();
  request.create = service::start_of_step(item, start);
  request.set = service::change_of_step(service::StepState::completed, date, time, {series});
  async_mpps(loop_, peer, std::move(request), std::move(tell));
}

std::expected<void, std::string> EmbeddedDevice::ask_commitment(const RequestorOptions& peer, Tell tell) {
  CommitRequest request;
  const auto study = study_in_mind();
  for (const auto& one : service::synthetic_instances())
    if (one.text(tags::StudyInstanceUID) == study)
      request.request.instances.push_back(
          {std::string(one.text(tags::SOPClassUID)), std::string(one.text(tags::SOPInstanceUID))});
  if (request.request.instances.empty())
    return std::unexpected("the embedded device has no instance of the study " + study);
  request.wait = peer.dimse_timeout;
  return async_commit(loop_, peer, std::move(request), [tell = std::move(tell)](CommitResult result) {
    if (result.association.failure == Failure::none && !result.failure.empty()) {
      result.association.failure = Failure::dimse_timeout;
      result.association.message = result.failure;
    }
    tell(std::move(result.association));
  });
}

std::expected<void, std::string> EmbeddedDevice::print_one(const RequestorOptions& peer, Tell tell) {
  auto image = service::printable(service::synthetic_instances().front());
  if (!image) return std::unexpected(image.error());
  PrintRequest request;
  request.images.push_back(std::move(*image));
  async_print(loop_, peer, std::move(request),
              [tell = std::move(tell)](PrintResult result) { tell(std::move(result.association)); });
  return {};
}

void EmbeddedDevice::act(const std::string& action, const std::string& host, std::uint16_t port,
                         const std::string& called_ae, const std::string& calling_ae,
                         std::function<void(bool, std::string)> done) {
  auto options = requestor;
  options.host = host;
  options.port = port;
  if (!called_ae.empty()) options.called_ae = called_ae;
  if (!calling_ae.empty()) options.calling_ae = calling_ae;
  const auto tell = [action, done](const RequestorResult& result) {
    done(true, result.failure == Failure::none ? fmt::format("{}: {} answers, {} matches", action,
                                                             result.statuses.size(), result.identifiers.size())
                                               : fmt::format("{}: {}", action, result.message));
  };
  std::expected<void, std::string> begun;
  if (action == "echo") {
    async_echo(loop_, options, 1, tell);
  } else if (action == "store") {
    store_one(options, tell);
  } else if (action == "find") {
    dataset::DataSet identifier(dataset::explicit_le);
    identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
    identifier.set_empty(tags::PatientName);
    identifier.set_empty(tags::PatientID);
    identifier.set_empty(tags::StudyDate);
    identifier.set_empty(tags::StudyInstanceUID);
    async_find(loop_, options, std::move(identifier), tell);
  } else if (action == "get" || action == "move") {
    retrieve_one(options, action == "move", tell);
  } else if (action == "worklist") {
    ask_worklist(options, tell);
  } else if (action == "mpps") {
    perform_step(options, tell);
  } else if (action == "commit") {
    begun = ask_commitment(options, tell);
  } else if (action == "print") {
    begun = print_one(options, tell);
  } else {
    begun = std::unexpected("the embedded device cannot \"" + action +
                            "\": it knows echo, store, find, get, move, worklist, mpps, commit, print");
  }
  if (!begun) loop_.post([done, why = begun.error()] { done(false, why); });
}

void EmbeddedDevice::act(const scenario::Operate& operate, std::function<void(bool, std::string)> done) {
  const auto word = [&](std::string_view name) -> std::string {
    for (const auto& [key, value] : operate.words)
      if (key == name) return value;
    return "";
  };
  const auto text = word("port");
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || port == 0) {
    loop_.post([done, text] { done(false, "\"" + text + "\" is no port to connect to"); });
    return;
  }
  act(operate.action, word("host"), port, word("called"), word("calling"), std::move(done));
}

}  // namespace assay::peers
