#include <memory>

#include "harness/app/commit.hpp"
#include "harness/cli/scu_options.hpp"

namespace assay::cli {

void add_commit(CLI::App& cli, Commands& commands) {
  struct Options {
    app::CommitOptions commit;
    int listen = -1;
    std::optional<Duration> wait;
  };
  const auto options = std::make_shared<Options>();
  auto& s = options->commit;
  auto* command = cli.add_subcommand("commit", "Storage Commitment: will the archive answer for these instances?");
  command->group("Talk to a device");
  command->add_option("target", s.peer.target, "HOST:PORT or AE@HOST:PORT")->required();
  command->add_option("what", s.what, "DICOM files and folders, or instances by name: CTImageStorage=1.2.3")
      ->required();
  command->add_option("--called-ae", s.peer.called_ae, "AE title of the device")->capture_default_str();
  command->add_option("--calling-ae", s.peer.calling_ae, "our AE title: the device reports to it")
      ->capture_default_str();
  command->add_option("--listen", options->listen, "port on which the device may report; 0 picks a free one")
      ->check(CLI::Range(0, 65535));
  command->add_option("--listen-address", s.listen_address, "address for that; 0.0.0.0 for a device elsewhere")
      ->capture_default_str();
  add_duration(*command, "--wait", options->wait, "longest wait for the report (default 30s)");
  add_duration(*command, "--timeout", s.peer.timeout,
               "longest wait for any other answer (default 10s, and 30s for the answer to a request)");
  command->add_flag("--json", s.peer.json, "for tools");
  add_tls_options(*command, s.peer.tls);
  command->footer(
      "The device may report on the same association or open one to us: it needs our title, address and port for "
      "that.\n"
      "Exit code: 0 all committed, 1 not all or the report breaks a rule, 3 no report came.\n"
      "Examples:\n"
      "  assay commit 127.0.0.1:11112 study/ --called-ae ARCHIVE --listen 11113\n"
      "  assay commit 127.0.0.1:11112 CTImageStorage=1.2.3.4 --wait 5s --json");
  commands.push_back({command, [options](app::Console& console) {
                        auto& commit = options->commit;
                        if (options->listen >= 0) commit.listen = static_cast<std::uint16_t>(options->listen);
                        if (options->wait) commit.wait = *options->wait;
                        return app::commit(commit, console);
                      }});
}

}  // namespace assay::cli
