#include "harness/app/device.hpp"

namespace assay::app {

std::string_view name(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::archive: return "archive";
    case DeviceKind::ris: return "ris";
    case DeviceKind::printer: return "printer";
    case DeviceKind::modality: return "modality";
    case DeviceKind::workstation: break;
  }
  return "workstation";
}

std::string DeviceDescription::place(std::string_view setting) const {
  auto found = places.find(setting);
  if (found == places.end()) found = places.find("");
  return found == places.end() ? std::string() : found->second;
}

std::string DeviceDescription::called(std::string_view setting) const {
  return of_file() ? std::string(setting) + "=\"...\"" : "--" + std::string(setting);
}

}  // namespace assay::app
