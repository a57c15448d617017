#include <memory>

#include "harness/app/options.hpp"
#include "harness/app/workstation.hpp"
#include "harness/cli/scu_options.hpp"

namespace assay::cli {

void add_workstation(CLI::App& cli, Commands& commands) {
  struct Options {
    app::DeviceDescription device;
    std::optional<unsigned> listen;
    std::optional<Duration> timeout;
    std::optional<Duration> collect_wait;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  auto& d = options->device;
  auto& w = d.workstation;
  d.kind = app::DeviceKind::workstation;
  d.ae_title = "ASSAY";
  auto* command = cli.add_subcommand(
      "workstation", "play a workstation: find, then get or move everything found, at any level and in any way");
  command->group("Talk to a device");
  command->add_option("archive", w.archive.target, "who is asked: HOST:PORT or AE@HOST:PORT")->required();
  command
      ->add_option("-k,--key", w.keys, "narrows what is retrieved: PatientName=DOE*, StudyDate=20260101-; repeatable")
      ->type_name("KEY")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--level", w.level, "what is retrieved one by one: patient, study, series or image")
      ->capture_default_str();
  command->add_option("--model", w.model, "study, patient or patient-study")->capture_default_str();
  command->add_option("--way", w.way, "how, see below: get, collect, blocking, inside, several, deadlock")
      ->capture_default_str();
  command->add_option("--listen", options->listen, "port on which we take what is moved")
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT");
  command->add_option("--listen-address", d.address, "0.0.0.0 for an archive on another machine")
      ->capture_default_str();
  command->add_option("--ae-title", d.ae_title, "our AE title, and the destination of 'inside' and 'deadlock'")
      ->capture_default_str();
  command->add_option("--receiver", w.receiver, "AE title of the separate receiver: the destination of the other ways")
      ->capture_default_str();
  command->add_option("--to", w.destination, "AE title of another application that collects (default: we do)");
  command->add_option("--out", d.folder, "folder for what comes (default: it is counted and forgotten)")
      ->type_name("DIR");
  add_duration(*command, "--timeout", options->timeout, "longest wait for the archive (default 30s)");
  add_duration(*command, "--collect-wait", options->collect_wait,
               "collecting ends when nothing has come for so long (default 10s)");
  command->add_option("--faults", d.faults, "where we listen and where we call, misbehave as this file says")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "for tools");
  add_tls_options(*command, d.tls);
  command->footer(
      "Ways (the archive has to know both AE titles, our address and port):\n"
      "  get       C-GET: instances come over the same association\n"
      "  collect   C-MOVE to the separate receiver, without waiting for answers: all has come when the receiver says "
      "so\n"
      "  blocking  C-MOVE to the separate receiver, one after the other, each on an association of its own\n"
      "  inside    as blocking, but the mover itself is the destination\n"
      "  several   as blocking, but all moves over one association\n"
      "  deadlock  as inside, by a program of one thread: it takes the reverse association when the move has been\n"
      "            answered, so an archive that waits for it must give up by itself\n"
      "Exit code: 0 all came, 1 something failed or is missing, 2 bad usage, 3 not reached, 130 interrupted.\n"
      "Examples:\n"
      "  assay workstation ARCHIVE@192.0.2.10:104 -k PatientID=P1 --way get --level series --out images\n"
      "  assay workstation ARCHIVE@192.0.2.10:104 --listen 11113 --way collect -k StudyDate=20260101-\n"
      "  assay workstation 127.0.0.1:11112 --listen 11113 --way deadlock --timeout 60s");
  commands.push_back({command, [options](app::Console& console) {
                        auto& device = options->device;
                        auto& settings = device.workstation;
                        settings.listens = options->listen.has_value();
                        device.port = static_cast<std::uint16_t>(options->listen.value_or(0));
                        if (options->timeout) settings.timeout = *options->timeout;
                        if (options->collect_wait) settings.collect_wait = *options->collect_wait;
                        return app::workstation(device, options->json, console);
                      }});
}

}  // namespace assay::cli
