// The tables of the profile language. Tests: tests/unit/conformance/profile_load_test.cpp
#include <fmt/format.h>

#include "conformance/profile_parts.hpp"
#include "conformance/profile_tables.hpp"

namespace assay::conformance {
namespace {

using scenario::AttributeSpec;
using scenario::ChildSpec;
using scenario::TextUse;
using V = scenario::ValueType;

template <typename Table>
std::string names_of(const Table& table, std::size_t from = 0) {
  std::string out;
  for (std::size_t i = from; i < table.size(); ++i) out.append(out.empty() ? "" : "|").append(table[i].name);
  return out;
}

AttributeSpec choice(std::string name, std::string choices, std::string doc, bool required = false) {
  return {std::move(name), V::text, required, std::move(doc), std::move(choices), false};
}

AttributeSpec several(std::string name, std::string choices, std::string doc, bool required = false) {
  return {std::move(name), V::text, required, std::move(doc), std::move(choices), true};
}

ChildSpec same(std::string_view name) { return {std::string(name), std::string(name)}; }

void add_services(scenario::Grammar& g) {
  g.add(
      {"policy",
       "How the product behaves where the standard leaves a choice (PS3.2 A.4.2.1.2, A.4.4.2).",
       {{"name", V::address, true, "a name of conformance/profile_tables.inc, or one of your own that begins with x-"},
        {"value", V::text, true, "yes, no, or what it is"}},
       {}});
  g.add({"status",
         "A status of this service: as SCP one that is returned, as SCU one that is understood (PS3.2 A.4.2.1.3).",
         {{"code", V::text, true, "hex: A700, or a range A700-A7FF"},
          choice("role", "scu|scp", "where the service has both"),
          {"when", V::text, false, "what it means there, or when it is returned"},
          {"then", V::text, false, "what the product does then"}},
         {}});
  g.add({"service",
         "A SOP Class in one or both roles (PS3.2 A.4.2.1.1).",
         {{"sop-class", V::uids, false, "UID or keyword; several that are alike, split by blanks"},
          {"storage", V::yes_no, false, "yes: every Storage SOP Class; instead of sop-class"},
          {"scu", V::yes_no, false, "the product asks for the service"},
          {"scp", V::yes_no, false, "the product offers the service"},
          {"transfer", V::uids, true, "transfer syntaxes, UIDs or keywords, split by blanks, most wanted first"},
          several("extended", names_of(extended_items()), "what it agrees to in SOP Class Extended Negotiation")},
         {same("note"), same("include"), same("status")}});
  g.add({"key",
         "A key of queries: as SCP what can be asked, as SCU what is asked (PS3.4 C.6, K.6).",
         {{"tag", V::tag, true, "(0010,0020) or PatientID"},
          choice("type", "U|R|O", "unique, required or optional, as the statement says"),
          several("matching", "single|uid-list|universal|wildcard|range|sequence|empty|multiple",
                  "kinds of matching (PS3.4 C.2.2.2); none: only returned"),
          {"supported", V::yes_no, false, "no: the product does not know this key"},
          {"returned", V::yes_no, false, "no: it does not stand in responses, or is not wanted there"},
          {"needed", V::yes_no, false, "SCU, yes: without it the query is of no use to the product"},
          choice("case", "sensitive|ignored", "whether capital and small letters differ")},
         {}});
  g.add(
      {"keys",
       "Keys of one level of the FIND services in one role.",
       {choice("level", "patient|study|series|image|worklist", "in Study Root the patient's keys stand at study", true),
        choice("role", "scu|scp", "scp when not said")},
       {same("note"), same("include"), same("key")}});
  g.add({"ae",
         "An Application Entity (PS3.2 A.4.2.1).",
         {{"title", V::text, true, "AE title"},
          {"instead-of", V::text, false, "the AE title that it had in the base"},
          {"maximum-length", V::number, false, "announced maximum length (PS3.8 D.1)"},
          {"maximum-associations", V::number, false, "served at the same time"}},
         {same("note"), same("include"), same("policy"), same("service"), same("keys")}});
}

void add_rest(scenario::Grammar& g) {
  g.add({"character-set",
         "A character set that the product reads and writes (PS3.2 A.6).",
         {{"term", V::text, true, "Defined Term of (0008,0005): ISO_IR 100"}},
         {}});
  g.add({"tls",
         "A TLS Secure Transport Connection Profile (PS3.15 B).",
         {choice("profile", names_of(tls_names()), "which", true),
          {"minimum", V::tls_version, false, "lowest version; that of the profile when not said"},
          {"maximum", V::tls_version, false, "highest version"},
          choice("mutual", "required|supported|no", "certificates of the calling side; supported when not said"),
          {"suites", V::names, false, "cipher suites by their names at the IANA, where not those of the profile"}},
         {}});
  g.add({"security",
         "Security on the network (PS3.2 A.7).",
         {{"plain", V::yes_no, false, "no: nothing but TLS is spoken"}},
         {same("note"), same("include"), same("tls")}});
  g.add({"application-profile",
         "A Media Storage Application Profile (PS3.11).",
         {{"id", V::name, true, "STD-GEN-CD; AUG- and PRI- for augmented and private ones"},
          several("roles", "FSC|FSR|FSU", "File-set Creator, Reader, Updater", true)},
         {}});
  g.add({"media", "Media interchange (PS3.2 A.5).", {}, {same("note"), same("include"), same("application-profile")}});
  g.add({"de-identification",
         "The Basic Application Level Confidentiality Profile (PS3.15 E).",
         {several("options", names_of(deidentification_options(), 1), "its options")},
         {}});
  g.add({"private",
         "A SOP Class or transfer syntax of the vendor's own (PS3.2 A.8.5, A.8.6).",
         {{"uid", V::uid, true, "UID"},
          {"name", V::text, true, "what it is called"},
          choice("kind", "sop-class|transfer-syntax", "which of both", true)},
         {}});
  g.add({"remove",
         "A claim of the base that does not hold here, with those below it.",
         {{"claim", V::text, true, "its id: sop-class/CTImageStorage/scp, key/study/PatientID/wildcard"}},
         {}});
}

scenario::Grammar make_language() {
  scenario::Grammar g;
  g.title = "Assay profiles. Generated from the loader's tables (conformance/profile_language.cpp); do not edit.";
  g.add({"note", "Anything worth knowing, such as where a claim was read.", {}, {}, 0, TextUse::required});
  g.add({"include",
         "The content of a <fragment> file stands here.",
         {{"href", V::text, true, "file, from the folder of this one"}},
         {}});
  add_services(g);
  add_rest(g);
  const std::vector<ChildSpec> top{same("note"),     same("include"), same("private"),
                                   same("remove"),   same("ae"),      same("character-set"),
                                   same("security"), same("media"),   same("de-identification")};
  g.add({"profile",
         "What a product claims: its conformance statement as data.",
         {{"product", V::text, false, "name of the product"},
          {"version", V::text, false, "its version"},
          {"manufacturer", V::text, false, "who makes it"},
          {"edition", V::text, false, "edition of the standard that the statement names"},
          {"base", V::text, false,
           "the product that this one is the same as, but for what stands here: a file, or the "
           "name of a shipped profile"}},
         top});
  auto anything = top;
  for (const auto* name : {"policy", "service", "status", "keys", "key", "tls", "application-profile"})
    anything.push_back(same(name));
  g.add({"fragment", "Parts of profiles, to be included where they may stand.", {}, std::move(anything)});
  g.roots = {{"profile", "profile"}, {"fragment", "fragment"}};
  return g;
}

}  // namespace

const scenario::Grammar& profile_language() {
  static const auto grammar = make_language();
  return grammar;
}

std::string profile_xsd() { return scenario::to_xsd(profile_language()); }

}  // namespace assay::conformance
