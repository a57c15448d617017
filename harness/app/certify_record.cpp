// record.json: what was seen of a device, so that it can be judged again without it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/app/certify.hpp"

namespace assay::app {
namespace {

using nlohmann::ordered_json;
namespace certifying = conformance::certify;
namespace learning = conformance::learn;

constexpr int format = 1;
constexpr std::size_t longest_record = 256U << 20;

ordered_json learned_json(const learning::Learned& learned) {
  ordered_json out;
  auto& classes = out["classes"] = ordered_json::array();
  for (const auto& one : learned.classes) {
    ordered_json results = ordered_json::object();
    for (const auto& [syntax, result] : one.results) results[syntax] = result;
    classes.push_back({{"uid", one.uid},
                       {"together", one.together},
                       {"chosen", one.chosen},
                       {"results", results},
                       {"as_scp", one.as_scp},
                       {"as_scu", one.as_scu}});
  }
  out["policies"] = learned.policies;
  out["evidence"] = learned.evidence;
  auto& unknown = out["unknown"] = ordered_json::array();
  for (const auto& one : learned.unknown) unknown.push_back({{"claim", one.claim}, {"why", one.why}});
  out["looked"] = learned.looked;
  out["parallel"] = learned.parallel;
  out["gone"] = learned.gone;
  return out;
}

learning::Learned learned_from(const ordered_json& in) {
  learning::Learned out;
  for (const auto& one : in.at("classes")) {
    auto& seen = out.classes.emplace_back();
    seen.uid = one.at("uid").get<std::string>();
    seen.together = one.at("together").get<std::uint8_t>();
    seen.chosen = one.at("chosen").get<std::string>();
    for (const auto& [syntax, result] : one.at("results").items()) seen.results[syntax] = result.get<std::uint8_t>();
    seen.as_scp = one.at("as_scp").get<std::vector<std::string>>();
    seen.as_scu = one.at("as_scu").get<std::vector<std::string>>();
  }
  out.policies = in.at("policies").get<std::map<std::string, std::string>>();
  out.evidence = in.at("evidence").get<std::map<std::string, std::string>>();
  for (const auto& one : in.at("unknown"))
    out.unknown.push_back({one.at("claim").get<std::string>(), one.at("why").get<std::string>()});
  out.looked = in.at("looked").get<std::set<std::string>>();
  out.parallel = in.at("parallel").get<std::size_t>();
  out.gone = in.at("gone").get<bool>();
  return out;
}

}  // namespace

std::string record_json(const DeviceRecord& record) {
  ordered_json out{{"format", format},
                   {"assay_version", record.assay_version},
                   {"edition", record.edition},
                   {"date", record.date},
                   {"target", record.target},
                   {"called_ae", record.called_ae},
                   {"calling_ae", record.calling_ae},
                   {"product", record.product},
                   {"interrupted", record.interrupted},
                   {"remarks", record.remarks},
                   {"called_us", record.seen.called_us},
                   {"learned", learned_json(record.seen.learned)},
                   {"profile", to_xml(record.seen.reality)}};
  auto& cases = out["cases"] = ordered_json::array();
  for (const auto& one : record.seen.cases)
    cases.push_back({{"id", one.id},
                     {"title", one.title},
                     {"verdict", trace::name(one.verdict)},
                     {"statement", one.statement},
                     {"needs", one.needs},
                     {"clause", one.clause},
                     {"reason", one.reason},
                     {"advice", one.advice}});
  auto& proposals = out["proposals"] = ordered_json::array();
  for (const auto& one : record.seen.proposals)
    proposals.push_back(
        {{"sop_class", one.sop_class}, {"transfer_syntaxes", one.transfer_syntaxes}, {"cases", one.cases}});
  return out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::expected<DeviceRecord, std::string> read_record(const std::string& text, const std::string& file) {
  if (text.size() > longest_record) return std::unexpected(file + ": is too long for a record");
  // The library knows no other way than exceptions to say what is wrong.
  try {
    const auto in = ordered_json::parse(text);
    if (in.at("format").get<int>() != format)
      return std::unexpected(fmt::format("{}: is a record of format {}, and this program reads format {}", file,
                                         in.at("format").get<int>(), format));
    DeviceRecord out;
    out.assay_version = in.at("assay_version").get<std::string>();
    out.edition = in.at("edition").get<std::string>();
    out.date = in.at("date").get<std::string>();
    out.target = in.at("target").get<std::string>();
    out.called_ae = in.at("called_ae").get<std::string>();
    out.calling_ae = in.at("calling_ae").get<std::string>();
    out.product = in.at("product").get<std::string>();
    out.interrupted = in.at("interrupted").get<bool>();
    out.remarks = in.at("remarks").get<std::vector<std::string>>();
    out.seen.called_us = in.at("called_us").get<bool>();
    out.seen.learned = learned_from(in.at("learned"));
    auto reality = conformance::load_profile(in.at("profile").get<std::string>(), file + " (profile)");
    if (!reality) return std::unexpected(reality.error());
    out.seen.reality = std::move(*reality);
    for (const auto& one : in.at("cases")) {
      certifying::CaseSeen seen;
      seen.id = one.at("id").get<std::string>();
      seen.title = one.at("title").get<std::string>();
      const auto verdict = trace::verdict_from(one.at("verdict").get<std::string>());
      if (!verdict)
        return std::unexpected(fmt::format("{}: case {} has no verdict that is known: \"{}\"", file, seen.id,
                                           one.at("verdict").get<std::string>()));
      seen.verdict = *verdict;
      seen.statement = one.at("statement").get<bool>();
      seen.needs = one.at("needs").get<std::vector<std::string>>();
      seen.clause = one.at("clause").get<std::string>();
      seen.reason = one.at("reason").get<std::string>();
      seen.advice = one.at("advice").get<std::string>();
      out.seen.cases.push_back(std::move(seen));
    }
    for (const auto& one : in.at("proposals"))
      out.seen.proposals.push_back({one.at("sop_class").get<std::string>(),
                                    one.at("transfer_syntaxes").get<std::set<std::string>>(),
                                    one.at("cases").get<std::set<std::string>>()});
    return out;
  } catch (const nlohmann::json::exception& error) {
    return std::unexpected(
        fmt::format("{}: is no record of 'assay certify' (record.json in its folder): {}", file, error.what()));
  }
}

}  // namespace assay::app
