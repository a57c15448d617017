// assay find and assay worklist: C-FIND, its matches as a table, JSON or files.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/home.hpp"
#include "harness/app/match_table.hpp"
#include "harness/app/query_identifier.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/base/digest.hpp"
#include "harness/dataset/json.hpp"
#include "harness/dataset/part10.hpp"
#include "harness/dimse/status.hpp"
#include "harness/scenario/builder.hpp"
#include "peers/scu.hpp"
#include "reports/detail.hpp"

namespace assay::app {

namespace {

constexpr std::uint16_t c_find_rsp = 0x8020;

struct Answer {
  std::vector<dataset::DataSet> matches;
  std::size_t dropped = 0;      // beyond --limit
  std::size_t unsupported = 0;  // pending with FF01H
  std::optional<std::uint16_t> status;
  bool cancelled = false;
  std::vector<std::size_t> counts;  // matches of each repetition
};

std::string as_json(const std::vector<dataset::DataSet>& matches) {
  std::string out = "[";
  for (std::size_t i = 0; i < matches.size(); ++i) out += (i == 0 ? "\n" : ",\n") + dataset::to_json(matches[i]).text;
  return out + (matches.empty() ? "]\n" : "\n]\n");
}

std::expected<void, std::string> write_matches(const QueryOptions& options, const InformationModel& model,
                                               const std::vector<dataset::DataSet>& matches) {
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) return std::unexpected(fmt::format("--out {}: {}", options.out, error.message()));
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const auto file =
        std::filesystem::path(options.out) / fmt::format("match-{:04}.{}", i + 1, options.out_json ? "json" : "dcm");
    Bytes bytes;
    if (options.out_json) {
      bytes = to_bytes(dataset::to_json(matches[i]).text + "\n");
    } else {
      const auto encoded = dataset::encode(matches[i], dataset::explicit_le);
      Digest digest;
      digest.update(encoded);
      dataset::FileMeta meta;
      meta.sop_class_uid = model.sop_class;  // a match is no instance: it is named after the model that gave it
      meta.sop_instance_uid = "2.25." + std::to_string(digest.value());
      meta.transfer_syntax_uid = uids::ExplicitVRLittleEndian;
      meta.implementation_class_uid = scenario::implementation_class_uid;
      bytes = dataset::build_part10(meta, encoded);
    }
    if (const auto written = write_file(file.string(), bytes); !written) return std::unexpected(written.error());
  }
  return {};
}

std::string summary(const QueryOptions& options, const QueryIdentifier& query, const Answer& answer, Duration took) {
  const auto what = query.level ? fmt::format(" at {} level", service::name(*query.level)) : std::string();
  auto out = fmt::format("{}: {} match{}{} in {}\n", options.scu.target, answer.matches.size(),
                         answer.matches.size() == 1 ? "" : "es", what, reports::detail::seconds(took));
  if (answer.counts.size() > 1) {
    const auto [least, most] = std::ranges::minmax(answer.counts);
    out += fmt::format("  asked {} times{}\n", answer.counts.size(),
                       least == most ? "" : fmt::format("; between {} and {} matches, the last is shown", least, most));
  }
  if (answer.dropped > 0) out += fmt::format("  {} more came before the device stopped (--limit)\n", answer.dropped);
  if (answer.cancelled && answer.status)
    out += fmt::format("  cancelled; the device ended with {}{}\n", dimse::describe_status(*answer.status, c_find_rsp),
                       *answer.status == 0 ? ": it had all sent, or does not know C-CANCEL" : "");
  if (answer.unsupported > 0)
    out += "  the device does not match by some of the optional keys (FF01H): there may be too many matches\n";
  return out;
}

}  // namespace

int find(const QueryOptions& options, Console& console) {
  auto query = query_identifier(options);
  if (!query) {
    console.error(query.error());
    return exit_codes::usage;
  }
  const auto requestor = requestor_of(options.scu, console);
  if (!requestor) return exit_codes::usage;
  if ((options.relational || options.date_time) && !service::has_extensions(query->model.sop_class)) {
    console.error(
        "--relational and --date-time are of the Query/Retrieve models: this one has no extended negotiation");
    return exit_codes::usage;
  }
  for (const auto& doubt : query->doubts) console.error("warning: " + doubt + "; sent all the same");

  peers::Loop loop;
  const ScuInterrupt interrupt(loop, console, "the query is cancelled");
  ScuProgress progress(console, options.scu.json);
  Answer answer;
  unsigned asked = 0;
  peers::FindJob job;
  job.sop_class = query->model.sop_class;
  job.extensions.relational = options.relational;
  job.extensions.date_time = options.date_time;
  job.next = [&]() -> std::optional<dataset::DataSet> {
    if (asked == options.scu.repeat || interrupt.asked()) return std::nullopt;
    ++asked;
    auto counts = std::move(answer.counts);
    answer = {};
    answer.counts = std::move(counts);
    return query->identifier;
  };
  job.match = [&](dataset::DataSet match, std::uint16_t status) {
    if (status == 0xff01) ++answer.unsupported;
    if (options.limit && answer.matches.size() >= *options.limit) {
      ++answer.dropped;
      return;
    }
    answer.matches.push_back(std::move(match));
    progress.at([&] { return fmt::format("{} matches", answer.matches.size()); });
  };
  job.answered = [&](std::uint16_t status) {
    answer.status = status;
    answer.counts.push_back(answer.matches.size() + answer.dropped);
  };
  job.cancel = [&] {
    const auto came = answer.matches.size() + answer.dropped;
    const bool enough = (options.cancel_after && came >= *options.cancel_after) ||
                        (options.limit && came >= *options.limit) || interrupt.asked();
    answer.cancelled = answer.cancelled || enough;
    return enough;
  };
  std::optional<peers::RequestorResult> result;
  peers::async_find(loop, *requestor, std::move(job), [&](peers::RequestorResult r) { result = std::move(r); });
  if (!loop.run_until([&] { return result.has_value(); })) {
    result.emplace();
    result->failure = peers::Failure::interrupted;
    result->message = "stopped before the end";
  }
  console.clear_progress();

  PeerFindings findings;
  findings.add(result->trace);
  if (options.scu.json) console.text_to_stderr();
  if (!result->message.empty()) console.error(result->message);
  int code = exit_code_of(result->failure);
  if (!options.out.empty()) {
    if (const auto written = write_matches(options, query->model, answer.matches); !written) {
      console.error(written.error());
      code = worse_exit_code(code, exit_codes::usage);
    }
  }
  if (options.scu.json)
    console.data(as_json(answer.matches));
  else
    console.text(
        match_table(query->identifier, answer.matches, console.live() ? std::optional(console.width()) : std::nullopt));
  if (result->failure == peers::Failure::status && answer.status)
    console.text(fmt::format("  {}\n", status_advice(*answer.status, c_find_rsp)));
  if (answer.status || !answer.matches.empty()) console.text(summary(options, *query, answer, result->took));
  if (result->tls && result->tls->established) console.text("  " + result->tls->summary() + "\n");
  console.text(findings.text());
  if (options.scu.show_trace && result->trace) console.text(trace::to_text(*result->trace, true));
  if (options.scu.strict && (!findings.empty() || !query->doubts.empty()))
    code = worse_exit_code(code, exit_codes::not_conformant);
  return interrupt.asked() ? worse_exit_code(code, exit_codes::interrupted) : code;
}

}  // namespace assay::app
