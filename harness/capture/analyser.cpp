#include "harness/capture/analyser.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::capture {

/// A connection while packets of it may come, and its report afterwards.
struct Analyser::Live {
  Live(std::string name, std::array<Endpoint, 2> both, ConversationContext& context, StreamBudget& budget,
       Duration began)
      : ends(both),
        conversation(std::move(name), both, context, began),
        stream(std::make_unique<Stream>(conversation, budget)) {}

  void finish() {
    if (stream == nullptr) return;
    stream->finish();
    conversation.report().retransmitted = stream->retransmitted(0) + stream->retransmitted(1);
    conversation.starts_proven({stream->start_proven(0), stream->start_proven(1)});
    stream.reset();
    conversation.finish(last);
  }

  std::array<Endpoint, 2> ends;
  Conversation conversation;
  std::unique_ptr<Stream> stream;
  Duration last{0};
  std::array<std::optional<std::uint32_t>, 2> initial;  // sequence numbers of the SYNs
};

Analyser::Analyser(std::shared_ptr<const trace::RuleBook> rules, AnalyserOptions options)
    : options_(std::move(options)) {
  if (rules == nullptr) rules = std::make_shared<trace::RuleBook>();
  auto structure = std::make_shared<trace::RuleBook>();
  structure->describe(rules->infos());
  context_.rules = std::move(rules);
  context_.structure = std::move(structure);
  context_.ports = options_.ports;
  context_.all_dicom = options_.all_dicom;
}

Analyser::~Analyser() = default;

bool Analyser::wanted(const Segment& segment) const {
  if (!options_.ports.empty() && !options_.ports.contains(segment.from.port) &&
      !options_.ports.contains(segment.to.port))
    return false;
  if (options_.hosts.empty()) return true;
  auto from = segment.from;
  auto to = segment.to;
  from.port = to.port = 0;
  return options_.hosts.contains(from) || options_.hosts.contains(to);
}

Analyser::Live* Analyser::live(const Segment& s, bool& fresh) {
  const Key key = std::minmax(s.from, s.to);
  const auto found = by_ends_.find(key);
  if (found != by_ends_.end()) {
    auto* one = found->second;
    if (one == nullptr) return nullptr;  // left out
    const auto end = one->ends[0] == s.from ? 0U : 1U;
    // The ports are used again: another initial sequence number, or a SYN after the end.
    const bool again =
        s.has(tcp_flag::syn) && !s.has(tcp_flag::rst) && one->stream != nullptr &&
        (one->stream->over() || (one->initial[end] ? *one->initial[end] != s.sequence
                                                   : !one->stream->fits_syn(static_cast<int>(end), s.sequence)));
    const bool after_the_end = s.has(tcp_flag::syn) && one->stream == nullptr;
    if (!again && !after_the_end) return one->stream == nullptr ? nullptr : one;
    one->finish();
  }
  ++seen_;
  fresh = true;
  Live* out = nullptr;
  if (!wanted(s)) {
    ++left_out_;
  } else if (all_.size() >= max_connections) {
    ++beyond_;
    return nullptr;
  } else {
    all_.push_back(
        std::make_unique<Live>(fmt::format("c{}", seen_), std::array{s.from, s.to}, context_, budget_, s.unix_time));
    out = all_.back().get();
  }
  if (by_ends_.size() < 4 * max_connections) by_ends_[key] = out;
  return out;
}

void Analyser::packet(const Packet& packet) {
  const auto s = segments_.read(packet);
  if (!s) return;
  bool fresh = false;
  auto* one = live(*s, fresh);
  if (one == nullptr) return;
  const auto end = one->ends[0] == s->from ? 0 : 1;
  one->last = std::max(one->last, s->unix_time);
  if (s->has(tcp_flag::syn)) {
    one->initial[static_cast<std::size_t>(end)] = s->sequence;
    one->conversation.client_is(s->has(tcp_flag::ack) ? 1 - end : end);
    if (s->has(tcp_flag::ack)) one->conversation.server_answered();
    // A handshake that comes late may show that what was handed on already was not the beginning.
    if (s->has(tcp_flag::ack) && !one->stream->fits_syn(1 - end, s->acknowledged - 1))
      one->conversation.begins_in_the_middle();
  }
  one->stream->segment(end, *s);
}

void Analyser::finish() {
  segments_.finish();
  for (auto& one : all_) one->finish();
  // Now it is known which endpoints speak DICOM, so that a connection without a PDU can be told from another protocol.
  for (auto& one : all_) one->conversation.settle();
  by_ends_.clear();
}

std::vector<ConversationReport> Analyser::take_reports() {
  std::vector<ConversationReport> out;
  out.reserve(all_.size());
  for (auto& one : all_) out.push_back(std::move(one->conversation.report()));
  all_.clear();
  return out;
}

}  // namespace assay::capture
