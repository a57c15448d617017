// The device that is always there: Verification, Storage and Study and Patient Root query and retrieve SCP over a small
// synthetic patient set; on demand an SCU of the same. `assay demo` and `assay serve` run it. PS3.4 A, B, C.
// Tests: tests/loopback/peers_device_test.cpp
#pragma once

#include "peers/commitment.hpp"

namespace assay::peers {

struct EmbeddedDeviceOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0 = pick a free one
  std::string ae_title = "ASSAY-DEVICE";
  bool require_called_ae = false;  // reject other called AE titles with 1/1/7
  std::size_t max_associations = 50;
  Duration artim = std::chrono::seconds(30);
  Duration dimse_timeout = std::chrono::seconds(60);
  std::shared_ptr<service::InstanceStore> store;  // null: one in memory, which starts empty
  bool with_patients = true;                      // the synthetic set is put in
  std::shared_ptr<const trace::RuleBook> rules;
  std::function<void(const trace::Trace&)> on_trace;
  std::function<void(std::string)> log;
  std::shared_ptr<const TlsContext> tls;         // set: nothing but TLS is taken
  std::shared_ptr<const TlsContext> tls_client;  // set: it speaks TLS where it acts as SCU
  std::shared_ptr<const faults::Plan> faults;    // how it misbehaves on purpose
  // Of C-MOVE and of commitment reports, by AE title.
  std::map<std::string, Destination, std::less<>> destinations;
  service::CommitmentOptions commitment;  // its hooks are the device's own
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
  void stop(Duration grace) { acceptor_->stop(grace); }

  /// Acts as SCU towards an application at host:port: "echo", "store" (the first synthetic instance),
  /// "find" (all studies), "get" and "move" (one study; moved to the title that calls). `done` gets whether it acted at
  /// all, and how it went in one line: a peer that refuses is how it went. False for an unknown action.
  void act(const std::string& action, const std::string& host, std::uint16_t port, const std::string& called_ae,
           const std::string& calling_ae, std::function<void(bool, std::string)> done);
  /// The study that "get" and "move" ask for: the first of the synthetic ones. Set it for another.
  std::string wanted_study;
  /// The same for a DutControl's `act_in_process`: host, port, called and calling among the step's words.
  void act(const scenario::Operate& operate, std::function<void(bool, std::string)> done);

  /// Limits of the associations it opens itself.
  RequestorOptions requestor;

 private:
  EmbeddedDevice(Loop& loop, EmbeddedDeviceOptions options);

  Loop& loop_;
  EmbeddedDeviceOptions options_;
  std::shared_ptr<service::MemoryStore> store_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace assay::peers
