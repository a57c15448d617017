#include "harness/app/match_profiles.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/app/home.hpp"
#include "harness/app/match_live.hpp"
#include "harness/app/options.hpp"
#include "harness/app/profile_file.hpp"
#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"

namespace assay::app {
namespace {

using conformance::Direction;
using conformance::Match;
using conformance::Outcome;
using conformance::Profile;
using conformance::Reason;
using conformance::UseCaseMatch;

struct Paint {
  bool on;
  [[nodiscard]] std::string operator()(const char* code, std::string_view text) const {
    return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

/// Lines of at most `width` characters behind `indent` blanks; the first begins with `lead`, as wide as the indent.
std::string wrapped(std::string_view text, int width, std::string_view lead, std::size_t indent) {
  const std::size_t room = width > 60 ? static_cast<std::size_t>(width) - indent : 60;
  std::string out(lead);
  std::size_t used = 0;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    if (used != 0 && used + 1 + word.size() > room) {
      out += "\n" + std::string(indent, ' ');
      used = 0;
    }
    if (used != 0) out += ' ';
    out += word;
    used += word.size() + (used != 0 ? 1 : 0);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  return out + "\n";
}

std::string sign(Outcome outcome, const Paint& paint) {
  switch (outcome) {
    case Outcome::works: return paint("32", "✓");
    case Outcome::fallback: return paint("32", "~");
    case Outcome::partly: return paint("33", "!");
    case Outcome::fails: return paint("31;1", "✗");
    case Outcome::one_sided: return "·";
    case Outcome::absent: break;
  }
  return " ";
}

std::string places_of(const Reason& reason) {
  std::string out;
  for (const auto* one : {&reason.user, &reason.provider})
    if (one->line != 0) out.append(out.empty() ? "" : ", ").append(to_string(*one));
  return out;
}

void add_reason(std::string& out, const Reason& reason, const Paint& paint, int width) {
  out += wrapped(printable(reason.text) + " [" + reason.clause + "]", width,
                 reason.fatal ? "      " + paint("31", "because") + "  " : "      note     ", 15);
  if (!reason.change.empty()) out += wrapped(printable(reason.change), width, "      change   ", 15);
  if (const auto places = places_of(reason); !places.empty() && reason.fatal)
    out += "      where    " + printable(places) + "\n";
}

void add_direction(std::string& out, const std::vector<Profile>& products, const Direction& direction, bool all,
                   const Paint& paint, int width) {
  const bool any =
      std::ranges::any_of(direction.use_cases, [](const UseCaseMatch& one) { return one.outcome != Outcome::absent; });
  out += "\n" + paint("1", heading_of(products, direction)) + "\n";
  if (!any) {
    out += "  nothing is claimed for this direction\n";
    return;
  }
  for (const auto& one : direction.use_cases) {
    if (one.outcome == Outcome::absent) continue;
    if (!all && !one.red()) continue;
    const auto summary = summary_of(one);
    out += fmt::format("  {} ", sign(one.outcome, paint));
    out += summary.empty() ? fmt::format("{}\n", conformance::title(one.use_case))
                           : fmt::format("{:<24} {}\n", conformance::title(one.use_case), summary);
    for (const auto& reason : one.reasons)
      if (all || reason.fatal) add_reason(out, reason, paint, width);
  }
  if (!all || direction.policies.empty()) return;
  out += "    for the association as such\n";
  for (const auto& reason : direction.policies) add_reason(out, reason, paint, width);
}

/// Who asks whom: a row for each asking product, a letter for each use case that works.
std::string matrix(const std::vector<Profile>& products, const Match& match, const Paint& paint) {
  std::string out = "\nWho asks (row) whom (column):";
  for (const auto use_case : conformance::all_use_cases)
    out += fmt::format(" {} {},", static_cast<char>(conformance::name(use_case).front() - 'a' + 'A'),
                       conformance::name(use_case));
  out.pop_back();
  out += "\n";
  constexpr std::size_t cell = std::size(conformance::all_use_cases);
  const auto label = [](std::size_t i) { return fmt::format("{}", i + 1); };
  out += fmt::format("{:>4}", "");
  for (std::size_t k = 0; k < products.size(); ++k) out += fmt::format(" {:<{}}", label(k), cell);
  out += "\n";
  for (std::size_t i = 0; i < products.size(); ++i) {
    out += fmt::format("{:>4}", label(i));
    for (std::size_t k = 0; k < products.size(); ++k) {
      const auto found = std::ranges::find_if(match.directions,
                                              [&](const Direction& one) { return one.user == i && one.provider == k; });
      out += ' ';
      if (found == match.directions.end()) {
        out += std::string(cell, ' ');
        continue;
      }
      for (const auto& one : found->use_cases) {
        const auto letter = conformance::name(one.use_case).front();
        const std::string upper(1, static_cast<char>(letter - 'a' + 'A'));
        switch (one.outcome) {
          case Outcome::works:
          case Outcome::fallback: out += one.red() ? paint("31;1", "x") : paint("32", upper); break;
          case Outcome::partly: out += one.red() ? paint("31;1", "x") : paint("33", std::string(1, letter)); break;
          case Outcome::fails: out += paint("31;1", one.red() ? "x" : "-"); break;
          case Outcome::one_sided:
          case Outcome::absent: out += '.'; break;
        }
      }
    }
    out += "\n";
  }
  return out + "Capital: works; small: partly; x: both sides claim it, and it cannot work.\n";
}

}  // namespace

std::string heading_of(const std::vector<Profile>& products, const Direction& direction) {
  return fmt::format("{} asks {}", printable(products[direction.user].product),
                     printable(products[direction.provider].product));
}

std::string summary_of(const UseCaseMatch& one) {
  if (one.outcome == Outcome::one_sided) return one.user_claims ? "asked for, not served" : "served, not asked for";
  const auto good = std::ranges::count_if(
      one.classes, [](const auto& c) { return c.outcome == Outcome::works || c.outcome == Outcome::fallback; });
  std::string syntaxes;
  for (const auto& c : one.classes) {
    const auto* entry = dict::find_uid(c.chosen);
    const std::string name = c.chosen.empty() ? "" : entry == nullptr ? c.chosen : std::string(entry->name);
    if (!name.empty() && syntaxes.find(name) == std::string::npos)
      syntaxes.append(syntaxes.empty() ? "" : ", ").append(name);
  }
  std::string out = one.classes.size() > 1 ? fmt::format("{} of {} SOP Classes", good, one.classes.size()) : "";
  if (!syntaxes.empty()) out += (out.empty() ? "" : "; ") + syntaxes;
  if (!one.keys.empty())
    out += fmt::format("; {} of {} keys", std::ranges::count_if(one.keys, [](const auto& key) { return key.good(); }),
                       one.keys.size());
  return out;
}

std::string match_text(const std::vector<Profile>& products, const Match& match, bool all, bool colour, int width) {
  const Paint paint{colour};
  std::string out;
  for (std::size_t i = 0; i < products.size(); ++i) {
    std::string titles;
    for (const auto& ae : products[i].aes) titles.append(titles.empty() ? "" : ", ").append(ae.title);
    out += fmt::format("{}. {} {} ({}), {}\n", i + 1, printable(products[i].product), printable(products[i].version),
                       printable(titles), printable(products[i].at.file));
  }
  const bool many = products.size() > 2;
  if (many) out += matrix(products, match, paint);
  for (const auto& one : match.directions)
    if (!many || all || one.red()) add_direction(out, products, one, !many || all, paint, width);
  if (!match.remarks.empty() && (!many || all)) {
    out += "\n" + paint("1", "About single products") + "\n";
    for (const auto& one : match.remarks) add_reason(out, one, paint, width);
  }
  std::size_t red = 0;
  for (const auto& direction : match.directions)
    red += static_cast<std::size_t>(std::ranges::count_if(direction.use_cases, &UseCaseMatch::red));
  out += red == 0
             ? "\nWhat both sides claim works.\n"
             : fmt::format("\n{} {} that both sides claim cannot work.\n", red, red == 1 ? "use case" : "use cases");
  return out;
}

int match_profiles(const MatchOptions& options, Console& console) {
  if (options.json) console.text_to_stderr();
  std::vector<Profile> products;
  bool good = true;
  for (const auto& name : options.profiles) {
    auto profile = read_profile(name);
    if (profile) {
      products.push_back(std::move(*profile));
      continue;
    }
    good = false;
    for (std::string_view rest = profile.error(); !rest.empty();) {
      const auto end = rest.find('\n');
      console.error(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
  }
  if (!good) return exit_codes::usage;
  if (products.size() < 2) {
    console.error("name at least two profiles: files, or shipped ones (" + [] {
      std::string all;
      for (const auto& one : shipped_profiles()) all += (all.empty() ? "" : ", ") + one;
      return all;
    }() + ")");
    return exit_codes::usage;
  }
  const auto addresses = live_addresses(options);
  if (!addresses) {
    console.error(addresses.error());
    return exit_codes::usage;
  }
  if (!options.html.empty()) {
    if (const auto possible = can_write(options.html); !possible) {
      console.error(possible.error());
      return exit_codes::usage;
    }
  }
  const auto match = conformance::match(products);
  const auto live = hold_live(products, match, *addresses, options, console);
  if (!options.html.empty()) {
    if (const auto written = write_text(options.html, match_html(products, match, live)); !written) {
      console.error(written.error());
      return exit_codes::usage;
    }
  }
  if (options.json)
    console.data(match_json(products, match, live));
  else
    console.text(match_text(products, match, options.all, console.colour(), console.width()) +
                 (addresses->empty() ? std::string() : live_text(products, live, console.colour())));
  return worse_exit_code(match.red() ? exit_codes::not_conformant : exit_codes::ok, live.exit_code());
}

}  // namespace assay::app
