#include "fuzz/device/talk.hpp"

#include <algorithm>

#include "fuzz/device/talk_impl.hpp"

namespace assay::fuzz::device {

using trace::Closing;
using trace::Side;

namespace {

Command::Kind end_of(Do what) {
  return what == Do::half ? Command::Kind::half : what == Do::fin ? Command::Kind::fin : Command::Kind::rst;
}

}  // namespace

bool Talk::Impl::due(const Line& line) const {
  // Whoever serves one association after the other need not answer on a second connection, nor soon after it.
  if (line.crowded || line.half_message) return false;
  if (line.broken || line.aborted || line.half || line.bytes_of_pdus != line.bytes_sent) return false;
  if (line.asked && !line.answered) return true;
  if (!line.accepted) return false;
  return line.release_asked ? !line.released : !line.requests.empty();
}

bool Talk::Impl::came(const Step& step) const {
  const auto& line = lines.at(step.line);
  if (step.what == Do::connect) return line.state != Line::State::opening;
  return line.state != Line::State::open || line.came(step);
}

void Talk::Impl::count_wait(const Step& step, Instant now) {
  auto& waits = outcome.waits;
  switch (step.what) {
    case Do::connect: waits.connects += now - since; break;
    case Do::await: (waits_long ? waits.due : waits.optional) += now - since; break;
    case Do::pause: waits.pauses += now - since; break;
    default: waits.pieces += now - since;
  }
}

void Talk::Impl::next(Instant now) {
  if (waiting) count_wait(step(), now);
  stop_waiting();
  run(now);
}

void Talk::Impl::run(Instant now) {
  while (more(now)) {
    begin(step(), now);
    if (!waiting) ++cursor;
  }
}

void Talk::Impl::begin(const Step& step, Instant now) {
  since = now;
  auto& line = lines.at(step.line);
  const bool open = line.state == Line::State::open;
  switch (step.what) {
    case Do::connect:
      if (line.state != Line::State::none) return;
      line.state = Line::State::opening;
      commands.push_back({Command::Kind::connect, step.line, &step});
      wait(now + options.connect + std::chrono::seconds(1));
      return;
    case Do::send: send(step, line, now); return;
    case Do::await:
      if (came(step)) {
        if (open) line.consume(step);
        return;
      }
      waits_long = due(line) && may_answer(line.place);
      // Who said nothing to what was sent before seldom does to the next.
      wait(now + (waits_long ? options.answer : line.silent ? options.quick / 4 : options.quick));
      return;
    case Do::pause: wait(now + std::min(step.pause, max_pause)); return;
    case Do::half:
    case Do::fin:
    case Do::rst:
      if (!open || !end_line(line, step, Side::requestor, now)) return;
      commands.push_back({end_of(step.what), step.line, &step});
      if (step.what == Do::half) return;
      look(line);
      line.state = Line::State::closed;
      return;
  }
}

void Talk::Impl::send(const Step& step, Line& line, Instant now) {
  if (line.state != Line::State::open || line.half || step.bytes.empty()) return;
  before = dul::to_string(line.observer->states(Side::acceptor));
  outcome.sent_bytes += step.bytes.size();
  line.bytes_sent += step.bytes.size();
  line.observer->bytes(Side::requestor, step.bytes, now);
  look(line);
  outcome.last = line.place;
  commands.push_back({Command::Kind::send, step.line, &step});
  if (step.pieces.empty()) return;
  auto left = step.bytes.size();
  std::size_t gaps = 0;
  for (std::size_t i = 0; left > 0; ++i, ++gaps)
    left -= std::min<std::size_t>(left, std::max(step.pieces[std::min(i, step.pieces.size() - 1)], 1U));
  const auto pause = std::min(step.pause, pieces_left / static_cast<std::int64_t>(gaps));
  pieces_left -= pause * static_cast<std::int64_t>(gaps);
  commands.back().pause = pause;
  sending = step.line;
  wait(now + options.answer);
}

void Talk::Impl::check(Instant now) {
  if (!waiting || over) return;
  auto& line = lines.at(step().line);
  const bool here = came(step());
  if (wait_is_over(line, here, now)) {
    next(now);
  } else if (step().what == Do::await && waits_long && !due(line)) {
    // What came instead was what was due: the rest need not come.
    waits_long = false;
    wait(now + options.quick);
  }
}

void Talk::Impl::expire(Instant now) {
  if (!expired(now)) return;
  const auto& step = this->step();
  auto& line = lines.at(step.line);
  if (step.what == Do::connect && line.state == Line::State::opening) {
    refused(step.line, "no connection in time");
  } else if (step.what == Do::await) {
    unanswered(step, line);
    if (waits_long && due(line) && now - since >= options.answer) outcome.silences.push_back(line.place);
  }
  sending.reset();
  next(now);
}

void Talk::Impl::unanswered(const Step& step, Line& line) {
  all_came = all_came && step.await == Await::closed;
  line.silent = true;
  fresh.add(line.place + " -> silence", true);
}

bool Talk::Impl::ends_when_settled() const {
  if (over || !waiting || sending) return false;
  const auto what = step().what;
  return what == Do::pause || (what == Do::await && !waits_long);
}

void Talk::Impl::settled(Instant now) {
  if (!ends_when_settled()) return;
  if (step().what == Do::await) unanswered(step(), lines.at(step().line));
  next(now);
}

void Talk::Impl::refused(std::uint8_t line, const std::string& why) {
  lines.at(line).state = Line::State::closed;
  outcome.refused = true;
  outcome.refused_why = why;
  fresh.add("connect -> " + why, true);
}

Talk::Talk(const Conversation& conversation, TalkOptions options)
    : impl_(std::make_unique<Impl>(conversation, std::move(options))) {}
Talk::~Talk() = default;

void Talk::start(Instant now) {
  impl_->began = now;
  impl_->pieces_left = impl_->options.pieces;
  impl_->run(now);
}

void Talk::connected(std::uint8_t number, bool stands, const std::string& why, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != Line::State::opening) return;
  if (!stands) {
    impl_->refused(number, why);
  } else {
    line.follow(number, Side::requestor, impl_->options, now);
    if (std::ranges::count(impl_->lines, Line::State::open, &Line::state) > 1)
      for (auto& one : impl_->lines) one.crowded = one.crowded || one.state == Line::State::open;
  }
  impl_->check(now);
}

void Talk::received(std::uint8_t number, ByteView bytes, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != Line::State::open) return;
  line.silent = false;
  line.observer->bytes(Side::acceptor, bytes, now);
  impl_->look(line);
  impl_->check(now);
}

void Talk::closed(std::uint8_t number, Closing how, Instant now) {
  auto& line = impl_->lines.at(number);
  if (line.state != Line::State::open) return;
  line.observer->closed(Side::acceptor, how, now);
  impl_->look(line);
  // After a release, a refusal or an abort it is the device's to close, or may be.
  const bool usual =
      line.released || line.release_asked || line.aborted || (line.answered && !line.accepted) || line.half;
  if (!usual) impl_->outcome.dropped = true;
  impl_->fresh.add(line.place + (how == Closing::fin ? " -> closed" : " -> reset"), true);
  line.state = Line::State::closed;
  impl_->check(now);
}

void Talk::sent(std::uint8_t number, Instant now) {
  if (impl_->sending != number) return;
  impl_->sending.reset();
  impl_->check(now);
}

void Talk::expire(Instant now) { impl_->expire(now); }

void Talk::settled(Instant now) { impl_->settled(now); }

bool Talk::ends_when_settled() const { return impl_->ends_when_settled(); }

void Talk::interrupt(Instant /*now*/) { impl_->over = true; }

std::optional<Command> Talk::next_command() {
  if (impl_->commands.empty()) return std::nullopt;
  const auto command = impl_->commands.front();
  impl_->commands.pop_front();
  return command;
}

std::optional<Instant> Talk::next_deadline() const { return impl_->over ? std::nullopt : impl_->deadline; }

bool Talk::done() const { return impl_->over && impl_->commands.empty(); }

Outcome Talk::finish(Instant now) {
  auto& all = *impl_;
  for (auto& line : all.lines) {
    if (!line.observer) continue;
    line.finish(Side::requestor, now);
    all.look(line);
    all.outcome.traces.push_back(line.observer->take_trace());
  }
  return all.Walk::finish();
}

}  // namespace assay::fuzz::device
