// What every device that listens may be told, whatever it is, and the acceptor that comes of it.
// Tests: tests/loopback/peers_device_test.cpp, ris_test.cpp, peers_printer_test.cpp
#pragma once

#include "peers/peers.hpp"

namespace assay::peers {

struct DeviceOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;               // 0 = pick a free one
  std::string port_setting = "--port";  // what a person changes to get another one
  std::string ae_title = "ASSAY-DEVICE";
  bool require_called_ae = false;  // reject other called AE titles with 1/1/7
  std::size_t max_associations = 50;
  Duration artim = std::chrono::seconds(30);
  Duration dimse_timeout = std::chrono::seconds(60);
  std::shared_ptr<const trace::RuleBook> rules;
  std::function<void(const trace::Trace&)> on_trace;
  std::function<void(std::string)> log;
  std::shared_ptr<const TlsContext> tls;       // set: nothing but TLS is taken
  std::shared_ptr<const faults::Plan> faults;  // how it misbehaves on purpose
};

/// An acceptor of the usual policy; the device adds its services and what it supports.
AcceptorOptions acceptor_of(const DeviceOptions& device);

}  // namespace assay::peers
