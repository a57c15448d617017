#include <memory>

#include "harness/app/match_profiles.hpp"
#include "harness/cli/scu_options.hpp"

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
  command
      ->add_option("--live", options->live,
                   "a product that is there, named as above or by its number: what the others would propose to it is "
                   "proposed to it, and each line of the forecast is confirmed or differs; may be repeated")
      ->type_name("PROFILE=HOST:PORT[,TITLE]")
      ->allow_extra_args(false);
  add_duration(*command, "--timeout", options->timeout, "longest wait for such a product at any point (default 10s)");
  command->footer(
      "For each use case in each direction: SOP Classes and roles, common transfer syntaxes (PS3.5 10.1), keys wanted\n"
      "against keys supported, associations, titles, TLS, character sets, media; each 'no' with its clause and a "
      "change.\n"
      "--live looks at associations, maximum lengths and presentation contexts; it stores and asks nothing, and speaks "
      "no\nTLS.\n"
      "Exit code: 0 what both sides claim works, 1 something that is claimed on both sides cannot work, or a product\n"
      "answers otherwise than foretold, 2 a profile is wrong, 3 a product was not reached, 130 interrupted.\n"
      "Examples:\n"
      "  assay match ct-scanner orthanc\n"
      "  assay match our-device.xml dcmtk-dcmqrscp --html match.html\n"
      "  assay match ct-scanner orthanc --live orthanc=192.0.2.10:4242,ORTHANC\n"
      "  assay match ct-scanner ultrasound workstation archive-1995 assay-ris");
  commands.push_back({command, [options](app::Console& console) { return app::match_profiles(*options, console); }});
}

}  // namespace assay::cli
