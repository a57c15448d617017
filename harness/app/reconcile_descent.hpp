// Two archives compared by query, study by study (PS3.4 C.4.1.3.1): all studies of both, then the series of those that
// both have, then the instances of the series that both have. So no archive is ever asked for all its images at once.
// Tests: tests/interop/scu_query_test.py
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/app/scu_run.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/service/query.hpp"

namespace assay::app {

struct StudySeen {
  std::string patient_id;
  std::string patient_name;  // UTF-8, safe to print
  std::string date;
};

/// Something one archive has and the other does not; `study` alone is filled in for a study, and so on.
struct Missing {
  int in = 0;  // the archive that lacks it: 0 = A, 1 = B
  service::QueryLevel level = service::QueryLevel::study;
  std::string study;
  std::string series;
  std::string image;
};

struct Comparison {
  std::map<std::string, StudySeen> studies[2];
  std::size_t compared[4] = {};  // by level: what both have
  std::vector<Missing> missing;
  std::vector<std::string> differing;  // studies that the two give to different patients
  std::size_t without_uid[2] = {};     // answers that cannot be compared
  std::string failure;                 // one line; the comparison ended there
  bool interrupted = false;
  PeerFindings findings[2];
};

/// Archives 0 and 1 are asked at the same time, one association each per round.
class Descent {
 public:
  Descent(const peers::RequestorOptions (&requestors)[2], std::string sop_class, Console& console, bool quiet);

  /// `studies`: the Identifier that selects them.
  Comparison run(const dataset::DataSet& studies, service::QueryLevel level);

 private:
  struct Round;

  bool ask(Round& round);
  void compare_studies(const dataset::DataSet& studies);
  /// What `above` (both have it) holds, one level down; what both have of it.
  std::vector<Missing> compare_below(const std::vector<Missing>& above, service::QueryLevel level);

  const peers::RequestorOptions (&requestors_)[2];
  std::string sop_class_;
  Console& console_;
  peers::Loop loop_;
  ScuInterrupt interrupt_;
  ScuProgress progress_;
  Comparison result_;
};

}  // namespace assay::app
