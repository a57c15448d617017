#include "harness/cli/commands.hpp"

namespace assay::cli {

void add_tls_options(CLI::App& command, app::TlsWords& words, bool scenarios) {
  const std::string group = "TLS (PS3.15 B; the port is usually 2762)";
  command.add_flag("--tls", words.on, "speak TLS; every other option of this group turns it on as well")->group(group);
  command.add_option("--tls-cert", words.certificate, "our certificate, PEM, with its chain behind it")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--tls-key", words.key, "its key, PEM, without a passphrase (default: in the file of --tls-cert)")
      ->type_name("FILE")
      ->group(group);
  command
      .add_option(
          "--tls-ca", words.ca,
          "authorities (or single certificates) whose certificates are accepted, PEM; where Assay is the server, "
          "clients must then show one (default: as client those of this system, as server no client certificate)")
      ->type_name("FILE")
      ->group(group);
  if (scenarios)
    command
        .add_option("--tls-ca-key", words.ca_key,
                    "key of the authority in --tls-ca, a test authority that the device trusts: Assay then shows the "
                    "device expired and otherwise wrong certificates ('assay certificates' makes one)")
        ->type_name("FILE")
        ->group(group);
  command.add_flag("--tls-no-verify", words.no_verify, "look at the certificate of the peer, but accept any")
      ->group(group);
  command
      .add_option("--tls-server-name", words.server_name,
                  "name sent to the server (SNI) and looked for in its certificate (default: the host of the target)")
      ->type_name("NAME")
      ->group(group);
  command
      .add_option("--tls-profile", words.profile,
                  "versions and cipher suites (default: bcp195-rfc8996):\n" + app::tls_profiles_help())
      ->type_name("NAME")
      ->group(group);
}

}  // namespace assay::cli
