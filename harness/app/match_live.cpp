#include "harness/app/match_live.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/app/learn_ask.hpp"
#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"
#include "harness/pdu/describe.hpp"
#include "harness/service/negotiation.hpp"

namespace assay::app {
namespace {

using conformance::LiveContext;
using conformance::LiveDirection;
using conformance::LiveLine;
using conformance::LiveStanding;
using conformance::Profile;

/// Presentation contexts that a line of text names; --json has all of them.
constexpr std::size_t most_named = 5;

/// The product that is meant: named as on the command line, else by its number from 1 on.
std::optional<std::size_t> product_of(const std::vector<std::string>& profiles, std::string_view word) {
  const auto named = std::ranges::find(profiles, word);
  if (named != profiles.end()) return static_cast<std::size_t>(named - profiles.begin());
  std::size_t number = 0;
  const auto* end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc() || at != end || number == 0 || number > profiles.size()) return std::nullopt;
  return number - 1;
}

std::expected<LiveAddress, std::string> address_of(const MatchOptions& options, std::string_view word) {
  const auto wrong = [&](const std::string& why) {
    return std::unexpected(fmt::format("--live {}: {}", printable(word), why));
  };
  // A file name may have a '=' in it, an address has none.
  const auto equals = word.rfind('=');
  if (equals == std::string_view::npos) return wrong("write PROFILE=HOST:PORT, or PROFILE=HOST:PORT,TITLE");
  const auto product = product_of(options.profiles, word.substr(0, equals));
  if (!product) return wrong("no profile is named so here; its number, from 1 on, will do");
  auto address = word.substr(equals + 1);
  LiveAddress out{*product, {}, {}};
  if (const auto comma = address.find(','); comma != std::string_view::npos) {
    out.title = address.substr(comma + 1);
    address = address.substr(0, comma);
    if (out.title.empty() || out.title.size() > 16) return wrong("an AE title has 1 to 16 characters");
  }
  const auto target = target_from(address);
  if (!target) return wrong(target.error());
  if (!target->called_ae.empty()) return wrong("the AE title stands behind a comma: HOST:PORT,TITLE");
  out.target = address;
  return out;
}

std::string_view sign(LiveStanding standing) {
  switch (standing) {
    case LiveStanding::confirmed: return "✓";
    case LiveStanding::differs: return "✗";
    case LiveStanding::not_seen: break;
  }
  return "·";
}

std::string painted(LiveStanding standing, bool colour) {
  const auto words = fmt::format("{} {:<9}", sign(standing), name(standing));
  if (!colour || standing == LiveStanding::not_seen) return words;
  return fmt::format("\x1b[{}m{}\x1b[0m", standing == LiveStanding::confirmed ? "32" : "31;1", words);
}

}  // namespace

std::expected<std::vector<LiveAddress>, std::string> live_addresses(const MatchOptions& options) {
  std::vector<LiveAddress> out;
  for (const auto& word : options.live) {
    auto one = address_of(options, word);
    if (!one) return std::unexpected(one.error());
    if (std::ranges::find(out, one->product, &LiveAddress::product) != out.end())
      return std::unexpected(fmt::format("--live {}: that product has an address already", printable(word)));
    out.push_back(std::move(*one));
  }
  return out;
}

std::size_t LiveMatch::count(LiveStanding standing) const {
  std::size_t out = 0;
  for (const auto& one : directions) out += one.count(standing);
  return out;
}

int LiveMatch::exit_code() const {
  int code = interrupted ? exit_codes::interrupted : exit_codes::ok;
  for (const auto& one : directions)
    if (!one.reached) code = worse_exit_code(code, exit_codes::inconclusive);
  return count(LiveStanding::differs) > 0 ? worse_exit_code(code, exit_codes::not_conformant) : code;
}

LiveMatch hold_live(const std::vector<Profile>& products, const conformance::Match& match,
                    const std::vector<LiveAddress>& addresses, const MatchOptions& options, Console& console) {
  LiveMatch out;
  peers::Loop loop;
  const ScuInterrupt interrupt(loop, console, "what was asked so far is reported");
  ScuProgress progress(console, options.json);
  for (const auto& direction : match.directions) {
    const auto address = std::ranges::find(addresses, direction.provider, &LiveAddress::product);
    if (address == addresses.end() || interrupt.asked()) continue;
    auto settings = conformance::settings_of(products[direction.user], direction, address->title);
    const auto us = service::default_policy();
    settings.implementation_class_uid = us.implementation_class_uid;
    settings.version_name = us.implementation_version_name;
    settings.stop = [&] { return interrupt.asked(); };
    ScuOptions scu;
    scu.target = address->target;
    scu.timeout = options.timeout;
    scu.judge = false;
    const auto target = requestor_of(scu, console);
    if (!target) continue;
    LearnAsker asker(loop, *target, settings.stop, [&](std::size_t, const std::string& purpose) {
      progress.at([&] { return fmt::format("{}: {}", heading_of(products, direction), purpose); });
    });
    out.directions.push_back(conformance::hold(products[direction.provider], direction, settings, asker.associate()));
    out.directions.back().target = address->target;
  }
  console.clear_progress();
  out.interrupted = interrupt.asked();
  return out;
}

std::string answer_of(std::uint8_t result, const std::string& chosen) {
  if (result == conformance::learn::not_answered) return "not answered";
  if (result != 0) return fmt::format("refused ({})", pdu::context_result(result));
  const auto* entry = dict::find_uid(chosen);
  return entry == nullptr ? printable(chosen) : std::string(entry->name);
}

std::string other_of(const LiveContext& one) {
  const auto* entry = dict::find_uid(one.foretold.abstract_syntax);
  return fmt::format("{}: foretold {}, answered {}",
                     entry == nullptr ? one.foretold.abstract_syntax : std::string(entry->name),
                     answer_of(one.foretold.result, one.foretold.chosen), answer_of(one.result, one.chosen));
}

std::string title_of(const LiveLine& line) {
  for (const auto use_case : conformance::all_use_cases)
    if (conformance::name(use_case) == line.about) return std::string(conformance::title(use_case));
  return line.about == "maximum-length" ? "maximum length" : line.about;
}

std::string heading_of(const std::vector<Profile>& products, const LiveDirection& one) {
  return fmt::format("{} asks {} at {}, called {} by {}", printable(products[one.user].product),
                     printable(products[one.provider].product), one.target, printable(one.called),
                     printable(one.calling));
}

std::string live_text(const std::vector<Profile>& products, const LiveMatch& live, bool colour) {
  std::string out;
  for (const auto& one : live.directions) {
    out += "\nFor real: " + heading_of(products, one) + "\n";
    if (one.lines.empty()) out += "  nothing is asked for in this direction\n";
    for (const auto& line : one.lines) {
      out += fmt::format("  {} {:<24} {}\n", painted(line.standing, colour), title_of(line), printable(line.foretold));
      if (line.standing != LiveStanding::confirmed || line.seen != line.foretold)
        out += fmt::format("{:14}{:<24} {}\n", "", "seen", printable(line.seen));
      for (std::size_t i = 0; i < std::min(most_named, line.other.size()); ++i)
        out += fmt::format("{:39}{}\n", "", other_of(line.other[i]));
      if (line.other.size() > most_named)
        out += fmt::format("{:39}and {} more presentation contexts\n", "", line.other.size() - most_named);
    }
  }
  const auto differs = live.count(LiveStanding::differs);
  return out + fmt::format("\nFor real: {} confirmed, {} {}, {} not seen.\n", live.count(LiveStanding::confirmed),
                           differs, differs == 1 ? "differs" : "differ", live.count(LiveStanding::not_seen));
}

}  // namespace assay::app
