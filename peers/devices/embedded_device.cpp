#include "peers/devices/embedded_device.hpp"

#include <algorithm>
#include <array>

#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"
#include "harness/service/synthetic_schedule.hpp"
#include "peers/local_time.hpp"
#include "peers/uid.hpp"

namespace assay::peers {
namespace {

/// Images in these are kept as they come, and given back so.
constexpr std::array compressed_syntaxes{
    std::string_view("1.2.840.10008.1.2.5"),     // RLE Lossless
    std::string_view("1.2.840.10008.1.2.4.70"),  // JPEG Lossless, first-order prediction
    std::string_view("1.2.840.10008.1.2.4.80"),  // JPEG-LS Lossless
    std::string_view("1.2.840.10008.1.2.4.50"),  // JPEG Baseline
    std::string_view("1.2.840.10008.1.2.4.90"),  // JPEG 2000 Lossless
};

/// A printer without paper: films are made, a page in each turn so that associations get theirs, and thrown away.
void print_on_nothing(Loop& loop, std::shared_ptr<const service::PrintJob> job, const service::TellJob& tell,
                      std::size_t page, std::shared_ptr<std::size_t> films) {
  loop.post([&loop, job = std::move(job), tell, page, films = std::move(films)] {
    if (page == 0) tell(service::JobStatus::printing, "NORMAL");
    if (page < job->pages.size()) {
      (void)service::render(job->pages[page].sheet);
      ++*films;
      print_on_nothing(loop, job, tell, page + 1, films);
      return;
    }
    tell(service::JobStatus::done, "NORMAL");
  });
}

}  // namespace

EmbeddedDevice::EmbeddedDevice(Loop& loop, EmbeddedDeviceOptions options)
    : loop_(loop),
      options_(std::move(options)),
      store_(std::make_shared<service::MemoryStore>()),
      destinations_(std::make_shared<DestinationTable>(options_.destinations)) {}

EmbeddedDevice::~EmbeddedDevice() = default;

std::expected<std::unique_ptr<EmbeddedDevice>, std::string> EmbeddedDevice::start(Loop& loop,
                                                                                  EmbeddedDeviceOptions options) {
  std::unique_ptr<EmbeddedDevice> device(new EmbeddedDevice(loop, std::move(options)));
  const auto& chosen = device->options_;
  const std::shared_ptr<service::InstanceStore> store = chosen.store ? chosen.store : device->store_;
  if (chosen.with_patients) service::fill_with_synthetic(*store, !chosen.store);

  auto acceptor = acceptor_of(chosen);
  acceptor.policy.window = chosen.window;
  if (!chosen.sop_classes.empty()) {
    auto& policy = acceptor.policy;
    for (const auto& uid : chosen.sop_classes)
      policy.supported.push_back({uid, policy.any_storage_transfer_syntaxes, policy.any_storage_scu});
    policy.any_storage_transfer_syntaxes.clear();
  }
  acceptor.store = store;
  acceptor.provider.query.keys = chosen.keys;
  acceptor.provider.extensions = chosen.extensions;
  acceptor.provider.storage = chosen.storage;
  acceptor.provider.max_matches = chosen.max_matches;
  acceptor.provider.query.retrieve_ae_title = chosen.ae_title;
  RequestorOptions mover;
  mover.calling_ae = chosen.ae_title;
  // A destination that says nothing is given up before whoever waits for the C-MOVE is: the failure can still be told.
  mover.dimse_timeout = std::min(mover.dimse_timeout, chosen.dimse_timeout * 3 / 4);
  acceptor.provider.forward = forward_to(loop, device->destinations_, mover, chosen.log);
  acceptor.policy.supported.push_back(
      {std::string(uids::StorageCommitmentPushModel),
       {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)}});
  auto commitment = chosen.commitment;
  commitment.send = report_to(loop, device->destinations_, std::move(mover), chosen.report_delivery, chosen.log);
  commitment.later = later_on(loop);
  commitment.log = chosen.log;
  acceptor.services = service::archive_services(*store, acceptor.provider);
  device->commitment_ = std::make_shared<service::CommitmentService>(*store, std::move(commitment));
  acceptor.services.insert(acceptor.services.begin(), device->commitment_);
  if (chosen.whole_hospital) device->open_departments(acceptor);
  if (chosen.policy) acceptor.policy = *chosen.policy;
  auto started = Acceptor::start(loop, std::move(acceptor));
  if (!started) return std::unexpected(started.error());
  device->acceptor_ = std::move(*started);
  device->requestor.calling_ae = chosen.ae_title;
  device->requestor.tls = chosen.tls_client;
  return device;
}

void EmbeddedDevice::set_commitment(service::ReportWay way, Duration delay, std::size_t fail_every) {
  commitment_->change(way, delay, fail_every);
}

void EmbeddedDevice::open_departments(AcceptorOptions& acceptor) {
  auto& policy = acceptor.policy;
  const std::vector<std::string> syntaxes{std::string(uids::ExplicitVRLittleEndian),
                                          std::string(uids::ImplicitVRLittleEndian),
                                          std::string(uids::ExplicitVRBigEndian)};
  const auto offer = [&](std::string_view uid) { policy.supported.push_back({std::string(uid), syntaxes}); };
  for (const auto uid :
       {uids::PatientStudyOnlyQueryRetrieveInformationModelFind,
        uids::PatientStudyOnlyQueryRetrieveInformationModelMove, uids::PatientStudyOnlyQueryRetrieveInformationModelGet,
        uids::ModalityWorklistInformationModelFind, uids::ModalityPerformedProcedureStep,
        uids::ModalityPerformedProcedureStepRetrieve})
    offer(uid);
  for (const auto syntax : compressed_syntaxes) policy.any_storage_transfer_syntaxes.emplace_back(syntax);

  // The schedule stays as it is whatever steps say: many callers work on it at the same time.
  worklist_ = service::Worklist(service::synthetic_schedule(local_time().date));
  service::WorklistOptions worklist;
  worklist.keys = options_.keys;
  worklist.max_matches = options_.max_matches;
  service::MppsOptions mpps;
  mpps.make_uid = new_uid;
  service::PrintOptions print;
  print.printer_name = options_.ae_title;
  print.new_uid = new_uid;
  print.now = [] {
    const auto now = local_time();
    return std::pair{now.date, now.time};
  };
  print.log = options_.log;
  print.spool = [&loop = loop_, films = films_](service::PrintJob job, service::TellJob tell) {
    print_on_nothing(loop, std::make_shared<const service::PrintJob>(std::move(job)), tell, 0, films);
    return true;
  };
  const auto printer = std::make_shared<service::PrintService>(std::move(print));
  for (const auto& uid : printer->abstract_syntaxes()) offer(uid);
  // Before those of the archive: its storage takes whatever is left.
  acceptor.services.insert(acceptor.services.begin(),
                           {std::make_shared<service::WorklistService>(worklist_, std::move(worklist)),
                            std::make_shared<service::MppsService>(steps_, std::move(mpps)), printer});
}

}  // namespace assay::peers
