// `assay fuzz device`. Tests: tests/interop/fuzz_device_test.py
#include <memory>

#include "harness/app/fuzz_device_scp.hpp"
#include "harness/app/home.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_fuzz_device(CLI::App& fuzz, Commands& commands) {
  struct Options {
    app::FuzzDeviceOptions device;
    std::string time;
    std::string timeout;
    std::string reduce;
    std::uint64_t seed = 0;
    std::uint64_t execution = 0;
  };
  const auto options = std::make_shared<Options>();
  auto& d = options->device;
  auto* command = fuzz.add_subcommand("device", "break a device over the network, in the lab");
  command->add_option("target", d.target,
                      "HOST:PORT of the device; with --start a free port of this machine when left out");
  command->add_option("--start", d.start,
                      "command that starts the device; {port} and {called} are filled in; Assay restarts and ends it");
  command->add_option("--called-ae", d.called_ae, "AE title of the device")->capture_default_str();
  command->add_option("--calling-ae", d.calling_ae, "our AE title")->capture_default_str();
  command->add_option("--out", d.out, "folder of what is found and kept; one that holds a run goes on with it")
      ->capture_default_str();
  command->add_option("--time", options->time, "how long, for example 5m (default 60s)");
  command->add_option("--count", d.count, "conversations at most (default: as many as fit into the time)");
  command->add_option("--rate", d.rate, "conversations a second at most; 0 is no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--timeout", options->timeout, "longest wait for an answer that is due (default 5s)");
  command->add_option("--reduce-time", options->reduce,
                      "longest time to make a finding smaller, behind --time as well (default 40s)");
  auto* seed = command->add_option("--seed", options->seed, "the same seed changes the same conversation the same way");
  command->add_option("--only", d.only, "only conversations of this kind: association, verification, storage, ...");
  command->add_option("--skip", d.skip, "leave out conversations of this kind");
  auto* execution =
      command->add_option("--execution", options->execution, "hold this conversation of --out again, alone");
  command->add_option("--process", d.process, "id of the device's process on this machine, to watch it");
  command->add_option("--stored", d.stored,
                      "folder in which the device keeps what it is sent, to look whether it does");
  command->add_flag("--as-scp", d.as_scp,
                    "the device calls and Assay answers: --start is a command that calls {port} once and ends, or that "
                    "calls again and again");
  command->add_option("--listen", d.listen, "with --as-scp: port that the device calls (with --start: a free one)")
      ->check(CLI::Range(1, 65535));
  command->add_option("--listen-address", d.listen_address, "with --as-scp: address that the device calls")
      ->capture_default_str();
  command->add_flag("--i-am-authorised", d.authorised,
                    "the device is on another machine, and I may break it: it holds nothing that anybody needs");
  command
      ->add_option("--known", d.known,
                   "file of what is known of the device: product, version, kind, detail, place, why, tabs between; "
                   "that is told as known and is no exit code 1")
      ->type_name("FILE");
  command->add_option("--product", d.product, "only the lines of --known about this product");
  command->add_flag("--first", d.first, "end with the first finding");
  command->add_flag("--json", d.json, "results.json on standard output");
  command->footer(
      "Conversations of the catalogue that the device holds are changed by message, field, order, timing and\n"
      "connection, or made for what nobody has said yet where the state table and DIMSE have it (OUT/states.txt).\n"
      "What it answers says what is tried next; so does the code it reaches, when a server that --start starts\n"
      "offers it (built by afl-clang-fast, or with device_coverage.c of fuzz/bring_your_own). It is a finding when\n"
      "the device dies, reports through a sanitizer, is silent, serves no other, forgets what it acknowledged, or\n"
      "answers what the standard forbids; each is reduced, repeated and kept below OUT/findings; 'assay fuzz replay'\n"
      "holds it again, and 'assay run' its scenario.\n"
      "With --as-scp it is the other way round: the answers that an ordinary archive gave the device are changed, and\n"
      "it is a finding when the device dies by a signal, reports through a sanitizer, does not end when its\n"
      "connections are over, calls no more, or says what the standard forbids. That it reports failure is as it\n"
      "should be.\n"
      "Exit code: 0 nothing found, 1 findings, 2 usage, 3 the device cannot be reached, 130 interrupted.\n"
      "Examples:\n"
      "  assay fuzz device --start 'storescp -od /tmp/lab {port}' --time 5m --out found\n"
      "  assay fuzz device 127.0.0.1:11112 --called-ae ARCHIVE --only storage --only query\n"
      "  assay fuzz device --out found --start 'storescp -od /tmp/lab {port}' --execution 1234\n"
      "  assay fuzz device --as-scp --start 'storescu localhost {port} image.dcm' --time 1m --out found\n"
      "  assay fuzz device --as-scp --listen 11112 --listen-address 0.0.0.0 --i-am-authorised --time 1h");
  commands.push_back({command, [options, seed, execution](app::Console& console) {
                        auto& device = options->device;
                        for (const auto& [text, into, name] :
                             {std::tuple{&options->time, &device.time, "--time"},
                              std::tuple{&options->timeout, &device.timeout, "--timeout"},
                              std::tuple{&options->reduce, &device.reduce, "--reduce-time"}}) {
                          if (text->empty()) continue;
                          const auto value = app::duration(*text);
                          if (!value || value->count() == 0) {
                            console.error(std::string(name) + " '" + *text + "' is no duration: write 10s or 500ms");
                            return app::exit_codes::usage;
                          }
                          *into = *value;
                        }
                        if (seed->count() > 0) device.seed = options->seed;
                        if (execution->count() > 0) device.execution = options->execution;
                        if (device.as_scp) return app::fuzz_device_scp(device, console);
                        if (device.listen != 0 || device.listen_address != "127.0.0.1") {
                          console.error("--listen is where a device calls: say --as-scp with it");
                          return app::exit_codes::usage;
                        }
                        return app::fuzz_device(device, console);
                      }});
}

}  // namespace assay::cli
