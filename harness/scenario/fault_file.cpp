#include "harness/scenario/fault_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "harness/base/hex.hpp"
#include "harness/scenario/builder.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

using faults::Fault;
using faults::Kind;
using V = ValueType;
using Attributes = std::vector<AttributeSpec>;

const AttributeSpec on{"on", V::name, false,
                       "which of the PDUs we send: any (when not said), a PDU such as p-data-tf, a message such as "
                       "c-store-rsp, message, data"};

Attributes with_when(Attributes own) {
  own.push_back({"nth", V::number_match, false, "the how many-th on a connection: 2, 1|3, 2..4; all when not said"});
  own.push_back({"connection", V::number_match, false, "the how many-th connection: 2, 1|3, 2..4; all when not said"});
  own.push_back({"probability", V::text, false, "0.25 or 25%; always when not said"});
  return own;
}

void add(Grammar& g, std::string_view name, std::string doc, Attributes attributes,
         std::vector<ChildSpec> children = {}) {
  g.add({"fault-" + std::string(name), std::move(doc), with_when(std::move(attributes)), std::move(children)});
}

AttributeSpec phase() {
  return {"at", V::name, true,
          "when: connected, requested, associated, message-received, data-received, message-sent, data-sent, release"};
}

/// What is said of one fault, with its mistakes.
class Reader {
 public:
  Reader(const std::map<std::string, Duration>& waits, bool variables_later, std::vector<LoadError>& errors)
      : waits_(waits), variables_later_(variables_later), errors_(errors) {}

  Fault fault(const Element& e) {
    Fault f;
    for (std::size_t kind = 0; kind <= static_cast<std::size_t>(Kind::cut); ++kind)
      if (faults::name(static_cast<Kind>(kind)) == e.name) f.kind = static_cast<Kind>(kind);
    f.nth = numbers(e, "nth");
    f.connections = numbers(e, "connection");
    f.per_million = probability(e);
    if (e.has("on")) {
      if (const auto choice = faults::pdu_choice(e.value("on")))
        f.on = *choice;
      else
        wrong(e, "on",
              fmt::format("'{}' is nothing that is sent; there are: {}", e.value("on"), faults::pdu_choices()));
    }
    if (e.has("at")) {
      if (const auto at = faults::phase_from(e.value("at")))
        f.at = *at;
      else
        wrong(e, "at", fmt::format("'{}' is no phase; there are: {}", e.value("at"), faults::phases()));
    }
    own(e, f);
    return f;
  }

 private:
  [[nodiscard]] bool later(const Element& e, std::string_view name) const {
    return variables_later_ && has_variable(e.value(name));
  }

  void wrong(const Element& e, std::string_view name, std::string message) {
    if (later(e, name)) return;
    const auto* attribute = e.attribute(name);
    errors_.push_back(error_at(attribute != nullptr ? attribute->at : e.at, std::move(message)));
  }

  faults::Numbers numbers(const Element& e, std::string_view name) {
    faults::Numbers out;
    auto text = e.value(name);
    while (!text.empty()) {
      const auto one = text.substr(0, text.find('|'));
      text = one.size() == text.size() ? std::string_view{} : text.substr(one.size() + 1);
      const auto dots = one.find("..");
      const auto first = number_from(one.substr(0, dots));
      const auto last = dots == std::string_view::npos ? first : number_from(one.substr(dots + 2));
      if (!first || !last || *first < 1 || *last < *first || *last > std::numeric_limits<std::uint32_t>::max()) {
        wrong(e, name, fmt::format("{}: '{}' is no number from 1 on and no range such as 2..4", name, one));
        return {};
      }
      out.ranges.emplace_back(static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*last));
    }
    return out;
  }

  std::uint32_t probability(const Element& e) {
    constexpr std::uint32_t always = 1'000'000;
    if (!e.has("probability")) return always;
    auto text = trimmed(e.value("probability"));
    double scale = 1.0;
    if (text.ends_with('%')) {
      text.remove_suffix(1);
      scale = 0.01;
    }
    double value = 0;
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    value *= scale;
    if (failure != std::errc{} || stop != text.data() + text.size() || !(value >= 0 && value <= 1)) {
      wrong(e, "probability", fmt::format("'{}' is no probability: write 0.25 or 25%", e.value("probability")));
      return always;
    }
    return static_cast<std::uint32_t>(value * always + 0.5);
  }

  template <typename T>
  T number(const Element& e, std::string_view name, T otherwise, std::int64_t least = 0) {
    if (!e.has(name)) return otherwise;
    const auto value = number_from(e.value(name));
    const auto most = static_cast<std::int64_t>(std::min<std::uint64_t>(std::numeric_limits<T>::max(), 1ULL << 40));
    if (!value || *value < least || *value > most) {
      wrong(e, name, fmt::format("{} goes from {} to {}", name, least, most));
      return otherwise;
    }
    return static_cast<T>(*value);
  }

  Duration time(const Element& e, std::string_view name, Duration otherwise) {
    if (!e.has(name)) return otherwise;
    if (const auto value = duration_from(e.value(name), waits_)) return *value;
    wrong(e, name, fmt::format("{}: '{}' is no time here: write 500ms, 2s or 1m", name, e.value(name)));
    return otherwise;
  }

  faults::Ending ending(const Element& e) {
    const auto how = e.value("how");
    if (how == "rst") return faults::Ending::rst;
    if (how == "silence" && e.name == "cut") return faults::Ending::silence;
    if (!how.empty() && how != "fin")
      wrong(e, "how", fmt::format("'{}' is not {}", how, e.name == "cut" ? "fin, rst or silence" : "fin or rst"));
    return faults::Ending::fin;
  }

  void own(const Element& e, Fault& f) {
    switch (f.kind) {
      case Kind::delay: f.time = time(e, "time", {}); break;
      case Kind::drop: break;
      // Many copies of a large PDU would be much memory for one small word.
      case Kind::duplicate: f.count = number<std::uint8_t>(e, "times", 1, 1); break;
      case Kind::reorder:
        f.count = number<std::uint32_t>(e, "behind", 1, 1);
        f.time = time(e, "time", std::chrono::seconds(1));
        break;
      case Kind::split: split(e, f); break;
      case Kind::coalesce:
        f.count = number<std::uint32_t>(e, "pdus", 2, 2);
        f.time = time(e, "time", std::chrono::milliseconds(200));
        break;
      case Kind::corrupt: corrupt(e, f); break;
      case Kind::lie: lie(e, f); break;
      case Kind::refuse:
        f.on = *faults::pdu_choice("a-associate-ac");
        f.result = number<std::uint8_t>(e, "result", 1);
        f.source = number<std::uint8_t>(e, "source", 1);
        f.reason = number<std::uint8_t>(e, "reason", 1);
        break;
      case Kind::answer_context: answer_context(e, f); break;
      case Kind::answer: answer(e, f); break;
      case Kind::abort:
        f.source = number<std::uint8_t>(e, "source", 0);
        f.reason = number<std::uint8_t>(e, "reason", 0);
        break;
      case Kind::close: f.ending = ending(e); break;
      case Kind::freeze: {
        const auto what = e.value("what");
        f.stop_reading = what != "writing";
        f.stop_writing = what != "reading";
        if (!what.empty() && what != "writing" && what != "reading" && what != "both")
          wrong(e, "what", fmt::format("'{}' is not reading, writing or both", what));
        f.time = time(e, "for", {});
        break;
      }
      case Kind::limit_rate: f.bytes_per_second = number<std::uint64_t>(e, "bytes-per-second", 1, 1); break;
      case Kind::cut:
        f.after = number<std::uint64_t>(e, "after", 0);
        f.ending = ending(e);
        break;
    }
  }

  void split(const Element& e, Fault& f) {
    auto sizes = e.value("sizes");
    while (!sizes.empty()) {
      const auto comma = sizes.find(',');
      f.pieces.push_back(
          static_cast<std::size_t>(std::max<std::int64_t>(number_from(sizes.substr(0, comma)).value_or(1), 1)));
      sizes = comma == std::string_view::npos ? std::string_view{} : sizes.substr(comma + 1);
    }
    f.pause = time(e, "pause", {});
  }

  void corrupt(const Element& e, Fault& f) {
    const bool by_byte = e.has("byte") || e.has("xor") || e.has("set");
    if (by_byte == !e.children.empty() || (by_byte && (!e.has("byte") || e.has("xor") == e.has("set")))) {
      errors_.push_back(error_at(e.at,
                                 "<corrupt> takes either byte with one of xor and set, or fields by name: "
                                 "<set path=\"called-ae-title\" text=\"X\"/> and the other modifications"));
      return;
    }
    if (by_byte) {
      f.byte = number<std::size_t>(e, "byte", 0);
      f.exclusive_or = e.has("xor");
      f.bytes = from_hex(e.value(f.exclusive_or ? "xor" : "set")).value_or(Bytes{});
      return;
    }
    for (const auto& child : e.children) {
      if (child.name == "set" && int{child.has("text")} + int{child.has("hex")} + int{child.has("number")} != 1)
        errors_.push_back(error_at(child.at, "<set> takes exactly one of text, hex, number"));
      f.lies.push_back(modification_of(child));
      check_path(e, child, f);
    }
  }

  void lie(const Element& e, Fault& f) {
    if (e.has("by") == e.has("to")) {
      errors_.push_back(error_at(e.at, "<lie> takes one of by=\"+2 or -2\" and to=\"a length\""));
      return;
    }
    layout::Modification m;
    m.operation = e.has("by") ? layout::Operation::add : layout::Operation::set;
    m.path = e.has("path") ? e.value("path") : "length";
    m.number = number_from(e.value(e.has("by") ? "by" : "to"));
    const auto step =
        std::string_view(m.path).substr(m.path.rfind('/') == std::string::npos ? 0 : m.path.rfind('/') + 1);
    if (step != "length" && !step.ends_with("-length")) {
      wrong(e, "path", fmt::format("'{}' is no length", m.path));
      return;
    }
    f.lies.push_back(std::move(m));
    if (f.lies.back().path != "length") check_path(e, e, f);
  }

  /// The place must exist in the PDU meant.
  void check_path(const Element& fault, const Element& named, const Fault& f) {
    if (later(named, "path") || later(fault, "on")) return;
    const auto what = f.on.what;
    if (what == faults::PduChoice::What::any) {
      errors_.push_back(error_at(fault.at, "on=\"...\" must say in which PDU the field is"));
      return;
    }
    const auto type =
        what == faults::PduChoice::What::type ? f.on.type : static_cast<std::uint8_t>(pdu::PduType::p_data_tf);
    std::string path;
    bool index = false;
    for (const char c : named.value("path")) {
      index = index ? c != ']' : c == '[';
      if (!index && c != ']') path += c;
    }
    const auto names = pdu::part_names(static_cast<pdu::PduType>(type));
    if (path.empty() || std::ranges::find(names, path) != names.end()) return;
    wrong(named, "path", fmt::format("{} has no '{}'; it has: {}", pdu::pdu_name(type), path, fmt::join(names, ", ")));
  }

  void answer_context(const Element& e, Fault& f) {
    f.on = *faults::pdu_choice("a-associate-ac");
    f.context = uid_value(e.value("context"));
    f.with_result = e.has("result");
    f.result = number<std::uint8_t>(e, "result", 0);
    if (e.has("transfer")) f.transfer = uid_value(e.value("transfer"));
    f.missing = e.is("missing", "yes");
    if (e.has("as-id")) f.other_id = number<std::uint8_t>(e, "as-id", 0);
    if (!f.with_result && !f.transfer && !f.missing && !f.other_id)
      errors_.push_back(error_at(e.at, "<answer-context> needs result, transfer, missing or as-id"));
  }

  void answer(const Element& e, Fault& f) {
    using What = faults::PduChoice::What;
    if (f.on.what == What::type)
      wrong(e, "on",
            fmt::format("'{}' is no message: say c-store-rsp, another message, message, or data", e.value("on")));
    f.missing = e.is("missing", "yes");
    f.without_data_set = e.is("data-set", "no");
    if (e.has("status")) f.status = status_from(e.value("status"));
    if (e.has("comment")) f.edits.push_back(edit("ErrorComment", e.value("comment")));
    for (const auto& child : e.children) {
      const auto path = dataset::parse_tag_path(child.value("tag"));
      if (!path) {
        wrong(child, "tag", fmt::format("tag: {}", path.error().message));
        continue;
      }
      auto one = edit(child.value("tag"), child.text);
      if (child.name == "remove") one.kind = dataset::EditKind::erase;
      f.edits.push_back(std::move(one));
    }
    if (!f.missing && !f.without_data_set && !f.status && f.edits.empty())
      errors_.push_back(error_at(
          e.at, "<answer> needs status, comment, data-set=\"no\", missing=\"yes\", or elements to set or remove"));
  }

  static dataset::Edit edit(std::string_view tag, std::string_view value) {
    dataset::Edit out;
    if (auto path = dataset::parse_tag_path(tag)) out.path = std::move(*path);
    out.text = std::string(value);
    return out;
  }

  const std::map<std::string, Duration>& waits_;
  bool variables_later_;
  std::vector<LoadError>& errors_;
};

}  // namespace

void add_faults(Grammar& g) {
  add(g, "delay", "Sends a PDU, and all behind it, later.", {on, {"time", V::duration, true, "how much later"}});
  add(g, "drop", "Does not send a PDU.", {on});
  add(g, "duplicate", "Sends a PDU more than once.", {on, {"times", V::number, false, "more copies; 1 when not said"}});
  add(g, "reorder", "Sends a PDU behind those that follow it.",
      {on,
       {"behind", V::number, false, "how many PDUs it lets past; 1 when not said"},
       {"time", V::duration, false, "sent after this time when so many do not come; 1s when not said"}});
  add(g, "split", "Sends a PDU in several segments.",
      {on,
       {"sizes", V::split, true, "segment lengths; the last repeats"},
       {"pause", V::duration, false, "between segments"}});
  add(g, "coalesce", "Keeps PDUs back and sends them in one write.",
      {on,
       {"pdus", V::number, false, "how many; 2 when not said"},
       {"time", V::duration, false, "sent after this time when so many do not come; 200ms when not said"}});
  add(g, "corrupt", "Changes bytes of a PDU: by their place, or as fields by name.",
      {on,
       {"byte", V::number, false, "place of the first, from 0, header of the PDU included"},
       {"xor", V::hex, false, "exclusive-or with these bytes"},
       {"set", V::hex, false, "these bytes instead"}},
      modification_children());
  add(g, "lie", "Lies about a length.",
      {on,
       {"path", V::path, false, "which length; that of the PDU when not said"},
       {"by", V::signed_number, false, "so much more than the truth"},
       {"to", V::number, false, "this instead of the truth"}});
  add(g, "refuse", "Answers the A-ASSOCIATE-RQ with an A-ASSOCIATE-RJ (PS3.8 9.3.4).",
      {{"result", V::number, false, "1 permanent (when not said), 2 transient"},
       {"source", V::number, false, "1 when not said"},
       {"reason", V::number, false, "1 when not said"}});
  add(g, "answer-context", "Answers a presentation context wrongly (PS3.8 9.3.3.2).",
      {{"context", V::context, false, "id or abstract syntax; every context when not said"},
       {"result", V::number, false, "0 acceptance ... 4"},
       {"transfer", V::uid, false, "another transfer syntax"},
       {"missing", V::yes_no, false, "yes: no answer to it"},
       {"as-id", V::number, false, "answered under this id"}});
  g.add({"fault-element",
         "An element with this value: of the Command Set where it is one of group 0000, else of the Data Set.",
         {{"tag", V::text, true, "keyword, tag or path, such as ScheduledProcedureStepSequence[1]/Modality"}},
         {},
         0,
         TextUse::optional});
  g.add({"fault-remove", "Without this element.", {{"tag", V::text, true, "keyword, tag or path"}}, {}});
  add(g, "answer", "Says another message in place of one of ours: another status, other elements, or nothing.",
      {{"on", V::name, false, "which: a message such as c-store-rsp; each when not said; data: those with a Data Set"},
       {"status", V::status, false, "such as A700"},
       {"comment", V::text, false, "Error Comment (0000,0902)"},
       {"data-set", V::yes_no, false, "no: without its Data Set"},
       {"missing", V::yes_no, false, "yes: it is not sent"}},
      {{"element", "fault-element"}, {"remove", "fault-remove"}});
  add(g, "abort", "Sends an A-ABORT and says no more (PS3.8 9.3.8).",
      {phase(),
       {"source", V::number, false, "0 service user (when not said), 2 service provider"},
       {"reason", V::number, false, "0 when not said"}});
  add(g, "close", "Closes the connection.", {phase(), {"how", V::how, false, "fin (when not said) or rst"}});
  add(g, "freeze", "Stops reading, writing or both.",
      {phase(),
       {"what", V::name, false, "reading, writing or both (when not said)"},
       {"for", V::duration, false, "for good when not said"}});
  add(g, "limit-rate", "Sends slowly.", {{"bytes-per-second", V::number, true, "how slowly"}});
  add(g, "cut", "Ends the connection after so many bytes that we sent.",
      {{"after", V::number, true, "bytes"}, {"how", V::name, false, "fin (when not said), rst, or silence"}});
  g.add({"fault-title", "What it is for.", {}, {}, 0, TextUse::required});
  std::vector<ChildSpec> children{{"title", "fault-title", 0, 1}};
  for (std::size_t kind = 0; kind <= static_cast<std::size_t>(Kind::cut); ++kind) {
    const std::string name(faults::name(static_cast<Kind>(kind)));
    children.push_back({name, "fault-" + name});
  }
  g.add({"faults",
         "How a side that would be right misbehaves on purpose.",
         {{"seed", V::number, false, "for probabilities: the same seed strikes at the same places; 1 when not said"}},
         std::move(children)});
}

const Grammar& fault_language() {
  static const Grammar grammar = [] {
    Grammar g;
    g.title = "Assay faults. Generated from the loader's tables (harness/scenario/fault_file.cpp); do not edit.";
    add_modification_types(g);
    add_faults(g);
    g.roots = {{"faults", "faults"}};
    return g;
  }();
  return grammar;
}

std::string faults_xsd() { return to_xsd(fault_language()); }

FaultResult plan_from(const Element& element, const std::map<std::string, Duration>& waits, bool variables_later) {
  std::vector<LoadError> errors;
  faults::Plan plan;
  plan.seed = static_cast<std::uint64_t>(number_from(element.value("seed")).value_or(1));
  Reader reader(waits, variables_later, errors);
  for (const auto& child : element.children)
    if (child.name != "title") plan.faults.push_back(reader.fault(child));
  if (plan.faults.empty()) errors.push_back(error_at(element.at, "<faults> without any fault changes nothing"));
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return plan;
}

FaultResult load_faults(std::string_view xml, std::string_view file_name) {
  std::vector<LoadError> errors;
  const auto root = read_checked(xml, file_name, fault_language(), errors);
  if (root && errors.empty()) {
    // No variables stand for anything in a file of its own.
    std::vector<const Element*> todo{&*root};
    while (!todo.empty()) {
      const auto* e = todo.back();
      todo.pop_back();
      for (const auto& attribute : e->attributes)
        if (has_variable(attribute.value))
          errors.push_back(error_at(attribute.at, "there are no variables in a file of faults"));
      for (const auto& child : e->children) todo.push_back(&child);
    }
    if (errors.empty()) {
      auto plan = plan_from(*root);
      if (plan) return plan;
      errors = std::move(plan.error());
    }
  }
  if (errors.size() > max_load_errors) errors.resize(max_load_errors);
  return std::unexpected(std::move(errors));
}

}  // namespace assay::scenario
