// What the everyday SCU commands share: whom they talk to and how, as the command line fills it in. What is made of it
// stands in scu_run.hpp. Tests: tests/interop/scu_commands_test.py, scu_query_test.py
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/options.hpp"
#include "harness/app/tls.hpp"
#include "harness/base/time.hpp"

namespace assay::app {

struct ScuOptions {
  std::string target;                 // HOST:PORT or AE@HOST:PORT
  std::string called_ae = "ANY-SCP";  // unless the target names it
  std::string calling_ae = "ASSAY";
  std::optional<Duration> timeout;        // of every wait; none: 10 s, and 30 s for a DIMSE response
  std::optional<Duration> dimse_timeout;  // for a DIMSE response alone
  bool json = false;
  bool show_trace = false;
  bool strict = false;  // warnings, and rules that the peer breaks, make it red
  bool judge = true;    // hold the peer against the rules
  unsigned repeat = 1;
  unsigned window = 1;  // operations at the same time that are asked for; 0 = as many as the peer lets us
  TlsWords tls;
  std::string faults;  // file; "" = none
};

/// C-ECHO, `repeat` times over one association.
int echo(const ScuOptions& options, Console& console);

struct StoreFilesOptions {
  ScuOptions scu;
  std::vector<std::string> paths;
  std::string transfer_syntax;  // UID, keyword or implicit, explicit, big-endian; "" = as they are
  unsigned jobs = 1;            // associations at the same time
};
/// C-STORE of files and folders. 0 all stored, 1 some refused, 2 files that cannot be used, 3 some or all not sent.
int store_files(const StoreFilesOptions& options, Console& console);

struct QueryOptions {
  ScuOptions scu;
  bool worklist = false;
  std::vector<std::string> keys;  // as typed
  std::string query_file;
  std::string level;  // "" = by the keys, else STUDY, or PATIENT where the model begins there
  std::string model;  // patient, study, patient-study, keyword or UID of a FIND SOP Class; "" = study
  std::string out;    // folder for the matches
  bool out_json = false;
  std::optional<unsigned> cancel_after;
  std::optional<unsigned> limit;
  bool relational = false;  // relational queries are proposed
  bool date_time = false;   // combined date-time matching is
};
/// C-FIND. 0 answered, matches or none.
int find(const QueryOptions& options, Console& console);

struct ReconcileOptions {
  ScuOptions scu;  // but for the target, the same to both
  std::string a;   // HOST:PORT or AE@HOST:PORT
  std::string b;
  std::string level = "study";
  std::vector<std::string> keys;  // narrow the studies that are compared
  std::string missing;            // file for the list; "" = none
};
/// Compares two archives by query. 0 both have the same, 1 something is missing, 3 an archive could not be asked.
int reconcile(const ReconcileOptions& options, Console& console);

}  // namespace assay::app
