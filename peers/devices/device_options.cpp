#include "peers/devices/device_options.hpp"

namespace assay::peers {

AcceptorOptions acceptor_of(const DeviceOptions& device) {
  AcceptorOptions out;
  out.address = device.address;
  out.port = device.port;
  out.port_setting = device.port_setting;
  if (device.require_called_ae) out.policy.called_ae_titles = {device.ae_title};
  out.policy.max_associations = device.max_associations;
  out.session.artim = device.artim;
  out.dimse_timeout = device.dimse_timeout;
  out.rules = device.rules;
  out.on_trace = device.on_trace;
  out.faults = device.faults;
  out.log = device.log;
  out.tls = device.tls;
  return out;
}

}  // namespace assay::peers
