// The tables of <devices>. Tests: tests/loopback/device_file_test.cpp
#include "harness/app/device_file.hpp"

namespace assay::app {
namespace {

using scenario::AttributeSpec;
using scenario::ChildSpec;
using V = scenario::ValueType;
using Attributes = std::vector<AttributeSpec>;

/// What every device has.
Attributes with_common(Attributes own) {
  Attributes out{{"name", V::name, false, "how the others of this file and the lines name it; its kind when not said"},
                 {"ae-title", V::text, false, "our AE title; ASSAY when not said"},
                 {"faults", V::text, false, "misbehave on purpose as this file says (peers/faults/README.md)"},
                 {"quiet", V::yes_no, false, "yes: no line per association"}};
  out.insert(out.end(), own.begin(), own.end());
  return out;
}

/// What those who listen have, too.
Attributes with_listener(Attributes own) {
  Attributes out{{"port", V::port, false, "to listen on; 0 picks a free one; 11112 when not said"},
                 {"address", V::text, false, "to listen on; 127.0.0.1 when not said, 0.0.0.0 is every address"},
                 {"check-called", V::yes_no, false, "yes: refuse associations that call another title"},
                 {"max-associations", V::number, false, "at the same time; more are refused; 64 when not said"},
                 {"artim", V::duration, false, "ARTIM timer; 30s when not said"},
                 {"idle-timeout", V::duration, false, "an association without traffic is aborted after this; 60s"},
                 {"judging", V::yes_no, false, "no: callers are not held against the rules, which saves memory"}};
  out.insert(out.end(), own.begin(), own.end());
  return with_common(std::move(out));
}

scenario::Grammar make_grammar() {
  scenario::Grammar g;
  g.title = "Assay devices. Generated from the loader's tables (harness/app/device_file.cpp); do not edit.";
  g.add({"device-title", "What the devices are for.", {}, {}, 0, scenario::TextUse::required});
  g.add({"device-tls",
         "Nothing but TLS is spoken, where the device listens and where it calls (PS3.15 B).",
         {{"cert", V::text, false, "our certificate, PEM, with its chain behind it"},
          {"key", V::text, false, "its key, PEM, without a passphrase; in the file of the certificate when not said"},
          {"ca", V::text, false, "authorities whose certificates are accepted, PEM; callers must then show one"},
          {"no-verify", V::yes_no, false, "yes: the peer's certificate is looked at, any is accepted"},
          {"server-name", V::text, false, "looked for in the certificate of who is called"},
          {"profile", V::text, false, "versions and cipher suites; bcp195-rfc8996 when not said"}},
         {}});
  const Attributes called{{"device", V::name, false, "a device of this file, by its name"},
                          {"target", V::text, false, "instead: HOST:PORT or AE@HOST:PORT"}};
  auto destination = called;
  destination.push_back({"ae", V::text, false, "the AE title by which it is asked for; that of the device"});
  g.add({"device-peer", "An application that the device calls.", called, {}});
  g.add({"device-destination", "Where C-MOVE and commitment reports may go.", std::move(destination), {}});
  const ChildSpec tls{"tls", "device-tls", 0, 1};
  g.add({"device-archive",
         "Verification, Storage, commitment, query and retrieve.",
         with_listener(
             {{"folder", V::text, false, "keep instances here as DICOM files; in memory when not said"},
              {"index", V::text, false, "the folder's index: a file, or memory to read all files anew"},
              {"with-patients", V::yes_no, false, "yes: put the synthetic patients into the folder, too"},
              {"ignore", V::yes_no, false, "yes: answer for what comes and forget it, to see how fast it comes"},
              {"sync", V::yes_no, false, "no: answer before an instance is on the disk"},
              {"sop-classes", V::uids, false, "Storage SOP Classes that are accepted; all when not said"},
              {"window", V::text, false, "operations that a caller may have outstanding: N or N:M"},
              {"commitment", V::name, false, "where it is reported: same (when not said), new or never"},
              {"commitment-delay", V::duration, false, "report so late"},
              {"commitment-fail-every", V::number, false, "do not commit to each Nth instance (0110H)"}}),
         {tls, {"destination", "device-destination"}}});
  g.add({"device-ris",
         "Verification, Modality Worklist and MPPS.",
         with_listener({{"schedule", V::text, false, "the worklist, XML or CSV; a synthetic one when not said"},
                        {"folder", V::text, false, "keep performed procedure steps here as JSON"}}),
         {tls}});
  g.add({"device-printer",
         "Basic Grayscale and Color Print Management; pages become PNG files.",
         with_listener({{"folder", V::text, false, "pages go here; assay-prints when not said"},
                        {"gray-only", V::yes_no, false, "yes: no Basic Color Print Management"},
                        {"collation", V::yes_no, false, "no: films are printed one by one, not as a session"},
                        {"dots-per-inch", V::number, false, "pixels of its pages; 150 when not said"},
                        {"queue", V::number, false, "jobs that wait at the most; 32 when not said"},
                        {"job-time", V::duration, false, "between taking a job and printing it"}}),
         {tls}});
  g.add({"device-modality",
         "Asks a worklist, performs what is on it, reports it (MPPS), stores synthetic objects.",
         with_common({{"every", V::duration, false, "ask again after so long; once when not said"},
                      {"modality", V::text, false, "only steps of this modality, for example CT"},
                      {"station", V::text, false, "only steps scheduled for this station AE title"},
                      {"date", V::text, false, "only steps of this day or range of days: today or 20260705-"},
                      {"instances", V::number, false, "slices of a series of images; 3 when not said"},
                      {"out", V::text, false, "write the objects into this folder, too"},
                      {"commit", V::yes_no, false, "yes: ask for storage commitment of what was stored"},
                      {"commit-listen", V::port, false, "port for reports on associations of the archive's own"},
                      {"commit-wait", V::duration, false, "longest wait for a report; 30s when not said"},
                      {"timeout", V::duration, false, "longest wait for a peer; 10s when not said"}}),
         {tls, {"worklist", "device-peer", 1, 1}, {"mpps", "device-peer", 0, 1}, {"archive", "device-peer", 0, 1}}});
  g.add({"device-key", "A key of the query.", {{"is", V::assignment, true, "KEY=VALUE, PatientName=DOE*"}}, {}});
  g.add({"device-workstation",
         "Asks an archive what it has, then gets it or has it moved.",
         with_listener(
             {{"way", V::name, false, "get, collect, blocking (when not said), inside, several or deadlock"},
              {"level", V::name, false, "what is retrieved one by one: patient, study (when not said), series, image"},
              {"model", V::name, false, "study (when not said), patient or patient-study"},
              {"receiver", V::text, false, "AE title of the separate receiver; ASSAY-RECEIVER when not said"},
              {"to", V::text, false, "AE title of another application that collects; we do when not said"},
              {"every", V::duration, false, "retrieve again after so long; when told to where it is not said"},
              {"folder", V::text, false, "keep here what comes; it is counted and forgotten when not said"},
              {"timeout", V::duration, false, "longest wait for the archive; 30s when not said"},
              {"collect-wait", V::duration, false, "collecting ends when nothing has come for so long; 10s"}}),
         {tls, {"archive", "device-peer", 1, 1}, {"key", "device-key"}}});
  std::vector<ChildSpec> kinds{{"title", "device-title", 0, 1}};
  for (const auto kind : device_kinds) kinds.push_back({std::string(name(kind)), "device-" + std::string(name(kind))});
  g.add({"devices", "Devices of one process.", {}, std::move(kinds)});
  g.roots = {{"devices", "devices"}};
  return g;
}

}  // namespace

const scenario::Grammar& device_language() {
  static const scenario::Grammar grammar = make_grammar();
  return grammar;
}

std::string devices_xsd() { return scenario::to_xsd(device_language()); }

}  // namespace assay::app
