#include <memory>

#include "harness/app/tls.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_certificates(CLI::App& cli, Commands& commands) {
  struct Options {
    std::string folder;
    std::vector<std::string> hosts{"localhost", "127.0.0.1"};
  };
  const auto options = std::make_shared<Options>();
  auto* command =
      cli.add_subcommand("certificates", "make a test authority with right and wrong certificates, to test TLS with");
  command->add_option("folder", options->folder, "where the files go; made when it is not there")
      ->required()
      ->type_name("DIR");
  command
      ->add_option(
          "--host", options->hosts,
          "names and addresses of the machines, for the certificates; repeatable (default: localhost, 127.0.0.1)")
      ->type_name("NAME");
  command->footer(
      "The keys are for tests only and are not protected.\n"
      "Example:\n  assay certificates tls --host 192.0.2.10 --host archive.example");
  commands.push_back({command, [options](app::Console& console) {
                        return app::certificates(options->folder, options->hosts, console);
                      }});
}

}  // namespace assay::cli
