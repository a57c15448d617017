#include "harness/dataset/form_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "harness/dataset/form_tree.hpp"
#include "harness/dataset/swap.hpp"
#include "harness/dataset/value.hpp"
#include "harness/dict/vr_table.hpp"

namespace assay::dataset {

namespace {

struct LossRow {
  LossKind kind;
  std::string_view json_rule;
  std::string_view xml_rule;
  std::string_view expected;
  Gravity gravity;
};

constexpr LossRow loss_rows[] = {
    {LossKind::group_length, "ps3.18/F.2.2/group-length-left-out", "ps3.19/A.1/group-length-left-out",
     "no group lengths", Gravity::note},
    {LossKind::length_form, "ps3.18/F.2.2/length-form-lost", "ps3.19/A.1/length-form-lost",
     "nothing about lengths of sequences and items", Gravity::note},
    {LossKind::padding, "ps3.18/F.2.4/padding-lost", "ps3.19/A.1/padding-lost", "values without padding",
     Gravity::note},
    {LossKind::order, "ps3.18/F.2.2/order-lost", "ps3.19/A.1/order-lost", "elements in ascending order",
     Gravity::deviation},
    {LossKind::duplicate, "ps3.18/F.2.2/duplicate-left-out", "ps3.19/A.1/duplicate-left-out", "each element once",
     Gravity::deviation},
    {LossKind::stray, "ps3.18/F.2.2/stray-left-out", "ps3.19/A.1/stray-left-out", "Data Elements and Items alone",
     Gravity::note},
    {LossKind::vr, "ps3.18/F.2.3/written-as-un", "ps3.19/A.1/written-as-un",
     "a value that fits its VR and has only characters the form can hold", Gravity::note},
    {LossKind::transcoded, "ps3.18/F.2/text-transcoded", "ps3.19/A.1/text-transcoded", "UTF-8", Gravity::note},
    {LossKind::undecodable, "ps3.18/F.2/text-undecodable", "ps3.19/A.1/text-undecodable",
     "bytes of the declared character set", Gravity::deviation},
    {LossKind::fragments, "ps3.18/F.2.7/encapsulated", "ps3.19/A.1/encapsulated", "a value without fragments",
     Gravity::note},
    {LossKind::confused, "ps3.18/F.2.7/fragments-confused", "ps3.19/A.1/fragments-confused",
     "fragments in Pixel Data alone", Gravity::deviation},
    {LossKind::not_a_number, "ps3.18/F.2.3/not-a-number", "ps3.19/A.1/not-a-number", "a finite number", Gravity::note},
};

constexpr Tag item_tag{0xfffe, 0xe000};
constexpr Tag sequence_end_tag{0xfffe, 0xe0dd};

ByteView unpadded(ByteView value) {
  while (!value.empty() && (value.back() == ' ' || value.back() == 0)) value = value.first(value.size() - 1);
  return value;
}

// One number of a value in its byte order.
std::string number_at(const std::uint8_t* at, Vr vr, Endian endian) {
  switch (vr) {
    case Vr::US: return std::to_string(load<std::uint16_t>(at, endian));
    case Vr::SS: return std::to_string(static_cast<std::int16_t>(load<std::uint16_t>(at, endian)));
    case Vr::UL: return std::to_string(load<std::uint32_t>(at, endian));
    case Vr::SL: return std::to_string(static_cast<std::int32_t>(load<std::uint32_t>(at, endian)));
    case Vr::UV: return std::to_string(load<std::uint64_t>(at, endian));
    case Vr::SV: return std::to_string(static_cast<std::int64_t>(load<std::uint64_t>(at, endian)));
    case Vr::FL: return number_text(std::bit_cast<float>(load<std::uint32_t>(at, endian)));
    case Vr::FD: return number_text(std::bit_cast<double>(load<std::uint64_t>(at, endian)));
    default: return tag_digits(Tag(load<std::uint16_t>(at, endian), load<std::uint16_t>(at + 2, endian)));
  }
}

// A NaN whose bits are not those that "NaN" is read back as.
bool is_other_nan(const std::uint8_t* at, Vr vr, Endian endian) {
  if (vr == Vr::FL) {
    const auto bits = load<std::uint32_t>(at, endian);
    return std::isnan(std::bit_cast<float>(bits)) &&
           bits != std::bit_cast<std::uint32_t>(std::numeric_limits<float>::quiet_NaN());
  }
  if (vr != Vr::FD) return false;
  const auto bits = load<std::uint64_t>(at, endian);
  return std::isnan(std::bit_cast<double>(bits)) &&
         bits != std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
}

template <typename Number>
bool store_number(Bytes& out, std::string_view text) {
  using Bits = std::conditional_t<sizeof(Number) == 2, std::uint16_t,
                                  std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>>;
  Number number{};
  const char* end = text.data() + text.size();
  if constexpr (std::is_floating_point_v<Number>) {
    const bool negative = text.starts_with('-');
    const auto word = text.substr(negative ? 1 : 0);
    if (word == "NaN" || word == "nan") {
      number = std::numeric_limits<Number>::quiet_NaN();
    } else if (word == "Infinity" || word == "inf") {
      number = std::numeric_limits<Number>::infinity() * (negative ? Number{-1} : Number{1});
    } else {
      if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return false;
      const auto read = std::from_chars(text.data(), end, number);
      if (read.ptr != end || read.ec != std::errc()) return false;
    }
  } else {
    const auto read = std::from_chars(text.data(), end, number);
    if (text.empty() || read.ptr != end || read.ec != std::errc()) {
      // Whole numbers may come as 5.0 or 1e3 from writers that know only floating point.
      double floating = 0;
      const auto again = std::from_chars(text.data(), end, floating);
      const bool whole = again.ptr == end && again.ec == std::errc() && std::trunc(floating) == floating &&
                         std::fabs(floating) <= 9007199254740992.0;
      if (text.empty() || !whole || floating < static_cast<double>(std::numeric_limits<Number>::min()) ||
          floating > static_cast<double>(std::numeric_limits<Number>::max()))
        return false;
      number = static_cast<Number>(floating);
    }
  }
  store(out, std::bit_cast<Bits>(number), Endian::little);
  return true;
}

FormValue as_unknown(const Cursor& at, FormValue value) {
  const Node& node = at.node();
  value.kind = node.value.empty() ? FormValue::Kind::none : FormValue::Kind::binary;
  value.vr = Vr::UN;
  value.values.clear();
  value.binary = little_endian(node.value, node.vr, at.endian());
  return value;
}

void check_padding(const Cursor& at, Form form, LossReport& losses) {
  const Node& node = at.node();
  const auto content = unpadded(node.value);
  const std::size_t pads = node.value.size() - content.size();
  const bool usual = node.value.size() % 2 == 0 && pads <= 1 && (pads == 0 || node.value.back() == padding(node.vr));
  if (!usual) {
    losses.add(form, LossKind::padding, at, fmt::format("{} bytes of padding after {}", pads, content.size()));
  }
}

// At most three component groups, and in XML five components in each.
bool is_name(std::string_view name, Form form) {
  std::size_t groups = 1;
  std::size_t components = 1;
  for (const char c : name) {
    if (c == '=') {
      ++groups;
      components = 1;
    } else if (c == '^') {
      ++components;
    }
    if (groups > 3 || (form == Form::xml && components > 5)) return false;
  }
  return true;
}

FormValue text_value(const Cursor& at, Form form, bool utf8, LossReport& losses) {
  const Node& node = at.node();
  FormValue value;
  value.vr = node.vr;
  const auto content = unpadded(node.value);
  check_padding(at, form, losses);
  value.kind = FormValue::Kind::texts;
  if (utf8 && node.tag == tags::SpecificCharacterSet) {
    value.values = {"ISO_IR 192"};
    if (as_text(content) != value.values[0])
      losses.add(form, LossKind::transcoded, at,
                 "character set " + std::string(as_text(content.first(std::min<std::size_t>(64, content.size())))));
    return value;
  }
  if (content.empty()) {
    value.kind = FormValue::Kind::none;
    return value;
  }
  auto decoded = decode_form_text(content, node.vr, at.character_set());
  const bool unsayable = form == Form::xml && std::any_of(decoded.values.begin(), decoded.values.end(),
                                                          [](const std::string& one) { return !fits_xml(one); });
  const bool unnameable = node.vr == Vr::PN && std::any_of(decoded.values.begin(), decoded.values.end(),
                                                           [&](const std::string& one) { return !is_name(one, form); });
  if (unsayable || unnameable) {
    losses.add(form, LossKind::vr, at, unsayable ? "control characters" : "more parts than a Person Name has");
    return as_unknown(at, std::move(value));
  }
  if (!decoded.exact)
    losses.add(form, LossKind::undecodable, at, fmt::format("bytes that are no text of '{}'", at.character_set()));
  else if (decoded.transcoded)
    losses.add(form, LossKind::transcoded, at, fmt::format("text in '{}'", at.character_set()));
  value.values = std::move(decoded.values);
  return value;
}

}  // namespace

void LossReport::add(Form form, LossKind kind, const Cursor& at, std::string found) {
  if (problems.size() >= limits::max_problems) {
    ++more;
    return;
  }
  // A path as long as the nesting is deep would cost more than it says.
  add(form, kind, at.node().offset == no_offset ? 0 : at.node().offset,
      at.levels() <= 64 ? at.path() : to_string(at.node().tag), std::move(found));
}

void LossReport::add(Form form, LossKind kind, std::uint64_t offset, std::string field, std::string found) {
  const auto& row =
      *std::find_if(std::begin(loss_rows), std::end(loss_rows), [&](const LossRow& one) { return one.kind == kind; });
  const std::string rule(form == Form::json ? row.json_rule : row.xml_rule);
  const auto slash = rule.find('/');
  const std::string clause =
      "PS" + rule.substr(2, slash - 2) + " " + rule.substr(slash + 1, rule.rfind('/') - slash - 1);
  problems.push_back(
      {rule, clause, offset, std::move(field), std::move(found), std::string(row.expected), row.gravity});
}

std::string tag_digits(Tag tag) { return fmt::format("{:04X}{:04X}", tag.group, tag.element); }

Bytes little_endian(ByteView value, Vr vr, Endian from) {
  if (from == Endian::little || swap_size(vr) == 1) return to_bytes(value);
  Bytes turned(value.size());
  copy_swapped(turned.data(), value.data(), value.size(), swap_size(vr));
  return turned;
}

FormValue form_value(const Cursor& at, Form form, const FormOptions& options, bool utf8, LossReport& losses) {
  const Node& node = at.node();
  if (is_text(node.vr)) return text_value(at, form, utf8, losses);
  FormValue value;
  value.vr = node.vr;
  if (node.value.empty()) return value;
  if (node.value.size() % 2 != 0) losses.add(form, LossKind::padding, at, "a value of odd length");
  const bool numbers = has_numbers(node.vr);
  if (options.bulk && node.value.size() >= options.bulk_from) {
    const Bytes turned = little_endian(node.value, node.vr, at.endian());
    value.uri = options.bulk(at, turned);
    if (!value.uri.empty()) {
      value.kind = FormValue::Kind::bulk;
      return value;
    }
  }
  const std::size_t unit = unit_size(node.vr);
  if (!numbers || node.value.size() % unit != 0) {
    if (numbers) losses.add(form, LossKind::vr, at, fmt::format("{} bytes of {}", node.value.size(), name(node.vr)));
    const Vr vr = numbers || !is_known(node.vr) || node.vr == Vr::SQ ? Vr::UN : node.vr;
    if (node.tag == tags::PixelData && fragments_in(node.value))
      losses.add(form, LossKind::confused, at, "a native value that looks encapsulated");
    value = as_unknown(at, std::move(value));
    value.vr = vr;
    return value;
  }
  bool finite = true;
  for (std::size_t i = 0; i < node.value.size(); i += unit) {
    if (is_other_nan(node.value.data() + i, node.vr, at.endian())) {
      losses.add(form, LossKind::vr, at, "a NaN with bits of its own");
      return as_unknown(at, std::move(value));
    }
    value.values.push_back(number_at(node.value.data() + i, node.vr, at.endian()));
    const char last = value.values.back().back();
    finite = finite && last != 'y' && last != 'N';
  }
  if (!finite) losses.add(form, LossKind::not_a_number, at, "NaN or an infinity");
  value.kind = FormValue::Kind::numbers;
  return value;
}

bool needs_utf8(const DataSet& data_set) {
  return std::any_of(data_set.nodes().begin(), data_set.nodes().end(), [](const Node& node) {
    const auto text = as_text(node.value);
    return is_text(node.vr) && (!is_ascii(text) || text.find('\x1b') != std::string_view::npos);
  });
}

const DataSet& in_order(const DataSet& data_set, DataSet& storage, Form form, LossReport& losses) {
  bool ascending = true;
  std::vector<std::int64_t> last{-1};
  for (Cursor at(data_set); at.next();) {
    const Node& node = at.node();
    last.resize(at.levels() + 1, -1);
    if (node.kind == NodeKind::item) {
      last.push_back(-1);
    } else if (node.kind != NodeKind::fragment && !(node.kind == NodeKind::element && node.vr == Vr::none)) {
      const std::int64_t tag = node.tag.packed();
      if (tag == last.back()) losses.add(form, LossKind::duplicate, at, "the element once more");
      if (tag < last.back()) losses.add(form, LossKind::order, at, "an element after a higher one");
      ascending = ascending && tag > last.back();
      last.back() = std::max(last.back(), tag);
    }
  }
  if (ascending) return data_set;
  FormTree tree;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> open;  // end in the Data Set, index in the tree
  for (Cursor at(data_set); at.next();) {
    const Node& node = at.node();
    while (!open.empty() && open.back().first <= at.index()) {
      tree.close(open.back().second);
      open.pop_back();
    }
    if (node.kind == NodeKind::element && node.vr == Vr::none) {
      losses.add(form, LossKind::stray, at, "bytes without a place");
      continue;
    }
    const auto index = tree.open(node.kind, node.tag, node.vr, node.offset);
    if (node.kind == NodeKind::element || node.kind == NodeKind::fragment)
      tree.set_value(index, little_endian(node.value, node.vr, at.endian()));
    open.emplace_back(node.end, index);
  }
  while (!open.empty()) {
    tree.close(open.back().second);
    open.pop_back();
  }
  storage = tree.build();
  return storage;
}

std::expected<Bytes, std::string> bytes_from_numbers(Vr vr, const std::vector<std::string>& values) {
  Bytes bytes;
  for (const auto& text : values) {
    bool good = false;
    switch (vr) {
      case Vr::US: good = store_number<std::uint16_t>(bytes, text); break;
      case Vr::SS: good = store_number<std::int16_t>(bytes, text); break;
      case Vr::UL: good = store_number<std::uint32_t>(bytes, text); break;
      case Vr::SL: good = store_number<std::int32_t>(bytes, text); break;
      case Vr::UV: good = store_number<std::uint64_t>(bytes, text); break;
      case Vr::SV: good = store_number<std::int64_t>(bytes, text); break;
      case Vr::FL: good = store_number<float>(bytes, text); break;
      case Vr::FD: good = store_number<double>(bytes, text); break;
      case Vr::AT: {
        const auto tag = text.size() == 8 ? tag_from(text) : std::nullopt;
        good = tag.has_value();
        if (good) {
          store(bytes, tag->group, Endian::little);
          store(bytes, tag->element, Endian::little);
        }
        break;
      }
      default: break;
    }
    if (!good) return std::unexpected(fmt::format("'{}'", text.substr(0, 40)));
  }
  return bytes;
}

Bytes encapsulated_bytes(const std::vector<Node>& nodes, std::uint32_t index) {
  Bytes bytes;
  const auto header = [&](Tag tag, std::size_t length) {
    store(bytes, tag.group, Endian::little);
    store(bytes, tag.element, Endian::little);
    store(bytes, static_cast<std::uint32_t>(length), Endian::little);
  };
  for (std::uint32_t i = index + 1; i < nodes[index].end; i = nodes[i].end) {
    if (nodes[i].kind != NodeKind::fragment) continue;
    const auto value = nodes[i].value;
    header(item_tag, value.size() + value.size() % 2);
    append(bytes, value);
    if (value.size() % 2 != 0) bytes.push_back(0);
  }
  header(sequence_end_tag, 0);
  return bytes;
}

FormValue form_of_fragments(const std::vector<Node>& nodes, const Cursor& at, Form form, const FormOptions& options,
                            LossReport& losses) {
  const Node& node = at.node();
  losses.add(form, LossKind::fragments, at, "fragments, written as the bytes of the value field");
  if (node.tag != tags::PixelData || (node.vr != Vr::OB && node.vr != Vr::OW))
    losses.add(form, LossKind::confused, at, "fragments in another element");
  FormValue value;
  value.vr = node.vr;
  value.binary = encapsulated_bytes(nodes, at.index());
  value.kind = FormValue::Kind::binary;
  if (options.bulk && value.binary.size() >= options.bulk_from) {
    value.uri = options.bulk(at, value.binary);
    if (!value.uri.empty()) value.kind = FormValue::Kind::bulk;
  }
  return value;
}

std::optional<std::vector<ByteView>> fragments_in(ByteView value) {
  std::vector<ByteView> fragments;
  while (value.size() >= 8) {
    const Tag tag(load<std::uint16_t>(value.data(), Endian::little),
                  load<std::uint16_t>(value.data() + 2, Endian::little));
    const auto length = load<std::uint32_t>(value.data() + 4, Endian::little);
    value = value.subspan(8);
    if (tag == sequence_end_tag && length == 0 && value.empty()) return fragments;
    if (tag != item_tag || length > value.size()) return std::nullopt;
    fragments.push_back(value.first(length));
    value = value.subspan(length);
  }
  return std::nullopt;
}

}  // namespace assay::dataset
