#include "harness/app/validate_extension.hpp"

#include <fmt/format.h>

#include "harness/app/files.hpp"
#include "harness/dataset/dump_people.hpp"

namespace assay::app {

std::expected<conformance::iod::Extension, std::vector<std::string>> extension_from(const std::string& path) {
  const auto bytes = FileBytes::open(path);
  if (!bytes) return std::unexpected(std::vector{"--extension " + bytes.error()});
  auto parsed = conformance::iod::Extension::parse(as_text(bytes->view()));
  if (parsed) return std::move(*parsed);
  std::vector<std::string> lines;
  for (const auto& fault : parsed.error())
    lines.push_back(
        fmt::format("--extension {}:{}:{}: {}", path, fault.line, fault.column, dataset::safe_text(fault.message)));
  return std::unexpected(std::move(lines));
}

}  // namespace assay::app
