// run and demo: check everything that was said before anything is sent, run, report.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/edition.hpp"
#include "harness/app/home.hpp"
#include "harness/app/profile_file.hpp"
#include "harness/app/runner.hpp"
#include "harness/app/timestamps.hpp"
#include "harness/version.hpp"
#include "peers/devices/embedded_device.hpp"
#include "reports/detail.hpp"
#include "reports/reports.hpp"

namespace assay::app {
namespace {

/// Everything in the options that files must bear out; errors were printed when nothing comes back.
std::optional<RunnerSetup> check_options(const RunOptions& options, Console& console) {
  RunnerSetup setup;
  setup.options = options;
  bool good = true;
  const auto wrong = [&](std::string_view what) {
    console.error(what);
    good = false;
  };
  if (!options.profile.empty()) {
    if (auto profile = read_profile(options.profile)) {
      setup.profile = std::move(*profile);
    } else {
      wrong(profile.error());
    }
  }
  auto catalogue = load_catalogue(options.selection, setup.profile ? scenario::Claims([&](std::string_view claim) {
                                    return setup.profile->claims(claim);
                                  })
                                                                   : scenario::Claims{});
  if (catalogue) {
    setup.catalogue = std::move(*catalogue);
    if (setup.catalogue.cases.empty())
      wrong(
          "nothing is left after --only, --skip, --role, --layer, --clause and --tag: 'assay list' shows what there "
          "is");
  } else {
    for (const auto& e : catalogue.error()) wrong(e);
  }
  if (!options.expected.empty()) {
    if (auto text = read_text(options.expected); !text) {
      wrong("--expected " + text.error());
    } else if (auto loaded = conformance::load_expectations(*text, options.expected); !loaded) {
      wrong(loaded.error());
    } else {
      setup.expectations = std::move(*loaded);
    }
  }
  if (!options.target.empty()) {
    if (auto target = host_port(options.target)) {
      setup.target_host = target->host;
      setup.target_port = target->port;
    } else {
      wrong(target.error());
    }
  }
  if (!titles_fit({{"--called-ae", options.called_ae}, {"--calling-ae", options.calling_ae}}, console)) good = false;
  // What is to be written at the end is tried before anything is sent.
  for (const auto& [option, file] : {std::pair<const char*, const std::string&>{"--json", options.json},
                                     {"--write-expected", options.write_expected}}) {
    if (file.empty() || file == "-") continue;
    if (auto possible = can_write(file); !possible) wrong(fmt::format("{} {}", option, possible.error()));
  }
  if (auto tls = tls_host(options.tls)) {
    setup.tls = std::move(*tls);
  } else {
    wrong(tls.error());
  }
  if (auto possible = peers::can_listen(options.listen_address, options.listen); !possible) wrong(possible.error());
  if (!good) return std::nullopt;
  if (!setup.catalogue.left_out.empty()) {
    console.text(setup.catalogue.left_out + "\n");
    // What is said of them is neither stale nor borne out.
    if (setup.expectations)
      std::erase_if(setup.expectations->entries, [&](const conformance::Expectation& entry) {
        return std::ranges::any_of(setup.catalogue.left_out_ids,
                                   [&](const std::string& id) { return entry.id.starts_with(id); });
      });
  }
  if (options.shard) {
    std::vector<CatalogueCase> part;
    for (std::size_t i = 0; i < setup.catalogue.cases.size(); ++i)
      if (i % options.shard->second == options.shard->first - 1) part.push_back(std::move(setup.catalogue.cases[i]));
    setup.catalogue.cases = std::move(part);
  }
  setup.rules = conformance::standard_rules(conformance::ObjectsJudged::each);
  return setup;
}

/// Is anything there that could be judged? Rejections and refused contexts are for the scenarios to judge.
bool reachable(peers::Failure failure) {
  using peers::Failure;
  switch (failure) {
    case Failure::resolve:
    case Failure::refused:
    case Failure::unreachable:
    case Failure::connect_timeout:
    case Failure::tls:
    case Failure::closed_after_accept:
    case Failure::not_dicom:
    case Failure::silent: return false;
    default: return true;
  }
}

int finish(trace::RunResult& result, const RunnerSetup& setup, const std::vector<std::string>& all_ids,
           Console& console, ReportFolder& folder) {
  const auto& options = setup.options;
  if (setup.expectations) conformance::apply(*setup.expectations, result, all_ids);
  console.text(reports::summary(result, {.colour = console.colour(), .width = console.width()}));
  bool written = true;
  const auto save = [&](const std::expected<void, std::string>& saved) {
    if (saved) return;
    console.error(saved.error());
    written = false;
  };
  if (folder.is_open()) {
    save(folder.finish(result));
    console.text(fmt::format("Report: {}\n", (folder.folder() / "report.html").string()));
  }
  if (!options.json.empty()) {
    if (options.json == "-") {
      console.data(reports::json(result));
    } else {
      save(write_text(options.json, reports::json(result)));
    }
  }
  if (!options.write_expected.empty())
    save(write_text(options.write_expected, conformance::write_expectations(result)));
  if (!written) return exit_codes::usage;
  return trace::exit_code(result, options.strict);
}

int run_with(peers::Loop& loop, RunnerSetup setup, Console& console, trace::RunResult* out = nullptr) {
  const auto options = setup.options;
  ReportFolder folder;
  if (!options.out.empty())
    if (auto opened = folder.open(options.out, console); !opened) {
      console.error(opened.error());
      return exit_codes::usage;
    }
  trace::RunResult head;
  head.assay_version = ASSAY_VERSION;
  head.command_line = options.command_line;
  head.started = local_timestamp();
  head.target = setup.target_port != 0      ? fmt::format("{}:{}", setup.target_host, setup.target_port)
                : options.dut_start.empty() ? ""
                                            : "started by Assay: " + options.dut_start;
  head.called_ae = options.called_ae;
  head.calling_ae = options.calling_ae;
  head.edition = std::string(standard_edition);
  if (setup.profile)
    head.profile = fmt::format("{} {} ({})", setup.profile->product, setup.profile->version, setup.profile->at.file);

  std::size_t requestor = 0;
  for (const auto& c : setup.catalogue.cases) requestor += c.scenario_case.scenario->role == "requestor" ? 1 : 0;
  const auto acceptor = setup.catalogue.cases.size() - requestor;
  console.text(fmt::format("{}: {} with Assay as requestor{}, {} with Assay as acceptor\n",
                           reports::detail::counted(requestor + acceptor, "verdict"), requestor,
                           head.target.empty() ? "" : " against " + head.target, acceptor));
  const auto all_ids = setup.catalogue.all_ids;
  const auto keep = [&] {
    RunnerSetup copy;
    copy.options = setup.options;
    copy.expectations = setup.expectations;
    copy.tls = setup.tls;
    return copy;
  }();
  Runner runner(loop, std::move(setup), console, folder);
  auto result = runner.run();
  result.assay_version = head.assay_version;
  result.command_line = head.command_line;
  result.started = head.started;
  result.target = head.target;
  result.called_ae = head.called_ae;
  result.calling_ae = head.calling_ae;
  result.edition = head.edition;
  result.profile = head.profile;
  const auto code = finish(result, keep, all_ids, console, folder);
  if (out != nullptr) *out = std::move(result);
  return code;
}

}  // namespace

int run(const RunOptions& options, Console& console, trace::RunResult* result) {
  if (options.json == "-") console.text_to_stderr();
  auto setup = check_options(options, console);
  if (!setup) return exit_codes::usage;
  std::size_t requestor = 0;
  for (const auto& c : setup->catalogue.cases) requestor += c.scenario_case.scenario->role == "requestor" ? 1 : 0;
  const bool has_device = setup->target_port != 0 || !options.dut_start.empty();
  setup->ask_people =
      !options.unattended && options.dut_act.empty() && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  if (requestor == setup->catalogue.cases.size() && !has_device) {
    console.error("there is no device to call: give --target HOST:PORT, or --dut-start CMD to let Assay start one");
    return exit_codes::usage;
  }
  if (!has_device && options.dut_act.empty() && !setup->ask_people) {
    console.error(
        "there is no device: give --target HOST:PORT (Assay calls it), --dut-act CMD (it calls Assay), or both");
    return exit_codes::usage;
  }
  peers::Loop loop;
  if (requestor != 0 && setup->target_port != 0 && options.dut_start.empty()) {
    peers::RequestorOptions probe;
    probe.host = setup->target_host;
    probe.port = setup->target_port;
    probe.called_ae = options.called_ae;
    probe.calling_ae = options.calling_ae;
    if (options.timeout) probe.connect_timeout = probe.dul_timeout = probe.dimse_timeout = *options.timeout;
    console.progress(fmt::format("looking whether {} answers ...", options.target));
    if (setup->tls)
      if (auto context = peers::TlsContext::make(peers::TlsRole::client, setup->tls->client)) probe.tls = *context;
    bool stopped = false;
    loop.on_signal([&](int) {
      stopped = true;
      loop.stop();
    });
    const auto answer = peers::echo(loop, probe);
    console.clear_progress();
    if (stopped) {
      console.error("interrupted before anything was judged");
      return exit_codes::interrupted;
    }
    if (answer.tls && answer.tls->established) console.text(answer.tls->summary() + "\n");
    if (!reachable(answer.failure)) {
      console.error(answer.message);
      setup->unreachable = answer.message;
    }
  }
  return run_with(loop, std::move(*setup), console, result);
}

/// Cases of the demo at the same time.
constexpr unsigned demo_jobs = 6;

int demo(RunOptions options, Console& console) {
  if (options.out.empty()) options.out = "assay-report";
  if (options.profile.empty()) options.profile = "assay-device";
  options.called_ae = "ASSAY-DEVICE";
  if (!options.timeout) options.timeout = std::chrono::seconds(3);
  options.jobs = std::max(options.jobs, demo_jobs);  // most of the slow cases only wait
  const bool with_tls = options.tls.on;
  options.tls = {};
  auto setup = check_options(options, console);
  if (!setup) return exit_codes::usage;
  peers::Loop loop;
  peers::EmbeddedDeviceOptions device_options;
  if (with_tls) {
    auto made = tls_in_process();
    if (!made) {
      console.error(made.error());
      return exit_codes::internal;
    }
    setup->tls = made->host;
    device_options.tls = made->device_server;
    device_options.tls_client = made->device_client;
  }
  device_options.ae_title = options.called_ae;
  device_options.require_called_ae = true;
  device_options.whole_hospital = true;
  device_options.artim = std::chrono::seconds(2);
  device_options.dimse_timeout = std::chrono::seconds(5);  // longer than any silence that a case asks for
  auto device = peers::EmbeddedDevice::start(loop, std::move(device_options));
  if (!device) {
    console.error(device.error());
    return exit_codes::internal;
  }
  // Several cases wait until the device gives up; longer than any silence that a case asks for.
  (*device)->requestor.dul_timeout = (*device)->requestor.dimse_timeout = std::chrono::seconds(3);
  setup->target_host = "127.0.0.1";
  setup->target_port = (*device)->port();
  setup->act_in_process = [&device](const scenario::Operate& operate, std::function<void(bool, std::string)> done) {
    (*device)->act(operate, std::move(done));
  };
  setup->make_known = [&device, title = options.calling_ae, tls = (*device)->requestor.tls](std::uint16_t port) {
    auto& known = (*device)->destinations();
    known.erase(title);
    if (port != 0) known.emplace(title, peers::Destination{"127.0.0.1", port, tls});
  };
  console.text(fmt::format(
      "The embedded device listens on 127.0.0.1:{}{} as {}: Verification, Storage, commitment, query and retrieve, "
      "worklist, MPPS, print.\n",
      setup->target_port, with_tls ? " over TLS" : "", options.called_ae));
  const int code = run_with(loop, std::move(*setup), console);
  return code;
}

}  // namespace assay::app
