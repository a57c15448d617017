// Files of devices from nobody knows where: the loader never crashes; a refusal names places that lie in the file; what
// it takes is taken again, and is the same whatever stands in front of it; devices are those of the schema, with names
// and titles of their own.
#include <algorithm>
#include <set>

#include "fuzz/targets/load_errors.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"
#include "harness/app/device_file.hpp"

namespace {

using namespace assay;  // NOLINT(google-build-using-namespace)
using fuzz::require;

void check_devices(const std::vector<app::DeviceDescription>& devices) {
  require(!devices.empty() && devices.size() <= app::max_devices, "a file has devices, and a bound");
  std::set<std::string_view> names;
  for (const auto& device : devices) {
    require(names.insert(device.name).second, "each has a name of its own");
    require(device.ae_title.size() <= 16, "a title is one");
    require(device.max_associations >= 1 && device.artim.count() > 0, "numbers are within their bounds");
    require(device.place("no such setting").starts_with("here/f:"), "a device knows where it stands");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 2048, std::size_t{4} << 20U);
  const ByteView input(data, size);
  const auto text = as_text(input);
  const auto devices = app::load_devices(text, "here/f");
  if (!devices)
    fuzz::check_load_errors(devices.error(), text);
  else
    check_devices(*devices);
  if (!fuzz::wanted(0, 4, input)) return 0;
  // A line in front of the root moves places, and nothing else.
  const auto moved = app::load_devices("\n" + std::string(text), "here/f");
  const bool declared = text.starts_with("<?xml") || text.starts_with("\xEF\xBB\xBF");  // which nothing may precede
  require(declared || moved.has_value() == devices.has_value(), "a line more changes nothing");
  if (!declared && devices)
    require(moved->size() == devices->size() &&
                std::ranges::equal(*moved, *devices, {}, &app::DeviceDescription::name, &app::DeviceDescription::name),
            "a line more changes nothing");
  return 0;
}
