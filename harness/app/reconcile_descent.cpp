#include "harness/app/reconcile_descent.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/dump_people.hpp"
#include "harness/service/query_keys.hpp"
#include "peers/scu.hpp"

namespace assay::app {

namespace {

using dataset::DataSet;
using service::QueryLevel;

/// Studies or series asked about over one association, so that what stands in memory is bounded.
constexpr std::size_t batch = 200;

DataSet below(const Missing& above, QueryLevel level) {
  DataSet out(dataset::explicit_le);
  out.set_text(tags::QueryRetrieveLevel, Vr::CS, service::name(level));
  out.set_text(tags::StudyInstanceUID, Vr::UI, above.study);
  if (level == QueryLevel::image) out.set_text(tags::SeriesInstanceUID, Vr::UI, above.series);
  out.set_empty(service::unique_key(level));
  return out;
}

std::string text_of(const DataSet& match, Tag tag) {
  const auto* node = match.find(tag);
  if (node == nullptr) return {};
  return dataset::displayed(match.text(tag), node->vr, match.text(tags::SpecificCharacterSet));
}

}  // namespace

/// The same queries to both archives, and what is done with the matches.
struct Descent::Round {
  std::vector<DataSet> identifiers;
  std::function<void(int archive, std::size_t query, const DataSet& match)> match;
  std::function<std::string(std::size_t query)> progress;
};

Descent::Descent(const peers::RequestorOptions (&requestors)[2], std::string sop_class, Console& console, bool quiet)
    : requestors_(requestors),
      sop_class_(std::move(sop_class)),
      console_(console),
      interrupt_(loop_, console, "the queries on their way are cancelled"),
      progress_(console, quiet) {}

bool Descent::ask(Round& round) {
  std::size_t asked[2] = {};
  int open = 2;
  for (const int archive : {0, 1}) {
    peers::FindJob job;
    job.sop_class = sop_class_;
    job.next = [&, archive]() -> std::optional<DataSet> {
      if (interrupt_.asked() || !result_.failure.empty() || asked[archive] == round.identifiers.size())
        return std::nullopt;
      return round.identifiers[asked[archive]++];
    };
    job.match = [&, archive](const DataSet& match, std::uint16_t) {
      round.match(archive, asked[archive] - 1, match);
      progress_.at([&] { return round.progress(asked[archive]); });
    };
    job.cancel = [&] { return interrupt_.asked(); };
    peers::async_find(loop_, requestors_[archive], std::move(job), [&, archive](const peers::RequestorResult& result) {
      --open;
      result_.findings[archive].add(result.trace);
      if (result.failure != peers::Failure::none && result_.failure.empty()) result_.failure = result.message;
    });
  }
  if (!loop_.run_until([&] { return open == 0; }) || interrupt_.asked()) result_.interrupted = true;
  return !result_.interrupted && result_.failure.empty();
}

void Descent::compare_studies(const DataSet& studies) {
  Round round;
  round.identifiers.push_back(studies);
  std::size_t seen = 0;
  round.match = [&](int archive, std::size_t, const DataSet& match) {
    const std::string uid(match.text(tags::StudyInstanceUID));
    if (uid.empty()) {
      ++result_.without_uid[archive];
      return;
    }
    ++seen;
    result_.studies[archive][uid] = {text_of(match, tags::PatientID), text_of(match, tags::PatientName),
                                     text_of(match, tags::StudyDate)};
  };
  round.progress = [&](std::size_t) { return fmt::format("{} studies listed", seen); };
  if (!ask(round)) return;
  for (const int archive : {0, 1}) {
    const auto& other = result_.studies[1 - archive];
    for (const auto& [uid, study] : result_.studies[archive]) {
      const auto same = other.find(uid);
      if (same == other.end())
        result_.missing.push_back({1 - archive, QueryLevel::study, uid, {}, {}});
      else if (archive == 0) {
        ++result_.compared[static_cast<std::size_t>(QueryLevel::study)];
        if (same->second.patient_id != study.patient_id) result_.differing.push_back(uid);
      }
    }
  }
}

std::vector<Missing> Descent::compare_below(const std::vector<Missing>& above, QueryLevel level) {
  std::vector<std::set<std::string>> found[2];
  for (auto& of : found) of.resize(above.size());
  Round round;
  for (const auto& one : above) round.identifiers.push_back(below(one, level));
  round.match = [&](int archive, std::size_t query, const DataSet& match) {
    const auto uid = match.text(service::unique_key(level));
    if (uid.empty())
      ++result_.without_uid[archive];
    else
      found[archive][query].emplace(uid);
  };
  round.progress = [&](std::size_t query) {
    return fmt::format("{} of {} {} looked into", query, above.size(),
                       level == QueryLevel::series ? "studies" : "series");
  };
  if (!ask(round)) return {};
  std::vector<Missing> both;
  for (std::size_t i = 0; i < above.size(); ++i) {
    for (const int archive : {0, 1}) {
      for (const auto& uid : found[archive][i]) {
        Missing one = above[i];
        one.level = level;
        (level == QueryLevel::series ? one.series : one.image) = uid;
        if (!found[1 - archive][i].contains(uid)) {
          one.in = 1 - archive;
          result_.missing.push_back(std::move(one));
        } else if (archive == 0) {
          ++result_.compared[static_cast<std::size_t>(level)];
          both.push_back(std::move(one));
        }
      }
    }
  }
  return both;
}

Comparison Descent::run(const DataSet& studies, QueryLevel level) {
  compare_studies(studies);
  std::vector<Missing> common;
  if (level > QueryLevel::study)
    for (const auto& [uid, study] : result_.studies[0])
      if (result_.studies[1].contains(uid)) common.push_back({0, QueryLevel::study, uid, {}, {}});
  const auto part_of = [](const std::vector<Missing>& all, std::size_t first) {
    return std::vector<Missing>(all.begin() + static_cast<std::ptrdiff_t>(first),
                                all.begin() + static_cast<std::ptrdiff_t>(std::min(first + batch, all.size())));
  };
  const auto going = [&] { return !result_.interrupted && result_.failure.empty(); };
  for (std::size_t i = 0; i < common.size() && going(); i += batch) {
    const auto series = compare_below(part_of(common, i), QueryLevel::series);
    if (level < QueryLevel::image) continue;
    for (std::size_t s = 0; s < series.size() && going(); s += batch)
      (void)compare_below(part_of(series, s), QueryLevel::image);
  }
  console_.clear_progress();
  return std::move(result_);
}

}  // namespace assay::app
