#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "harness/app/control.hpp"
#include "harness/app/device_file.hpp"
#include "harness/app/home.hpp"
#include "harness/app/options.hpp"
#include "harness/app/serve.hpp"
#include "harness/base/hex.hpp"
#include "harness/cli/scu_options.hpp"

namespace assay::cli {

namespace {

struct Options {
  std::string what = "archive";
  app::DeviceDescription device;
  std::vector<std::string> destinations;
  std::vector<std::string> sop_classes;
  std::optional<Duration> artim;
  std::optional<Duration> idle_timeout;
  std::optional<Duration> commitment_delay;
  std::optional<Duration> job_time;
};

/// Options of one kind of device, on another one.
std::string misplaced(const CLI::App& command, const std::string& what) {
  struct Owner {
    const char* device;
    std::vector<const char*> options;
  };
  const std::vector<Owner> owners{
      {"archive",
       {"--index", "--with-patients", "--no-sync", "--ignore", "--window", "--destination", "--sop-class",
        "--commitment", "--commitment-delay", "--commitment-fail-every"}},
      {"ris", {"--schedule"}},
      {"printer", {"--gray-only", "--no-collation", "--dots-per-inch", "--queue", "--job-time"}}};
  for (const auto& [device, options] : owners)
    for (const auto* option : options)
      if (what != device && command.count(option) != 0)
        return std::string(option) + " is of 'assay serve " + device + "'";
  return {};
}

int serve_one(Options& o, const CLI::App& command, app::Console& console) {
  auto& d = o.device;
  if (!d.profile.empty()) {
    if (o.what != "archive") {
      console.error("--as says what is played: leave '" + o.what + "' out");
      return app::exit_codes::usage;
    }
    if (command.count("--ae-title") == 0) d.ae_title.clear();
  }
  if (const auto wrong = misplaced(command, o.what); !wrong.empty()) {
    console.error(wrong);
    return app::exit_codes::usage;
  }
  if (o.what == "ris") d.kind = app::DeviceKind::ris;
  if (o.what == "printer") d.kind = app::DeviceKind::printer;
  if (o.artim) d.artim = *o.artim;
  if (o.idle_timeout) d.idle_timeout = *o.idle_timeout;
  if (o.commitment_delay) d.archive.commitment_delay = *o.commitment_delay;
  if (o.job_time) d.printer.job_time = *o.job_time;
  for (const auto& text : o.destinations) {
    auto destination = app::destination_from(text);
    if (!destination) {
      console.error(destination.error());
      return app::exit_codes::usage;
    }
    d.archive.destinations.push_back(std::move(*destination));
  }
  for (const auto& word : o.sop_classes) {
    auto uid = app::storage_class(word);
    if (!uid) {
      console.error("--sop-class " + uid.error());
      return app::exit_codes::usage;
    }
    d.archive.sop_classes.push_back(std::move(*uid));
  }
  return app::serve({std::move(d)}, console);
}

int serve_file(const Options& o, const CLI::App& command, app::Console& console) {
  for (const auto* option : command.get_options()) {
    const auto name = option->get_name();
    if (option->count() == 0 || name == "device" || name == "--quiet" || name == "--help") continue;
    console.error(name + " is said in the file where it has devices: there it is an attribute of one");
    return app::exit_codes::usage;
  }
  return app::serve_file(o.what, o.device.quiet, console);
}

void add_listener_options(CLI::App& command, Options& o) {
  auto& d = o.device;
  command.add_option("--port", d.port, "port to listen on; 0 picks a free one")->capture_default_str();
  command.add_option("--address", d.address, "address to listen on")->capture_default_str();
  command.add_option("--ae-title", d.ae_title, "our AE title")->capture_default_str();
  command.add_flag("--check-called", d.check_called, "refuse associations that call another title");
  command.add_option("--max-associations", d.max_associations, "at the same time; more are refused (transient)")
      ->capture_default_str();
  add_duration(command, "--artim", o.artim, "ARTIM timer, for example 30s");
  command.add_option("--faults", d.faults, "misbehave on purpose as this file says (see peers/faults/README.md)")
      ->type_name("FILE");
  add_duration(command, "--idle-timeout", o.idle_timeout,
               "an association on which nothing happens is aborted after this (default 60s)");
  command.add_flag("!--no-judging", d.judge, "do not hold callers against the rules: less memory for each association");
  command.add_flag("--quiet", d.quiet, "no line per association");
}

void add_archive_options(CLI::App& command, Options& o) {
  auto& a = o.device.archive;
  command
      .add_option("--destination", o.destinations,
                  "an application that C-MOVE and commitment reports may go to, AE=HOST:PORT; may be given many times")
      ->type_name("AE=HOST:PORT");
  command
      .add_option("--sop-class", o.sop_classes,
                  "archive: take only instances of this Storage SOP Class, keyword or UID; may be given many times")
      ->type_name("CLASS");
  command
      .add_option("--window", a.window,
                  "archive: operations that a caller may have outstanding, and that we invoke on its association at "
                  "the same time; 0 is any number (PS3.7 D.3.3.3; default 1:1)")
      ->type_name("N[:M]");
  command
      .add_option("--commitment", a.commitment,
                  "where Storage Commitment is reported: same (association, or a new one when it is gone), new, never")
      ->check(CLI::IsMember({"same", "new", "never"}))
      ->capture_default_str();
  add_duration(command, "--commitment-delay", o.commitment_delay, "report so late, for example 2s");
  command.add_option("--commitment-fail-every", a.commitment_fail_every, "do not commit to each Nth instance (0110H)");
  auto* folder =
      command
          .add_option("--folder", o.device.folder,
                      "archive: keep instances here as DICOM files and serve those that lie here already; ris: keep "
                      "performed procedure steps here as JSON; printer: pages go here (default assay-prints)")
          ->type_name("DIR");
  command
      .add_option("--index", a.index,
                  "the folder's index: a file (default index.sqlite in the folder), or memory to read all files anew")
      ->type_name("FILE|memory")
      ->needs(folder);
  command.add_flag("--with-patients", a.with_patients, "put the synthetic patients into the folder, too")
      ->needs(folder);
  command
      .add_flag("!--no-sync", a.sync,
                "answer before an instance is on the disk: faster; a power failure loses it, the end of Assay does not")
      ->needs(folder);
  command.add_flag("--ignore", a.ignore, "archive: answer for instances and forget them, to see how fast they come")
      ->excludes(folder);
}

void add_printer_options(CLI::App& command, Options& o) {
  auto& p = o.device.printer;
  command.add_flag("--gray-only", p.gray_only, "printer: no Basic Color Print Management");
  command.add_flag("--no-collation", p.no_collation, "printer: films are printed one by one, not as a session");
  command.add_option("--dots-per-inch", p.dots_per_inch, "printer: pixels of its pages")
      ->check(CLI::Range(10, 600))
      ->capture_default_str();
  command.add_option("--queue", p.queue, "printer: jobs that wait at the most")->capture_default_str();
  add_duration(command, "--job-time", o.job_time, "printer: between taking a job and printing it, for example 2s");
}

}  // namespace

void add_serve(CLI::App& cli, Commands& commands) {
  const auto options = std::make_shared<Options>();
  auto& o = *options;
  auto* command = cli.add_subcommand(
      "serve",
      "play a device: an archive (Verification, Storage, commitment, query and retrieve, over a synthetic patient set "
      "or a folder of files), a ris (Modality Worklist and MPPS) or a printer (pages as PNG files); or all devices of "
      "an XML file");
  command->group("Talk to a device");
  command->add_option("device", o.what, "archive, ris, printer, or a file of devices (see peers/devices/README.md)")
      ->capture_default_str()
      ->type_name("archive|ris|printer|FILE.xml");
  command
      ->add_option("--schedule", o.device.ris.schedule, "ris: the worklist, as XML or CSV (default: a synthetic one)")
      ->type_name("FILE");
  auto* as = command
                 ->add_option("--as", o.device.profile,
                              "play the product of this conformance profile: a file, or the name of a shipped one. "
                              "--ae-title chooses among its Application Entities, or gives it another title")
                 ->type_name("PROFILE.xml");
  add_listener_options(*command, o);
  add_archive_options(*command, o);
  add_printer_options(*command, o);
  add_tls_options(*command, o.device.tls);
  for (const auto* said : {"--check-called", "--max-associations", "--artim", "--idle-timeout", "--sop-class",
                           "--window", "--commitment", "--with-patients", "--ignore"})
    as->excludes(command->get_option(said));
  command->footer(
      app::control_help() +
      "Examples:\n  assay serve --port 11112\n  assay serve --destination WS1=192.0.2.5:104\n  assay serve --port 0 "
      "--ae-title ARCHIVE --check-called\n"
      "  assay serve --port 11112 --folder archive\n"
      "  assay serve --port 2762 --tls-cert assay.pem --tls-key assay.key --tls-ca authority.pem\n"
      "  assay serve --port 11112 --faults peers/faults/examples/abort.xml\n"
      "  assay serve ris --port 11113 --ae-title RIS --schedule today.csv --folder steps\n"
      "  assay serve printer --port 11112 --folder pages\n"
      "  assay serve --as ct-scanner --port 11112\n"
      "  assay serve peers/devices/examples/hospital.xml");
  commands.push_back({command, [options, command](app::Console& console) {
                        const auto& what = options->what;
                        if (what == "archive" || what == "ris" || what == "printer")
                          return serve_one(*options, *command, console);
                        if (!std::filesystem::exists(what)) {
                          console.error(fmt::format(
                              "there is no device and no file '{}': say archive, ris, printer, or a file of devices",
                              printable(what)));
                          return app::exit_codes::usage;
                        }
                        return serve_file(*options, *command, console);
                      }});
}

}  // namespace assay::cli
