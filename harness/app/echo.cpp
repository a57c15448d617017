// assay echo.
#include <fmt/format.h>

#include "harness/app/findings.hpp"
#include "harness/app/scu_run.hpp"
#include "reports/detail.hpp"
#include "reports/json_parts.hpp"

namespace assay::app {

int echo(const ScuOptions& options, Console& console) {
  const auto requestor = requestor_of(options, console);
  if (!requestor) return exit_codes::usage;
  peers::Loop loop;
  const auto answer = peers::echo(loop, *requestor, options.repeat);
  PeerFindings findings;
  findings.add(answer.trace);
  std::size_t good = 0;
  for (const auto status : answer.statuses) good += status == 0 ? 1 : 0;
  if (options.json) {
    nlohmann::ordered_json out{
        {"target", options.target},
        {"echoes", answer.statuses.size()},
        {"successful", good},
        {"window", answer.window ? nlohmann::ordered_json(*answer.window) : nlohmann::ordered_json(nullptr)},
        {"seconds", static_cast<double>(answer.took.count()) / 1e9},
        {"failure", answer.failure == peers::Failure::none ? "" : std::string(peers::name(answer.failure))},
        {"message", answer.message}};
    if (answer.tls) out["tls"] = reports::tls_json(*answer.tls);
    out["findings"] = findings.json();
    console.data(json_text(out));
  } else {
    if (answer.failure == peers::Failure::none)
      console.text(fmt::format("{} answers: {} of {} C-ECHO successful in {}\n", options.target, good,
                               answer.statuses.size(), reports::detail::seconds(answer.took)));
    else
      console.error(answer.message);
    console.text(window_line(options.window, answer.window));
    if (answer.tls && answer.tls->established) console.text("  " + answer.tls->summary() + "\n");
    console.text(findings.text());
    if (options.show_trace && answer.trace) console.text(trace::to_text(*answer.trace, true));
  }
  const int code = exit_code_of(answer.failure);
  return options.strict && !findings.empty() ? worse_exit_code(code, exit_codes::not_conformant) : code;
}

}  // namespace assay::app
