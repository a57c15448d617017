#include <memory>

#include "harness/app/match_profiles.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_match(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<app::MatchOptions>();
  auto* command = cli.add_subcommand(
      "match", "what will work between products, by their conformance profiles, before anyone plugs a cable");
  command->group("Judge a device on the network");
  command
      ->add_option("profile", options->profiles,
                   "two or more: profile files (conformance/profiles/README.md), or the names of shipped ones")
      ->required()
      ->type_name("PROFILE.xml");
  command->add_flag("--json", options->json, "for tools: everything that was found, to standard output");
  command->add_option("--html", options->html, "write one page that needs no network")->type_name("FILE");
  command->add_flag("--all", options->all, "more than two products: not only what cannot work");
  command->footer(
      "For each use case in each direction: SOP Classes and roles, common transfer syntaxes (PS3.5 10.1), keys wanted\n"
      "against keys supported, associations, titles, TLS, character sets, media; each 'no' with its clause and a "
      "change.\n"
      "Exit code: 0 what both sides claim works, 1 something that is claimed on both sides cannot work, 2 a profile "
      "is\n"
      "wrong.\n"
      "Examples:\n"
      "  assay match ct-scanner orthanc\n"
      "  assay match our-device.xml dcmtk-dcmqrscp --html match.html\n"
      "  assay match ct-scanner ultrasound workstation archive-1995 assay-ris");
  commands.push_back({command, [options](app::Console& console) { return app::match_profiles(*options, console); }});
}

}  // namespace assay::cli
