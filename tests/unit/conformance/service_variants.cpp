// Every message of a correct conversation laid open, and the faults of each kind of element.
#include "service_variants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/dimse/status.hpp"
#include "service_data.hpp"

namespace assay::test {
namespace {

using dataset::DataSet;
using layout::Modification;
using layout::Node;
using layout::Operation;
using Step = Conversation::Step;

/// One way to change one element.
struct Fault {
  std::string name;
  Operation operation;
  Bytes bytes;  // the value to set
};

Bytes number(std::uint16_t value) { return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8)}; }

Bytes padded(std::string_view text, char pad) {
  auto out = to_bytes(text);
  if (out.size() % 2 != 0) out.push_back(static_cast<std::uint8_t>(pad));
  return out;
}

std::uint16_t number_in(ByteView value) {
  return value.size() < 2 ? std::uint16_t{0} : load<std::uint16_t>(value.data(), Endian::little);
}

/// Values that another command, operation or service would have.
std::vector<Fault> other_values(Tag tag, ByteView value) {
  std::vector<Fault> out;
  const auto set = [&](std::string name, Bytes bytes) {
    if (!std::ranges::equal(bytes, value)) out.push_back({std::move(name), Operation::set, std::move(bytes)});
  };
  const auto now = number_in(value);
  if (tag == tags::CommandField) {
    const bool echo = (now & 0x7fffU) == static_cast<std::uint16_t>(dimse::CommandField::c_echo_rq);
    set("another service", number(static_cast<std::uint16_t>((now & 0x8000U) | (echo ? 0x0001U : 0x0030U))));
    set("no command", number(0x0777));
    set("request for response", number(static_cast<std::uint16_t>(now ^ 0x8000U)));
  } else if (tag == tags::Status) {
    for (const std::uint16_t status : std::initializer_list<std::uint16_t>{0, 0xff00, 0xfe00, 0x0107, 0xb001, 0xd000})
      set(fmt::format("{:04X}H", status), number(status));
  } else if (tag == tags::CommandDataSetType) {
    set("the opposite", number(now == dimse::no_data_set ? std::uint16_t{1} : dimse::no_data_set));
  } else if (tag == tags::Priority) {
    set("not a priority", number(7));
  } else if (dict::implicit_vr(tag) == Vr::US) {
    set("another number", number(static_cast<std::uint16_t>(now + 5)));
  } else {
    switch (dict::implicit_vr(tag)) {
      case Vr::UI: set("another UID", padded("1.2.840.10008.1.9.9", '\0')); break;
      case Vr::AE:
        set("another title", padded("SOMEBODY", ' '));
        set("blanks", Bytes(4, ' '));
        break;
      case Vr::CS: set("another code", padded("OTHER", ' ')); break;
      default: break;
    }
  }
  return out;
}

/// Bytes that the VR does not have.
std::vector<Fault> foreign_bytes(Tag tag) {
  switch (dict::implicit_vr(tag)) {
    case Vr::UI: return {{"a letter in it", Operation::set, padded("1.2.x.4", '\0')}};
    case Vr::AE:
    case Vr::CS:
    case Vr::DA:
    case Vr::TM:
    case Vr::IS: return {{"not of the repertoire", Operation::set, Bytes{0x31, 0xe4, 0x07, 0x31}}};
    case Vr::SH:
    case Vr::LO:
    case Vr::PN:
    case Vr::ST:
    case Vr::LT: return {{"beyond ASCII", Operation::set, Bytes{'M', 0xfc, 'l', 'l'}}};
    default: return {};
  }
}

std::string label_of(const dimse::CommandSet& command) {
  const auto status = command.status();
  if (!status) return command.name();
  return command.name() + (dimse::status_class(*status) == dimse::StatusClass::pending ? " pending" : "");
}

class Maker {
 public:
  Maker(const Correct& correct, const std::function<bool(const Variant&)>& wanted,
        const std::function<void(const Variant&)>& take)
      : correct_(correct), wanted_(wanted), take_(take) {}

  void run() {
    const auto& steps = correct_.conversation.steps();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!is_message(steps[i])) continue;
      step_ = i;
      seen_ = {steps[i].bytes};
      const auto message = read(steps[i].bytes);
      label_ = label_of(message.command);
      in_command(message);
      if (!message.data_set.empty()) in_data(message);
      whole(steps);
    }
  }

 private:
  static bool is_message(const Step& step) {
    return step.kind == Step::Kind::bytes && step.bytes.front() == static_cast<std::uint8_t>(pdu::PduType::p_data_tf);
  }

  static dimse::Message read(const Bytes& bytes) {
    Bytes command;
    dimse::Message out;
    pdu::Framer framer;
    framer.push(bytes);
    for (auto frame = framer.next(); frame.status == pdu::Framer::Status::pdu; frame = framer.next()) {
      std::vector<pdu::PdvView> views;
      Problems problems;
      pdu::decode_p_data(frame.bytes, 0, views, problems);
      for (const auto& view : views) {
        out.context_id = view.context_id;
        append((view.control_header & 1) != 0 ? command : out.data_set, view.fragment);
      }
    }
    out.command = dimse::decode_command(command).command;
    out.data_set_length = out.data_set.size();
    return out;
  }

  Variant variant(std::string field, std::string fault) const {
    Variant out;
    out.of = &correct_;
    out.step = step_;
    out.side = correct_.conversation.steps()[step_].side;
    out.pdu = label_;
    out.field = std::move(field);
    out.fault = std::move(fault);
    return out;
  }

  /// The tree changed in one place, as the bytes of a message.
  void give(const std::string& field, const Fault& fault, const Node& tree, const std::string& place,
            const std::function<Bytes(Bytes)>& send) {
    auto out = variant(field, fault.name);
    if (!wanted_(out)) return;
    auto copy = tree;
    const auto path = fault.operation == Operation::set ? place + "/value[1]" : place;
    if (!layout::apply(copy, {fault.operation, path, fault.bytes, {}, 0})) return;
    auto bytes = send(layout::serialise(copy));
    if (!seen_.insert(bytes).second) return;
    out.instead = {{Step::Kind::bytes, out.side, std::move(bytes), {}, {}}};
    take_(out);
  }

  void in_command(const dimse::Message& message) {
    const auto tree = dimse::to_layout(message.command);
    const auto send = [&](Bytes command) { return p_data(message.context_id, std::move(command), message.data_set); };
    for (const auto* node : message.command.elements().root().elements()) {
      if (node->tag == tags::CommandGroupLength) continue;
      const auto name = to_string(node->tag);
      give(name, {"erased", Operation::erase, {}}, tree, name + "[1]", send);
      give(name, {"duplicated", Operation::duplicate, {}}, tree, name + "[1]", send);
      give(name, {"without a value", Operation::set, {}}, tree, name + "[1]", send);
      for (const auto& fault : other_values(node->tag, node->value)) give(name, fault, tree, name + "[1]", send);
      for (const auto& fault : foreign_bytes(node->tag)) give(name, fault, tree, name + "[1]", send);
    }
  }

  void in_data(const dimse::Message& message) {
    const auto data = dataset::decode(message.data_set, dataset::implicit_le).data_set;
    const auto tree = dataset::to_layout(data, dataset::implicit_le);
    const auto command = dimse::encode(message.command);
    const auto send = [&](Bytes changed) { return p_data(message.context_id, command, changed); };
    if (message.command.field() == static_cast<std::uint16_t>(dimse::CommandField::c_store_rq)) {
      uids_of_object(data.root(), tree, send);  // all else of an object is its IOD's affair
    } else {
      level(data.root(), tree, "data/", "", send);
    }
  }

  void uids_of_object(const dataset::Level& object, const Node& tree, const std::function<Bytes(Bytes)>& send) {
    for (const auto* node : object.elements()) {
      if (dict::implicit_vr(node->tag) != Vr::UI) continue;
      const auto name = to_string(node->tag);
      for (const auto& fault : other_values(node->tag, node->value))
        give("data/" + name, fault, tree, name + "[1]", send);
      for (const auto& fault : foreign_bytes(node->tag)) give("data/" + name, fault, tree, name + "[1]", send);
    }
  }

  void level(const dataset::Level& elements, const Node& tree, const std::string& field, const std::string& place,
             const std::function<Bytes(Bytes)>& send) {
    for (const auto* node : elements.elements()) {
      const auto name = to_string(node->tag);
      const auto here = place + name + "[1]";
      give(field + name, {"erased", Operation::erase, {}}, tree, here, send);
      give(field + name, {"duplicated", Operation::duplicate, {}}, tree, here, send);
      if (node->kind == dataset::NodeKind::sequence) {
        const auto items = elements.items(node->tag);
        for (std::size_t i = 0; i < items.size(); ++i) {
          const auto item = fmt::format("{}/item[{}]", here, i + 1);
          give(field + name + "/item", {"erased", Operation::erase, {}}, tree, item, send);
          give(field + name + "/item", {"duplicated", Operation::duplicate, {}}, tree, item, send);
          level(items[i], tree, field + name + "/", item + "/", send);
        }
        continue;
      }
      if (!node->value.empty()) give(field + name, {"without a value", Operation::set, {}}, tree, here, send);
      for (const auto& fault : foreign_bytes(node->tag)) give(field + name, fault, tree, here, send);
      if (node->value.empty()) continue;
      for (const auto& fault : other_values(node->tag, node->value)) give(field + name, fault, tree, here, send);
    }
  }

  static Bytes p_data(std::uint8_t context_id, Bytes command, const Bytes& data) {
    Bytes out;
    pdu::encode_p_data(out, context_id, 3, command);
    if (!data.empty()) pdu::encode_p_data(out, context_id, 2, data);
    return out;
  }

  void whole(const std::vector<Step>& steps) {
    const auto put = [&](std::string fault, std::vector<Step> instead, std::size_t skips = 1) {
      auto out = variant("message", std::move(fault));
      if (!wanted_(out)) return;
      if (!instead.empty()) out.side = instead.front().side;
      out.instead = std::move(instead);
      out.skips = skips;
      take_(out);
    };
    const auto& step = steps[step_];
    put("dropped", {});
    put("duplicated", {step, step});
    auto wrong = step;
    wrong.side = trace::other(wrong.side);
    put("sent by the other side", {wrong});
    std::size_t end = step_ + 1;
    while (end < steps.size() && is_message(steps[end])) ++end;
    if (end == step_ + 1) return;
    put("swapped with the next", {steps[step_ + 1], step}, 2);
    std::vector<Step> later(steps.begin() + static_cast<std::ptrdiff_t>(step_) + 1,
                            steps.begin() + static_cast<std::ptrdiff_t>(end));
    later.push_back(step);
    if (later.size() > 2) put("sent last", later, later.size());
  }

  const Correct& correct_;
  const std::function<bool(const Variant&)>& wanted_;
  const std::function<void(const Variant&)>& take_;
  std::size_t step_ = 0;
  std::string label_;
  std::set<Bytes> seen_;
};

}  // namespace

void each_service_variant(const Correct& correct, const std::function<bool(const Variant&)>& wanted,
                          const std::function<void(const Variant&)>& take) {
  Maker(correct, wanted, take).run();
}

}  // namespace assay::test
