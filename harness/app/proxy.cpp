#include "harness/app/proxy.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/edition.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/home.hpp"
#include "harness/app/proxy_record.hpp"
#include "harness/app/proxy_summary.hpp"
#include "harness/app/recorder.hpp"
#include "harness/app/report_folder.hpp"
#include "harness/version.hpp"
#include "peers/asio.hpp"
#include "peers/proxy.hpp"
#include "reports/detail.hpp"
#include "reports/reports.hpp"

namespace assay::app {
namespace {

using peers::ProxiedConnection;
using trace::Side;

/// Of the bulk of one connection; longer Data Sets are stored as they pass.
constexpr std::size_t keep_bytes_recording = 16U << 20;
/// One Data Set while it passes, so that it can be stored whole.
constexpr std::size_t keep_data_set_recording = 512U << 20;
/// Connections whose entries stand in the report; of later ones only the findings do, the rest is in their folders.
constexpr std::size_t connections_with_entries = 100;
/// How often the report is written while connections come and go.
constexpr auto report_every = std::chrono::seconds(2);
/// It grows with the connections, and nothing is passed on while it is written: at most one part of the time in so
/// many.
constexpr int report_share = 50;

std::string local_time(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char buffer[40];
  std::strftime(buffer, sizeof buffer, format, &local);
  return buffer;
}

class Session final : public peers::ProxyListener {
 public:
  Session(const ProxySettings& settings, Console& console, peers::Loop& loop)
      : settings_(settings), console_(console), loop_(loop), started_(loop.now()) {
    origin_ = unix_time_of_origin(loop.now());
    result_.assay_version = ASSAY_VERSION;
    result_.command_line = fmt::format("assay proxy --listen {} --target {}{}", settings.listen, settings.target,
                                       settings.record.empty() ? "" : " --record " + settings.record);
    result_.started = local_time("%Y-%m-%dT%H:%M:%S%z");
    result_.target = settings.target;
    result_.edition = std::string(standard_edition);
  }

  std::expected<void, std::string> open() {
    if (settings_.record.empty()) return {};
    std::error_code code;
    if (std::filesystem::exists(std::filesystem::path(settings_.record) / "connections", code))
      return std::unexpected(fmt::format(
          "--record {}: a recording lies there already (connections/); name another folder, or remove it first",
          settings_.record));
    return folder_.open(settings_.record, console_, "--record");
  }

  void opened(const ProxiedConnection& connection, Instant now) override;
  void bytes(const ProxiedConnection& connection, Side from, ByteView bytes, Instant now) override {
    const auto found = open_.find(connection.number);
    if (found != open_.end() && found->second->record) found->second->record->bytes(from, bytes, now);
  }
  void closed(const ProxiedConnection& connection, Side by, trace::Closing how, Instant now) override {
    const auto found = open_.find(connection.number);
    if (found != open_.end() && found->second->record) found->second->record->closed(by, how, now);
  }
  void seen(const ProxiedConnection& connection, const trace::Entry& entry,
            const trace::Negotiated& negotiated) override;
  void not_connected(const ProxiedConnection& connection, const std::string& why) override;
  void ended(const ProxiedConnection& connection, const trace::Trace& trace) override;

  [[nodiscard]] bool enough() const { return settings_.max_connections != 0 && over_ >= settings_.max_connections; }
  int finish();

 private:
  struct Open {
    explicit Open(ConnectionStory s) : story(std::move(s)) {}
    ConnectionStory story;
    std::unique_ptr<ConnectionRecord> record;
    std::string begun;
  };

  void say(const std::vector<std::string>& lines) {
    if (settings_.quiet) return;
    for (const auto& line : lines) console_.text(line + "\n");
    if (!lines.empty()) console_.flush();
  }
  void show_progress() {
    if (!console_.live()) return;
    console_.progress(fmt::format("{} open, {} over  (Ctrl-C ends)", open_.size(), over_));
  }
  void report(bool now);
  void add(trace::CaseResult result);

  const ProxySettings& settings_;
  Console& console_;
  peers::Loop& loop_;
  Instant started_;
  Duration origin_{};
  ReportFolder folder_;
  std::map<std::uint64_t, std::unique_ptr<Open>> open_;
  ProxySummary summary_;
  trace::RunResult result_;
  std::uint64_t over_ = 0;
  bool judged_ = false;
  Instant reported_;
  Duration report_took_{};
  bool write_failed_ = false;
};

void Session::opened(const ProxiedConnection& connection, Instant now) {
  auto one = std::make_unique<Open>(
      ConnectionStory(fmt::format("c{}", connection.number), connection.requestor, connection.acceptor));
  one->begun = local_time("%Y-%m-%d %H:%M:%S");
  if (folder_.is_open()) {
    one->record = std::make_unique<ConnectionRecord>();
    if (auto made = one->record->open(folder_.folder() / "connections" / one->story.name(), connection.requestor,
                                      connection.acceptor, origin_, now);
        !made) {
      console_.error(made.error());
      write_failed_ = true;
      one->record.reset();
    }
  }
  open_[connection.number] = std::move(one);
  show_progress();
}

void Session::seen(const ProxiedConnection& connection, const trace::Entry& entry,
                   const trace::Negotiated& negotiated) {
  const auto found = open_.find(connection.number);
  if (found == open_.end()) return;
  say(found->second->story.seen(entry, negotiated));
  if (found->second->record)
    if (const auto* message = std::get_if<trace::MessageSeen>(&entry.what))
      found->second->record->message(*message, negotiated);
}

void Session::not_connected(const ProxiedConnection& connection, const std::string& why) {
  ++over_;
  const Party requestor{Side::requestor, "", host_of(connection.requestor)};
  const Party acceptor{Side::acceptor, "", connection.acceptor};
  summary_.add_unreached(requestor, acceptor, why);
  const auto name = fmt::format("c{}", connection.number);
  say({fmt::format("{}  {} called: {}", name, connection.requestor, why)});
  trace::CaseResult one;
  one.id = fmt::format("proxy/{}/acceptor", name);
  one.title = fmt::format("The {} is there when {} calls", to_text(acceptor), connection.requestor);
  one.tags = {"proxy"};
  one.verdict = trace::Verdict::inconclusive;
  one.reason = why;
  add(std::move(one));
  if (settings_.json) {
    console_.data(json_line({{"connection", name}, {"requestor", connection.requestor}, {"not_connected", why}}));
    console_.flush();
  }
  report(false);
}

void Session::ended(const ProxiedConnection& connection, const trace::Trace& trace) {
  const auto found = open_.find(connection.number);
  if (found == open_.end()) return;
  const auto one = std::move(found->second);
  open_.erase(found);
  ++over_;
  auto& story = one->story;
  const auto last_lines = story.ended(trace, connection.cut_off, connection.encrypted);
  ConnectionRecord::Result written;
  if (one->record) {
    const std::vector<std::string> about{
        fmt::format("Recorded by assay proxy at {}: {} and {}.", one->begun, to_text(story.party(Side::requestor)),
                    to_text(story.party(Side::acceptor))),
        fmt::format("Connection {}, {}; {}.", story.name(), trace.description, story.ending())};
    const auto title = fmt::format("What {} and {} said is said again and answered as before",
                                   to_text(story.party(Side::requestor)), to_text(story.party(Side::acceptor)));
    // Of what could not be read there is nothing but the packets.
    if (connection.encrypted) {
      one->record.reset();
    } else {
      written = one->record->finish(trace, about, title);
    }
  }
  summary_.add(story, trace);
  // On disk before it is told: who reads that a connection is over finds it there.
  for (auto& side : side_cases(story, trace, connection.encrypted, over_ <= connections_with_entries))
    add(std::move(side));
  report(false);
  say(last_lines);
  for (const auto side : {Side::requestor, Side::acceptor}) {
    if (connection.encrypted || settings_.quiet) continue;
    const auto broken = broken_rules(trace.findings, side);
    auto lines =
        fmt::format("{}    {}:{}\n", story.name(), to_text(story.party(side)), broken.empty() ? " broke nothing" : "");
    for (const auto& rule : broken)
      lines +=
          finding_lines(rule, std::string(story.name().size(), ' ') + "      ", console_.colour(), console_.width());
    console_.text(lines);
  }
  std::vector<std::string> notes;
  for (const auto& remark : written.remarks) notes.push_back(fmt::format("{}    note: {}", story.name(), remark));
  say(notes);
  console_.flush();
  if (settings_.json) {
    nlohmann::ordered_json line{{"connection", story.name()},
                                {"description", trace.description},
                                {"begun", one->begun},
                                {"ended", story.ending()},
                                {"encrypted", connection.encrypted},
                                {"associated", story.associated()},
                                {"contexts", story.contexts()},
                                {"bytes_from_requestor", trace.bytes_from_requestor},
                                {"bytes_from_acceptor", trace.bytes_from_acceptor}};
    auto operations = nlohmann::ordered_json::array();
    for (const auto& [text, times] : story.operations()) operations.push_back({{"text", text}, {"times", times}});
    line["operations"] = std::move(operations);
    line["troubles"] = story.troubles();
    ProxySummary alone;
    alone.add(story, trace);
    line["parties"] = alone.json()["parties"];
    line["files"] = written.files;
    console_.data(json_line(line));
    console_.flush();
  }
  show_progress();
}

/// The files of the whole grow with the connections; a kill loses the last seconds of them, never a connection's own.
void Session::report(bool now) {
  if (!folder_.is_open()) return;
  const auto due = std::max<Duration>(report_every, report_took_ * report_share);
  if (!now && loop_.now() - reported_ < due && reported_.since_origin.count() != 0) return;
  const auto begun = std::chrono::steady_clock::now();
  result_.duration = loop_.now() - started_;
  if (auto written = folder_.finish(result_); !written) {
    if (!write_failed_) console_.error(written.error());
    write_failed_ = true;
  }
  report_took_ = std::chrono::steady_clock::now() - begun;
  reported_ = loop_.now();
}

/// Without a folder nobody asks for them again.
void Session::add(trace::CaseResult result) {
  judged_ = judged_ || result.verdict == trace::Verdict::pass || result.verdict == trace::Verdict::warning;
  if (!folder_.is_open()) return;
  folder_.add(result, {});
  result_.cases.push_back(std::move(result));
}

int Session::finish() {
  console_.clear_progress();
  console_.text(summary_.text(console_.colour(), console_.width()));
  report(true);
  if (folder_.is_open()) console_.text(fmt::format("Report: {}\n", (folder_.folder() / "report.html").string()));
  if (settings_.json) {
    auto all = summary_.json();
    console_.data(json_line({{"summary", std::move(all)}}));
  }
  console_.flush();
  if (write_failed_) return exit_codes::usage;
  if (summary_.anybody_broke_a_rule()) return exit_codes::not_conformant;
  return judged_ ? exit_codes::ok : exit_codes::inconclusive;
}

/// "11112" or "10.0.0.5:11112".
std::expected<HostPort, std::string> listen_place(const std::string& text) {
  if (text.find(':') == std::string::npos && text.find_first_not_of("0123456789") == std::string::npos) {
    auto port = host_port("0.0.0.0:" + text);
    if (!port) return std::unexpected(fmt::format("--listen {}: a port is a number from 1 to 65535", text));
    return port;
  }
  auto place = host_port(text);
  if (!place) return std::unexpected("--listen " + place.error());
  return place;
}

}  // namespace

int proxy(const ProxySettings& settings, Console& console) {
  if (settings.json) console.text_to_stderr();
  const auto target = host_port(settings.target);
  const auto place = listen_place(settings.listen);
  if (!target || !place) {
    console.error(target ? place.error() : "--target " + target.error());
    return exit_codes::usage;
  }
  const bool everywhere = place->host == "0.0.0.0" || place->host == "::";
  const bool here = target->host == "localhost" || target->host == "::1" || target->host.starts_with("127.");
  if (target->port == place->port && (target->host == place->host || (everywhere && here))) {
    console.error(fmt::format("--target {} is where the proxy itself would listen: it would call itself without end",
                              settings.target));
    return exit_codes::usage;
  }
  peers::Loop loop;
  Session session(settings, console, loop);
  peers::ProxyOptions options;
  options.address = place->host;
  options.port = place->port;
  options.target_host = target->host;
  options.target_port = target->port;
  if (settings.timeout) options.connect_timeout = *settings.timeout;
  options.rules = conformance::standard_rules(conformance::ObjectsJudged::each);
  options.listener = &session;
  options.log = [&](const std::string& line) { console.text(line + "\n"); };
  if (!settings.record.empty()) {
    options.keep_bytes = keep_bytes_recording;
    options.keep_data_set_bytes = keep_data_set_recording;
  }
  auto proxy = peers::Proxy::start(loop, std::move(options));
  if (!proxy) {
    console.error(proxy.error());
    return exit_codes::usage;
  }
  if (auto opened = session.open(); !opened) {
    console.error(opened.error());
    return exit_codes::usage;
  }
  console.text(
      fmt::format("Listening on {}:{}, passing everything on to {}. In the device that calls, put this machine "
                  "and port in place of {}; leave the AE titles as they are. Ctrl-C ends it.\n",
                  place->host, (*proxy)->port(), settings.target, settings.target));
  console.flush();
  bool stopping = false;
  loop.on_signal([&](int) {
    if (stopping) ::_exit(exit_codes::interrupted);  // asked twice: what is written stays
    stopping = true;
  });
  peers::asio::steady_timer end(loop.impl().context);
  if (settings.duration) {
    end.expires_after(*settings.duration);
    end.async_wait([&](const peers::error_code& cancelled) {
      if (!cancelled) stopping = true;
    });
  }
  loop.run_until([&] { return stopping || session.enough(); });
  (*proxy)->stop();
  return session.finish();
}

}  // namespace assay::app
