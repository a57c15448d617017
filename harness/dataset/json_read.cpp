#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/dataset/form_leaf.hpp"
#include "harness/dataset/json.hpp"

namespace assay::dataset {

namespace {

constexpr Tag item_tag{0xfffe, 0xe000};

// Tells how far the parser has come.
class CountedText {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountedText(const char* at, const char** seen) : at_(at), seen_(seen) {}
  reference operator*() const { return *at_; }
  CountedText& operator++() {
    *seen_ = ++at_;
    return *this;
  }
  CountedText operator++(int) {
    CountedText before = *this;
    ++*this;
    return before;
  }
  friend bool operator!=(const CountedText& a, const CountedText& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  const char** seen_;
};

enum class In : std::uint8_t {
  text,       // nothing read yet, or all of it
  answer,     // the array around Data Sets
  data_set,   // also an item
  attribute,  // the object behind a tag
  values,     // the array behind "Value"
  value,      // an object in that array of which nothing was read
  person,     // an object with component groups
  skipped,    // what is not taken over
};

// What the next value is, after a key.
enum class Role : std::uint8_t { none, attribute, vr, values, binary, bulk, group };

enum class Scalar : std::uint8_t { null, boolean, number, string };

struct Attribute {
  LeafText leaf;
  std::uint32_t node = 0;
  std::uint64_t place = 0;
  std::string vr;
  std::size_t forms = 0;     // of Value, InlineBinary, BulkDataURI
  bool has_items = false;    // objects with attributes
  bool has_persons = false;  // objects with component groups
  bool has_empties = false;  // objects without either
  bool wrong = false;        // reported, and not taken over
};

constexpr std::string_view group_names[] = {"Alphabetic", "Ideographic", "Phonetic"};

std::string shown(std::string_view text) {
  std::string clean;
  for (const char c : text.substr(0, 60)) clean += c >= 0x20 && c < 0x7f ? c : '.';
  return "'" + clean + "'";
}

class JsonReader {
 public:
  JsonReader(std::string_view text, const FormReadOptions& options)
      : text_(text), seen_(text.data()), options_(options) {}

  FormRead read() {
    const CountedText begin(text_.data(), &seen_);
    const CountedText end(text_.data() + text_.size(), &seen_);
    if (!nlohmann::json::sax_parse(begin, end, this)) return std::move(result_);
    std::vector<FormTree::Twice> twice;
    result_.data_set = tree_.build(twice);
    for (const auto& one : twice) {
      add("ps3.18/F.2.2/attribute-twice", one.place, to_string(one.tag), "the attribute once more",
          "each attribute once in an object", Gravity::error);
    }
    return std::move(result_);
  }

  // Events of the parser; false ends it.
  bool null() { return scalar(Scalar::null, ""); }
  bool boolean(bool value) { return scalar(Scalar::boolean, value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return scalar(Scalar::number, std::to_string(value)); }
  bool number_unsigned(std::uint64_t value) { return scalar(Scalar::number, std::to_string(value)); }
  bool number_float(double, const std::string& token) { return scalar(Scalar::number, token); }
  bool string(std::string& value) { return scalar(Scalar::string, value); }
  static bool binary(nlohmann::json::binary_t&) { return false; }  // not in texts

  bool start_object(std::size_t) {
    switch (in()) {
      case In::text:
      case In::answer: return start_data_set();
      case In::values: return start_value();
      case In::data_set: return enter(role_ == Role::attribute ? In::attribute : In::skipped);
      case In::skipped: return enter(In::skipped);
      default: return wrong_container("an object");
    }
  }

  bool start_array(std::size_t) {
    if (in() == In::text) return enter(In::answer);
    if (in() == In::answer) return no_data_set("an array", "a Data Set");
    if (in() == In::attribute && role_ == Role::values) return enter(In::values);
    if (in() == In::skipped) return enter(In::skipped);
    if (in() == In::data_set && role_ == Role::none) return enter(In::skipped);
    return wrong_container("an array");
  }

  bool key(std::string& name) {
    role_ = Role::none;
    switch (in()) {
      case In::data_set: start_attribute(name); break;
      case In::attribute: member(name); break;
      case In::value:
        if (is_group(name)) {
          tree_.drop_from(items_.back());  // no item after all
          items_.pop_back();
          attributes_.back().has_persons = true;
          frames_.back() = In::person;
          groups_ = {};
          component_group(name);
        } else {
          attributes_.back().has_items = true;
          frames_.back() = In::data_set;
          start_attribute(name);
        }
        break;
      case In::person: component_group(name); break;
      default: break;
    }
    return true;
  }

  bool end_object() {
    const In ended = in();
    frames_.pop_back();
    role_ = Role::none;
    switch (ended) {
      case In::value:  // an empty item, or an empty name
        attributes_.back().has_empties = true;
        attributes_.back().leaf.values.emplace_back();
        [[fallthrough]];
      case In::data_set:
        if (!items_.empty()) {
          tree_.close(items_.back());
          items_.pop_back();
        }
        break;
      case In::attribute: end_attribute(); break;
      case In::person: end_person(); break;
      default: break;
    }
    return true;
  }

  bool end_array() {
    const In ended = in();
    frames_.pop_back();
    role_ = Role::none;
    if (ended == In::answer && data_sets_ == 0) return no_data_set("an empty array", "one Data Set");
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& problem) {
    std::string_view why = problem.what();
    for (const std::string_view before : {"] ", "column ", ": "}) {
      const auto at = why.find(before);
      if (at != std::string_view::npos) why.remove_prefix(at + before.size());
    }
    error("ps3.18/F.2/not-json", shown(why), "JSON (RFC 8259)");
    return false;
  }

 private:
  [[nodiscard]] In in() const { return frames_.back(); }

  bool enter(In what) {
    frames_.push_back(what);
    role_ = Role::none;
    return true;
  }

  [[nodiscard]] std::uint64_t here() const {
    const auto offset = static_cast<std::uint64_t>(seen_ - text_.data());
    return offset > 0 ? offset - 1 : 0;
  }

  void add(std::string_view rule, std::uint64_t offset, std::string field, std::string found, std::string expected,
           Gravity gravity) {
    if (result_.problems.size() >= limits::max_problems) return;
    const auto slash = rule.find('/');
    const std::string clause =
        fmt::format("PS{} {}", rule.substr(2, slash - 2), rule.substr(slash + 1, rule.rfind('/') - slash - 1));
    result_.problems.push_back(
        {std::string(rule), clause, offset, std::move(field), std::move(found), std::move(expected), gravity});
  }
  [[nodiscard]] std::string field() const {
    return attributes_.empty() ? std::string("data set") : to_string(attributes_.back().leaf.tag);
  }
  void error(std::string_view rule, std::string found, std::string expected) {
    add(rule, here(), field(), std::move(found), std::move(expected), Gravity::error);
  }
  void deviation(std::string_view rule, std::string found, std::string expected) {
    add(rule, here(), field(), std::move(found), std::move(expected), Gravity::deviation);
  }

  // The end: there is nothing to go on with.
  bool no_data_set(std::string found, std::string expected) {
    error("ps3.18/F.2.1/no-data-set", std::move(found), std::move(expected));
    return false;
  }

  void wrong_type(std::string found) {
    std::string expected = "a string";
    if (in() == In::data_set) expected = "an object with vr and Value";
    if (in() == In::values) expected = "a value";
    if (in() == In::attribute && role_ == Role::values) expected = "an array of values";
    error("ps3.18/F.2.3/wrong-type", std::move(found), std::move(expected));
    if (in() != In::data_set) attributes_.back().wrong = true;
  }

  bool wrong_container(std::string found) {
    if (role_ != Role::none || in() == In::values) wrong_type(std::move(found));
    if (role_ == Role::attribute) drop_attribute();
    return enter(In::skipped);
  }

  bool start_data_set() {
    if (++data_sets_ > 1) return no_data_set("more than one Data Set", "one Data Set");
    return enter(In::data_set);
  }

  bool start_value() {
    if (items_.size() >= options_.max_depth) {
      error("ps3.18/F.2/nesting", fmt::format("an item inside {} others", items_.size()),
            fmt::format("at most {}", options_.max_depth));
      return false;
    }
    items_.push_back(tree_.open(NodeKind::item, item_tag, Vr::none, here()));
    return enter(In::value);
  }

  void start_attribute(const std::string& name) {
    const bool digits = name.size() == 8 && name.find_first_not_of("0123456789ABCDEFabcdef") == std::string::npos;
    if (!digits) return error("ps3.18/F.2.2/attribute-name", shown(name), "a tag of eight hex digits");
    role_ = Role::attribute;
    Attribute attribute;
    attribute.leaf.tag = *tag_from(name);
    attribute.place = here();
    attribute.node = tree_.open(NodeKind::element, attribute.leaf.tag, Vr::UN, attribute.place);
    attributes_.push_back(std::move(attribute));
    if (name.find_first_of("abcdef") != std::string::npos)
      deviation("ps3.18/F.2.2/attribute-name", shown(name), "upper-case hex digits");
  }

  void drop_attribute() {
    tree_.drop_from(attributes_.back().node);
    attributes_.pop_back();
  }

  // A name in the object of an attribute.
  void member(const std::string& name) {
    Attribute& attribute = attributes_.back();
    if (name == "vr") {
      role_ = Role::vr;
      return;
    }
    if (name == "Value") role_ = Role::values;
    if (name == "InlineBinary") role_ = Role::binary;
    if (name == "BulkDataURI") role_ = Role::bulk;
    if (role_ == Role::none)
      deviation("ps3.18/F.2.2/member-name", shown(name), "vr, Value, InlineBinary or BulkDataURI");
    else if (++attribute.forms > 1) {
      error("ps3.18/F.2.2/several-forms", shown(name), "at most one of Value, InlineBinary and BulkDataURI");
      attribute.wrong = true;
      role_ = Role::none;
    }
  }

  static bool is_group(std::string_view name) {
    return std::find(std::begin(group_names), std::end(group_names), name) != std::end(group_names);
  }

  void component_group(const std::string& name) {
    const auto* found = std::find(std::begin(group_names), std::end(group_names), name);
    if (found == std::end(group_names))
      return error("ps3.18/F.2.2/member-name", shown(name), "Alphabetic, Ideographic or Phonetic");
    role_ = Role::group;
    group_ = static_cast<std::size_t>(found - std::begin(group_names));
  }

  bool scalar(Scalar type, const std::string& text) {
    switch (in()) {
      case In::text:
      case In::answer: return no_data_set("a single value", "an object with attributes");
      case In::values: value(type, text); break;
      case In::data_set:
        if (role_ == Role::attribute) {
          wrong_type(type == Scalar::null ? "null" : shown(text));
          drop_attribute();
        }
        break;
      case In::attribute: member_value(type, text); break;
      case In::person:
        if (role_ == Role::group && type == Scalar::string) {
          groups_[group_] = text;
        } else if (role_ == Role::group && type == Scalar::null) {
          groups_[group_] = "";
        } else if (role_ == Role::group) {
          wrong_type(shown(text));
        }
        break;
      default: break;
    }
    role_ = Role::none;
    return true;
  }

  void member_value(Scalar type, const std::string& text) {
    Attribute& attribute = attributes_.back();
    if (role_ == Role::none || (role_ == Role::values && type == Scalar::null)) return;
    if (type != Scalar::string || role_ == Role::values) return wrong_type(shown(text));
    if (role_ == Role::vr) attribute.vr = text;
    if (role_ == Role::binary) attribute.leaf.inline_binary = text;
    if (role_ == Role::bulk) attribute.leaf.bulk_uri = text;
  }

  void value(Scalar type, const std::string& text) {
    if (type == Scalar::boolean) return wrong_type(text);
    attributes_.back().leaf.values.push_back(text);
  }

  void end_person() {
    std::size_t count = 3;
    while (count > 0 && !groups_[count - 1]) --count;
    std::string name;
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) name += '=';
      name += groups_[i].value_or("");
    }
    attributes_.back().leaf.values.push_back(std::move(name));
  }

  void end_attribute() {
    Attribute attribute = std::move(attributes_.back());
    attributes_.pop_back();
    const auto wrong = [&](std::string_view rule, std::string found, std::string expected) {
      add(rule, attribute.place, to_string(attribute.leaf.tag), std::move(found), std::move(expected), Gravity::error);
      attribute.wrong = true;
    };
    Vr vr = vr_from(attribute.vr);
    if (attribute.vr.empty() && !attribute.wrong) {
      vr = attribute.has_items ? Vr::SQ : dict::implicit_vr(attribute.leaf.tag);
      add("ps3.18/F.2.2/vr-missing", attribute.place, to_string(attribute.leaf.tag), "no vr", "a vr",
          Gravity::deviation);
    } else if (vr == Vr::none && !attribute.wrong) {
      wrong("ps3.18/F.2.3/unknown-vr", shown(attribute.vr), "a VR of PS3.5 Table 6.2-1");
    }
    if (attribute.leaf.tag.is_group_length()) {
      add("ps3.18/F.2.2/group-length", attribute.place, to_string(attribute.leaf.tag), "a group length",
          "no group lengths", Gravity::deviation);
      return tree_.drop_from(attribute.node);
    }
    attribute.leaf.vr = vr;
    const bool sequence = vr == Vr::SQ;
    const auto& values = attribute.leaf.values;
    if (!attribute.wrong && attribute.has_items && !sequence)
      wrong("ps3.18/F.2.3/wrong-type", fmt::format("items with VR {}", name(vr)), "items in an SQ alone");
    if (!attribute.wrong && attribute.has_persons && vr != Vr::PN)
      wrong("ps3.18/F.2.3/wrong-type", fmt::format("a name with VR {}", name(vr)), "names in a PN alone");
    if (!attribute.wrong && attribute.has_empties && !sequence && vr != Vr::PN)
      wrong("ps3.18/F.2.3/wrong-type", fmt::format("an object with VR {}", name(vr)), "a value");
    const bool other_form = attribute.leaf.inline_binary || attribute.leaf.bulk_uri;
    const bool no_item = std::any_of(values.begin(), values.end(), [](const auto& one) { return !one.empty(); });
    if (!attribute.wrong && sequence && (other_form || no_item))
      wrong("ps3.18/F.2.3/wrong-type", "values with VR SQ", "an array of items");
    if (attribute.wrong) return tree_.drop_from(attribute.node);
    if (sequence) {
      tree_.become(attribute.node, NodeKind::sequence, Vr::SQ);
    } else {
      tree_.drop_from(attribute.node + 1);
      leaf(attribute);
    }
    tree_.close(attribute.node);
  }

  void leaf(Attribute& attribute) {
    if (attribute.leaf.values.size() == 1 && attribute.leaf.values[0].empty()) attribute.leaf.values.clear();
    const auto put = put_leaf(tree_, attribute.node, attribute.leaf, options_.bulk);
    if (put) return;
    const auto report = [&](std::string_view rule, std::string expected) {
      add(rule, attribute.place, to_string(attribute.leaf.tag), put.error().found, std::move(expected), Gravity::error);
    };
    const std::string vr(name(attribute.leaf.vr));
    switch (put.error().kind) {
      case LeafFault::Kind::wrong_value: report("ps3.18/F.2.3/wrong-value", "a value of VR " + vr); break;
      case LeafFault::Kind::several_values: report("ps3.18/F.2.4/several-values", "one value of VR " + vr); break;
      case LeafFault::Kind::base64: report("ps3.18/F.2.7/base64", "base64"); break;
      case LeafFault::Kind::bulk_data: report("ps3.18/F.2.6/bulk-data", "bulk data that can be read"); break;
      case LeafFault::Kind::binary_as_value: report("ps3.18/F.2.7/binary-as-value", "InlineBinary"); break;
    }
  }

  std::string_view text_;
  const char* seen_;
  const FormReadOptions& options_;
  FormRead result_;
  FormTree tree_;
  std::vector<In> frames_{In::text};
  std::vector<Attribute> attributes_;  // open ones, outermost first
  std::vector<std::uint32_t> items_;   // nodes of the open ones
  std::array<std::optional<std::string>, 3> groups_;
  std::size_t group_ = 0;
  std::size_t data_sets_ = 0;
  Role role_ = Role::none;
};

}  // namespace

FormRead from_json(std::string_view json, const FormReadOptions& options) { return JsonReader(json, options).read(); }

}  // namespace assay::dataset
