// The scenario language as tables: every element, attribute and occurrence, each with the sentence that stands in
// the XSD. Here the head and the steps; messages stand in language_messages.cpp. scenarios/README.md explains it by
// example.
#include "harness/scenario/language.hpp"

#include "harness/scenario/fault_file.hpp"

namespace assay::scenario {
namespace {

using namespace detail;  // NOLINT(google-build-using-namespace)

const AttributeSpec connection{"connection", V::name, false, "the connection meant; c1 when not said"};
const AttributeSpec within{"within", V::duration, false, "how long to wait"};
const AttributeSpec tls_mode{"tls", V::tls_mode, false,
                             "yes, where the run speaks TLS: as it says; no: in the clear; later: a start-tls follows"};
const AttributeSpec judge{"judge", V::yes_no, false, "yes: the verdict is about this step"};

const AttributeSpec faults_file{"faults", V::text, false, "file that says how our side misbehaves on this connection"};

// --- the head -----------------------------------------------------------------------------------------------------

void add_head(Grammar& g) {
  g.add({"title", "One line: what the verdict is about.", {}, {}, 0, TextUse::required});
  g.add({"clause",
         "Where the standard asks for it; the text is the duty in our own words.",
         {{"part", V::part, true, "PS3.8"},
          {"section", V::section, true, "9.3.4"},
          {"level", V::level, true, "how strong the duty is"}},
         {},
         0,
         TextUse::required});
  g.add({"requirement",
         "A requirement of the project that this proves.",
         {{"id", V::address, true, "such as net:138"}},
         {}});
  g.add({"advice", "What an integrator does when this fails.", {}, {}, 0, TextUse::required});
  g.add({"needs",
         "Skipped when the profile says otherwise.",
         {{"claim", V::address, true, "verification-scp, sop-class:CTImageStorage:scp, a policy..."},
          {"is", V::yes_no, false, "no: only for devices that do not claim it"}},
         {}});
  g.add({"observe", "A name that tolerate may record a value for.", {{"name", V::name, true, "the name"}}, {}});
  g.add({"ignore-finding",
         "A rule whose findings do not touch the verdict.",
         {{"rule", V::address, true, "rule id; may end in *"}, {"reason", V::text, true, "why"}},
         {}});
  g.add({"judge-finding",
         "A rule this case is about: the device breaking it fails the case even where the rule is only a note.",
         {{"rule", V::address, true, "rule id; may hold *"}},
         {}});
  g.add({"row",
         "One case: its name and the value of every parameter.",
         {{"name", V::name, true, "last part of the case id"}},
         {},
         0,
         TextUse::none,
         V::text,
         true});
  g.add({"value",
         "One value of a parameter.",
         {{"name", V::name, false, "stands in the case id; made from the value when not said"},
          {"needs", V::address, false, "a claim: a profile that denies it prunes the value from the combinations"}},
         {},
         0,
         TextUse::optional});
  g.add({"parameter",
         "A parameter with its values, for combinations.",
         {{"name", V::name, true, "used as ${name}"}, {"values", V::text, false, "values split by blanks"}},
         {{"value", "value"}}});
  g.add({"parameters",
         "One file, many verdicts.",
         {{"combine", V::combine, false, "rows (default), pairwise or full"}},
         {{"row", "row"}, {"parameter", "parameter"}}});
}

// --- steps --------------------------------------------------------------------------------------------------------

Children step_children() {
  return {{"connect", "connect"},
          {"start-tls", "start-tls"},
          {"listen", "listen"},
          {"accept", "accept"},
          {"operate", "operate"},
          {"associate", "associate"},
          {"send", "send"},
          {"expect", "expect"},
          {"release", "release"},
          {"abort", "abort"},
          {"close", "close"},
          {"wait", "wait"},
          {"pause-reading", "reading"},
          {"resume-reading", "reading"},
          {"repeat", "repeat"},
          {"measure", "measure"},
          {"let", "let"},
          {"serve", "serve"},
          {"check-health", "check-health"},
          {"check-served", "check-served"},
          {"check-ended", "check-ended"},
          {"include", "include"},
          {"note", "note"},
          {"received", "received"}};
}

void add_steps(Grammar& g) {
  g.add({"connect",
         "Opens a connection to the device.",
         {{"as", V::name, false, "its name; c1 when not said"},
          faults_file,
          within,
          judge,
          tls_mode,
          {"required", V::yes_no, false, "no: a connection that is refused counts as one that was closed at once"}},
         {{"faults", "faults", 0, 1}}});
  g.add({"start-tls",
         "TLS from here on, as client where Assay opened the connection, else as server; what comes of it is expected.",
         {connection,
          within,
          {"min-version", V::tls_version, false, "of the run's profile when not said"},
          {"max-version", V::tls_version, false, "of the run's profile when not said"},
          {"suites", V::names, false, "IANA names of the cipher suites offered or taken; of the profile when not said"},
          {"certificate", V::certificate, false, "which one Assay shows; its own when not said"},
          {"server-name", V::name, false, "SNI and the name checked; none sends none; the target when not said"},
          {"verify", V::yes_no, false, "no: the certificate of the device decides nothing"},
          {"renegotiate", V::yes_no, false, "yes: asks for a new handshake below the TLS that is there"},
          {"split", V::split, false, "segment lengths of the ClientHello; the last repeats"},
          {"pause", V::duration, false, "between segments"},
          {"truncate", V::number, false, "only so many bytes of the ClientHello are sent"}},
         {}});
  g.add({"listen",
         "Listens for the device.",
         {{"as", V::name, false, "its name; l1 when not said"},
          {"port", V::port, false, "that of the run when not said"},
          tls_mode,
          {"refuse", V::yes_no, false, "yes: nobody listens there, whoever calls is refused"},
          faults_file},
         {{"faults", "faults", 0, 1}}});
  g.add({"accept",
         "Waits for the device to connect.",
         {{"listener", V::name, false, "l1 when not said"},
          {"as", V::name, false, "name of the connection; c1 when not said"},
          {"optional", V::yes_no, false, "yes: when the device does not call, the case is over"},
          {"observe", V::name, false, "records how many connections the device has opened by then"},
          within,
          judge},
         {}});
  g.add({"word",
         "A word for the command that operates the device.",
         {{"name", V::name, true, "{name} in the command"}, {"value", V::text, true, "its value"}},
         {}});
  g.add({"operate",
         "Makes the device act.",
         {{"action", V::name, true, "echo, store, find..., start, stop, restart"},
          {"listener", V::name, false, "where it is to connect to; l1 when not said"},
          {"prompt", V::text, false, "what a person is asked to do"},
          {"wait", V::yes_no, false, "yes: until it is done"},
          within},
         {{"word", "word"}}});
  auto ceremony = join(join(Attributes{connection, within, judge}, answer_attributes()), associate_attributes());
  g.add({"associate", "Establishes an association, as requestor or as acceptor of it.", std::move(ceremony),
         join(Children{{"context", "context-any"}}, negotiation_children())});
  g.add({"send",
         "Sends messages, all in one write.",
         {connection,
          {"split", V::split, false, "segment lengths; the last repeats"},
          {"pause", V::duration, false, "between segments"},
          {"truncate", V::number, false, "only so many bytes are sent"},
          {"provoke", V::yes_no, false, "whether this is wrong on purpose"},
          {"below-tls", V::yes_no, false, "yes: as it is, in between TLS records"}},
         message_children()});
  g.add({"expect",
         "Alternatives for what comes next.",
         {connection, within, judge, {"stray", V::stray, false, "ignore: what nobody expects is skipped"}},
         join(Children{{"optional", "optional"}, {"tolerate", "tolerate"}, {"any-of", "any-of"}}, matcher_children())});
  g.add({"release",
         "The whole release, with the close.",
         {connection, within, judge, {"by", V::side, false, "us on opened connections, peer on accepted ones"}},
         {}});
  g.add({"abort",
         "A-ABORT, then close.",
         {connection, {"source", V::number, false, "0"}, {"reason", V::number, false, "0"}},
         {}});
  g.add({"close",
         "Closes the transport connection.",
         {connection,
          {"how", V::how, false, "fin or rst"},
          {"half", V::yes_no, false, "yes: we still read"},
          {"notify", V::yes_no, false, "no: without TLS's close_notify"}},
         {}});
  g.add({"wait", "Lets time pass.", {{"for", V::duration, true, "how long"}}, {}});
  g.add({"reading", "Stops or resumes reading from the connection.", {connection}, {}});
  g.add({"let",
         "Gives a variable a value.",
         {{"name", V::name, true, "used as ${name}"}, {"value", V::text, true, "its value"}},
         {}});
  g.add({"repeat",
         "Repeats steps.",
         {{"count", V::number, true, "at most; 100000 is the limit"},
          {"variable", V::name, false, "counts from 1"},
          {"while", V::name, false, "a variable..."},
          {"is", V::text_match, false, "...and what it must be for another round; a range counts it as a number"}},
         step_children()});
  g.add({"measure",
         "How long the steps inside take, recorded as an observation and in the trace once all of them are over.",
         {{"name", V::name, true, "of the observation"}},
         step_children()});
  g.add({"on", "A message and the steps that answer it.", {}, join(matcher_children(), step_children())});
  g.add({"serve",
         "Answers messages until the device releases or closes.",
         {connection, within, judge},
         {{"on", "on", 1}}});
  g.add({"check-health", "A new association with C-ECHO must work.", {within}, {}});
  g.add({"check-served", "C-ECHO on an open association must work.", {connection, within}, {}});
  g.add({"check-ended",
         "The command that made the device act must have ended by itself: by no signal, without a sanitizer's report.",
         {within},
         {}});
  g.add({"include",
         "Steps of another file, whose root is steps.",
         {{"href", V::text, true, "relative to this file"}},
         {}});
  g.add({"note", "A remark for the trace.", {}, {}, 0, TextUse::required});
  g.add({"received",
         "What came back, in executed scenarios; does nothing.",
         {{"connection", V::name, true, "on which connection"},
          {"at", V::text, true, "seconds since the case began"},
          {"summary", V::text, true, "what it was"},
          {"hex", V::hex, false, "its bytes, as far as kept"}},
         {}});
}

Grammar make() {
  Grammar g;
  g.title = "Assay scenarios. Generated from the loader's tables (harness/scenario/language.cpp); do not edit.";
  add_message_types(g);
  add_faults(g);
  add_head(g);
  add_steps(g);
  const Children head{{"title", "title", 1, 1},
                      {"clause", "clause", 1},
                      {"requirement", "requirement"},
                      {"advice", "advice", 1, 1},
                      {"needs", "needs"},
                      {"observe", "observe"},
                      {"ignore-finding", "ignore-finding"},
                      {"judge-finding", "judge-finding"},
                      {"parameters", "parameters", 0, 1}};
  const auto steps = step_children();
  TypeSpec scenario{"scenario",
                    "One test: what is said, what must come back, what it means.",
                    {{"id", V::case_id, true, "address of the standard, never changed once published"},
                     {"role", V::role, true, "which side Assay plays"},
                     {"tags", V::names, false, "for selection"},
                     {"aliases", V::case_ids, false, "former ids"},
                     {"operate", V::name, false, "acceptor: what the device is made to do"},
                     {"stray", V::stray, false, "ignore: messages nobody expects are skipped"}},
                    join(head, steps)};
  scenario.head = head.size();
  g.add(std::move(scenario));
  g.add({"scenarios", "Several scenarios in one file.", {}, {{"scenario", "scenario", 1}}});
  g.add({"steps", "Steps for include.", {}, steps});
  g.roots = {{"scenario", "scenario"}, {"scenarios", "scenarios"}, {"steps", "steps"}};
  return g;
}

}  // namespace

const Grammar& language() {
  static const Grammar grammar = make();
  return grammar;
}

}  // namespace assay::scenario
