#include "harness/app/commit.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/app/files.hpp"
#include "harness/app/home.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/file.hpp"
#include "harness/dataset/value_text.hpp"
#include "harness/dict/dict.hpp"
#include "peers/commitment.hpp"

namespace assay::app {
namespace {

using service::InstanceReference;

/// CTImageStorage=1.2.3 or 1.2.840.10008.5.1.4.1.1.2=1.2.3; nothing when it is neither, and so a file.
std::optional<InstanceReference> named(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos || std::filesystem::exists(word)) return std::nullopt;
  const auto first = word.substr(0, equals);
  const auto instance = word.substr(equals + 1);
  const std::string sop_class(dict::uid_of(first));
  if (!dataset::is_uid(sop_class) || !dataset::is_uid(instance)) return std::nullopt;
  return InstanceReference{sop_class, instance};
}

/// What is asked for; nothing after a complaint.
std::optional<std::vector<InstanceReference>> references(const std::vector<std::string>& words, Console& console) {
  std::vector<InstanceReference> out;
  std::set<std::string> seen;
  const auto add = [&](InstanceReference one) {
    if (seen.insert(one.sop_instance_uid).second) out.push_back(std::move(one));
  };
  std::vector<std::string> files;
  for (const auto& word : words) {
    if (auto one = named(word))
      add(std::move(*one));
    else
      files.push_back(word);
  }
  const auto run = for_each_file(files, console, [&](const std::string& path, ByteView bytes) {
    dataset::FileOptions how;
    how.stop_before = Tag{0x0008, 0x0020};
    const auto file = dataset::read_file(bytes, how);
    InstanceReference one;
    if (file) {
      one.sop_class_uid = file->data_set.text(tags::SOPClassUID);
      one.sop_instance_uid = file->data_set.text(tags::SOPInstanceUID);
    }
    if (!dataset::is_uid(one.sop_class_uid) || !dataset::is_uid(one.sop_instance_uid)) {
      console.error(path + ": has no SOP Class and Instance UID to ask for; name instances as CTImageStorage=1.2.3");
      return exit_codes::usage;
    }
    add(std::move(one));
    return exit_codes::ok;
  });
  if (run.unusable != 0 || run.interrupted) return std::nullopt;
  if (out.empty()) {
    console.error("nothing to ask for: there is no instance among the files");
    return std::nullopt;
  }
  return out;
}

std::string as_json(const CommitOptions& options, const peers::CommitResult& result, const PeerFindings& findings) {
  nlohmann::ordered_json committed = nlohmann::ordered_json::array();
  nlohmann::ordered_json failed = nlohmann::ordered_json::array();
  if (result.report) {
    for (const auto& one : result.report->committed)
      committed.push_back({{"sop_class", one.sop_class_uid}, {"sop_instance", one.sop_instance_uid}});
    for (const auto& one : result.report->failed)
      failed.push_back({{"sop_class", one.instance.sop_class_uid},
                        {"sop_instance", one.instance.sop_instance_uid},
                        {"reason", service::failure_reason_text(one.reason)},
                        {"advice", service::failure_reason_advice(one.reason)}});
  }
  const nlohmann::ordered_json out{{"target", options.peer.target},
                                   {"transaction", result.request.transaction_uid},
                                   {"asked", result.request.instances.size()},
                                   {"taken", result.took_request},
                                   {"reported", result.report.has_value()},
                                   {"association", !result.report ? "" : (result.on_same_association ? "same" : "new")},
                                   {"committed", std::move(committed)},
                                   {"failed", std::move(failed)},
                                   {"faults", result.faults},
                                   {"findings", findings.json()},
                                   {"failure", std::string(peers::name(result.association.failure))},
                                   {"message", result.failure}};
  return out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string as_text(const peers::CommitResult& result) {
  std::string out;
  if (result.report) {
    out = fmt::format("{} of {} instances committed, reported on {}\n", result.report->committed.size(),
                      result.request.instances.size(),
                      result.on_same_association ? "the same association" : "an association of the device's own");
    for (const auto& one : result.report->committed) out += fmt::format("  committed      {}\n", one.sop_instance_uid);
    for (const auto& one : result.report->failed)
      out += fmt::format("  not committed  {}: {}\n    {}\n", one.instance.sop_instance_uid,
                         service::failure_reason_text(one.reason), service::failure_reason_advice(one.reason));
  }
  for (const auto& fault : result.faults) out += "  wrong: " + dataset::safe_text(fault) + "\n";
  return out;
}

}  // namespace

int commit(const CommitOptions& options, Console& console) {
  auto instances = references(options.what, console);
  if (!instances) return exit_codes::usage;
  const auto requestor = requestor_of(options.peer, console);
  if (!requestor) return exit_codes::usage;
  peers::Loop loop;
  peers::CommitRequest request;
  request.request.instances = std::move(*instances);
  request.wait = options.wait;
  request.listen = options.listen;
  request.listen_address = options.listen_address;
  if (!options.peer.json)
    request.on_listening = [&](std::uint16_t port) {
      console.text(fmt::format("Listening on {}:{} for the report.\n", options.listen_address, port));
      console.flush();
    };
  if (request.listen && !options.peer.tls.certificate.empty()) {
    auto server = tls_server(options.peer.tls);
    if (!server) {
      console.error(server.error());
      return exit_codes::usage;
    }
    request.listen_tls = std::move(*server);
  }
  std::optional<peers::CommitResult> result;
  loop.on_signal([&](int) { loop.stop(); });
  const auto started = peers::async_commit(loop, *requestor, std::move(request),
                                           [&](peers::CommitResult done) { result = std::move(done); });
  if (!started) {
    console.error(started.error());
    return exit_codes::usage;
  }
  if (!loop.run_until([&] { return result.has_value(); })) {
    console.error("interrupted before the report came");
    return exit_codes::interrupted;
  }
  if (!options.peer.json && !result->failure.empty()) console.error(result->failure);
  PeerFindings findings;
  findings.add(result->association.trace);
  console.text(options.peer.json ? as_json(options, *result, findings) : as_text(*result) + findings.text());
  if (result->report) {
    const bool good = result->report->failed.empty() && result->faults.empty();
    return good ? exit_codes::ok : exit_codes::not_conformant;
  }
  switch (result->association.failure) {
    case peers::Failure::status:
    case peers::Failure::bad_response:
    case peers::Failure::aborted: return exit_codes::not_conformant;
    default: return exit_codes::inconclusive;
  }
}

}  // namespace assay::app
