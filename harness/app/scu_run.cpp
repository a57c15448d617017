#include "harness/app/scu_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/fault_file.hpp"
#include "harness/app/home.hpp"
#include "harness/dimse/status.hpp"

namespace assay::app {

namespace {

constexpr auto live_every = std::chrono::milliseconds(100);
constexpr auto line_every = std::chrono::seconds(10);

Instant steady_now() {
  return Instant{std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

struct Advice {
  std::uint16_t status;
  std::uint16_t mask;
  std::uint16_t response_field;  // 0: of any
  std::string_view text;
};

constexpr std::uint16_t c_store = 0x8001;
constexpr std::uint16_t c_find = 0x8020;

// PS3.4 B.2.3, C.4.1.1.4, C.4.2.1.5, C.4.3.1.4; PS3.7 Annex C. The first that fits counts.
constexpr Advice advices[] = {
    {0xa700, 0xff00, c_store, "The archive is out of space or memory: free some, then send these again."},
    {0xa900, 0xff00, c_store,
     "The archive finds that the Data Set is not what its SOP Class says: look at the files with 'assay validate'."},
    {0xc000, 0xf000, c_store,
     "The archive cannot make sense of the Data Set: look at the files with 'assay validate', then into its log."},
    {0xa700, 0xffff, c_find, "The archive is out of resources: narrow the query, or try again later."},
    {0xa900, 0xffff, c_find,
     "The Identifier does not fit the information model: look at the level and at the unique keys above it."},
    {0xc000, 0xf000, c_find, "The archive cannot process this query: leave keys out one by one to find which."},
    {0xa701, 0xffff, 0, "The peer is out of resources: narrow what is asked for, or try again later."},
    {0xa702, 0xffff, 0,
     "The peer could not make its sub-operations: look into its log and that of the destination. Where none of its "
     "calls "
     "reaches the destination, a firewall lets no association in there: open the destination's port for the peer, or "
     "use C-GET."},
    {0xa801, 0xffff, 0, "The peer does not know the move destination: enter its AE title, host and port there."},
    {0xa900, 0xffff, 0, "What was sent does not fit the SOP Class: compare it with the peer's conformance statement."},
    {0x0105, 0xffff, 0, "The peer does not know such an attribute: compare its conformance statement."},
    {0x0106, 0xffff, 0, "The peer does not take a value that was sent: its log may say which."},
    {0x0110, 0xffff, 0, "The peer failed on its own: look into its log."},
    {0x0111, 0xffff, 0, "The peer has this instance already and keeps the one it has."},
    {0x0112, 0xffff, 0, "The peer does not have such an instance."},
    {0x0117, 0xffff, 0, "The SOP Instance UID breaks the rules for UIDs (PS3.5 9.1)."},
    {0x0118, 0xffff, 0, "The peer does not know this SOP Class: compare its conformance statement."},
    {0x0119, 0xffff, 0, "The peer finds that class and instance do not belong together."},
    {0x0122, 0xffff, 0,
     "The peer accepted the SOP Class when it was proposed and refuses it now: ask its vendor (PS3.7 C.5.6)."},
    {0x0124, 0xffff, 0, "This AE title has no right to do this at the peer: grant it there."},
    {0x0210, 0xffff, 0, "The peer takes this for a message it has had: ask its vendor."},
    {0x0211, 0xffff, 0, "The peer does not know the operation: ask its vendor."},
    {0x0212, 0xffff, 0, "The peer found an argument of the wrong type: ask its vendor."},
    {0x0213, 0xffff, 0, "The peer is out of resources: try again later."},
    {0xb000, 0xffff, c_store, "The archive changed values while storing: what comes back will not be what was sent."},
    {0xb006, 0xffff, c_store, "The archive did not keep every element: it is no Level 2 (full) Storage SCP."},
    {0xb007, 0xffff, c_store, "The Data Set does not match its SOP Class: look at it with 'assay validate'."},
};

}  // namespace

std::expected<Target, std::string> target_from(std::string_view text) {
  Target target;
  auto place = text;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    target.called_ae = text.substr(0, at);
    if (target.called_ae.empty())
      return std::unexpected(
          fmt::format("'{}': the AE title before the @ is missing; example: ARCHIVE@127.0.0.1:104", text));
    place = text.substr(at + 1);
  }
  const auto whole = host_port(place);
  if (!whole) return std::unexpected(whole.error());
  target.host = whole->host;
  target.port = whole->port;
  return target;
}

std::optional<peers::RequestorOptions> requestor_of(const ScuOptions& options, Console& console) {
  const auto target = target_from(options.target);
  if (!target) {
    console.error(target.error());
    return std::nullopt;
  }
  peers::RequestorOptions requestor;
  requestor.host = target->host;
  requestor.port = target->port;
  requestor.called_ae = target->called_ae.empty() ? options.called_ae : target->called_ae;
  requestor.calling_ae = options.calling_ae;
  if (!titles_fit({{target->called_ae.empty() ? "--called-ae" : "the AE title before the @", requestor.called_ae},
                   {"--calling-ae", requestor.calling_ae}},
                  console))
    return std::nullopt;
  if (options.timeout) requestor.connect_timeout = requestor.dul_timeout = requestor.dimse_timeout = *options.timeout;
  if (options.dimse_timeout) requestor.dimse_timeout = *options.dimse_timeout;
  requestor.window = static_cast<std::uint16_t>(options.window);
  if (options.judge) requestor.rules = conformance::standard_rules(conformance::ObjectsJudged::new_kinds);
  auto tls = tls_client(options.tls);
  if (!tls) {
    console.error(tls.error());
    return std::nullopt;
  }
  requestor.tls = std::move(*tls);
  const auto faults = read_faults(options.faults, console);
  if (!faults) return std::nullopt;
  requestor.faults = *faults;
  return requestor;
}

std::string window_line(unsigned asked, std::optional<std::uint16_t> agreed) {
  if (asked == 1 || !agreed) return {};
  const auto words = [](unsigned number) {
    return number == 0 ? std::string("any number of") : std::to_string(number);
  };
  return fmt::format("  {} {} at a time agreed on, asked for {}\n", words(*agreed),
                     *agreed == 1 ? "operation" : "operations", asked == 0 ? "any number" : std::to_string(asked));
}

int exit_code_of(peers::Failure failure) {
  switch (failure) {
    case peers::Failure::none: return exit_codes::ok;
    case peers::Failure::interrupted: return exit_codes::interrupted;
    case peers::Failure::status:
    case peers::Failure::bad_response:
    case peers::Failure::aborted: return exit_codes::not_conformant;
    case peers::Failure::usage: return exit_codes::usage;
    default: return exit_codes::inconclusive;
  }
}

int worse_exit_code(int a, int b) {
  for (const int code : {exit_codes::internal, exit_codes::usage, exit_codes::not_conformant,
                         exit_codes::stale_expectation, exit_codes::inconclusive, exit_codes::interrupted})
    if (a == code || b == code) return code;
  return exit_codes::ok;
}

void PeerFindings::add(const std::optional<trace::Trace>& trace) {
  if (!trace) return;
  for (const auto& finding : trace->findings) {
    if (finding.severity == trace::Severity::note || finding.side != trace::Side::acceptor) continue;
    const auto [at, fresh] = index_.emplace(finding.rule + "\n" + finding.field, findings_.size());
    if (fresh) findings_.push_back({finding, 0});
    ++findings_[at->second].times;
  }
}

std::string PeerFindings::text() const {
  std::string out;
  for (const auto& [finding, times] : findings_)
    out += fmt::format("  {}{}\n    {}\n", trace::to_line(finding), times == 1 ? "" : fmt::format(" ({} times)", times),
                       finding.advice);
  return out;
}

nlohmann::ordered_json PeerFindings::json() const {
  auto out = nlohmann::ordered_json::array();
  for (const auto& seen : findings_) out.push_back(trace::to_line(seen.finding));
  return out;
}

std::string_view status_advice(std::uint16_t status, std::uint16_t response_field) {
  for (const auto& advice : advices)
    if ((status & advice.mask) == advice.status &&
        (advice.response_field == 0 || advice.response_field == response_field))
      return advice.text;
  switch (dimse::status_class(status)) {
    case dimse::StatusClass::failure:
    case dimse::StatusClass::unknown:
      return "Look the status up in the peer's conformance statement, and into its log.";
    case dimse::StatusClass::warning: return "Look the status up in the peer's conformance statement.";
    default: return {};
  }
}

ScuProgress::ScuProgress(Console& console, bool quiet) : console_(console), quiet_(quiet), next_(steady_now()) {
  next_.since_origin += console_.live() ? Duration(std::chrono::seconds(1)) : Duration(line_every);
}

void ScuProgress::at(const std::function<std::string()>& line) {
  if (quiet_) return;
  const auto now = steady_now();
  if (now.since_origin < next_.since_origin) return;
  next_ = now;
  next_.since_origin += console_.live() ? Duration(live_every) : Duration(line_every);
  if (console_.live())
    console_.progress(line());
  else
    console_.text(line() + "\n");
}

ScuInterrupt::ScuInterrupt(peers::Loop& loop, Console& console, std::string what)
    : asked_(std::make_shared<bool>(false)) {
  loop.on_signal([&loop, &console, asked = asked_, what = std::move(what)](int) {
    if (std::exchange(*asked, true)) {
      loop.stop();
      return;
    }
    console.error("interrupted: " + what + " (Ctrl-C again stops at once)");
  });
}

}  // namespace assay::app
