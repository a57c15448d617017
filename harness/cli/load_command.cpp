#include <memory>

#include "harness/app/home.hpp"
#include "harness/app/load.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_load(CLI::App& cli, Commands& commands) {
  struct Options {
    app::LoadSettings settings;
    std::string duration;
    std::string timeout;
    std::string operation = "echo";
  };
  const auto options = std::make_shared<Options>();
  auto& s = options->settings;
  auto* command = cli.add_subcommand("load", "how many associations does a device hold, and how fast is it meanwhile?");
  command->group("Judge a device on the network");
  command->add_option("target", s.target, "HOST:PORT")->required();
  command->add_option("--associations", s.associations, "associations that are open and idle")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  command->add_option("--busy", s.busy, "associations that do one operation after the other")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  command->add_option("--operation", options->operation, "echo or store (a small synthetic image)")
      ->check(CLI::IsMember({"echo", "store"}))
      ->capture_default_str();
  command->add_option("--duration", options->duration, "how long they are busy, for example 30s (default 10s)");
  command->add_option("--timeout", options->timeout, "longest wait for the device (default 30s)");
  command->add_option("--opening", s.opening, "connections on the way at the same time")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--called-ae", s.called_ae, "AE title of the device")->capture_default_str();
  command->add_option("--calling-ae", s.calling_ae, "our AE title")->capture_default_str();
  command->add_flag("--json", s.json, "for tools");
  command->footer(
      "All associations are opened first; then the busy ones work for the duration, and all are released. Ctrl-C\n"
      "releases them at once and reports what was measured.\n"
      "Exit code: 0 everything held, 1 associations or operations failed, 3 not one association came about.\n"
      "Examples:\n"
      "  assay load 127.0.0.1:11112 --associations 1000 --busy 50 --duration 30s\n"
      "  assay load 192.0.2.10:104 --called-ae ARCHIVE --associations 0 --busy 4 --operation store --json");
  commands.push_back({command, [options](app::Console& console) {
                        auto& settings = options->settings;
                        settings.store = options->operation == "store";
                        for (const auto& [text, into, name] :
                             {std::tuple{&options->duration, &settings.duration, "--duration"},
                              std::tuple{&options->timeout, &settings.timeout, "--timeout"}}) {
                          if (text->empty()) continue;
                          const auto value = app::duration(*text);
                          if (!value || value->count() == 0) {
                            console.error(std::string(name) + " '" + *text + "' is no duration: write 10s or 500ms");
                            return app::exit_codes::usage;
                          }
                          *into = *value;
                        }
                        return app::load(settings, console);
                      }});
}

}  // namespace assay::cli
