// A forecast held against associations. Tests: tests/unit/conformance/match_live_test.cpp
#include "conformance/match_live.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "conformance/match_parts.hpp"
#include "conformance/profile_tables.hpp"

namespace assay::conformance {
namespace {

constexpr std::size_t most_contexts = 128;  // odd ids of one byte (PS3.8 9.3.2.2)

/// What was proposed for one use case, and what came back.
struct Asked {
  UseCase use_case = UseCase::verify;
  std::vector<LiveContext> contexts;
  bool answered = false;               // by an A-ASSOCIATE-AC
  bool wanted = false;                 // something of it was foretold to be taken
  std::optional<std::string> refused;  // a proposal of which something was foretold to be taken: what became of it
};

bool agrees(const LiveContext& one) {
  // An association that is refused as a whole refuses each of its contexts.
  if (one.result == learn::not_answered) return one.foretold.result != 0;
  return one.result == one.foretold.result && (one.result != 0 || one.chosen == one.foretold.chosen);
}

std::string contexts_in_words(std::size_t taken, std::size_t all) {
  return fmt::format("{} of {} presentation {} taken", taken, all, all == 1 ? "context is" : "contexts are");
}

class Holding {
 public:
  Holding(const Profile& provider, const Direction& direction, const learn::Settings& settings,
          const learn::Associate& associate)
      : ae_(provider.ae(direction.provider_ae)), direction_(direction), settings_(settings), associate_(associate) {}

  LiveDirection run() {
    out_.user = direction_.user;
    out_.provider = direction_.provider;
    out_.called = settings_.called;
    out_.calling = settings_.calling;
    for (const auto use_case : all_use_cases) ask(use_case);
    if (asked_.empty()) return std::move(out_);
    association();
    length();
    for (const auto& one : asked_) use_case(one);
    return std::move(out_);
  }

 private:
  void ask(UseCase use_case) {
    Asked one;
    one.use_case = use_case;
    for (const auto& context : direction_.contexts)
      if (use_case_of(context.abstract_syntax) == use_case) one.contexts.push_back({context, learn::not_answered, {}});
    if (one.contexts.empty()) return;
    for (std::size_t at = 0; at < one.contexts.size() && !over(); at += most_contexts)
      propose(one, at, std::min(most_contexts, one.contexts.size() - at));
    asked_.push_back(std::move(one));
  }

  [[nodiscard]] bool over() const { return !out_.reached || (settings_.stop && settings_.stop()); }

  void propose(Asked& one, std::size_t at, std::size_t count) {
    std::vector<learn::Ask> asks;
    bool wanted = false;
    for (auto i = at; i < at + count; ++i) {
      asks.push_back({one.contexts[i].foretold.abstract_syntax, one.contexts[i].foretold.proposed});
      wanted = wanted || one.contexts[i].foretold.result == 0;
    }
    one.wanted = one.wanted || wanted;
    const auto reply = associate_(learn::offer(settings_, asks), std::string(title(one.use_case)), false);
    if (reply.outcome == learn::Outcome::interrupted) return;
    if (reply.outcome == learn::Outcome::unreachable) {
      out_.reached = false;
      unreachable_ = reply.words;
      return;
    }
    if (!reply.ac) {
      if (wanted && !one.refused) one.refused = reply.words;
      return;
    }
    one.answered = true;
    if (const auto* user = reply.ac->user_information())
      for (const auto& item : user->sub_items)
        if (const auto* length = std::get_if<pdu::MaximumLengthSubItem>(&item)) length_ = length->maximum_length;
    for (const auto* context : reply.ac->contexts()) {
      const auto index = static_cast<std::size_t>(context->id) / 2;
      if (context->id % 2 == 0 || index >= count) continue;
      one.contexts[at + index].result = context->result;
      if (context->result == 0) one.contexts[at + index].chosen = context->transfer_syntax();
    }
  }

  /// What became of a proposal that should have been taken.
  [[nodiscard]] std::optional<std::string> refusal() const {
    for (const auto& one : asked_)
      if (one.refused) return one.refused;
    return std::nullopt;
  }
  [[nodiscard]] bool any_answer() const { return std::ranges::any_of(asked_, &Asked::answered); }

  void association() {
    const auto why = std::ranges::find_if(direction_.policies, &Reason::refuses);
    const bool to_be_refused = why != direction_.policies.end();
    LiveLine line;
    line.about = "association";
    line.foretold = to_be_refused ? "it is refused: " + why->text : std::string("it is taken");
    if (any_answer()) {
      line.standing = to_be_refused ? LiveStanding::differs : LiveStanding::confirmed;
      line.seen = "it is taken";
    } else if (!out_.reached) {
      line.seen = unreachable_;
    } else if (const auto words = refusal()) {
      line.standing = to_be_refused ? LiveStanding::confirmed : LiveStanding::differs;
      line.seen = *words;
    } else {
      line.seen = "nothing was proposed that it takes";
    }
    out_.lines.push_back(std::move(line));
  }

  void length() {
    const auto claimed = ae_ == nullptr ? std::nullopt : ae_->number("maximum-length");
    if (!claimed) return;
    LiveLine line;
    line.about = "maximum-length";
    line.foretold = fmt::format("it announces {} bytes", *claimed);
    line.seen = "no association came about";
    if (any_answer()) {
      line.standing = length_ == *claimed ? LiveStanding::confirmed : LiveStanding::differs;
      line.seen = length_ ? fmt::format("it announces {} bytes", *length_) : std::string("it announces none");
    }
    out_.lines.push_back(std::move(line));
  }

  void use_case(const Asked& one) {
    LiveLine line;
    line.about = name(one.use_case);
    const auto count = [&](auto taken) { return static_cast<std::size_t>(std::ranges::count_if(one.contexts, taken)); };
    line.foretold =
        contexts_in_words(count([](const LiveContext& c) { return c.foretold.result == 0; }), one.contexts.size());
    const bool none = !any_answer() && (!out_.reached || refusal());
    if (none || (settings_.stop && settings_.stop() && !one.answered)) {
      line.seen = none ? "no association came about" : "it was stopped before";
      out_.lines.push_back(std::move(line));
      return;
    }
    std::ranges::copy_if(one.contexts, std::back_inserter(line.other), [](const LiveContext& c) { return !agrees(c); });
    line.standing = line.other.empty() ? LiveStanding::confirmed : LiveStanding::differs;
    line.seen = seen(one, line.other.size());
    out_.lines.push_back(std::move(line));
  }

  static std::string seen(const Asked& one, std::size_t otherwise) {
    if (one.refused) return *one.refused;
    if (!one.answered) return "the association is refused as a whole: it takes nothing of it";
    const auto taken = std::ranges::count_if(one.contexts, [](const LiveContext& c) { return c.result == 0; });
    auto out = contexts_in_words(static_cast<std::size_t>(taken), one.contexts.size());
    if (otherwise > 0) out += fmt::format(", {} answered otherwise than foretold", otherwise);
    return out;
  }

  const ApplicationEntity* ae_;
  const Direction& direction_;
  const learn::Settings& settings_;
  const learn::Associate& associate_;
  std::vector<Asked> asked_;
  std::optional<std::uint32_t> length_;
  std::string unreachable_;
  LiveDirection out_;
};

}  // namespace

std::string_view name(LiveStanding standing) {
  switch (standing) {
    case LiveStanding::confirmed: return "confirmed";
    case LiveStanding::differs: return "differs";
    case LiveStanding::not_seen: break;
  }
  return "not seen";
}

std::size_t LiveDirection::count(LiveStanding standing) const {
  return static_cast<std::size_t>(std::ranges::count(lines, standing, &LiveLine::standing));
}

learn::Settings settings_of(const Profile& user, const Direction& direction, std::string_view called) {
  learn::Settings out;
  out.called = called.empty() ? direction.provider_ae : std::string(called);
  out.calling = direction.user_ae;
  if (const auto* ae = user.ae(direction.user_ae))
    if (const auto length = ae->number("maximum-length")) out.maximum_length = static_cast<std::uint32_t>(*length);
  return out;
}

LiveDirection hold(const Profile& provider, const Direction& direction, const learn::Settings& settings,
                   const learn::Associate& associate) {
  return Holding(provider, direction, settings, associate).run();
}

}  // namespace assay::conformance
