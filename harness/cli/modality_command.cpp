#include <memory>

#include "harness/app/home.hpp"
#include "harness/app/modality.hpp"
#include "harness/app/options.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_modality(CLI::App& cli, Commands& commands) {
  struct Options {
    app::DeviceDescription device;
    bool json = false;
    std::string every;
    bool once = false;
    std::string timeout;
    std::string commit_wait;
    std::optional<unsigned> commit_listen;
  };
  const auto options = std::make_shared<Options>();
  auto& s = options->device.modality;
  options->device.kind = app::DeviceKind::modality;
  auto* command = cli.add_subcommand(
      "modality", "play a modality: ask a worklist, perform what is on it, report it (MPPS), store synthetic objects");
  command->group("Talk to a device");
  command->add_option("--worklist", s.worklist.target, "who has the worklist: HOST:PORT or AE@HOST:PORT")->required();
  command->add_option("--archive", s.archive.target,
                      "who stores the objects: HOST:PORT or AE@HOST:PORT (default: nobody)");
  command->add_option("--mpps", s.mpps.target,
                      "who is told of performed steps: HOST:PORT or AE@HOST:PORT (default: nobody)");
  command->add_option("--ae-title", options->device.ae_title, "our AE title, and that of the performing station")
      ->capture_default_str();
  command->add_option("--modality", s.modality, "only steps of this modality, for example CT");
  command->add_option("--station", s.station, "only steps scheduled for this station AE title");
  command->add_option("--date", s.date, "only steps of this day or range of days, for example today or 20260705-");
  command->add_option("--instances", s.instances, "slices of a series of images")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  auto* commit = command->add_flag("--commit", s.commit, "ask the archive for storage commitment of what was stored");
  command
      ->add_option("--commit-listen", options->commit_listen,
                   "port on which the archive may report on an association of its own")
      ->check(CLI::Range(1, 65535))
      ->needs(commit);
  command->add_option("--listen-address", options->device.address, "address for that; 0.0.0.0 for an archive elsewhere")
      ->capture_default_str();
  command->add_option("--commit-wait", options->commit_wait, "longest wait for a report (default 30s)")->needs(commit);
  command->add_option("--out", s.out, "write the objects into this folder, too")->type_name("DIR");
  auto* every =
      command->add_option("--every", options->every, "poll again after so long, for example 30s, until Ctrl-C");
  command->add_flag("--once", options->once, "poll once (the default)")->excludes(every);
  command->add_option("--timeout", options->timeout, "longest wait for a peer (default 10s)");
  command->add_flag("--json", options->json, "for tools: a line per poll");
  add_tls_options(*command, options->device.tls);
  command->footer(
      "CT, MR, US, CR, DX, OT (secondary capture), SR, DOC (PDF), ECG, PR and RTPLAN are made as what they are, other\n"
      "modalities as secondary captures. Patient, request and study come unchanged from the worklist.\n"
      "Exit code: 0 everything done, 1 something was refused, 3 somebody could not be reached.\n"
      "Examples:\n"
      "  assay modality --worklist RIS@127.0.0.1:11113 --mpps RIS@127.0.0.1:11113 --archive PACS@127.0.0.1:11112\n"
      "  assay modality --worklist 127.0.0.1:11113 --archive PACS@127.0.0.1:11112 --commit --commit-listen 11114\n"
      "  assay modality --worklist 192.0.2.10:104 --modality CT --date today --out objects --every 30s");
  commands.push_back({command, [options](app::Console& console) {
                        auto& settings = options->device.modality;
                        const auto read = [&](const std::string& text, std::string_view name, auto& into) {
                          if (text.empty()) return true;
                          const auto value = app::duration(text);
                          if (!value || value->count() == 0) {
                            console.error(std::string(name) + " '" + text + "' is no duration: write 30s or 500ms");
                            return false;
                          }
                          into = *value;
                          return true;
                        };
                        if (!read(options->every, "--every", settings.every) ||
                            !read(options->timeout, "--timeout", settings.timeout) ||
                            !read(options->commit_wait, "--commit-wait", settings.commit_wait))
                          return app::exit_codes::usage;
                        if (settings.commit && !settings.archive.given()) {
                          console.error("--commit asks the archive: say which with --archive");
                          return app::exit_codes::usage;
                        }
                        settings.commit_listens = options->commit_listen.has_value();
                        options->device.port = static_cast<std::uint16_t>(options->commit_listen.value_or(0));
                        options->device.quiet = options->json;
                        return app::modality(options->device, options->json, console);
                      }});
}

}  // namespace assay::cli
