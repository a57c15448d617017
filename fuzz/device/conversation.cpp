#include "fuzz/device/conversation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "fuzz/device/recorded.hpp"
#include "harness/base/hex.hpp"

namespace assay::fuzz::device {
namespace {

using trace::PduSeen;
using trace::Side;

constexpr std::array<std::string_view, 7> do_names = {"connect", "send", "await", "pause", "fin", "half", "rst"};
constexpr std::array<std::string_view, 4> await_names = {"association", "messages", "release", "closed"};

constexpr std::string_view first_line = "assay conversation 1";

class Reader {
 public:
  explicit Reader(std::string from) : steps_(std::move(from)) {}

  bool take(const Placed& placed) {
    const auto line = placed.line;
    const auto& what = placed.entry->what;
    if (std::holds_alternative<trace::TransportOpened>(what)) {
      steps_.opened(line);
    } else if (const auto* seen = std::get_if<PduSeen>(&what)) {
      if (seen->from == Side::requestor) return steps_.sent(*seen, line);
      if (seen->recognized) theirs(*seen, line);
    } else if (const auto* message = std::get_if<trace::MessageSeen>(&what)) {
      if (message->from == Side::acceptor)
        steps_.came(Await::messages, line);
      else
        steps_.message_sent(line);
    } else if (const auto* closed = std::get_if<trace::TransportClosed>(&what)) {
      steps_.closed(*closed, Side::requestor, line);
    }
    return steps_.fits();
  }

  Conversation finish(std::string kind) { return steps_.finish(std::move(kind)); }

 private:
  void theirs(const PduSeen& seen, std::uint8_t line) {
    switch (static_cast<pdu::PduType>(seen.type)) {
      case pdu::PduType::a_associate_ac:
      case pdu::PduType::a_associate_rj: steps_.came(Await::association, line); break;
      case pdu::PduType::a_release_rp: steps_.came(Await::release, line); break;
      default: break;
    }
  }

  Recorded steps_;
};

template <typename T>
std::optional<T> number(std::string_view text, T most) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::string_view next_word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<std::string_view, N>& names, std::string_view wanted) {
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

constexpr std::uint32_t most_milliseconds =
    static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(max_pause).count());

std::optional<Duration> milliseconds(std::string_view text) {
  const auto value = number<std::uint32_t>(text, most_milliseconds);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds(*value);
}

std::uint32_t in_milliseconds(Duration d) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

/// "1:7:3:1.2.840": the request, its Message ID, its context, its instance.
std::optional<Answers> read_answers(std::string_view text) {
  const auto field = [&] {
    const auto end = std::min(text.find(':'), text.size());
    const auto part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
  };
  const auto request = number<std::uint16_t>(field(), 65535);
  const auto message_id = number<std::uint16_t>(field(), 65535);
  const auto context = number<std::uint8_t>(field(), 255);
  const bool uid = text.size() <= 64 && text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (!request || *request == 0 || !message_id || !context || !uid) return std::nullopt;
  return Answers{*request, *message_id, *context, std::string(text)};
}

/// What stands behind the word "send" and its line.
bool read_send(std::string_view rest, Step& step) {
  while (!rest.empty()) {
    const auto word = next_word(rest);
    if (word.starts_with("split=")) {
      auto list = word.substr(6);
      while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        const auto piece = number<std::uint32_t>(list.substr(0, end), max_bytes);
        if (!piece || *piece == 0 || step.pieces.size() >= max_steps) return false;
        step.pieces.push_back(*piece);
        list.remove_prefix(std::min(end + 1, list.size()));
      }
    } else if (word.starts_with("pause=")) {
      const auto pause = milliseconds(word.substr(6));
      if (!pause) return false;
      step.pause = *pause;
    } else if (word.starts_with("answers=")) {
      auto answers = read_answers(word.substr(8));
      if (!answers) return false;
      step.answers = *std::move(answers);
    } else {
      const auto bytes = from_hex(word);
      if (!bytes) return false;
      step.bytes = *bytes;
      return rest.empty();
    }
  }
  return true;
}

std::optional<Step> read_step(std::string_view text) {
  Step step;
  const auto what = index_of(do_names, next_word(text));
  if (!what) return std::nullopt;
  step.what = static_cast<Do>(*what);
  if (step.what == Do::pause) {
    const auto pause = milliseconds(next_word(text));
    if (!pause || !text.empty()) return std::nullopt;
    step.pause = *pause;
    return step;
  }
  const auto line = number<std::uint8_t>(next_word(text), max_lines - 1);
  if (!line) return std::nullopt;
  step.line = *line;
  if (step.what == Do::send) return read_send(text, step) ? std::optional(step) : std::nullopt;
  if (step.what == Do::await) {
    const auto await = index_of(await_names, next_word(text));
    if (!await) return std::nullopt;
    step.await = static_cast<Await>(*await);
    if (step.await == Await::messages) {
      const auto count = number<std::uint16_t>(next_word(text), 65535);
      if (!count || *count == 0) return std::nullopt;
      step.count = *count;
    }
  }
  return text.empty() ? std::optional(step) : std::nullopt;
}

}  // namespace

std::string_view name(Do what) { return do_names.at(static_cast<std::size_t>(what)); }
std::string_view name(Await what) { return await_names.at(static_cast<std::size_t>(what)); }

std::size_t Conversation::bytes() const {
  std::size_t sum = 0;
  for (const auto& step : steps) sum += step.bytes.size();
  return sum;
}

Conversation conversation_of(std::string kind, std::string from, std::span<const trace::Trace* const> traces) {
  const auto all = placed(traces);
  Reader reader(std::move(from));
  const bool whole = all && std::ranges::all_of(*all, [&](const Placed& one) { return reader.take(one); });
  auto made = reader.finish(std::move(kind));
  if (!whole) made.steps.clear();
  return made;
}

Conversation joined(std::span<const Conversation> all) {
  constexpr Duration between = std::chrono::milliseconds(20);  // so that the device sees the end of one first
  Conversation made;
  std::size_t first = 0;  // line of the next one
  for (const auto& one : all) {
    if (!made.steps.empty()) made.steps.push_back({.what = Do::pause, .pause = between});
    made.kind = one.kind;
    made.from += std::string(made.from.empty() ? "" : joined_with) + one.from;
    std::array<bool, max_lines> open{};
    std::size_t lines = 0;
    for (auto step : one.steps) {
      lines = std::max<std::size_t>(lines, step.line + std::size_t{1});
      if (first + lines > max_lines || made.steps.size() >= max_steps) return {made.kind, made.from, {}};
      if (step.what == Do::connect) open.at(step.line) = true;
      if (step.what == Do::fin || step.what == Do::rst) open.at(step.line) = false;
      step.line = static_cast<std::uint8_t>(first + step.line);
      made.steps.push_back(std::move(step));
    }
    for (std::size_t i = 0; i < lines; ++i)
      if (open.at(i)) made.steps.push_back({.what = Do::fin, .line = static_cast<std::uint8_t>(first + i)});
    first += lines;
  }
  if (made.steps.size() > max_steps || made.bytes() > max_bytes) made.steps.clear();
  return made;
}

std::string to_text(const Conversation& conversation) {
  auto text = fmt::format("{}\nkind {}\nfrom {}\n", first_line, conversation.kind, conversation.from);
  for (const auto& step : conversation.steps) {
    if (step.what == Do::pause) {
      text += fmt::format("pause {}\n", in_milliseconds(step.pause));
      continue;
    }
    text += fmt::format("{} {}", name(step.what), step.line);
    if (step.what == Do::send) {
      for (std::size_t i = 0; i < step.pieces.size(); ++i)
        text += fmt::format("{}{}", i == 0 ? " split=" : ",", step.pieces[i]);
      if (step.pause > Duration{0}) text += fmt::format(" pause={}", in_milliseconds(step.pause));
      if (const auto& to = step.answers; to.request != 0)
        text += fmt::format(" answers={}:{}:{}:{}", to.request, to.message_id, to.context, to.instance);
      if (!step.bytes.empty()) text += " " + to_hex(step.bytes);
    } else if (step.what == Do::await) {
      text += fmt::format(" {}", name(step.await));
      if (step.await == Await::messages) text += fmt::format(" {}", step.count);
    }
    text += "\n";
  }
  return text;
}

std::expected<Conversation, std::string> conversation_from_text(std::string_view text) {
  if (text.size() > max_file)
    return std::unexpected(fmt::format("{} bytes, more than a conversation may have", text.size()));
  Conversation made;
  std::size_t number_of_line = 0;
  while (!text.empty()) {
    ++number_of_line;
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto wrong = [&](std::string_view what) {
      return std::unexpected(fmt::format("line {}: {}", number_of_line, what));
    };
    if (number_of_line == 1) {
      if (line != first_line) return wrong("this is no conversation of 'assay fuzz device'");
    } else if (line.starts_with("kind ")) {
      made.kind = line.substr(5);
    } else if (line.starts_with("from ")) {
      made.from = line.substr(5);
    } else if (!line.empty()) {
      auto step = read_step(line);
      if (!step) return wrong("not a step: connect, send, await, pause, fin, half or rst");
      made.steps.push_back(*std::move(step));
      if (made.steps.size() > max_steps || made.bytes() > max_bytes) return wrong("the conversation is too long");
    }
  }
  if (number_of_line == 0) return std::unexpected(std::string("line 1: the file is empty"));
  return made;
}

}  // namespace assay::fuzz::device
