// Every PDU of a correct conversation laid open as a tree, and a handful of standard faults for each kind of node.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "mutation.hpp"

namespace assay::test {
namespace {

using layout::Modification;
using layout::Node;
using layout::Operation;
using layout::Part;
using Step = Conversation::Step;

/// One way to change one node.
struct Fault {
  std::string name;
  Modification what;
};

Modification change(Operation operation, Bytes bytes = {}, std::optional<std::int64_t> number = {},
                    std::size_t at = 0) {
  return {operation, {}, std::move(bytes), number, at};
}

bool is_number(const Node& node) {
  const auto width = node.bytes.size();
  if (width != 1 && width != 2 && width != 4) return false;
  // Texts of one, two or four characters are no numbers.
  return !(node.name == "name" || node.name == "uid" || node.name.ends_with("-field") || node.name == "fragment" ||
           node.name == "server-response");
}

bool is_text(const Node& node) {
  if (node.name == "name" || node.name == "uid" || node.name.ends_with("-uid")) return true;
  // A value of a Command Set that holds a UID or an AE title.
  return node.name == "value" && !node.bytes.empty() && !is_number(node);
}

Bytes all_ones(std::size_t width) { return Bytes(width, 0xff); }

std::vector<Fault> faults_of_title() {
  auto other = to_bytes("SOMEBODY");
  other.resize(16, ' ');
  return {{"set blank", change(Operation::set, Bytes(16, ' '))},
          {"backslash", change(Operation::set, to_bytes("AB\\C            "))},
          {"control character", change(Operation::set, to_bytes("AB\x01"
                                                                "C            "))},
          {"not ASCII", change(Operation::set, to_bytes("AB\xe4"
                                                        "C            "))},
          {"another legal one", change(Operation::set, other)}};
}

std::vector<Fault> faults_of_text(const Node& node) {
  std::vector<Fault> out{
      {"empty", change(Operation::set)},
      {"one byte more", change(Operation::append, {0})},
      {"one byte less", change(Operation::truncate, {}, static_cast<std::int64_t>(node.bytes.size()) - 1)},
      {"a letter in it", change(Operation::insert, {'x', 'y'}, {}, 1)},
      {"not ASCII", change(Operation::insert, {0xe4, 0xe4}, {}, 1)},
      {"too long", change(Operation::append, Bytes(66, '1'))}};
  auto legal = to_bytes("1.2.3.4.5.6.7.8.9.10.11");
  if (node.name == "value") legal.push_back(0);
  out.push_back({"another legal one", change(Operation::set, std::move(legal))});
  return out;
}

std::vector<Fault> faults_of_field(const Node& node) {
  std::vector<Fault> out;
  if (node.name.ends_with("-ae-title")) {
    out = faults_of_title();
  } else if (node.name.starts_with("reserved")) {
    out.push_back({"not zero", change(Operation::xor_bytes, {1})});
  } else if (is_number(node)) {
    out = {{"zero", change(Operation::set, Bytes(node.bytes.size(), 0))},
           {"all ones", change(Operation::set, all_ones(node.bytes.size()))},
           {"add 1", change(Operation::add, {}, 1)},
           {"top bit", change(Operation::xor_bytes, [&] {
              Bytes mask(node.bytes.size(), 0);
              (node.endian == Endian::big ? mask.front() : mask.back()) = 0x80;
              return mask;
            }())}};
  } else if (is_text(node)) {
    out = faults_of_text(node);
  } else if (!node.bytes.empty()) {
    out = {{"empty", change(Operation::set)},
           {"one byte more", change(Operation::append, {0})},
           {"one byte less", change(Operation::truncate, {}, static_cast<std::int64_t>(node.bytes.size()) - 1)},
           {"first byte", change(Operation::xor_bytes, [&] {
              Bytes mask(node.bytes.size(), 0);
              mask.front() = 0xff;
              return mask;
            }())}};
  }
  out.push_back({"erased", change(Operation::erase)});
  return out;
}

std::vector<Fault> faults_of_length(const Node& node) {
  return {{"one too many", change(Operation::add, {}, 1)},
          {"one too few", change(Operation::add, {}, -1)},
          {"two too many", change(Operation::add, {}, 2)},
          {"zero", change(Operation::set, Bytes(node.width, 0))},
          {"all ones", change(Operation::set, all_ones(node.width))},
          {"erased", change(Operation::erase)}};
}

std::vector<Fault> faults_of_block(const Node& node) {
  const auto half = static_cast<std::int64_t>(layout::serialise(node).size() / 2);
  return {{"erased", change(Operation::erase)},
          {"duplicated", change(Operation::duplicate)},
          {"cut in half", change(Operation::truncate, {}, half)},
          {"moved to the end", change(Operation::move, {}, {}, 100000)},
          {"a byte behind it", change(Operation::append, {0})}};
}

std::vector<Fault> faults_of(const Node& node) {
  switch (node.part) {
    case Part::field: return faults_of_field(node);
    case Part::length: return faults_of_length(node);
    case Part::block: break;
  }
  return faults_of_block(node);
}

/// A presentation context of an A-ASSOCIATE-AC that is not accepted: what else stands in it is not significant.
bool is_refused(const Node& node) {
  const auto* result = node.name == "presentation-context" ? layout::find(node, "result") : nullptr;
  return result != nullptr && result->bytes != Bytes{0};
}

/// The PDU laid open; Command Sets that lie whole in one PDV are laid open as well. `label` says what it is.
Node open_up(const Bytes& bytes, std::string& label, std::string& last_command) {
  const auto type = bytes.front();
  if (type != static_cast<std::uint8_t>(pdu::PduType::p_data_tf)) {
    label = pdu::pdu_name(type);
    return pdu::to_layout(*pdu::decode(bytes).pdu);
  }
  pdu::PDataTf data;
  std::vector<pdu::PdvView> views;
  Problems problems;
  pdu::decode_p_data(bytes, 0, views, problems);
  for (const auto& view : views) data.values.push_back({view.context_id, view.control_header, to_bytes(view.fragment)});
  auto root = pdu::to_layout(data);
  std::size_t at = 0;
  for (auto& child : root.children) {
    if (child.name != "pdv") continue;
    const auto& value = data.values[at++];
    if (value.control_header != 3) continue;
    const auto command = dimse::decode_command(value.fragment).command;
    last_command = command.name();
    auto& fragment = child.children.back();
    fragment = dimse::to_layout(command);
    fragment.name = "command";
    label = last_command;
  }
  if (label.empty()) {
    const bool commands = std::ranges::any_of(data.values, [](const auto& value) { return value.is_command(); });
    label = commands ? "part of a command" : "data of " + last_command;
  }
  return root;
}

class Maker {
 public:
  Maker(const Correct& correct, const std::function<bool(const Variant&)>& wanted,
        const std::function<void(const Variant&)>& take)
      : correct_(correct), wanted_(wanted), take_(take) {}

  void run() {
    const auto& steps = correct_.conversation.steps();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i].kind != Step::Kind::bytes) continue;
      step_ = i;
      seen_ = {steps[i].bytes};
      label_.clear();
      root_ = open_up(steps[i].bytes, label_, last_command_);
      nodes(root_, "", "");
      whole(steps);
    }
  }

 private:
  Variant variant(std::string field, std::string fault) const {
    Variant out;
    out.of = &correct_;
    out.step = step_;
    out.side = step().side;
    out.pdu = label_;
    out.field = std::move(field);
    out.fault = std::move(fault);
    return out;
  }
  [[nodiscard]] const Step& step() const { return correct_.conversation.steps()[step_]; }

  /// Every node below `parent`; `path` with indices addresses it, `field` without them names it.
  void nodes(const Node& parent, const std::string& path, const std::string& field) {
    std::map<std::string, std::size_t> total;
    for (const auto& child : parent.children) ++total[child.name];
    std::map<std::string, std::size_t> seen;
    for (const auto& child : parent.children) {
      const auto index = ++seen[child.name];
      if (index > 2 && index < total[child.name] && total[child.name] > 4) continue;
      const auto here = fmt::format("{}{}[{}]", path, child.name, index);
      const auto name = field + (is_refused(child) ? "refused-context" : child.name);
      for (auto& fault : faults_of(child)) {
        auto out = variant(name, fault.name);
        if (!wanted_(out)) continue;
        auto tree = root_;
        fault.what.path = here;
        if (!layout::apply(tree, fault.what)) continue;
        auto bytes = layout::serialise(tree);
        if (!seen_.insert(bytes).second) continue;  // changes nothing, or has come about in another way
        out.instead = {{Step::Kind::bytes, out.side, std::move(bytes), {}, {}}};
        take_(out);
      }
      if (child.part == Part::block) nodes(child, here + "/", name + "/");
    }
  }

  void whole(const std::vector<Step>& steps) {
    const auto give = [&](std::string fault, std::vector<Step> instead, std::size_t skips = 1, bool closes = false) {
      auto out = variant("pdu", std::move(fault));
      if (!wanted_(out)) return;
      if (!instead.empty()) out.side = instead.front().side;
      out.instead = std::move(instead);
      out.skips = skips;
      out.closes = closes;
      take_(out);
    };
    give("dropped", {});
    give("duplicated", {step(), step()});
    auto wrong = step();
    wrong.side = trace::other(wrong.side);
    give("sent by the other side", {wrong});
    if (step_ + 1 < steps.size() && steps[step_ + 1].kind == Step::Kind::bytes && steps[step_ + 1].side == step().side)
      give("swapped with the next", {steps[step_ + 1], step()}, 2);
    auto longer = step();
    longer.bytes.push_back(0);
    give("a byte behind it", {longer});
    // Cut off at the borders of its parts, and the connection closed.
    std::size_t end = 0;
    for (const auto& child : root_.children) {
      end += layout::serialise(child).size();
      if (end >= step().bytes.size() || end > 400) break;
      auto cut = step();
      cut.bytes.resize(end);
      give(fmt::format("cut off behind {}", child.name), {cut}, 1, true);
    }
  }

  const Correct& correct_;
  const std::function<bool(const Variant&)>& wanted_;
  const std::function<void(const Variant&)>& take_;
  std::size_t step_ = 0;
  std::string label_;
  std::string last_command_;
  Node root_;
  std::set<Bytes> seen_;
};

}  // namespace

std::string address_of(const Variant& variant) {
  return fmt::format("{} | {} | {}", variant.pdu, variant.field, variant.fault);
}

void each_variant(const Correct& correct, const std::function<bool(const Variant&)>& wanted,
                  const std::function<void(const Variant&)>& take) {
  Maker(correct, wanted, take).run();
}

Conversation play(const Variant& variant, Ending ending) {
  Conversation out;
  const auto put = [&](const Step& step) {
    if (step.kind == Step::Kind::close) out.close(step.side, step.how);
    if (step.kind == Step::Kind::wait) out.wait(step.wait);
    if (step.kind == Step::Kind::bytes) out.send(step.side, step.bytes);
  };
  const auto& steps = variant.of->conversation.steps();
  for (std::size_t i = 0; i < variant.step; ++i) put(steps[i]);
  for (const auto& step : variant.instead) put(step);
  const auto innocent = trace::other(variant.side);
  if (variant.closes) return out.close(variant.side);
  for (std::size_t i = variant.step + variant.skips; i < steps.size(); ++i) {
    if (ending == Ending::abort || ending == Ending::close) break;
    if (ending == Ending::abort_later && (steps[i].side != variant.side || steps[i].kind != Step::Kind::bytes)) break;
    put(steps[i]);
  }
  if (ending == Ending::go_on) return out;
  out.wait(std::chrono::seconds(30));
  if (ending == Ending::close) return out.close(innocent);
  return out.send(innocent, pdu::Pdu(pdu::AAbort{2, 0})).close(innocent);
}

}  // namespace assay::test
