#include "harness/app/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/edition.hpp"
#include "harness/app/explain_text.hpp"
#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/home.hpp"
#include "harness/app/profile_file.hpp"
#include "harness/app/report_folder.hpp"
#include "harness/capture/analyser.hpp"
#include "harness/capture/pcapng_writer.hpp"
#include "harness/version.hpp"
#include "reports/reports.hpp"

namespace assay::app {
namespace fs = std::filesystem;
namespace {

using capture::ConversationReport;
using trace::Verdict;

/// Connections of other protocols named one by one before the rest is only counted.
constexpr std::size_t others_named = 20;

bool is_capture_name(const fs::path& file) {
  const auto end = file.extension().string();
  return end == ".pcapng" || end == ".pcap" || end == ".cap" || end == ".dmp";
}

std::string started_now() {
  return utc_text(std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()));
}

struct Job {
  const ExplainOptions& options;
  Console& console;
  std::optional<conformance::Profile> profile;
  capture::AnalyserOptions filter;
  std::shared_ptr<const trace::RuleBook> rules;
  ReportFolder folder;
  trace::RunResult result;
  trace::Pace pace;  // of all connections
  std::size_t dicom = 0;
  bool usage = false;
  bool cut_short = false;

  /// A folder stands for the captures in it; what a run recorded lies in its folder pcap.
  std::vector<std::string> captures() {
    std::vector<std::string> out;
    for (const auto& given : options.files) {
      std::error_code code;
      fs::path path = given;
      const auto name = path.filename();
      // What the report says of a run is judged again from the bytes beside it.
      if (name == "results.json" || name == "cases.jsonl") path = path.parent_path() / "pcap";
      if (!fs::is_directory(path, code)) {
        out.push_back(path.string());
        continue;
      }
      const auto recorded = path / "connections";  // by the proxy, a folder for each
      if (fs::is_directory(path / "pcap", code)) path /= "pcap";
      std::vector<std::string> found;
      for (fs::directory_iterator it(path, code), end; !code && it != end; it.increment(code))
        if (is_capture_name(it->path())) found.push_back(it->path().string());
      for (fs::directory_iterator it(recorded, code), end; !code && it != end; it.increment(code))
        if (std::error_code none; fs::exists(it->path() / "traffic.pcapng", none))
          found.push_back((it->path() / "traffic.pcapng").string());
      std::ranges::sort(found);
      if (found.empty()) {
        console.error(
            fmt::format("{}: no capture in this folder (a run writes them to pcap/ below --out, the proxy to "
                        "connections/ below --record)",
                        given));
        usage = true;
      }
      out.insert(out.end(), found.begin(), found.end());
    }
    return out;
  }

  void file(const std::string& path, bool only) {
    const auto bytes = FileBytes::open(path);
    if (!bytes) {
      console.error(bytes.error());
      usage = true;
      return;
    }
    auto reader = capture::CaptureFile::open(bytes->view());
    if (!reader) {
      console.error(fmt::format("{}: {}", path, reader.error()));
      usage = true;
      return;
    }
    auto options_here = filter;
    options_here.all_dicom = reader->application() == capture::WriterOptions{}.application;
    capture::Analyser analyser(rules, std::move(options_here));
    read(path, bytes->view().size(), *reader, analyser);
    analyser.finish();
    report(path, only, *reader, analyser);
  }

  void read(const std::string& path, std::size_t size, capture::CaptureFile& reader, capture::Analyser& analyser) {
    const auto begun = std::chrono::steady_clock::now();
    auto shown = begun;
    while (const auto packet = reader.next()) {
      analyser.packet(*packet);
      if (packet->number % 1024 != 0) continue;
      if (InterruptGuard::asked()) {
        cut_short = true;
        break;
      }
      const auto now = std::chrono::steady_clock::now();
      if (now - begun > std::chrono::seconds(2) && now - shown > std::chrono::milliseconds(200)) {
        shown = now;
        console.progress(fmt::format("{}: packet {}, {} %", path, packet->number, reader.position() * 100 / size));
      }
    }
    console.clear_progress();
  }

  void report(const std::string& path, bool only, const capture::CaptureFile& reader, capture::Analyser& analyser) {
    auto reports = analyser.take_reports();
    const auto& counts = analyser.counts();
    const auto of_kind = [&](ConversationReport::Kind kind) {
      return static_cast<std::size_t>(std::ranges::count(reports, kind, &ConversationReport::kind));
    };
    const auto here = of_kind(ConversationReport::Kind::dicom);
    console.text(fmt::format("{}: {}, {}, {}: {} DICOM, {} TLS, {} other{}\n", path, reader.format(),
                             counted(counts.packets, "packet"), counted(reports.size(), "connection"), here,
                             of_kind(ConversationReport::Kind::tls),
                             reports.size() - here - of_kind(ConversationReport::Kind::tls),
                             analyser.left_out() > 0 ? fmt::format(" ({} left out)", analyser.left_out()) : ""));
    for (const auto& line : about_the_file(reader, analyser)) console.text("  " + line + '\n');
    if (cut_short) console.text("  interrupted: what follows is about the packets read so far\n");

    for (const auto& asked : options.connections)
      if (std::ranges::none_of(reports, [&](const ConversationReport& one) { return one.name == asked; }))
        console.error(fmt::format("{}: --connection {}: {}", path, asked,
                                  reports.empty() ? "there is no connection in it"
                                                  : fmt::format("there is none of that name; the names are {} to {}",
                                                                reports.front().name, reports.back().name)));
    // The proxy names every recording the same, in a folder for each connection.
    const fs::path named(path);
    const auto name = named.filename() == "traffic.pcapng" ? named.parent_path().filename() : named.stem();
    const auto prefix = only ? std::string() : name.string() + "/";
    std::size_t others = 0;
    for (auto& one : reports) {
      if (!options.connections.empty() && std::ranges::find(options.connections, one.name) == options.connections.end())
        continue;
      if (!one.closed && (cut_short || !reader.trouble().empty()))
        one.missing.emplace_back(cut_short ? "reading was interrupted while the connection was open"
                                           : "the file breaks off while the connection is open");
      auto c = case_of(one, prefix + one.name, profile);
      c.file = path;
      if (one.kind != ConversationReport::Kind::dicom) {
        if (++others <= others_named) {
          console.text(fmt::format("  {}  {}: {}\n", one.name, c.title, c.reason));
          result.cases.push_back(std::move(c));
        }
        continue;
      }
      ++dicom;
      pace.add(pace_of(c.traces));
      console.text(connection_lines(one, c));
      if (options.show_trace)
        for (const auto& t : c.traces) console.text(trace::to_text(t));
      console.text(reports::case_lines(c, {.colour = console.colour(), .width = console.width()}));
      folder.add(c, {});
      result.duration += c.duration;
      result.cases.push_back(std::move(c));
    }
    if (others > others_named)
      console.text(fmt::format("  and {} more connections that are not DICOM\n", others - others_named));
  }

  static std::vector<std::string> about_the_file(const capture::CaptureFile& reader,
                                                 const capture::Analyser& analyser) {
    const auto& counts = analyser.counts();
    std::vector<std::string> out;
    if (!reader.trouble().empty()) out.push_back("the file is damaged: " + reader.trouble() + "; read up to there");
    if (reader.dropped() > 0)
      out.push_back(fmt::format("{} were dropped while capturing, says the file", counted(reader.dropped(), "packet")));
    if (counts.cut > 0)
      out.push_back(fmt::format("{} were cut off by the capture: capture with whole packets (tcpdump -s 0)",
                                counted(counts.cut, "packet")));
    if (counts.fragments_lost > 0)
      out.push_back(fmt::format("{} lack fragments", counted(counts.fragments_lost, "IP packet")));
    if (counts.broken > 0)
      out.push_back(fmt::format("{} have broken IP or TCP headers", counted(counts.broken, "packet")));
    for (const auto link : counts.unknown_links)
      out.push_back(fmt::format("packets of link type {} cannot be read", link));
    if (analyser.beyond() > 0)
      out.push_back(fmt::format("{} beyond the first {} were not looked at", counted(analyser.beyond(), "connection"),
                                capture::Analyser::max_connections));
    return out;
  }

  int finish() {
    bool written = true;
    const auto save = [&](const std::expected<void, std::string>& saved) {
      if (saved) return;
      console.error(saved.error());
      written = false;
    };
    if (const auto text = trace::to_text(pace); dicom > 1 && !text.empty())
      console.text(fmt::format("\nin all: {}, {}\n", counted(pace.associations, "association"), text));
    if (!result.cases.empty())
      console.text(reports::summary(result, {.colour = console.colour(), .width = console.width()}));
    if (folder.is_open()) {
      save(folder.finish(result));
      console.text(fmt::format("Report: {}\n", (folder.folder() / "report.html").string()));
    }
    if (options.json == "-") {
      console.data(reports::json(result));
    } else if (!options.json.empty()) {
      save(write_text(options.json, reports::json(result)));
    }
    if (usage || !written) return exit_codes::usage;
    if (dicom == 0 && !result.interrupted) {
      console.error("no DICOM connection was found, so nothing could be judged");
      return exit_codes::inconclusive;
    }
    return trace::exit_code(result, options.strict);
  }
};

}  // namespace

int explain(const ExplainOptions& options, Console& console) {
  if (options.json == "-") console.text_to_stderr();
  Job job{options, console};
  if (!options.profile.empty()) {
    auto profile = read_profile(options.profile);
    if (!profile) {
      console.error(profile.error());
      return exit_codes::usage;
    }
    job.profile = std::move(*profile);
  }
  job.filter.ports = {options.ports.begin(), options.ports.end()};
  for (const auto& host : options.hosts) {
    const auto address = capture::endpoint(host, 0);
    if (!address) {
      console.error(fmt::format("--host {}: no numeric address; captures hold no names", host));
      return exit_codes::usage;
    }
    job.filter.hosts.insert(*address);
  }
  const auto files = job.captures();
  if (!options.out.empty()) {
    // The report folder is cleared first, and with it what a run recorded there.
    std::error_code code;
    const auto doomed = fs::weakly_canonical(fs::path(options.out) / "pcap", code);
    for (const auto& file : files) {
      if (fs::weakly_canonical(file, code).parent_path() != doomed) continue;
      console.error(fmt::format("--out {}: the captures to be judged lie there; name another folder", options.out));
      return exit_codes::usage;
    }
    if (auto opened = job.folder.open(options.out, console); !opened) {
      console.error(opened.error());
      return exit_codes::usage;
    }
  }
  job.rules = conformance::standard_rules(conformance::ObjectsJudged::each);
  job.result.assay_version = ASSAY_VERSION;
  job.result.command_line = options.command_line;
  if (options.command_line.empty()) {
    job.result.command_line = "assay explain";
    for (const auto& file : options.files) job.result.command_line += " " + file;
  }
  job.result.started = started_now();
  job.result.edition = std::string(standard_edition);
  if (job.profile)
    job.result.profile = fmt::format("{} {} ({})", job.profile->product, job.profile->version, job.profile->at.file);

  const InterruptGuard guard;
  for (const auto& file : files) {
    if (InterruptGuard::asked()) break;
    job.file(file, files.size() == 1);
  }
  job.result.interrupted = InterruptGuard::asked();
  return job.finish();
}

}  // namespace assay::app
