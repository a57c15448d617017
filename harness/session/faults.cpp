#include "harness/session/faults.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::faults {
namespace {

constexpr std::size_t command_kept = 4096;  // the fields looked at stand in the first hundred bytes

/// The bits of a number spread evenly (SplitMix64): a die that falls the same way on every run.
std::uint64_t spread(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

constexpr std::uint16_t command_field = 0x0100;
constexpr std::uint16_t data_set_type = 0x0800;
constexpr std::uint16_t no_data_set = 0x0101;

/// With its header, as that claims; nothing where the header is not whole.
std::optional<std::uint64_t> pdu_length(ByteView bytes) {
  if (bytes.size() < pdu::pdu_header_length) return std::nullopt;
  return pdu::pdu_header_length + std::uint64_t{load<std::uint32_t>(bytes.data() + 2, Endian::big)};
}

constexpr auto type_of(pdu::PduType type) { return static_cast<std::uint8_t>(type); }

bool changes_a_pdu(Kind kind) { return kind <= Kind::answer_context; }
bool waits_for_a_phase(Kind kind) { return kind == Kind::abort || kind == Kind::close || kind == Kind::freeze; }

}  // namespace

struct Engine::Unit {
  Bytes bytes;
  bool drop = false;
  bool refused = false;
  std::uint32_t copies = 1;
  Duration delay{};
  const Fault* split = nullptr;
  const Fault* coalesce = nullptr;
  const Fault* reorder = nullptr;
};

bool Numbers::contains(std::uint32_t number) const {
  return ranges.empty() || std::ranges::any_of(ranges, [number](const auto& range) {
           return number >= range.first && number <= range.second;
         });
}

Engine::Messages::Seen Engine::Messages::take(ByteView p_data) {
  Seen seen;
  std::vector<pdu::PdvView> values;
  Problems ignored;
  pdu::decode_p_data(p_data, 0, values, ignored);
  for (const auto& value : values) {
    if (value.is_command()) {
      if (!inside) {
        inside = true;
        seen.begins = true;
        command.clear();
      }
      if (command.size() < command_kept)
        append(command, value.fragment.first(std::min(value.fragment.size(), command_kept)));
      if (seen.begins && seen.field == 0) seen.field = dimse::command_element(command, command_field).value_or(0);
      if (!value.is_last()) continue;
      data_follows = dimse::command_element(command, data_set_type).value_or(no_data_set) != no_data_set;
      if (!data_follows) {
        inside = false;
        seen.whole = true;
      }
    } else {
      seen.data = true;
      if (!value.is_last()) continue;
      inside = false;
      seen.whole = true;
    }
  }
  return seen;
}

Engine::Engine(std::shared_ptr<const Plan> plan, std::uint32_t connection)
    : plan_(std::move(plan)),
      connection_(connection),
      seen_(plan_->faults.size(), 0),
      noted_(plan_->faults.size(), false),
      answers_(std::ranges::any_of(plan_->faults, [](const Fault& one) { return one.kind == Kind::answer; })),
      assembler_({.keep_data_set_bytes = max_held}) {}

/// Counts one occurrence, and says whether the fault happens to it.
bool Engine::strikes(std::size_t index) {
  const auto& fault = plan_->faults[index];
  const auto occurrence = ++seen_[index];
  if (!fault.connections.contains(connection_) || !fault.nth.contains(occurrence)) return false;
  if (fault.per_million < 1'000'000) {
    auto die = spread(plan_->seed);
    for (const std::uint64_t part : {std::uint64_t{connection_}, std::uint64_t{index}, std::uint64_t{occurrence}})
      die = spread(die ^ part);
    if (die % 1'000'000 >= fault.per_million) return false;
  }
  struck_ = true;
  if (!noted_[index]) notes_.push_back(describe(fault));
  noted_[index] = true;
  return true;
}

void Engine::opened(Instant now) {
  link_free_ = last_ready_ = now;
  for (std::size_t i = 0; i < plan_->faults.size(); ++i) {
    const auto& fault = plan_->faults[i];
    if (fault.kind == Kind::limit_rate && strikes(i))
      bytes_per_second_ = std::max<std::uint64_t>(fault.bytes_per_second, 1);
    if (fault.kind == Kind::cut && strikes(i) && (!cut_ || plan_->faults[*cut_].after > fault.after)) cut_ = i;
  }
  reached(Phase::connected, now);
  drain(now);
}

void Engine::send(ByteView bytes, Instant now) {
  while (!bytes.empty() && !muted_) {
    if (held() > max_held) {
      // Nothing leaves a link that is frozen for good, so nothing can close it either.
      if (!frozen_for_good_) enqueue({Entry::Kind::close, {}, {}, {}, now, 0, true});
      muted_ = true;
      notes_.emplace_back(frozen_for_good_ ? "too much waits to be sent: what else is said is thrown away"
                                           : "too much waits to be sent: the connection is given up");
      break;
    }
    if (begun_.rest() > 0) {
      const auto more = begun_.take(bytes);
      enqueue({Entry::Kind::bytes, to_bytes(bytes.first(more)), {}, {}, now, 0, false});
      bytes = bytes.subspan(more);
      continue;
    }
    const auto whole = pdu_length(bytes);
    if (!whole || *whole > bytes.size()) {  // no whole PDU: passed on as it is
      begun_.begin(bytes);
      enqueue({Entry::Kind::bytes, to_bytes(bytes), {}, {}, now, 0, false});
      break;
    }
    const auto pdu = bytes.first(*whole);
    bytes = bytes.subspan(*whole);
    if (answers_ && pdu[0] == type_of(pdu::PduType::p_data_tf)) {
      keep(pdu, now);
      continue;
    }
    let_go(now);
    out(pdu, now);
  }
  drain(now);
}

void Engine::Begun::begin(ByteView bytes) {
  const auto whole = pdu_length(bytes);
  header = whole ? Bytes{} : to_bytes(bytes);
  left = whole ? *whole - bytes.size() : 0;
}

std::uint64_t Engine::Begun::rest() const { return header.empty() ? left : 1; }

std::size_t Engine::Begun::take(ByteView bytes) {
  if (header.empty()) {
    const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
    left -= more;
    return more;
  }
  const auto more = std::min(bytes.size(), pdu::pdu_header_length - header.size());
  append(header, bytes.first(more));
  if (const auto whole = pdu_length(header)) {
    left = *whole - header.size();
    header.clear();
  }
  return more;
}

std::size_t Engine::held() const {
  return held_ + kept_.size() + (gathered_ ? gathered_->bytes.size() : 0) +
         (waiting_ ? waiting_->entry.bytes.size() : 0);
}

void Engine::out(ByteView pdu, Instant now) {
  Unit unit;
  unit.bytes = to_bytes(pdu);
  const auto type = pdu[0];
  Messages::Seen seen;
  if (type == type_of(pdu::PduType::p_data_tf)) seen = ours_in_.take(pdu);
  for (std::size_t i = 0; i < plan_->faults.size(); ++i) {
    const auto& fault = plan_->faults[i];
    if (!changes_a_pdu(fault.kind)) continue;
    const auto& on = fault.on;
    bool meant = false;
    switch (on.what) {
      case PduChoice::What::any: meant = true; break;
      case PduChoice::What::type: meant = on.type == type; break;
      case PduChoice::What::message: meant = seen.begins; break;
      case PduChoice::What::command: meant = seen.begins && seen.field == on.command; break;
      case PduChoice::What::data: meant = seen.data; break;
    }
    if (meant && strikes(i)) change(i, unit);
  }
  const bool refused = unit.refused;
  place(unit, now);
  if (refused) {
    muted_ = true;
    return;
  }
  if (answers_ && type <= type_of(pdu::PduType::a_associate_ac))
    if (const auto decoded = pdu::decode(pdu); decoded.pdu) note_association(*decoded.pdu, true);
  if (type == type_of(pdu::PduType::a_associate_rq)) reached(Phase::requested, now);
  if (type == type_of(pdu::PduType::a_associate_ac)) reached(Phase::associated, now);
  if (type == type_of(pdu::PduType::a_release_rq)) reached(Phase::release, now);
  if (seen.data) reached(Phase::data_sent, now);
  if (seen.whole) reached(Phase::message_sent, now);
}

void Engine::change(std::size_t index, Unit& unit) {
  const auto& fault = plan_->faults[index];
  switch (fault.kind) {
    case Kind::delay: unit.delay = std::max(unit.delay, fault.time); break;
    case Kind::drop: unit.drop = true; break;
    case Kind::duplicate: unit.copies += fault.count; break;
    case Kind::reorder: unit.reorder = &fault; break;
    case Kind::split: unit.split = &fault; break;
    case Kind::coalesce: unit.coalesce = &fault; break;
    case Kind::corrupt:
      if (fault.byte) {
        for (std::size_t i = 0; i < fault.bytes.size() && *fault.byte + i < unit.bytes.size(); ++i) {
          auto& at = unit.bytes[*fault.byte + i];
          at = fault.exclusive_or ? static_cast<std::uint8_t>(at ^ fault.bytes[i]) : fault.bytes[i];
        }
      }
      [[fallthrough]];
    case Kind::lie:
      if (!fault.lies.empty()) {
        const auto decoded = pdu::decode(unit.bytes);
        if (!decoded.pdu) break;
        auto tree = pdu::to_layout(*decoded.pdu);
        for (const auto& lie : fault.lies)
          if (const auto done = layout::apply(tree, lie); !done && notes_.size() < plan_->faults.size())
            notes_.push_back("not done: " + done.error().message);
        unit.bytes = layout::serialise(tree);
      }
      break;
    case Kind::refuse:
      if (unit.bytes[0] != type_of(pdu::PduType::a_associate_ac)) break;
      unit.bytes = pdu::encode(pdu::AAssociateRj{fault.result, fault.source, fault.reason});
      unit.refused = true;
      break;
    case Kind::answer_context: answer_context(fault, unit); break;
    default: break;
  }
}

void Engine::answer_context(const Fault& fault, Unit& unit) {
  auto decoded = pdu::decode(unit.bytes);
  auto* ac = decoded.pdu ? std::get_if<pdu::AAssociateAc>(&*decoded.pdu) : nullptr;
  if (ac == nullptr) return;
  const auto meant = [&](const pdu::AssociateItem& item) {
    const auto* answer = std::get_if<pdu::PresentationContextItemAc>(&item);
    if (answer == nullptr) return false;
    if (fault.context.empty() || fault.context == std::to_string(answer->id)) return true;
    return std::ranges::any_of(proposed_,
                               [&](const auto& one) { return one.first == answer->id && one.second == fault.context; });
  };
  if (fault.missing) {
    std::erase_if(ac->items, meant);
  } else {
    for (auto& item : ac->items) {
      if (!meant(item)) continue;
      auto& answer = std::get<pdu::PresentationContextItemAc>(item);
      if (fault.with_result) answer.result = fault.result;
      if (fault.transfer) answer.sub_items = {pdu::TransferSyntaxSubItem{*fault.transfer}};
      if (fault.other_id) answer.id = *fault.other_id;
    }
  }
  unit.bytes = pdu::encode(*ac);
}

/// Gives the PDU its place in the order in which things leave.
void Engine::place(Unit& unit, Instant now) {
  if (unit.drop) return;
  Entry entry{Entry::Kind::bytes, {}, {}, {}, now + unit.delay, 0, false};
  entry.bytes.reserve(unit.bytes.size() * unit.copies);
  for (std::uint32_t copy = 0; copy < unit.copies; ++copy) append(entry.bytes, ByteView(unit.bytes));
  if (unit.split != nullptr) {
    entry.pieces = unit.split->pieces;
    entry.pause = unit.split->pause;
  }
  if (gathered_ || unit.coalesce != nullptr) {
    if (!gathered_) {
      gathered_ = std::move(entry);
      gathered_->ready = now + unit.coalesce->time;
      gathering_ = unit.coalesce->count;
    } else {
      append(gathered_->bytes, ByteView(entry.bytes));
    }
    if (--gathering_ > 0 && gathered_->bytes.size() < max_held) return;
    entry = *std::exchange(gathered_, std::nullopt);
    entry.ready = now;
  } else if (unit.reorder != nullptr && !waiting_) {
    entry.ready = now + unit.reorder->time;
    waiting_ = {std::move(entry), unit.reorder->count};
    return;
  }
  enqueue(std::move(entry));
  if (waiting_ && --waiting_->let_past == 0) {
    auto late = std::exchange(waiting_, std::nullopt)->entry;
    late.ready = now;
    enqueue(std::move(late));
  }
}

void Engine::enqueue(Entry entry) {
  entry.ready = last_ready_ = std::max(entry.ready, last_ready_);
  held_ += entry.bytes.size();
  queue_.push_back(std::move(entry));
}

/// What was gathered or taken out of its order goes before an end.
void Engine::release_held(Instant now) {
  if (gathered_) {
    gathered_->ready = now;
    enqueue(*std::exchange(gathered_, std::nullopt));
  }
  if (waiting_) {
    waiting_->entry.ready = now;
    enqueue(std::exchange(waiting_, std::nullopt)->entry);
  }
}

void Engine::received(ByteView bytes, Instant now) {
  theirs_.push(bytes);
  for (;;) {
    const auto frame = theirs_.next();
    if (frame.status != pdu::Framer::Status::pdu) break;
    Messages::Seen seen;
    switch (static_cast<pdu::PduType>(frame.type)) {
      case pdu::PduType::a_associate_rq: {
        const auto decoded = pdu::decode(frame.bytes);
        proposed_.clear();
        if (const auto* rq = decoded.pdu ? std::get_if<pdu::AAssociateRq>(&*decoded.pdu) : nullptr)
          for (const auto* context : rq->contexts()) proposed_.emplace_back(context->id, context->abstract_syntax());
        if (answers_ && decoded.pdu) note_association(*decoded.pdu, false);
        reached(Phase::requested, now);
        break;
      }
      case pdu::PduType::a_associate_ac:
        if (answers_)
          if (const auto decoded = pdu::decode(frame.bytes); decoded.pdu) note_association(*decoded.pdu, false);
        reached(Phase::associated, now);
        break;
      case pdu::PduType::a_release_rq: reached(Phase::release, now); break;
      case pdu::PduType::p_data_tf:
        seen = theirs_in_.take(frame.bytes);
        if (seen.data) reached(Phase::data_received, now);
        if (seen.whole) reached(Phase::message_received, now);
        break;
      default: break;
    }
  }
  drain(now);
}

void Engine::reached(Phase phase, Instant now) {
  for (std::size_t i = 0; i < plan_->faults.size(); ++i) {
    const auto& fault = plan_->faults[i];
    if (!waits_for_a_phase(fault.kind) || fault.at != phase || muted_) continue;
    if (strikes(i)) act(i, now);
  }
}

void Engine::act(std::size_t index, Instant now) {
  const auto& fault = plan_->faults[index];
  if (fault.kind == Kind::freeze) {
    enqueue({Entry::Kind::freeze, {}, {}, {}, now, index, false});
    return;
  }
  release_held(now);
  if (fault.kind == Kind::abort)
    enqueue({Entry::Kind::bytes, pdu::encode(pdu::AAbort{fault.source, fault.reason}), {}, {}, now, 0, false});
  else
    enqueue({Entry::Kind::close, {}, {}, {}, now, index, fault.ending == Ending::rst});
  muted_ = true;
}

void Engine::freeze(const Fault& fault, Instant now) {
  const bool for_good = fault.time == Duration{};
  if (fault.stop_reading) {
    if (reading_) actions_.push_back({Action::Kind::stop_reading, {}, {}, {}, false});
    reading_ = false;
    read_again_ = for_good ? std::nullopt : std::optional(now + fault.time);
  }
  if (!fault.stop_writing) return;
  if (for_good)
    frozen_for_good_ = true;
  else
    write_again_ = now + fault.time;
}

/// Sends of the first entry what may go now.
void Engine::send_front(Instant now) {
  auto& front = queue_.front();
  auto count = front.bytes.size();
  if (bytes_per_second_ > 0) {
    // Twenty portions a second, so that it looks like a slow line and not like one that stops and goes.
    const auto portion = static_cast<std::size_t>(std::clamp<std::uint64_t>(bytes_per_second_ / 20, 1, 1U << 20));
    count = std::min(count, portion);
    link_free_ = now + Duration(static_cast<std::int64_t>(count * 1'000'000'000 / bytes_per_second_));
  }
  bool over = false;
  if (cut_) {
    const auto left = plan_->faults[*cut_].after - std::min(plan_->faults[*cut_].after, sent_);
    over = count >= left;
    if (over) count = static_cast<std::size_t>(left);
  }
  sent_ += count;
  Action action;
  if (count == front.bytes.size()) {
    action.bytes = std::move(front.bytes);
    action.pieces = std::move(front.pieces);
    action.pause = front.pause;
    held_ -= count;
    queue_.pop_front();
  } else {
    action.bytes = to_bytes(ByteView(front.bytes).first(count));
    front.bytes.erase(front.bytes.begin(), front.bytes.begin() + static_cast<std::ptrdiff_t>(count));
    held_ -= count;
  }
  if (!action.bytes.empty()) actions_.push_back(std::move(action));
  if (!over) return;
  muted_ = true;
  queue_.clear();
  gathered_.reset();
  waiting_.reset();
  held_ = 0;
  if (const auto ending = plan_->faults[*std::exchange(cut_, std::nullopt)].ending; ending != Ending::silence)
    enqueue({Entry::Kind::close, {}, {}, {}, now, 0, ending == Ending::rst});
}

void Engine::drain(Instant now) {
  if (write_again_ && *write_again_ <= now) write_again_.reset();
  if (read_again_ && *read_again_ <= now) {
    read_again_.reset();
    reading_ = true;
    actions_.push_back({Action::Kind::resume_reading, {}, {}, {}, false});
  }
  if (gathered_ && gathered_->ready <= now) enqueue(*std::exchange(gathered_, std::nullopt));
  if (waiting_ && waiting_->entry.ready <= now) enqueue(std::exchange(waiting_, std::nullopt)->entry);
  while (!queue_.empty() && !closed_ && !frozen_for_good_ && !write_again_) {
    auto& front = queue_.front();
    if (front.ready > now) return;
    if (front.kind == Entry::Kind::bytes) {
      if (bytes_per_second_ > 0 && link_free_ > now) return;
      send_front(now);
      continue;
    }
    const auto entry = std::move(front);
    queue_.pop_front();
    if (entry.kind == Entry::Kind::freeze) {
      freeze(plan_->faults[entry.fault], now);
      continue;
    }
    Action action;
    action.kind = Action::Kind::close;
    action.reset = entry.reset;
    actions_.push_back(std::move(action));
    closed_ = true;
  }
}

void Engine::expire(Instant now) { drain(now); }

std::optional<Action> Engine::next_action() {
  if (actions_.empty()) return std::nullopt;
  auto action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

std::optional<Instant> Engine::next_deadline() const {
  if (closed_) return std::nullopt;
  std::optional<Instant> next;
  const auto sooner = [&next](std::optional<Instant> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  sooner(read_again_);
  if (frozen_for_good_) return next;
  sooner(write_again_);
  if (gathered_) sooner(gathered_->ready);
  if (waiting_) sooner(waiting_->entry.ready);
  if (!queue_.empty() && !write_again_) {
    auto at = queue_.front().ready;
    if (bytes_per_second_ > 0 && queue_.front().kind == Entry::Kind::bytes) at = std::max(at, link_free_);
    sooner(at);
  }
  return next;
}

}  // namespace assay::faults
