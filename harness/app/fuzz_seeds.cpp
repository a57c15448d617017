#include "harness/app/fuzz_seeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "harness/app/catalogue.hpp"
#include "harness/app/home.hpp"

namespace assay::app {
namespace {

/// Folders of the catalogue whose sane conversations are seeds. The others hold the same conversations again.
constexpr std::array<std::string_view, 10> kinds = {"association", "verification", "pdata", "storage",    "query",
                                                    "retrieve",    "worklist",     "mpps",  "commitment", "print"};

/// More of them, for what they say that the sane ones do not.
constexpr std::array<std::string_view, 4> more = {
    "ps3.4/F.7.2.2/step-updates",
    "ps3.4/H.4.2.2.1/image-boxes-of-format/one",
    "ps3.4/H.4.2.2.3/print-empty-film",
    "ps3.4/J.3.2/two-requests",
};

bool wanted(const CatalogueCase& c, const FuzzDeviceOptions& options) {
  if (std::ranges::find(kinds, c.group) == kinds.end() || !c.function.empty()) return false;
  if (c.scenario_case.scenario->role != "requestor") return false;
  const auto among = [&](const std::vector<std::string>& list) {
    return std::ranges::find(list, c.group) != list.end();
  };
  if (!options.only.empty() && !among(options.only)) return false;
  if (among(options.skip)) return false;
  const auto& tags = c.scenario_case.scenario->tags;
  return std::ranges::find(tags, "sanity") != tags.end() || std::ranges::find(more, c.scenario_case.id()) != more.end();
}

}  // namespace

std::vector<std::string> fuzz_conversation_kinds() { return {kinds.begin(), kinds.end()}; }

std::expected<FuzzSeeds, std::string> record_seeds(peers::Loop& loop, const FuzzDeviceOptions& options,
                                                   const std::string& host, std::uint16_t port,
                                                   const std::shared_ptr<const trace::RuleBook>& rules,
                                                   const std::function<bool()>& interrupted) {
  Selection selection;
  selection.role = "requestor";
  auto catalogue = load_catalogue(selection);
  if (!catalogue) return std::unexpected("the catalogue cannot be read: " + catalogue.error().front());
  FuzzSeeds out;
  std::map<std::string, std::string> refusals;  // by kind
  peers::ScenarioHost scenario_host(loop, {});
  for (const auto& c : catalogue->cases) {
    if (!wanted(c, options) || interrupted()) continue;
    scenario::Environment e;
    e.target_host = host;
    e.target_port = port;
    e.called_ae = options.called_ae;
    e.calling_ae = options.calling_ae;
    for (const auto* wait : {"connect-timeout", "dul-timeout", "dimse-timeout", "device-timeout", "artim"})
      e.waits[wait] = options.timeout;
    e.waits["operate-timeout"] = std::chrono::seconds(1);
    e.waits["settle"] = std::chrono::milliseconds(50);
    e.claims = [](std::string_view) { return std::optional<bool>(); };
    const auto file = c.scenario_case.scenario->file;
    e.read_file = [file](std::string_view path) -> std::optional<Bytes> {
      for (const auto& base : {std::filesystem::path(file).parent_path(), home() / "scenarios"})
        if (auto text = read_text(base / std::filesystem::path(path))) return to_bytes(*text);
      return std::nullopt;
    };
    e.seed = options.seed.value_or(1);
    e.rules = rules;
    auto interpreter = std::make_shared<scenario::Interpreter>(c.scenario_case, std::move(e));
    bool over = false;
    scenario_host.run(interpreter, [&over] { over = true; });
    if (!loop.run_until([&over] { return over; })) {
      scenario_host.interrupt();
      loop.run_until([&over] { return over; });
      break;
    }
    const auto result = interpreter->result();
    if (!result.conversation_worked && result.verdict != trace::Verdict::pass) {
      refusals.try_emplace(c.group, result.reason.substr(0, result.reason.find("; no profile says")));
      continue;
    }
    std::vector<const trace::Trace*> ours;
    for (const auto& trace : result.traces)
      if (trace.description.starts_with("assay ->")) ours.push_back(&trace);
    auto seed = fuzz::device::conversation_of(c.group, c.scenario_case.id(), ours);
    if (seed.steps.empty()) {
      refusals.try_emplace(c.group, "its conversation is too long");
      continue;
    }
    out.seeds.push_back(std::move(seed));
  }
  for (const auto& [kind, why] : refusals)
    if (std::ranges::find(out.seeds, kind, &fuzz::device::Conversation::kind) == out.seeds.end())
      out.left_out.push_back(kind + ": " + why);
  if (out.seeds.empty() && !interrupted())
    return std::unexpected(out.left_out.empty()
                               ? std::string("no conversation is left after --only and --skip")
                               : "the device holds none of the conversations that fuzzing begins with; " +
                                     out.left_out.front());
  return out;
}

}  // namespace assay::app
