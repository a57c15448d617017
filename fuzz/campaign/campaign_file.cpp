#include "fuzz/campaign/campaign_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "harness/scenario/values.hpp"

namespace assay::fuzz {

namespace {

using scenario::AttributeSpec;
using scenario::ChildSpec;
using scenario::Element;
using scenario::LoadError;
using V = scenario::ValueType;

std::vector<AttributeSpec> with_limits(std::vector<AttributeSpec> own) {
  const std::array<AttributeSpec, 3> limits{
      AttributeSpec{"timeout", V::text, false, "an input that takes longer is a hang, in whole seconds; 10s"},
      AttributeSpec{"memory-mb", V::number, false, "a process that needs more is a finding; 2048"},
      AttributeSpec{"max-len", V::number, false, "bytes of an input; 4096"}};
  own.insert(own.end(), limits.begin(), limits.end());
  return own;
}

std::vector<AttributeSpec> with_choice(std::vector<AttributeSpec> own) {
  own.push_back({"share", V::text, false, "part of the time against that of the others: 0.1 to 100; 1 when not said"});
  own.push_back({"dictionary", V::text, false, "a file of words in libFuzzer's form"});
  return with_limits(std::move(own));
}

scenario::Grammar make_grammar() {
  scenario::Grammar g;
  g.title = "Assay campaigns. Generated from the loader's tables (fuzz/campaign/campaign_file.cpp); do not edit.";
  g.add({"campaign-title", "What the campaign is for.", {}, {}, 0, scenario::TextUse::required});
  g.add({"campaign-limits", "What one input may cost, where a target says nothing else.", with_limits({}), {}});
  g.add({"campaign-folder",
         "A folder of inputs, read at the start of each campaign.",
         {{"folder", V::text, true, "from the folder of this file"}},
         {}});
  g.add({"campaign-option",
         "An option of libFuzzer: -use_counters=0. Those that the campaign sets itself are refused.",
         {},
         {},
         0,
         scenario::TextUse::required});
  const std::vector<ChildSpec> inputs{
      {"seeds", "campaign-folder"}, {"corpus", "campaign-folder"}, {"option", "campaign-option"}};
  g.add({"campaign-targets",
         "All targets of a folder that a pattern names. Those of this project bring their seeds, dictionaries and "
         "options (fuzz/) along.",
         with_choice({{"match", V::text, false, "names, with * and ?; fuzz_* when not said"},
                      {"folder", V::text, false, "of their programs; build/fuzz/fuzz of the project when not said"}}),
         inputs});
  g.add({"campaign-target", "A target of your own: a program that clang linked with -fsanitize=fuzzer.",
         with_choice({{"program", V::text, true, "its file, from the folder of this file"},
                      {"name", V::name, false, "how reports call it; the file's name when not said"}}),
         inputs});
  g.add({"campaign",
         "What assay fuzz campaign does.",
         {{"time", V::text, false, "how long, where --time does not say it: 90s, 20m or 8h; an hour when not said"}},
         {{"title", "campaign-title", 0, 1},
          {"limits", "campaign-limits", 0, 1},
          {"targets", "campaign-targets"},
          {"target", "campaign-target"}},
         2});
  g.roots = {{"campaign", "campaign"}};
  return g;
}

/// "10s", "8m", "8h": a second to a hundred days.
std::optional<std::chrono::seconds> whole_seconds(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::uint64_t factor = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  constexpr std::uint64_t most = 100ULL * 24 * 3600;
  if (error != std::errc() || factor == 0 || value == 0 || value > most / factor) return std::nullopt;
  return std::chrono::seconds(value * factor);
}

class Reader {
 public:
  Reader(std::string_view folder, std::vector<LoadError>& errors) : folder_(folder), errors_(errors) {}

  Campaign campaign(const Element& root) {
    Campaign out;
    out.time = seconds(root, "time");
    std::set<std::string, std::less<>> names;
    for (const auto& child : root.children) {
      if (child.name == "title") out.title = scenario::trimmed(child.text);
      if (child.name == "limits") out.limits = limits(child);
      if (child.name != "targets" && child.name != "target") continue;
      if (out.targets.size() == max_target_choices) {
        errors_.push_back(scenario::error_at(
            child.at, fmt::format("a campaign has at most {} lines of targets", max_target_choices)));
        return out;
      }
      out.targets.push_back(choice(child));
      const auto& name = out.targets.back().name;
      if (child.name == "target" && !names.insert(name).second)
        wrong(child, child.has("name") ? "name" : "program",
              fmt::format("a second target is called '{}': give it another name=\"...\"", name));
    }
    if (out.targets.empty() && errors_.empty())
      errors_.push_back(scenario::error_at(
          root.at, "<campaign> without targets: <targets/> takes all of the project, <target program=\"...\"/> yours"));
    return out;
  }

 private:
  void wrong(const Element& e, std::string_view attribute, std::string message) {
    const auto* said = e.attribute(attribute);
    errors_.push_back(scenario::error_at(said != nullptr ? said->at : e.at, std::move(message)));
  }

  std::optional<std::chrono::seconds> seconds(const Element& e, std::string_view attribute) {
    if (!e.has(attribute)) return std::nullopt;
    const auto value = whole_seconds(e.value(attribute));
    if (!value)
      wrong(e, attribute, fmt::format("{}: '{}' is no time here: write 10s, 8m or 8h", attribute, e.value(attribute)));
    return value;
  }

  std::optional<unsigned> number(const Element& e, std::string_view attribute, unsigned least, unsigned most) {
    if (!e.has(attribute)) return std::nullopt;
    const auto value = scenario::number_from(e.value(attribute));
    if (!value) return std::nullopt;  // the grammar has complained
    if (*value >= least && *value <= most) return static_cast<unsigned>(*value);
    wrong(e, attribute, fmt::format("{} goes from {} to {}", attribute, least, most));
    return std::nullopt;
  }

  TargetLimits limits(const Element& e) {
    return {seconds(e, "timeout"), number(e, "memory-mb", 64, 1U << 20), number(e, "max-len", 1, 1U << 30)};
  }

  std::string path(const Element& e, std::string_view attribute) {
    if (!e.has(attribute)) return {};
    const std::string value(e.value(attribute));
    if (value.empty())
      wrong(e, attribute, fmt::format("{} is empty: name a file or folder, or leave it out", attribute));
    if (value.find('\0') != std::string::npos) wrong(e, attribute, fmt::format("{} holds a NUL", attribute));
    return value.empty() || value.front() == '/' || folder_.empty() ? value : folder_ + "/" + value;
  }

  double share(const Element& e) {
    if (!e.has("share")) return 1;
    const auto text = e.value("share");
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value >= 0.1 && value <= 100) return value;
    wrong(e, "share", fmt::format("share: '{}' is no number from 0.1 to 100", text));
    return 1;
  }

  TargetChoice choice(const Element& e) {
    TargetChoice out;
    out.place = fmt::format("{}:{}:{}: ", e.at.file ? *e.at.file : std::string(), e.at.line, e.at.column);
    if (e.name == "target") {
      out.program = path(e, "program");
      out.name = e.has("name") ? e.value("name") : out.program.substr(out.program.rfind('/') + 1);
      // A name becomes that of folders.
      if (out.name.empty() || out.name == "." || out.name == ".." || scenario::problem_with(V::name, out.name))
        wrong(e, "program", fmt::format("'{}' cannot name a target: give it a name=\"...\"", out.name));
    } else {
      out.match = e.has("match") ? e.value("match") : "fuzz_*";
      if (out.match.empty()) wrong(e, "match", "match is empty: write fuzz_* or a name");
      out.folder = path(e, "folder");
    }
    out.share = share(e);
    out.limits = limits(e);
    out.dictionary = path(e, "dictionary");
    for (const auto& child : e.children) {
      if (child.name == "seeds") out.seeds.push_back(path(child, "folder"));
      if (child.name == "corpus") out.corpora.push_back(path(child, "folder"));
      if (child.name != "option") continue;
      out.options.emplace_back(scenario::trimmed(child.text));
      if (auto problem = option_problem(out.options.back()); !problem.empty())
        errors_.push_back(scenario::error_at(child.text_at, std::move(problem)));
    }
    return out;
  }

  std::string folder_;
  std::vector<LoadError>& errors_;
};

/// What the campaign decides by itself.
constexpr std::array<std::string_view, 16> own_options{"artifact_prefix",
                                                       "exact_artifact_path",
                                                       "fork",
                                                       "jobs",
                                                       "workers",
                                                       "merge",
                                                       "merge_control_file",
                                                       "max_total_time",
                                                       "runs",
                                                       "seed",
                                                       "dict",
                                                       "minimize_crash",
                                                       "cleanse_crash",
                                                       "set_cover_merge",
                                                       "help",
                                                       "print_final_stats"};

}  // namespace

const scenario::Grammar& campaign_language() {
  static const scenario::Grammar grammar = make_grammar();
  return grammar;
}

std::string campaign_xsd() { return scenario::to_xsd(campaign_language()); }

std::string option_problem(std::string_view option) {
  const auto equals = option.find('=');
  const auto name = option.substr(0, equals);
  const bool plain = name.size() > 1 && name.front() == '-' && equals != std::string_view::npos &&
                     std::ranges::all_of(name.substr(1), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  if (!plain || option.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos)
    return fmt::format("'{}' is no option of libFuzzer: write -name=value", option.substr(0, 80));
  if (std::ranges::find(own_options, name.substr(1)) != own_options.end())
    return fmt::format("{} is the campaign's own to set: leave it out", name);
  return {};
}

std::expected<Campaign, std::vector<LoadError>> load_campaign(std::string_view xml, std::string_view file_name,
                                                              std::string_view folder) {
  std::vector<LoadError> errors;
  const auto root = scenario::read_checked(xml, file_name, campaign_language(), errors);
  Campaign out;
  if (root) {
    scenario::no_variables(*root, "a campaign", errors);
    out = Reader(folder, errors).campaign(*root);
  }
  if (!errors.empty() || !root) return std::unexpected(std::move(errors));
  return out;
}

}  // namespace assay::fuzz
