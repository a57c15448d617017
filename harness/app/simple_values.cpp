#include "harness/app/simple_values.hpp"

#include <fmt/format.h>

#include "harness/base/hex.hpp"
#include "harness/dataset/deflate.hpp"
#include "harness/dataset/value.hpp"

namespace assay::app {

using nlohmann::ordered_json;

namespace {

std::string key_of(Tag tag) {
  const auto keyword = dict::keyword(tag);
  return keyword.empty() ? fmt::format("({:04x},{:04x})", tag.group, tag.element) : std::string(keyword);
}

ordered_json bytes_of(ByteView value, ByteView source) {
  if (value.empty()) return ordered_json{{"hex", ""}};
  if (!source.empty() && value.data() >= source.data() && value.data() + value.size() <= source.data() + source.size())
    return ordered_json{{"at", value.data() - source.data()}, {"length", value.size()}};
  return ordered_json{{"hex", to_hex(value)}};
}

/// None is null, one is itself, several are an array.
ordered_json few(ordered_json many) {
  if (many.empty()) return nullptr;
  return many.size() == 1 ? std::move(many.front()) : std::move(many);
}

template <typename T>
bool add_numbers(ordered_json& out, Vr vr, ByteView value, Endian endian) {
  const auto all = dataset::numbers<T>(vr, value, endian);
  if (!all) return false;
  for (std::size_t i = 0; i < all->size(); ++i) {
    if constexpr (std::is_same_v<T, Tag>)
      out.push_back(key_of((*all)[i]));
    else
      out.push_back((*all)[i]);
  }
  return true;
}

ordered_json value_of(const dataset::Node& node, const dataset::CharacterSets& sets, Endian endian, ByteView source) {
  const auto vr = node.vr;
  if (vr == Vr::OB || vr == Vr::OW || vr == Vr::OD || vr == Vr::OF || vr == Vr::OL || vr == Vr::OV || vr == Vr::UN ||
      vr == Vr::none)
    return bytes_of(node.value, source);
  ordered_json numbers = ordered_json::array();
  if (add_numbers<Tag>(numbers, vr, node.value, endian) ||
      add_numbers<std::uint16_t>(numbers, vr, node.value, endian) ||
      add_numbers<std::int16_t>(numbers, vr, node.value, endian) ||
      add_numbers<std::uint32_t>(numbers, vr, node.value, endian) ||
      add_numbers<std::int32_t>(numbers, vr, node.value, endian) ||
      add_numbers<std::uint64_t>(numbers, vr, node.value, endian) ||
      add_numbers<std::int64_t>(numbers, vr, node.value, endian) ||
      add_numbers<float>(numbers, vr, node.value, endian) || add_numbers<double>(numbers, vr, node.value, endian))
    return few(std::move(numbers));
  ordered_json texts = ordered_json::array();
  for (const auto part : sets.split_values(node.value, vr)) {
    const auto text = sets.text(part, vr);
    texts.push_back(std::string(dataset::without_padding(text)));
  }
  if (texts.size() == 1 && texts.front() == "") return "";
  return texts.empty() ? ordered_json("") : few(std::move(texts));
}

struct Walk {
  const dataset::DataSet& data_set;
  ByteView source;

  [[nodiscard]] Endian endian() const { return data_set.encoding().endian; }

  ordered_json level(std::uint32_t first, std::uint32_t last, dataset::CharacterSets sets) const {
    ordered_json out = ordered_json::object();
    const auto& nodes = data_set.nodes();
    for (auto at = first; at < last; at = nodes[at].end)
      if (nodes[at].tag == tags::SpecificCharacterSet) sets = dataset::CharacterSets(as_text(nodes[at].value));
    for (auto at = first; at < last; at = nodes[at].end) {
      const auto& node = nodes[at];
      const auto key = key_of(node.tag);
      if (node.kind == dataset::NodeKind::element) {
        out[key] = value_of(node, sets, endian(), source);
        continue;
      }
      ordered_json parts = ordered_json::array();
      for (auto inner = at + 1; inner < node.end; inner = nodes[inner].end)
        parts.push_back(node.kind == dataset::NodeKind::sequence ? level(inner + 1, nodes[inner].end, sets)
                                                                 : bytes_of(nodes[inner].value, source));
      out[key] = std::move(parts);
    }
    return out;
  }

  [[nodiscard]] ordered_json elements(std::uint32_t first, std::uint32_t last) const {
    ordered_json out = ordered_json::array();
    const auto& nodes = data_set.nodes();
    for (auto at = first; at < last; at = nodes[at].end) {
      const auto& node = nodes[at];
      ordered_json value;
      if (node.kind == dataset::NodeKind::element) {
        value = to_hex(node.value);
      } else {
        value = ordered_json::array();
        for (auto inner = at + 1; inner < node.end; inner = nodes[inner].end)
          value.push_back(node.kind == dataset::NodeKind::sequence ? elements(inner + 1, nodes[inner].end)
                                                                   : ordered_json(to_hex(nodes[inner].value)));
      }
      out.push_back({fmt::format("({:04x},{:04x})", node.tag.group, node.tag.element), std::string(name(node.vr)),
                     std::move(value)});
    }
    return out;
  }
};

ordered_json contexts_of(const pdu::AAssociateRq& rq) {
  ordered_json out = ordered_json::array();
  for (const auto* context : rq.contexts()) {
    ordered_json syntaxes = ordered_json::array();
    for (const auto syntax : context->transfer_syntaxes()) syntaxes.push_back(std::string(syntax));
    out.push_back({{"id", context->id},
                   {"abstract", std::string(context->abstract_syntax())},
                   {"transfer", std::move(syntaxes)}});
  }
  return out;
}

ordered_json contexts_of(const pdu::AAssociateAc& ac) {
  ordered_json out = ordered_json::array();
  for (const auto* context : ac.contexts()) {
    std::size_t syntaxes = 0;
    for (const auto& sub_item : context->sub_items)
      syntaxes += std::holds_alternative<pdu::TransferSyntaxSubItem>(sub_item) ? 1 : 0;
    out.push_back({{"id", context->id},
                   {"result", context->result},
                   {"transfer", std::string(context->transfer_syntax())},
                   {"transfer_syntax_items", syntaxes}});
  }
  return out;
}

void add_body(ordered_json& out, const pdu::AssociateBody& body) {
  out["called_ae"] = std::string(pdu::trimmed_ae_title(body.called_ae_title));
  out["calling_ae"] = std::string(pdu::trimmed_ae_title(body.calling_ae_title));
  out["protocol_version"] = body.protocol_version;
  out["application_context"] = std::string(body.application_context());
  out["max_length"] = body.maximum_length();
  const auto* user = body.user_information();
  if (user == nullptr) return;
  if (const auto* one = user->find<pdu::ImplementationClassUidSubItem>()) out["implementation_class_uid"] = one->uid;
  if (const auto* one = user->find<pdu::ImplementationVersionNameSubItem>())
    out["implementation_version_name"] = one->name;
  if (const auto* one = user->find<pdu::AsynchronousOperationsWindowSubItem>())
    out["async"] = {{"invoked", one->invoked}, {"performed", one->performed}};
  for (const auto& item : user->sub_items)
    if (const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item))
      out["roles"].push_back({{"sop_class", role->sop_class_uid}, {"scu", role->scu_role}, {"scp", role->scp_role}});
}

void add_pdu(ordered_json& out, const pdu::Pdu& pdu) {
  if (const auto* rq = std::get_if<pdu::AAssociateRq>(&pdu)) {
    add_body(out, *rq);
    out["contexts"] = contexts_of(*rq);
  } else if (const auto* ac = std::get_if<pdu::AAssociateAc>(&pdu)) {
    add_body(out, *ac);
    out["contexts"] = contexts_of(*ac);
  } else if (const auto* rj = std::get_if<pdu::AAssociateRj>(&pdu)) {
    out.update({{"result", rj->result}, {"source", rj->source}, {"reason", rj->reason}});
  } else if (const auto* abort = std::get_if<pdu::AAbort>(&pdu)) {
    out.update({{"source", abort->source}, {"reason", abort->reason}});
  } else if (const auto* data = std::get_if<pdu::PDataTf>(&pdu)) {
    for (const auto& value : data->values)
      out["values"].push_back(
          {{"context", value.context_id}, {"control", value.control_header}, {"length", value.fragment.size()}});
  }
}

void add_message(ordered_json& out, const dimse::Message& message, const scenario::Dialogue* dialogue) {
  out["name"] = message.command.name();
  out["context"] = message.context_id;
  out["command"] = simple_values(message.command.elements());
  if (!message.command.has_data_set()) return;
  out["data"] = to_hex(message.data_set);
  out["data_length"] = message.data_set_length;
  if (dialogue == nullptr) return;
  const auto context = dialogue->contexts.find(message.context_id);
  if (context == dialogue->contexts.end()) return;
  out["abstract"] = context->second.abstract_syntax;
  out["transfer"] = context->second.transfer_syntax;
  const auto encoding = dataset::encoding_of(context->second.transfer_syntax);
  if (encoding.deflated) {
    const auto inflated = dataset::inflate(message.data_set, limits::trace_bytes);
    out["data_set"] = simple_values(dataset::decode(inflated.bytes, encoding).data_set);
  } else {
    out["data_set"] = simple_values(dataset::decode(message.data_set, encoding).data_set, message.data_set);
  }
}

}  // namespace

ordered_json simple_values(const dataset::DataSet& data_set, ByteView source) {
  return Walk{data_set, source}.level(0, static_cast<std::uint32_t>(data_set.nodes().size()), {});
}

ordered_json wire_elements(const dataset::DataSet& data_set) {
  return Walk{data_set, {}}.elements(0, static_cast<std::uint32_t>(data_set.nodes().size()));
}

ordered_json simple_item(const scenario::Item& item, const scenario::Dialogue* dialogue) {
  using Kind = scenario::Item::Kind;
  ordered_json out;
  out["summary"] = printable(scenario::describe(item));
  out["seconds"] = static_cast<double>(item.at.since_origin.count()) / 1e9;
  switch (item.kind) {
    case Kind::message:
      out["kind"] = "message";
      if (item.message) add_message(out, *item.message, dialogue);
      break;
    case Kind::pdu:
    case Kind::p_data:
      out["kind"] = "pdu";
      out["name"] = pdu::pdu_name(item.pdu_type);
      out["length"] = item.length;
      if (item.pdu) add_pdu(out, *item.pdu);
      break;
    case Kind::closed:
      out["kind"] = "closed";
      out["how"] = std::string(trace::name(item.how));
      break;
    case Kind::unrecognized:
      out["kind"] = "unrecognized";
      out["hex"] = to_hex(item.bytes);
      break;
    default: out["kind"] = "tls"; break;
  }
  return out;
}

}  // namespace assay::app
