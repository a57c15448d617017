// The device that is always there: Verification, Storage, commitment and query and retrieve SCP over a small synthetic
// patient set, and where it is to be a whole hospital, worklist, MPPS and print SCP, too; on demand an SCU of the same.
// `assay demo` and `assay serve` run it. PS3.4 A, B, C, F.7, H, J, K.
// Tests: tests/loopback/peers_device_test.cpp, peers_device_acts_test.cpp
#pragma once

#include "harness/service/mpps.hpp"
#include "harness/service/print.hpp"
#include "harness/service/worklist.hpp"
#include "peers/commitment.hpp"
#include "peers/devices/device_options.hpp"

namespace assay::peers {

struct EmbeddedDeviceOptions : DeviceOptions {
  service::OperationsWindow window;               // granted to who asks for one
  std::shared_ptr<service::InstanceStore> store;  // null: one in memory, which starts empty
  bool with_patients = true;                      // the synthetic set is put in
  /// Worklist (the synthetic schedule of today), MPPS and printing (on no paper) are there as well, Patient/Study Only
  /// query and retrieve, and storage in the transfer syntaxes of compressed images.
  bool whole_hospital = false;
  /// What is accepted, instead of what the device would accept: the services behind it are those of the device.
  std::optional<service::Policy> policy;
  service::QueryExtensions extensions{.relational = true, .date_time = true};  // granted to who asks for them
  std::shared_ptr<const service::KeySupport> keys;                             // set: queries know no others
  service::StorageOptions storage;
  std::size_t max_matches = 0;  // pending responses of one query; 0 = no limit
  /// Storage SOP Classes that are accepted; empty: every one.
  std::vector<std::string> sop_classes;
  std::shared_ptr<const TlsContext> tls_client;  // set: it speaks TLS where it acts as SCU
  DestinationTable destinations;                 // of C-MOVE and of commitment reports, by AE title
  service::CommitmentOptions commitment;         // its hooks are the device's own
  ReportDelivery report_delivery;
};

class EmbeddedDevice {
 public:
  /// An error says what to do.
  static std::expected<std::unique_ptr<EmbeddedDevice>, std::string> start(Loop& loop, EmbeddedDeviceOptions options);
  ~EmbeddedDevice();
  EmbeddedDevice(const EmbeddedDevice&) = delete;
  EmbeddedDevice& operator=(const EmbeddedDevice&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_->port(); }
  [[nodiscard]] Acceptor& acceptor() { return *acceptor_; }
  /// The one in memory: not for a device that was given another.
  [[nodiscard]] service::MemoryStore& store() { return *store_; }
  /// How commitment that is asked for from here on is reported.
  void set_commitment(service::ReportWay way, Duration delay, std::size_t fail_every);
  void stop(Duration grace) { acceptor_->stop(grace); }
  /// Of C-MOVE and of commitment reports, as they are known from now on.
  [[nodiscard]] DestinationTable& destinations() { return *destinations_; }
  [[nodiscard]] const service::PerformedSteps& steps() const { return steps_; }
  /// Films that were printed.
  [[nodiscard]] std::size_t films() const { return *films_; }

  /// Acts as SCU towards an application at host:port: "echo"; "store" (an image of the worklist item that came from
  /// there last, else the first synthetic instance); "find" (all studies); "get" and "move" (one study; moved to the
  /// title that calls); "worklist" (all of it); "mpps" (a step of no schedule, begun and COMPLETED); "commit" (of that
  /// study); "print" (one gray film). `done` gets whether it acted at all, and how it went in one line: a peer that
  /// refuses is how it went. False for an unknown action.
  void act(const std::string& action, const std::string& host, std::uint16_t port, const std::string& called_ae,
           const std::string& calling_ae, std::function<void(bool, std::string)> done);
  /// The study that "get", "move" and "commit" ask for: the first of the synthetic ones. Set it for another.
  std::string wanted_study;
  /// The same for a DutControl's `act_in_process`: host, port, called and calling among the step's words.
  void act(const scenario::Operate& operate, std::function<void(bool, std::string)> done);

  /// Limits of the associations it opens itself.
  RequestorOptions requestor;

 private:
  using Tell = std::function<void(RequestorResult)>;
  EmbeddedDevice(Loop& loop, EmbeddedDeviceOptions options);
  void open_departments(AcceptorOptions& acceptor);
  void store_one(const RequestorOptions& peer, Tell tell);
  void retrieve_one(const RequestorOptions& peer, bool move, Tell tell);
  void ask_worklist(const RequestorOptions& peer, Tell tell);
  void perform_step(const RequestorOptions& peer, Tell tell);
  /// The error says why it could not begin.
  std::expected<void, std::string> ask_commitment(const RequestorOptions& peer, Tell tell);
  std::expected<void, std::string> print_one(const RequestorOptions& peer, Tell tell);
  [[nodiscard]] std::string study_in_mind() const;

  Loop& loop_;
  EmbeddedDeviceOptions options_;
  std::shared_ptr<service::MemoryStore> store_;
  std::shared_ptr<DestinationTable> destinations_;
  service::Worklist worklist_;
  service::PerformedSteps steps_;
  std::shared_ptr<std::size_t> films_ = std::make_shared<std::size_t>(0);
  std::map<std::string, dataset::DataSet> to_be_imaged_;  // the worklist item that came from a host:port last
  std::shared_ptr<service::CommitmentService> commitment_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace assay::peers
