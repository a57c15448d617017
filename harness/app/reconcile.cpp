// assay reconcile: what one archive has and the other does not.
#include <fmt/format.h>

#include <algorithm>

#include "harness/app/findings.hpp"
#include "harness/app/home.hpp"
#include "harness/app/match_table.hpp"
#include "harness/app/query_identifier.hpp"
#include "harness/app/reconcile_descent.hpp"
#include "harness/dataset/dump_people.hpp"

namespace assay::app {

namespace {

using service::QueryLevel;

constexpr std::size_t rows_listed = 200;  // in text

const StudySeen& study_of(const Comparison& comparison, const Missing& missing) {
  static const StudySeen nobody;
  const auto& studies = comparison.studies[1 - missing.in];
  const auto at = studies.find(missing.study);
  return at == studies.end() ? nobody : at->second;
}

const std::string& uid_of(const Missing& missing) {
  return missing.level == QueryLevel::study    ? missing.study
         : missing.level == QueryLevel::series ? missing.series
                                               : missing.image;
}

std::string missing_list(const Comparison& comparison, const std::string (&names)[2]) {
  std::string out =
      "missing_in\tpresent_in\tlevel\tpatient_id\tstudy_instance_uid\tseries_instance_uid\tsop_instance_uid\n";
  for (const auto& one : comparison.missing)
    out += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", names[one.in], names[1 - one.in], service::name(one.level),
                       study_of(comparison, one).patient_id, dataset::safe_text(one.study),
                       dataset::safe_text(one.series), dataset::safe_text(one.image));
  return out;
}

std::string as_text(const Comparison& comparison, QueryLevel level, const std::string (&names)[2]) {
  std::string out;
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : comparison.missing) {
    if (rows.size() == rows_listed) break;
    const auto& study = study_of(comparison, one);
    rows.push_back({names[one.in], std::string(service::name(one.level)), study.patient_id, study.patient_name,
                    study.date, dataset::safe_text(uid_of(one))});
  }
  if (!rows.empty()) {
    const std::vector<std::string> columns{"missing in", "level", "PatientID", "PatientName", "StudyDate", "UID"};
    // The UID is what somebody will copy from here: a line that is too long is better than half a UID.
    out += table_text(columns, rows, {}).value_or("");
  }
  if (comparison.missing.size() > rows.size())
    out += fmt::format("  and {} more (--missing FILE and --json list all)\n", comparison.missing.size() - rows.size());
  for (const auto& uid : comparison.differing)
    out += fmt::format("  study {}: PatientID is '{}' in {} and '{}' in {}\n", dataset::safe_text(uid),
                       comparison.studies[0].at(uid).patient_id, names[0], comparison.studies[1].at(uid).patient_id,
                       names[1]);
  for (const int archive : {0, 1})
    if (comparison.without_uid[archive] > 0)
      out += fmt::format("  {} gave {} without the unique key of the level (PS3.4 C.4.1.1.3.2): not compared\n",
                         names[archive], counted(comparison.without_uid[archive], "answer"));
  const bool complete = comparison.failure.empty() && !comparison.interrupted;
  if (!complete && comparison.compared[1] == 0 && comparison.missing.empty()) return "  nothing was compared\n";
  out += fmt::format("studies: {} in {}, {} in {}, {} in both", comparison.studies[0].size(), names[0],
                     comparison.studies[1].size(), names[1], comparison.compared[1]);
  if (level >= QueryLevel::series) out += fmt::format("; series in both: {}", comparison.compared[2]);
  if (level >= QueryLevel::image) out += fmt::format("; instances in both: {}", comparison.compared[3]);
  out += "\n";
  for (const int archive : {0, 1}) {
    std::string parts;
    for (const auto of : {QueryLevel::study, QueryLevel::series, QueryLevel::image}) {
      const auto count = std::ranges::count_if(
          comparison.missing, [&](const Missing& one) { return one.in == archive && one.level == of; });
      if (count == 0) continue;
      const auto what = of == QueryLevel::study    ? (count == 1 ? "study" : "studies")
                        : of == QueryLevel::series ? "series"
                        : count == 1               ? "instance"
                                                   : "instances";
      parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", count, what);
    }
    if (!parts.empty()) out += fmt::format("  missing in {}: {}\n", names[archive], parts);
  }
  if (comparison.missing.empty() && complete) out += "  nothing is missing on either side\n";
  if (!complete) out += "  not everything was compared: this is what was found until then\n";
  for (const int archive : {0, 1}) out += comparison.findings[archive].text();
  return out;
}

nlohmann::ordered_json as_json(const Comparison& comparison, QueryLevel level, const std::string (&names)[2]) {
  nlohmann::ordered_json out{{"a", names[0]},
                             {"b", names[1]},
                             {"level", std::string(service::name(level))},
                             {"complete", comparison.failure.empty() && !comparison.interrupted},
                             {"message", comparison.failure},
                             {"studies_in_a", comparison.studies[0].size()},
                             {"studies_in_b", comparison.studies[1].size()},
                             {"studies_in_both", comparison.compared[1]}};
  if (level >= QueryLevel::series) out["series_in_both"] = comparison.compared[2];
  if (level >= QueryLevel::image) out["instances_in_both"] = comparison.compared[3];
  auto missing = nlohmann::ordered_json::array();
  for (const auto& one : comparison.missing) {
    const auto& study = study_of(comparison, one);
    nlohmann::ordered_json entry{{"missing_in", one.in == 0 ? "a" : "b"},
                                 {"level", std::string(service::name(one.level))},
                                 {"patient_id", study.patient_id},
                                 {"study_date", study.date},
                                 {"study", one.study}};
    if (!one.series.empty()) entry["series"] = one.series;
    if (!one.image.empty()) entry["instance"] = one.image;
    missing.push_back(std::move(entry));
  }
  out["missing"] = std::move(missing);
  auto differing = nlohmann::ordered_json::array();
  for (const auto& uid : comparison.differing)
    differing.push_back({{"study", uid},
                         {"patient_id_in_a", comparison.studies[0].at(uid).patient_id},
                         {"patient_id_in_b", comparison.studies[1].at(uid).patient_id}});
  out["differing"] = std::move(differing);
  out["findings_in_a"] = comparison.findings[0].json();
  out["findings_in_b"] = comparison.findings[1].json();
  return out;
}

}  // namespace

int reconcile(const ReconcileOptions& options, Console& console) {
  QueryLevel level = QueryLevel::study;
  if (options.level == "series") level = QueryLevel::series;
  if (options.level == "image") level = QueryLevel::image;
  QueryOptions asking;
  asking.level = "STUDY";
  asking.keys = options.keys;
  for (const auto* key : {"StudyInstanceUID", "PatientID", "PatientName", "StudyDate"}) asking.keys.emplace_back(key);
  const auto query = query_identifier(asking);
  if (!query) {
    console.error(query.error());
    return exit_codes::usage;
  }
  for (const auto& doubt : query->doubts) console.error("warning: " + doubt + "; sent all the same");
  const std::string names[2] = {options.a, options.b};
  peers::RequestorOptions requestors[2];
  for (const int archive : {0, 1}) {
    auto scu = options.scu;
    scu.target = names[archive];
    auto requestor = requestor_of(scu, console);
    if (!requestor) return exit_codes::usage;
    requestors[archive] = std::move(*requestor);
  }
  if (options.a == options.b) {
    console.error("both archives are the same: " + options.a);
    return exit_codes::usage;
  }
  if (!options.missing.empty()) {
    if (const auto possible = can_write(options.missing); !possible) {
      console.error("--missing " + possible.error());
      return exit_codes::usage;
    }
  }
  const auto comparison =
      Descent(requestors, query->model.sop_class, console, options.scu.json).run(query->identifier, level);
  if (!comparison.failure.empty()) console.error(comparison.failure);
  if (options.scu.json)
    console.data(json_text(as_json(comparison, level, names)));
  else
    console.text(as_text(comparison, level, names));
  int code = exit_codes::ok;
  if (!options.missing.empty()) {
    if (const auto written = write_text(options.missing, missing_list(comparison, names)); !written) {
      console.error("--missing " + written.error());
      code = exit_codes::usage;
    }
  }
  const auto add = [&](bool applies, int other) {
    if (applies) code = worse_exit_code(code, other);
  };
  add(!comparison.missing.empty(), exit_codes::not_conformant);
  add(options.scu.strict &&
          (!comparison.differing.empty() || !comparison.findings[0].empty() || !comparison.findings[1].empty()),
      exit_codes::not_conformant);
  add(!comparison.failure.empty(), exit_codes::inconclusive);
  add(comparison.interrupted, exit_codes::interrupted);
  return code;
}

}  // namespace assay::app
