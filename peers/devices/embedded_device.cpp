#include "peers/devices/embedded_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"

namespace assay::peers {

EmbeddedDevice::EmbeddedDevice(Loop& loop, EmbeddedDeviceOptions options)
    : loop_(loop), options_(std::move(options)), store_(std::make_shared<service::MemoryStore>()) {}

EmbeddedDevice::~EmbeddedDevice() = default;

std::expected<std::unique_ptr<EmbeddedDevice>, std::string> EmbeddedDevice::start(Loop& loop,
                                                                                  EmbeddedDeviceOptions options) {
  std::unique_ptr<EmbeddedDevice> device(new EmbeddedDevice(loop, std::move(options)));
  const auto& chosen = device->options_;
  const std::shared_ptr<service::InstanceStore> store = chosen.store ? chosen.store : device->store_;
  if (chosen.with_patients) service::fill_with_synthetic(*store, !chosen.store);

  AcceptorOptions acceptor;
  acceptor.address = chosen.address;
  acceptor.port = chosen.port;
  if (chosen.require_called_ae) acceptor.policy.called_ae_titles = {chosen.ae_title};
  acceptor.policy.max_associations = chosen.max_associations;
  acceptor.store = store;
  acceptor.provider.query.retrieve_ae_title = chosen.ae_title;
  RequestorOptions mover;
  mover.calling_ae = chosen.ae_title;
  acceptor.provider.forward = forward_to(loop, chosen.destinations, mover, chosen.log);
  acceptor.policy.supported.push_back(
      {std::string(uids::StorageCommitmentPushModel),
       {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)}});
  auto commitment = chosen.commitment;
  commitment.send = report_to(loop, chosen.destinations, std::move(mover), chosen.report_delivery, chosen.log);
  commitment.later = later_on(loop);
  commitment.log = chosen.log;
  acceptor.services = service::archive_services(*store, acceptor.provider);
  acceptor.services.insert(acceptor.services.begin(),
                           std::make_shared<service::CommitmentService>(*store, std::move(commitment)));
  acceptor.session.artim = chosen.artim;
  acceptor.dimse_timeout = chosen.dimse_timeout;
  acceptor.rules = chosen.rules;
  acceptor.on_trace = chosen.on_trace;
  acceptor.faults = chosen.faults;
  acceptor.log = chosen.log;
  acceptor.tls = chosen.tls;
  auto started = Acceptor::start(loop, std::move(acceptor));
  if (!started) return std::unexpected(started.error());
  device->acceptor_ = std::move(*started);
  device->requestor.calling_ae = chosen.ae_title;
  device->requestor.tls = chosen.tls_client;
  return device;
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
  if (action == "echo") {
    async_echo(loop_, options, 1, tell);
  } else if (action == "store") {
    const auto instances = service::synthetic_instances();
    auto instance = service::make_instance(instances.front(), uids::ExplicitVRLittleEndian);
    if (!instance) {
      done(false, "the synthetic instance cannot be encoded");
      return;
    }
    async_store(loop_, options, {std::make_shared<const service::Instance>(std::move(*instance))}, tell);
  } else if (action == "find") {
    dataset::DataSet identifier(dataset::explicit_le);
    identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
    identifier.set_empty(tags::PatientName);
    identifier.set_empty(tags::PatientID);
    identifier.set_empty(tags::StudyDate);
    identifier.set_empty(tags::StudyInstanceUID);
    async_find(loop_, options, std::move(identifier), tell);
  } else if (action == "get" || action == "move") {
    dataset::DataSet identifier(dataset::explicit_le);
    identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
    const auto instances = service::synthetic_instances();
    identifier.set_text(tags::StudyInstanceUID,
                        wanted_study.empty() ? instances.front().text(tags::StudyInstanceUID) : wanted_study);
    if (action == "get") {
      GetRequest request;
      request.identifier = std::move(identifier);
      for (const auto& one : instances)
        if (const std::string uid(one.text(tags::SOPClassUID));
            std::ranges::find(request.sop_classes, uid) == request.sop_classes.end())
          request.sop_classes.push_back(uid);
      async_get(loop_, options, std::move(request), tell);
    } else {
      MoveRequest request;
      request.identifier = std::move(identifier);
      request.destination = options.calling_ae;
      async_move(loop_, options, std::move(request), tell);
    }
  } else {
    loop_.post([done, action] {
      done(false, "the embedded device cannot \"" + action + "\": it knows echo, store, find, get, move");
    });
  }
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
