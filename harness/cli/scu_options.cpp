#include "harness/cli/scu_options.hpp"

#include "harness/app/home.hpp"

namespace assay::cli {

void add_duration(CLI::App& command, const std::string& option, std::optional<Duration>& into,
                  const std::string& help) {
  command
      .add_option_function<std::string>(
          option,
          [&into, option](const std::string& text) {
            const auto value = app::duration(text);
            if (!value || value->count() == 0)
              throw CLI::ValidationError(option + " '" + text + "' is no duration: write 5s or 500ms");
            into = *value;
          },
          help)
      ->type_name("DURATION");
}

void add_scu_options(CLI::App& command, app::ScuOptions& options, const ScuOptionWords& words) {
  if (words.target)
    command.add_option("target", options.target, "HOST:PORT, or AE@HOST:PORT with the AE title of the device")
        ->required();
  if (words.target)
    command.add_option("--called-ae", options.called_ae, "AE title of the device, unless the target names it")
        ->capture_default_str();
  command.add_option("--calling-ae", options.calling_ae, "our AE title")->capture_default_str();
  add_duration(command, "--timeout", options.timeout,
               "longest wait for the device at any point (default " + words.timeouts + ")");
  add_duration(command, "--dimse-timeout", options.dimse_timeout, "longest wait for an answer to a request alone");
  if (!words.repeat.empty())
    command.add_option(words.repeat_option, options.repeat, words.repeat)
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
  if (!words.window.empty())
    command.add_option("--window", options.window, words.window)
        ->check(CLI::Range(0, 65535))
        ->type_name("N")
        ->capture_default_str();
  command.add_option("--faults", options.faults, "misbehave on purpose as this file says (see peers/faults/README.md)")
      ->type_name("FILE");
  auto* strict = command.add_flag("--strict", options.strict, words.strict);
  command.add_flag("--json", options.json, words.json);
  if (words.target) {
    auto* trace = command.add_flag("--trace", options.show_trace, "print every PDU");
    command
        .add_flag("!--no-judging", options.judge, "do not hold the device against the rules: faster with large objects")
        ->excludes(strict)
        ->excludes(trace);
  }
  add_tls_options(command, options.tls);
  command.group("Talk to a device");
}

}  // namespace assay::cli
