#include "fuzz/device/reply_talk.hpp"

#include <algorithm>

#include "fuzz/device/reply_talk_impl.hpp"

namespace assay::fuzz::device {

using trace::Closing;
using trace::Side;

namespace {

ReplyCommand::Kind end_of(Do what) {
  using Kind = ReplyCommand::Kind;
  return what == Do::half ? Kind::half : what == Do::fin ? Kind::fin : Kind::rst;
}

}  // namespace

bool ReplyTalk::Impl::due(const ReplyLine& line) {
  if (line.state != ReplyLine::State::open || line.broken || line.aborted || line.half || !line.accepted ||
      line.bytes_of_pdus != line.bytes_sent)
    return false;
  return line.release_asked ? !line.release : !line.owed.empty();
}

bool ReplyTalk::Impl::came(const Step& step) const {
  const auto& line = lines.at(step.line);
  if (step.what == Do::connect) return line.state != ReplyLine::State::none || gone;
  return !line.open() || line.came(step);
}

void ReplyTalk::Impl::next(Instant now) {
  stop_waiting();
  run(now);
}

void ReplyTalk::Impl::run(Instant now) {
  while (more(now)) {
    begin(step(), now);
    if (!waiting) ++cursor;
  }
}

bool ReplyTalk::Impl::nobody_yet() const {
  return std::ranges::all_of(lines, [](const ReplyLine& l) { return l.state == ReplyLine::State::none; });
}

void ReplyTalk::Impl::begin(const Step& step, Instant now) {
  since = now;
  auto& line = lines.at(step.line);
  const bool open = line.open();
  switch (step.what) {
    case Do::connect:
      line.taken = true;
      if (came(step)) return;
      wait(now + (nobody_yet() ? options.connect : options.answer));
      return;
    case Do::send: send(step, line, now); return;
    case Do::await:
      if (came(step)) {
        if (open) line.consume(step);
        return;
      }
      waits_long = due(line) && may_answer(line.place);
      wait(now + (waits_long ? options.answer : options.quick));
      return;
    case Do::pause: wait(now + std::min(step.pause, max_pause)); return;
    case Do::half:
    case Do::fin:
    case Do::rst:
      if (!open || !end_line(line, step, Side::acceptor, now)) return;
      commands.push_back({end_of(step.what), step.line, {}, &step});
      if (step.what == Do::half) return;
      look(line);
      line.told = line.place += step.what == Do::fin ? " fin" : " rst";
      outcome.last = line.place;
      line.state = ReplyLine::State::closed;
      return;
  }
}

const Asked* ReplyTalk::Impl::asked_of(const ReplyLine& line, const Answers& answers) {
  if (answers.request == 0 || line.asked.empty()) return nullptr;
  return &line.asked[std::min<std::size_t>(answers.request, line.asked.size()) - 1];
}

void ReplyTalk::Impl::send(const Step& step, ReplyLine& line, Instant now) {
  if (!line.open() || line.half || step.bytes.empty()) return;
  before = dul::to_string(line.observer->states(Side::requestor));
  const auto* asked = asked_of(line, step.answers);
  auto bytes = asked != nullptr ? fitted(step.bytes, step.answers, *asked) : step.bytes;
  outcome.sent_bytes += bytes.size();
  line.bytes_sent += bytes.size();
  line.observer->bytes(Side::acceptor, bytes, now);
  look(line);
  outcome.last = line.place;
  commands.push_back({ReplyCommand::Kind::send, step.line, std::move(bytes), &step});
  if (step.pieces.empty()) return;
  sending = step.line;
  wait(now + options.answer);
}

void ReplyTalk::Impl::check(Instant now) {
  if (!waiting || over) return;
  if (wait_is_over(lines.at(step().line), came(step()), now)) next(now);
}

void ReplyTalk::Impl::expire(Instant now) {
  if (!expired(now)) return;
  const auto& step = this->step();
  const auto& line = lines.at(step.line);
  if (step.what == Do::connect) {
    not_called();
  } else if (step.what == Do::await) {
    all_came = all_came && step.await == Await::closed;
    fresh.add(line.where() + " -> silence", true);
    if (waits_long && due(line) && now - since >= options.answer) outcome.silences.push_back(line.place);
  }
  sending.reset();
  next(now);
}

void ReplyTalk::Impl::not_called() {
  all_came = false;
  if (!nobody_yet()) return;
  outcome.refused = true;
  outcome.refused_why = gone ? "it ended without a call" : "it did not call in time";
}

ReplyTalk::ReplyTalk(const Conversation& conversation, TalkOptions options)
    : impl_(std::make_unique<Impl>(conversation, std::move(options))) {}
ReplyTalk::~ReplyTalk() = default;

void ReplyTalk::start(Instant now) {
  impl_->began = now;
  impl_->run(now);
}

void ReplyTalk::called(std::uint8_t number, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != ReplyLine::State::none) return;
  line.follow(number, Side::acceptor, impl_->options, now);
  impl_->check(now);
}

void ReplyTalk::received(std::uint8_t number, ByteView bytes, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != ReplyLine::State::open) return;
  line.observer->bytes(Side::requestor, bytes, now);
  impl_->look(line);
  impl_->check(now);
}

void ReplyTalk::closed(std::uint8_t number, Closing how, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != ReplyLine::State::open) return;
  line.observer->closed(Side::requestor, how, now);
  impl_->look(line);
  impl_->fresh.add(line.where() + (how == Closing::fin ? " -> closed" : " -> reset"), true);
  line.state = ReplyLine::State::closed;
  impl_->check(now);
}

void ReplyTalk::sent(std::uint8_t number, Instant now) {
  if (impl_->sending != number) return;
  impl_->sending.reset();
  impl_->check(now);
}

void ReplyTalk::expire(Instant now) { impl_->expire(now); }

void ReplyTalk::ended(Instant now) {
  auto& all = *impl_;
  if (std::exchange(all.gone, true) || all.over || !all.waiting) return;
  if (all.step().what == Do::connect && all.lines.at(all.step().line).state == ReplyLine::State::none) all.not_called();
  all.check(now);
}

void ReplyTalk::interrupt(Instant /*now*/) { impl_->over = true; }

std::optional<ReplyCommand> ReplyTalk::next_command() {
  if (impl_->commands.empty()) return std::nullopt;
  auto command = std::move(impl_->commands.front());
  impl_->commands.pop_front();
  return command;
}

std::optional<Instant> ReplyTalk::next_deadline() const { return impl_->over ? std::nullopt : impl_->deadline; }

bool ReplyTalk::done() const { return impl_->over && impl_->commands.empty(); }

const std::string& ReplyTalk::last() const { return impl_->outcome.last; }

Outcome ReplyTalk::finish(Instant now, const std::string& ending) {
  auto& all = *impl_;
  for (auto& line : all.lines) {
    if (!line.observer) continue;
    line.finish(Side::acceptor, now);
    all.look(line);
    all.outcome.traces.push_back(line.observer->take_trace());
  }
  if (!ending.empty() && !all.outcome.last.empty()) all.fresh.add(all.outcome.last + " -> " + ending, true);
  return all.Walk::finish();
}

}  // namespace assay::fuzz::device
