#include "harness/app/retrieve.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/app/home.hpp"
#include "harness/app/received_files.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/dimse/status.hpp"
#include "harness/service/query_keys.hpp"
#include "harness/service/sop_classes.hpp"
#include "reports/detail.hpp"

namespace assay::app {

namespace {

using service::Model;
using service::QueryLevel;

constexpr std::uint16_t c_get_rsp = 0x8010;
constexpr std::uint16_t c_move_rsp = 0x8021;
constexpr std::size_t most_classes = 127;  // beside the context of the retrieval (PS3.8 9.3.2.2)

struct Wanted {
  Model model = Model::study_root;
  QueryLevel level = QueryLevel::study;
  dataset::DataSet identifier{dataset::explicit_le};
  std::vector<std::string> doubts;
};

std::expected<Wanted, std::string> wanted_of(const RetrieveOptions& options) {
  Wanted out;
  if (options.model == "patient")
    out.model = Model::patient_root;
  else if (options.model == "patient-study")
    out.model = Model::patient_study_only;
  else if (!options.model.empty() && options.model != "study")
    return std::unexpected(fmt::format("--model '{}' is none: give study, patient or patient-study", options.model));
  std::vector<service::QueryKey> keys;
  for (const auto& words : options.keys) {
    auto key = service::parse_query_key(words);
    if (!key) return std::unexpected(key.error());
    keys.push_back(std::move(*key));
  }
  if (const auto done = service::add_keys(out.identifier, keys); !done) return std::unexpected("-k: " + done.error());

  const auto typed = std::string(out.identifier.text(tags::QueryRetrieveLevel));
  auto level = options.level.empty() ? typed : options.level;
  std::ranges::transform(level, level.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  if (level == "INSTANCE") level = "IMAGE";
  if (!level.empty()) {
    const auto known = service::level_from(level);
    if (!known) return std::unexpected(fmt::format("'{}' is no level: give PATIENT, STUDY, SERIES or IMAGE", level));
    out.level = *known;
  } else {
    // The lowest level of which a unique key is given.
    std::optional<QueryLevel> lowest;
    for (const auto each : {QueryLevel::patient, QueryLevel::study, QueryLevel::series, QueryLevel::image})
      if (!out.identifier.text(service::unique_key(each)).empty()) lowest = each;
    if (!lowest)
      return std::unexpected(
          "say what to retrieve: -k StudyInstanceUID=... and, for a part of it, SeriesInstanceUID and SOPInstanceUID");
    out.level = *lowest;
  }
  out.identifier.set_text(tags::QueryRetrieveLevel, Vr::CS, service::name(out.level));
  if (const auto right = service::Retrieval::parse(out.identifier, out.model, options.relational); !right)
    out.doubts.push_back(fmt::format("{} (PS3.4 C.4.2.1.4)", right.error().comment));
  for (const auto* node : out.identifier.root().elements()) {
    const auto tag = node->tag;
    const bool of_retrieval = tag == tags::QueryRetrieveLevel || tag == tags::SpecificCharacterSet ||
                              tag == tags::PatientID || tag == tags::StudyInstanceUID ||
                              tag == tags::SeriesInstanceUID || tag == tags::SOPInstanceUID;
    if (!of_retrieval)
      out.doubts.push_back(fmt::format("{} is no unique key: only these may stand in a retrieval (PS3.4 C.4.2.1.4)",
                                       dict::keyword(tag).empty() ? to_string(tag) : std::string(dict::keyword(tag))));
  }
  return out;
}

/// Storage SOP Classes to be proposed; the error is one sentence.
std::expected<std::vector<std::string>, std::string> storage_classes(const std::vector<std::string>& named) {
  std::vector<std::string> out;
  for (const auto& word : named) {
    const auto uid = dict::uid_of(word);
    if (uid.empty()) return std::unexpected(fmt::format("--sop-class '{}' is no SOP Class: give keyword or UID", word));
    out.emplace_back(uid);
  }
  if (out.size() > most_classes)
    return std::unexpected(fmt::format("--sop-class: an association has room for {}", most_classes));
  if (!out.empty()) return out;
  for (const auto uid : service::storage_sop_classes())
    if (out.size() < most_classes) out.emplace_back(uid);
  return out;
}

class Report {
 public:
  Report(const RetrieveOptions& options, Console& console, std::uint16_t response, std::string command)
      : options_(options), console_(console), response_(response), command_(std::move(command)) {}

  int tell(const peers::RequestorResult& result, const ReceivedFiles* files, bool interrupted) {
    console_.clear_progress();
    PeerFindings findings;
    findings.add(result.trace);
    const auto status = result.statuses.empty() ? std::nullopt : std::optional(result.statuses.back());
    std::vector<std::string> failed;
    for (const auto& list : result.identifiers)
      for (const auto uid : list.texts(tags::FailedSOPInstanceUIDList)) failed.emplace_back(uid);
    int code = exit_code_of(result.failure);
    const auto warned = status && dimse::status_class(*status) == dimse::StatusClass::warning;
    const bool incomplete = warned || (result.counts && result.counts->failed > 0);
    if (incomplete) code = worse_exit_code(code, exit_codes::not_conformant);
    // Cancelled on purpose is no failure of the device.
    if (status == 0xfe00 && (options_.cancel_after || interrupted)) code = exit_codes::ok;
    if (files != nullptr && !files->error().empty()) code = worse_exit_code(code, exit_codes::usage);
    if (options_.scu.strict && !findings.empty()) code = worse_exit_code(code, exit_codes::not_conformant);
    if (interrupted) code = worse_exit_code(code, exit_codes::interrupted);
    if (options_.scu.json)
      as_json(result, status, failed, files, findings);
    else
      as_text(result, status, failed, files, findings);
    return code;
  }

 private:
  void as_json(const peers::RequestorResult& result, std::optional<std::uint16_t> status,
               const std::vector<std::string>& failed, const ReceivedFiles* files, const PeerFindings& findings) {
    nlohmann::ordered_json out{{"target", options_.scu.target}, {"command", command_}};
    out["status"] = status ? nlohmann::ordered_json(fmt::format("{:04X}", *status)) : nlohmann::ordered_json();
    if (result.counts)
      out["sub_operations"] = {{"completed", result.counts->completed},
                               {"failed", result.counts->failed},
                               {"warning", result.counts->warning},
                               {"remaining", result.counts->remaining}};
    out["failed_instances"] = failed;
    if (files != nullptr)
      out["received"] = {{"folder", options_.out}, {"files", files->count()}, {"bytes", files->bytes()}};
    out["seconds"] = static_cast<double>(result.took.count()) / 1e9;
    out["failure"] = result.failure == peers::Failure::none ? "" : std::string(peers::name(result.failure));
    out["message"] = result.message;
    out["findings"] = findings.json();
    console_.text(out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }

  void as_text(const peers::RequestorResult& result, std::optional<std::uint16_t> status,
               const std::vector<std::string>& failed, const ReceivedFiles* files, const PeerFindings& findings) {
    if (!result.message.empty()) console_.error(result.message);
    if (files != nullptr && !files->error().empty()) console_.error(files->error());
    if (status && *status != 0) console_.text(fmt::format("  {}\n", status_advice(*status, response_)));
    for (std::size_t i = 0; i < failed.size() && i < most_listed; ++i)
      console_.text(fmt::format("  did not come: {}\n", failed[i]));
    if (failed.size() > most_listed)
      console_.text(fmt::format("  and {} more (--json names all)\n", failed.size() - most_listed));
    if (result.counts) {
      const auto& counts = *result.counts;
      console_.text(fmt::format("{}: {} of {} instances sent{}{} in {}\n", options_.scu.target,
                                counts.completed + counts.warning,
                                counts.completed + counts.warning + counts.failed + counts.remaining,
                                counts.failed > 0 ? fmt::format(", {} failed", counts.failed) : "",
                                counts.warning > 0 ? fmt::format(", {} with warnings", counts.warning) : "",
                                reports::detail::seconds(result.took)));
    }
    if (files != nullptr && (files->count() > 0 || result.failure == peers::Failure::none))
      console_.text(fmt::format(
          "  {} in {}\n", files->count() == 1 ? "1 file" : fmt::format("{} files", files->count()), options_.out));
    console_.text(findings.text());
    if (options_.scu.show_trace && result.trace) console_.text(trace::to_text(*result.trace, true));
  }

  static constexpr std::size_t most_listed = 20;
  const RetrieveOptions& options_;
  Console& console_;
  std::uint16_t response_;
  std::string command_;
};

std::string progress_line(const service::SubOperationCounts& counts) {
  const unsigned done = counts.completed + counts.warning + counts.failed;
  return fmt::format("{} of {} instances{}", done, done + counts.remaining,
                     counts.failed > 0 ? fmt::format(", {} failed", counts.failed) : "");
}

peers::RequestorResult wait_for(peers::Loop& loop, std::optional<peers::RequestorResult>& result) {
  if (!loop.run_until([&] { return result.has_value(); })) {
    result.emplace();
    result->failure = peers::Failure::interrupted;
    result->message = "stopped before the end";
  }
  return std::move(*result);
}

}  // namespace

int get(const RetrieveOptions& options, Console& console) {
  auto wanted = wanted_of(options);
  if (!wanted) {
    console.error(wanted.error());
    return exit_codes::usage;
  }
  auto classes = storage_classes(options.sop_classes);
  if (!classes) {
    console.error(classes.error());
    return exit_codes::usage;
  }
  const auto requestor = requestor_of(options.scu, console);
  if (!requestor) return exit_codes::usage;
  for (const auto& doubt : wanted->doubts) console.error("warning: " + doubt + "; sent all the same");

  peers::Loop loop;
  const ScuInterrupt interrupt(loop, console, "the retrieval is cancelled");
  ScuProgress progress(console, options.scu.json);
  const auto files = std::make_shared<ReceivedFiles>(options.out);
  peers::GetRequest request;
  request.model = wanted->model;
  request.relational = options.relational;
  request.identifier = std::move(wanted->identifier);
  request.sop_classes = std::move(*classes);
  request.into = files;
  request.cancel = [&](std::size_t done) {
    return interrupt.asked() || (options.cancel_after && done >= *options.cancel_after);
  };
  request.on_progress = [&](const service::SubOperationCounts& counts) {
    progress.at([&] { return progress_line(counts); });
  };
  std::optional<peers::RequestorResult> result;
  peers::async_get(loop, *requestor, std::move(request), [&](peers::RequestorResult r) { result = std::move(r); });
  const auto ended = wait_for(loop, result);
  return Report(options, console, c_get_rsp, "get").tell(ended, files.get(), interrupt.asked());
}

int move(const RetrieveOptions& options, Console& console) {
  auto wanted = wanted_of(options);
  if (!wanted) {
    console.error(wanted.error());
    return exit_codes::usage;
  }
  if (options.destination.empty() && !options.listen) {
    console.error(
        "say where to: --to AE for an application that the device knows, or --listen PORT to have it sent here");
    return exit_codes::usage;
  }
  const auto requestor = requestor_of(options.scu, console);
  if (!requestor) return exit_codes::usage;
  if (!options.destination.empty() && !titles_fit({{"--to", options.destination}}, console)) return exit_codes::usage;
  for (const auto& doubt : wanted->doubts) console.error("warning: " + doubt + "; sent all the same");

  peers::Loop loop;
  const ScuInterrupt interrupt(loop, console, "the retrieval is cancelled");
  ScuProgress progress(console, options.scu.json);
  std::shared_ptr<ReceivedFiles> files;
  std::unique_ptr<peers::Acceptor> acceptor;
  if (options.listen) {
    files = std::make_shared<ReceivedFiles>(options.out);
    peers::AcceptorOptions accept;
    accept.address = options.listen_address;
    accept.port = static_cast<std::uint16_t>(*options.listen);
    accept.port_setting = "--listen";
    accept.store = files;
    auto started = peers::Acceptor::start(loop, std::move(accept));
    if (!started) {
      console.error(started.error());
      return exit_codes::usage;
    }
    acceptor = std::move(*started);
  }
  peers::MoveRequest request;
  request.model = wanted->model;
  request.relational = options.relational;
  request.identifier = std::move(wanted->identifier);
  request.destination = options.destination.empty() ? requestor->calling_ae : options.destination;
  request.cancel = [&](std::size_t done) {
    return interrupt.asked() || (options.cancel_after && done >= *options.cancel_after);
  };
  request.on_progress = [&](const service::SubOperationCounts& counts) {
    progress.at([&] { return progress_line(counts); });
  };
  std::optional<peers::RequestorResult> result;
  peers::async_move(loop, *requestor, std::move(request), [&](peers::RequestorResult r) { result = std::move(r); });
  const auto ended = wait_for(loop, result);
  return Report(options, console, c_move_rsp, "move").tell(ended, files.get(), interrupt.asked());
}

}  // namespace assay::app
