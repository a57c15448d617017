#include "harness/app/print.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "harness/app/files.hpp"
#include "harness/app/home.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/file.hpp"
#include "peers/peers.hpp"
#include "peers/print.hpp"

namespace assay::app {
namespace {

/// The images of the files, in their order; nothing after a complaint.
std::optional<std::vector<service::PrintImage>> images_of(const std::vector<std::string>& files, Console& console) {
  std::vector<service::PrintImage> out;
  const auto run = for_each_file(files, console, [&](const std::string& path, ByteView bytes) {
    const auto file = dataset::read_file(bytes);
    if (!file) {
      console.error(path + ": is no DICOM file");
      return exit_codes::usage;
    }
    auto image = service::printable(file->data_set);
    if (!image) {
      console.error(path + ": " + image.error());
      return exit_codes::usage;
    }
    out.push_back(std::move(*image));
    return exit_codes::ok;
  });
  if (run.unusable != 0 || run.interrupted) return std::nullopt;
  return out;
}

std::string as_json(const PrintOptions& options, const peers::PrintResult& result, const PeerFindings& findings) {
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (const auto& step : result.steps)
    steps.push_back({{"step", step.what},
                     {"status", fmt::format("{:04X}H", step.status)},
                     {"meaning", step.words},
                     {"comment", step.comment},
                     {"offending", step.offending}});
  const nlohmann::ordered_json out{
      {"target", options.peer.target},
      {"printer", result.printer_name},
      {"printer_status", result.printer_status},
      {"printer_info", result.printer_info},
      {"films", result.films},
      {"steps", std::move(steps)},
      {"events", result.events},
      {"jobs", result.jobs},
      {"findings", findings.json()},
      {"failure",
       result.association.failure == peers::Failure::none ? "" : std::string(peers::name(result.association.failure))},
      {"message", result.association.message}};
  return out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string as_text(const peers::PrintResult& result) {
  std::string out;
  if (!result.printer_status.empty())
    out += dataset::safe_text(fmt::format("Printer {}: {}{}", result.printer_name, result.printer_status,
                                          result.printer_info.empty() ? "" : ", " + result.printer_info))
               .append("\n");
  for (const auto& step : result.steps) {
    out += fmt::format("  {:<32} {}\n", step.what, step.words);
    if (!step.comment.empty() || !step.offending.empty())
      out += "    " +
             dataset::safe_text(step.comment +
                                (step.offending.empty() ? "" : (step.comment.empty() ? "" : ": ") + step.offending)) +
             "\n";
  }
  for (const auto& event : result.events) out += "  told: " + dataset::safe_text(event) + "\n";
  if (result.association.failure == peers::Failure::none)
    out += fmt::format("{} {} taken for printing\n", result.films, result.films == 1 ? "film" : "films");
  return out;
}

}  // namespace

int print(const PrintOptions& options, Console& console) {
  auto images = images_of(options.files, console);
  if (!images) return exit_codes::usage;
  const auto requestor = requestor_of(options.peer, console);
  if (!requestor) return exit_codes::usage;
  peers::Loop loop;
  peers::PrintRequest request;
  request.images = std::move(*images);
  request.format = options.format;
  request.color = options.color;
  request.copies = options.copies;
  request.film_size = options.film_size;
  request.orientation = options.orientation;
  request.medium = options.medium;
  request.label = options.label;
  std::optional<peers::PrintResult> result;
  loop.on_signal([&](int) { loop.stop(); });
  peers::async_print(loop, *requestor, std::move(request), [&](peers::PrintResult done) { result = std::move(done); });
  if (!loop.run_until([&] { return result.has_value(); })) {
    console.error("interrupted");
    return exit_codes::interrupted;
  }
  if (!options.peer.json && result->association.failure != peers::Failure::none)
    console.error(result->association.message);
  PeerFindings findings;
  findings.add(result->association.trace);
  console.text(options.peer.json ? as_json(options, *result, findings) : as_text(*result) + findings.text());
  return exit_code_of(result->association.failure);
}

}  // namespace assay::app
