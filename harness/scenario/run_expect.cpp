// Steps that wait for the device: expect and serve.
#include <fmt/format.h>

#include "harness/scenario/checks.hpp"
#include "harness/scenario/run.hpp"

namespace assay::scenario {

void Interpreter::Impl::collect(const Element& group, const Element* tolerate, const Element* optional,
                                std::vector<Alternative>& out) {
  for (const auto& child : group.children) {
    if (child.name == "tolerate") {
      collect(child, &child, optional, out);
    } else if (child.name == "optional") {
      collect(child, tolerate, &child, out);
    } else if (child.name == "any-of") {
      collect(child, tolerate, optional, out);
    } else if (child.type.ends_with("-match")) {
      out.push_back({&child, tolerate, optional});
    }
  }
}

std::string Interpreter::Impl::expected_text(const std::vector<Alternative>& alternatives) {
  std::string out;
  for (const auto& one : alternatives) {
    if (one.tolerate != nullptr || one.optional != nullptr) continue;
    out.append(out.empty() ? "" : ", or ").append(describe(*one.matcher));
  }
  if (!out.empty()) return out;
  for (const auto& one : alternatives)
    if (one.optional == nullptr) out.append(out.empty() ? "" : ", or ").append(describe(*one.matcher));
  return out;
}

Duration Interpreter::Impl::expect_limit(const std::vector<Alternative>& alternatives) const {
  const bool dimse = std::ranges::any_of(alternatives, [](const Alternative& one) { return is_dimse(*one.matcher); });
  return within(current, dimse ? "dimse-timeout" : "dul-timeout");
}

void Interpreter::Impl::capture(const Element& matcher, const Item& item, const Dialogue& dialogue) {
  for (const auto& child : matcher.children) {
    if (child.name != "capture") continue;
    set_variable(std::string(child.value("as")),
                 field_of(item, child.value("field"), dialogue).value_or(std::string{}));
  }
}

void Interpreter::Impl::matched(const Alternative& one) {
  if (one.tolerate != nullptr) tolerated = *one.tolerate;
  if (!tolerated) return;
  if (tolerated->is("leave", "yes")) leaving = true;
  const auto verdict = trace::verdict_from(tolerated->value("verdict")).value_or(Verdict::warning);
  const auto observe = tolerated->value("observe");
  if (const auto equals = observe.find('='); equals != std::string_view::npos)
    result.observations.push_back({std::string(observe.substr(0, equals)), std::string(observe.substr(equals + 1))});
  if (verdict != Verdict::pass) judge(verdict, std::string(tolerated->value("note")));
  tolerated.reset();
}

Progress Interpreter::Impl::expect(const Step& step) {
  auto* connection = connection_of(current);
  if (connection == nullptr || connection->state == Connection::State::opening) {
    own_fault(current.at, "there is no such connection");
    return Progress::blocked;
  }
  std::vector<Alternative> alternatives;
  collect(current, nullptr, nullptr, alternatives);
  const bool wants_p_data =
      std::ranges::any_of(alternatives, [](const Alternative& one) { return one.matcher->name == "p-data"; });
  const bool stray_ignored = current.has("stray") ? current.is("stray", "ignore") : scenario.stray_ignored;
  while (!connection->items.empty()) {
    const Item& item = connection->items.front();
    const Alternative* match = nullptr;
    std::string difference;
    for (const auto& one : alternatives) {
      if (one.matcher->name == "silence") continue;
      const auto why = mismatch(*one.matcher, item, connection->dialogue);
      if (!why) {
        match = &one;
        break;
      }
      if (difference.empty() && why->rfind("it is ", 0) != 0) difference = *why;
    }
    if (match == nullptr && item.kind == Item::Kind::p_data) {  // its messages come behind it
      executed_item(*connection, item);
      connection->items.pop_front();
      continue;
    }
    if (match != nullptr) {
      executed_item(*connection, item);
      capture(*match->matcher, item, connection->dialogue);
      last_answer = item;
      last_answer->message.reset();
      const auto matched_one = *match;
      if (item.kind != Item::Kind::closed) {  // that a connection is closed stays true
        connection->items.pop_front();
        while (wants_p_data && !connection->items.empty() && connection->items.front().from_last_p_data)
          connection->items.pop_front();
      }
      if (matched_one.optional == nullptr) {
        if (too_few_optional(alternatives)) {
          stopped(step, "the run before it was too short", expected_text(alternatives), describe(*matched_one.matcher));
          return Progress::blocked;
        }
        matched(matched_one);
        return Progress::done;
      }
      if (optional_run != matched_one.optional) {
        optional_run = matched_one.optional;
        optional_seen = 0;
      }
      ++optional_seen;
      if (const auto least = number_from(matched_one.optional->value("min")).value_or(0);
          least > 0 && static_cast<std::int64_t>(optional_seen) == least)
        optional_done.push_back(matched_one.optional);
      if (matched_one.tolerate != nullptr) tolerated = *matched_one.tolerate;
      const auto most = number_from(matched_one.optional->value("max")).value_or(1000);
      if (static_cast<std::int64_t>(optional_seen) > most) {
        stopped(step, fmt::format("more than {} messages came before the closing one", most),
                expected_text(alternatives), fmt::format("{} times {}", optional_seen, describe(*matched_one.matcher)));
        return Progress::blocked;
      }
      begun_at = now;  // each of the run has its own time
      deadline.reset();
      continue;
    }
    if (stray_ignored && item.kind != Item::Kind::closed) {
      executed_item(*connection, item);
      connection->items.pop_front();
      continue;
    }
    executed_item(*connection, item);
    auto actual = describe(item);
    if (!difference.empty()) actual += "; " + difference;
    const Item copy = item;
    stopped(step, "something else came: " + describe(copy), expected_text(alternatives), std::move(actual), &copy);
    return Progress::blocked;
  }
  return nothing_came(step, *connection, alternatives);
}

bool Interpreter::Impl::too_few_optional(const std::vector<Alternative>& alternatives) const {
  for (const auto& one : alternatives) {
    if (one.optional == nullptr || one.tolerate != nullptr) continue;
    if (number_from(one.optional->value("min")).value_or(0) > 0 &&
        std::ranges::find(optional_done, one.optional) == optional_done.end())
      return true;
  }
  return false;
}

Progress Interpreter::Impl::nothing_came(const Step& step, Connection& connection,
                                         const std::vector<Alternative>& alternatives) {
  if (connection.state == Connection::State::closed) {
    stopped(step, "Assay had closed the connection", expected_text(alternatives), "a closed connection");
    return Progress::blocked;
  }
  auto limit = expect_limit(alternatives);
  const Alternative* silence = nullptr;
  Duration quiet{};
  for (const auto& one : alternatives) {
    if (one.matcher->name != "silence") continue;
    const auto wanted = duration_from(one.matcher->value("for"), environment.waits).value_or(Duration{});
    if (silence == nullptr || wanted < quiet) {
      silence = &one;
      quiet = wanted;
    }
  }
  if (silence != nullptr) {
    // Only silence waits for its own time, however long the others may take.
    if (!deadline) deadline = begun_at + quiet;
    if (now < *deadline) return Progress::blocked;
    matched(*silence);
    return Progress::done;
  }
  if (!overdue(limit)) return Progress::blocked;
  connection.ended(trace::Termination::hang, "nothing came for " + seconds(limit));
  stopped(step, "nothing came for " + seconds(limit), expected_text(alternatives), "nothing in " + seconds(limit));
  return Progress::blocked;
}

Progress Interpreter::Impl::serve(const Step& step) {
  auto* connection = connection_of(current);
  if (connection == nullptr) {
    own_fault(current.at, "there is no such connection");
    return Progress::blocked;
  }
  while (!connection->items.empty()) {
    const Item item = connection->items.front();
    executed_item(*connection, item);
    if (item.kind == Item::Kind::closed) return Progress::done;
    connection->items.pop_front();
    if (item.kind == Item::Kind::p_data) continue;
    for (const auto& on : step.body) {
      const auto matcher = std::ranges::find_if(on.element.children, [&](const Element& child) {
        return !mismatch(bound(child, variables), item, connection->dialogue);
      });
      if (matcher == on.element.children.end()) continue;
      capture(*matcher, item, connection->dialogue);
      frames.push_back({&on.body, 0, &on, 1});  // and back to this step afterwards
      return Progress::done;
    }
    if (item.pdu && std::holds_alternative<pdu::AAbort>(*item.pdu)) return Progress::done;
    if (item.pdu && std::holds_alternative<pdu::AReleaseRq>(*item.pdu)) {
      Built answer;
      answer.bytes = pdu::encode(pdu::AReleaseRp{});
      answer.name = "A-RELEASE-RP";
      connection->sending(answer, answer.bytes, now);
      commands.push_back(Send{connection->id, answer.bytes, {}, {}, false});
      phase = 2;
      begun_at = now;
      deadline.reset();
      continue;
    }
    std::string expected;
    for (const auto& on : step.body)
      for (const auto& matcher : on.element.children)
        expected.append(expected.empty() ? "" : ", or ").append(describe(matcher));
    stopped(step, "something else came: " + describe(item), expected + ", or the release", describe(item), &item);
    return Progress::blocked;
  }
  if (!connection->is_open()) return Progress::done;
  const auto limit = within(current, "dimse-timeout");
  if (!overdue(phase == 2 ? wait_named("dul-timeout") : limit)) return Progress::blocked;
  if (phase == 2) return Progress::done;  // it released; that it leaves the socket open is not this step's matter
  connection->ended(trace::Termination::hang, "nothing came for " + seconds(limit));
  stopped(step, "nothing came for " + seconds(limit), "a message or the release", "nothing in " + seconds(limit));
  return Progress::blocked;
}

}  // namespace assay::scenario
