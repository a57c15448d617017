#include "harness/app/serve_parts.hpp"

#include <fmt/format.h>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/fault_file.hpp"
#include "harness/app/home.hpp"
#include "peers/load.hpp"

namespace assay::app {

std::optional<ServeParts> serve_parts(const ServeOptions& options, Console& console) {
  ServeParts out;
  auto faults = read_faults(options.faults, console);
  if (!faults) return std::nullopt;
  out.faults = std::move(*faults);
  // Those that are refused have a connection for a moment, too; and some files are our own.
  constexpr std::size_t others = 64;
  const auto files = peers::allow_descriptors(options.maximum_associations + others);
  if (files < options.maximum_associations + others)
    console.error(fmt::format(
        "this system lets a program have {} files open: more than about {} connections at a time will have to wait "
        "(raise it with ulimit -n)",
        files, files > others ? files - others : 0));
  if (!titles_fit({{"--ae-title", options.ae_title}}, console)) return std::nullopt;
  auto tls = tls_server(options.tls);
  if (!tls) {
    console.error(tls.error() +
                  (options.tls.certificate.empty() ? " ('assay certificates DIR' makes some for tests)" : ""));
    return std::nullopt;
  }
  out.tls = std::move(*tls);
  if (out.tls)
    out.over = options.tls.ca.empty()  ? " over TLS"
               : options.tls.no_verify ? " over TLS (client certificates are looked at, any is taken)"
                                       : " over TLS (clients need a certificate)";
  if (options.judge) out.rules = conformance::standard_rules();
  out.on_trace = [&console](const trace::Trace& t) {
    // A peer that breaks a rule is told of here: this is what integrators watch the window for.
    for (const auto& f : t.findings)
      if (f.severity != trace::Severity::note && f.side == trace::Side::requestor)
        console.text(fmt::format("  {} {}\n    {}\n", t.description, trace::to_line(f), f.advice));
  };
  if (!options.quiet) out.log = [&console](const std::string& line) { console.text(line + "\n"); };
  return out;
}

void serve_until_stopped(peers::Loop& loop, peers::Acceptor& acceptor, Console& console) {
  bool stopping = false;
  loop.on_signal([&](int) {
    if (stopping) {
      loop.stop();
      return;
    }
    stopping = true;
    console.text("Stopping: open associations get a second to end (Ctrl-C again stops at once).\n");
    acceptor.stop(std::chrono::seconds(1));
  });
  loop.run_until([&] { return stopping && acceptor.open_connections() == 0; });
  console.text("Stopped.\n");
}

}  // namespace assay::app
