// The only room with sockets, clocks and child processes. Everything runs on one Loop (one Asio io_context, one
// thread) that carries many connections; every wait has a limit; TCP_NODELAY and TCP_QUICKACK are always set.
// Tests: tests/loopback/
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/time.hpp"
#include "harness/scenario/interpreter.hpp"
#include "harness/service/negotiation.hpp"
#include "harness/service/provider.hpp"
#include "harness/service/store.hpp"
#include "harness/session/faults.hpp"
#include "harness/session/session.hpp"
#include "harness/trace/rule.hpp"
#include "peers/process_tracer.hpp"
#include "peers/tls/authority.hpp"
#include "peers/tls/tls.hpp"

namespace assay::peers {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop() or nothing is left to do.
  void run();
  /// Runs until `done` holds, asked after each piece of work; false when stop() came first or nothing is left to do.
  bool run_until(const std::function<bool()>& done);
  /// The same with a limit, for what tells nobody when it changes (/proc): asked every few milliseconds, too. False
  /// when `limit` has passed or stop() came.
  bool wait_until(const std::function<bool()>& done, Duration limit);
  /// May be called from any thread.
  void stop();
  /// Does this later, on the loop. May be called from any thread.
  void post(std::function<void()> work);
  [[nodiscard]] Instant now() const;
  /// Calls `handler` on SIGINT and SIGTERM instead of dying. The loop then runs until stop().
  void on_signal(std::function<void(int)> handler);

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// A port of the loopback that was free a moment ago.
std::expected<std::uint16_t, std::string> free_port();
/// Whether a listener could be opened there just now; the error says what to do.
std::expected<void, std::string> can_listen(const std::string& address, std::uint16_t port);

struct AcceptorOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                              // 0 = pick a free one
  std::string port_setting = "--port";                 // what a person changes to get another one
  service::Policy policy = service::default_policy();  // what is accepted and offered
  std::shared_ptr<service::InstanceStore> store;       // null: an empty one in memory
  service::Services services;                          // empty: those of an archive over `store`
  service::ProviderOptions provider;
  session::Options session;                           // its maximum_length is the policy's
  Duration dimse_timeout = std::chrono::seconds(30);  // silence inside an association before it is aborted
  std::shared_ptr<const trace::RuleBook> rules;       // set: every connection is observed
  std::function<void(const trace::Trace&)> on_trace;  // a finished observed connection
  std::function<void(std::string)> log;               // one line per association event
  std::shared_ptr<const TlsContext> tls;              // set: nothing but TLS is taken
  std::shared_ptr<const faults::Plan> faults;         // set: how it misbehaves on purpose
};

/// A DICOM acceptor for many associations: negotiation and services by service::Provider. The loop outlives it.
class Acceptor {
 public:
  /// An error says what to do ("port 104 is in use: choose another with --port, or stop the program that holds it").
  static std::expected<std::unique_ptr<Acceptor>, std::string> start(Loop& loop, AcceptorOptions options);
  ~Acceptor();
  [[nodiscard]] std::uint16_t port() const;
  /// Established ones.
  [[nodiscard]] std::size_t open_associations() const;
  /// TCP connections, those without an association included.
  [[nodiscard]] std::size_t open_connections() const;
  /// No new connections; open ones are aborted after `grace`.
  void stop(Duration grace);
  /// How connections that begin from here on misbehave; null: as they should.
  void set_faults(std::shared_ptr<const faults::Plan> plan);
  /// False: whoever connects from here on waits, as before a program with one thread that is busy elsewhere.
  void set_serving(bool serving);

  struct Impl;

 private:
  explicit Acceptor(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

/// How far a requestor got, when it failed: told apart because the advice differs.
enum class Failure : std::uint8_t {
  none,
  resolve,
  refused,
  unreachable,
  connect_timeout,
  tls,  // no agreement on TLS, or it was ended by an alert
  closed_after_accept,
  not_dicom,
  silent,
  rejected,
  no_context,
  aborted,
  lost,
  dimse_timeout,
  bad_response,
  status,       // everything went as it should, but the peer answered with a failure status
  interrupted,  // the loop was stopped
  usage,        // nothing was sent: the request itself is not possible
};
std::string_view name(Failure failure);

struct RequestorResult {
  Failure failure = Failure::none;
  std::string message;                                // one line with what to do; empty on success
  std::vector<std::uint16_t> statuses;                // one final status per operation that was answered, in order
  std::vector<dataset::DataSet> identifiers;          // C-FIND matches; of C-GET and C-MOVE the list of what failed
  std::optional<service::SubOperationCounts> counts;  // C-GET, C-MOVE: those of the last response
  std::vector<std::string> sop_instances;             // DIMSE-N: the one each operation was on
  std::optional<std::uint16_t> window;                // operations at the same time agreed on; 0: any number
  Duration took{0};
  std::optional<trace::Trace> trace;
  std::optional<trace::Tls> tls;  // also where it was not agreed on
};

struct RequestorOptions {
  std::string host;
  std::uint16_t port = 0;
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  Duration connect_timeout = std::chrono::seconds(10);
  Duration dul_timeout = std::chrono::seconds(10);
  Duration dimse_timeout = std::chrono::seconds(30);
  /// Operations outstanding at the same time that are asked for (PS3.7 D.3.3.3), by services that can: echo and store.
  /// 1: nothing is asked; 0: as many as the peer lets us.
  std::uint16_t window = 1;
  session::Options session;
  std::shared_ptr<const trace::RuleBook> rules;
  std::shared_ptr<const TlsContext> tls;       // set: TLS is spoken
  std::shared_ptr<const faults::Plan> faults;  // set: how it misbehaves on purpose
};

struct GetRequest {
  service::Model model = service::Model::study_root;
  dataset::DataSet identifier{dataset::explicit_le};
  /// Storage SOP Classes proposed with the SCP role (PS3.4 C.4.3.2.1), each in the uncompressed transfer syntaxes and,
  /// in a context of its own, in each of the others; cut at what 128 contexts hold.
  std::vector<std::string> sop_classes;
  std::vector<std::string> compressed_syntaxes;
  std::shared_ptr<service::InstanceStore> into;  // takes what comes, and answers for it
  service::StorageOptions storage;
  std::function<bool(std::size_t)> cancel;  // true sends C-CANCEL, once; given how many have come. Empty: never
  std::function<void(const service::SubOperationCounts&)> on_progress;
  bool relational = false;  // relational retrieval is proposed; without agreement nothing is asked
};

struct MoveRequest {
  service::Model model = service::Model::study_root;
  dataset::DataSet identifier{dataset::explicit_le};
  std::string destination;                  // AE title
  std::function<bool(std::size_t)> cancel;  // true sends C-CANCEL, once; given how many are done. Empty: never
  std::function<void(const service::SubOperationCounts&)> on_progress;
  bool relational = false;
};

using RequestorDone = std::function<void(RequestorResult)>;

/// One association as SCU: echo `count` times. `done` is called once, from the loop.
void async_echo(Loop& loop, const RequestorOptions& options, unsigned count, RequestorDone done);
/// Stores instances over one association. A refused instance does not stop the others. An instance for which no
/// presentation context was accepted is not sent; its status is 0x0122 and the failure no_context.
void async_store(Loop& loop, const RequestorOptions& options, std::vector<service::InstancePtr> instances,
                 RequestorDone done);
/// Study Root C-FIND.
void async_find(Loop& loop, const RequestorOptions& options, dataset::DataSet identifier, RequestorDone done);

/// C-FIND of any information model: its FIND SOP Class, the Modality Worklist's for example.
void async_find(Loop& loop, const RequestorOptions& options, std::string_view sop_class_uid,
                dataset::DataSet identifier, RequestorDone done);
void async_worklist(Loop& loop, const RequestorOptions& options, dataset::DataSet identifier, RequestorDone done);

/// One DIMSE-N operation (PS3.7 10.1).
struct NormalizedCall {
  dimse::CommandField request = dimse::CommandField::n_get_rq;
  std::string sop_class_uid;     // of the presentation context, too
  std::string sop_instance_uid;  // empty: none; of an operation after an N-CREATE, the one the SCP chose
  std::uint16_t type = 0;        // of an action or event
  std::optional<dataset::DataSet> data_set;
};
/// Operations one after the other over one association; the first that fails is the last. Data Sets of responses come
/// as identifiers.
void async_normalized(Loop& loop, const RequestorOptions& options, std::vector<NormalizedCall> calls,
                      RequestorDone done);

/// A Modality Performed Procedure Step: what of it is reported now (PS3.4 F.7.2).
struct MppsRequest {
  std::string sop_instance_uid;            // empty: the SCP chooses one at creation
  std::optional<dataset::DataSet> create;  // N-CREATE with this, then
  std::optional<dataset::DataSet> set;     // N-SET with this
};
void async_mpps(Loop& loop, const RequestorOptions& options, MppsRequest request, RequestorDone done);

/// C-GET (PS3.4 C.4.3) and C-MOVE (C.4.2).
void async_get(Loop& loop, const RequestorOptions& options, GetRequest request, RequestorDone done);
void async_move(Loop& loop, const RequestorOptions& options, MoveRequest request, RequestorDone done);
/// The sub-operations of a C-MOVE: one association with its destination. `job.source` is told of the end, then `done`.
void async_forward(Loop& loop, const RequestorOptions& options, service::ForwardJob job, RequestorDone done);

/// An application entity that we may call.
struct Destination {
  std::string host;
  std::uint16_t port = 0;
  std::shared_ptr<const TlsContext> tls;  // set: it is spoken to in TLS
};
/// By AE title. Whoever holds one may change it while it is used: what is begun later goes by what it says then.
using DestinationTable = std::map<std::string, Destination, std::less<>>;
/// C-MOVE to the entities of a table; `options` has our title and the limits. `log` gets a line each time one cannot be
/// reached or refuses. The loop outlives it.
service::Forward forward_to(Loop& loop, std::shared_ptr<const DestinationTable> table, RequestorOptions options,
                            std::function<void(std::string)> log = {});

/// The same, running the loop until the end. Not to be called from inside the loop.
RequestorResult echo(Loop& loop, const RequestorOptions& options, unsigned count = 1);
RequestorResult store(Loop& loop, const RequestorOptions& options, const std::vector<service::Instance>& instances);
RequestorResult find(Loop& loop, const RequestorOptions& options, const dataset::DataSet& identifier);
RequestorResult worklist(Loop& loop, const RequestorOptions& options, const dataset::DataSet& identifier);
RequestorResult normalized(Loop& loop, const RequestorOptions& options, std::vector<NormalizedCall> calls);
RequestorResult mpps(Loop& loop, const RequestorOptions& options, MppsRequest request);
RequestorResult get(Loop& loop, const RequestorOptions& options, GetRequest request);
RequestorResult move(Loop& loop, const RequestorOptions& options, MoveRequest request);

/// How the DUT is made to act. `start` and `act` are run by /bin/sh -c, so that quoting works as in a shell.
/// In both, {action} {host} {port} {called} {calling} and any other word of the `operate` step are replaced by their
/// values, quoted for the shell where they need it; a name nobody knows stays as it is. The same values stand in the
/// environment as ASSAY_ACTION, ASSAY_HOST, ASSAY_PORT, ASSAY_CALLED, ASSAY_CALLING and so on.
struct DutControl {
  std::string start;         // --dut-start: run once per job and again when the DUT died; killed by its id at the end
  std::string act;           // --dut-act
  bool interactive = false;  // no command: ask the person
  Duration start_timeout = std::chrono::seconds(20);
  std::size_t keep_output = 8192;                                // bytes of what a started DUT writes, the last ones
  std::vector<std::pair<std::string, std::string>> environment;  // of what is started here, beside ours
  /// Set: told of each process of a started DUT that dies by a signal (peers/process.hpp).
  std::function<void(SignalDeath)> on_death;
  std::string host = "127.0.0.1";  // where a started DUT listens
  std::uint16_t port = 0;          // 0: nobody waits for it to listen
  std::string called = "ANY-SCP";  // words of `start`, and of `act` where the step does not say otherwise
  std::string calling = "ASSAY";
  /// Instead of `act`: a device inside this process. Calls back with whether it acted and one line of detail.
  std::function<void(const scenario::Operate&, std::function<void(bool, std::string)>)> act_in_process;
  /// Told of each port that a scenario listens on: a device inside this process may put it into its tables.
  std::function<void(std::uint16_t)> listening;
  std::function<void(std::string)> log;  // started, died, restarted
};

/// TLS of a run of scenarios.
struct HostTls {
  TlsOptions client;  // towards the device
  TlsOptions server;  // where the device connects to us
  /// An authority that the device trusts, for certificates that are wrong in one thing only; null: there is none.
  std::shared_ptr<const TestAuthority> authority;
  std::vector<std::string> hosts{"localhost", "127.0.0.1"};  // what we are called in such certificates
};

struct HostOptions {
  std::string listen_address = "127.0.0.1";  // of Listen commands
  std::shared_ptr<const HostTls> tls;        // null: the run speaks no TLS
};

/// Lends scenarios sockets, time and DUT control, and runs them to their end.
class ScenarioHost {
 public:
  ScenarioHost(Loop& loop, DutControl dut, HostOptions options = {});
  ~ScenarioHost();
  ScenarioHost(const ScenarioHost&) = delete;
  ScenarioHost& operator=(const ScenarioHost&) = delete;

  /// Starts a DUT that is to be started and does not run, then the interpreter; calls `done` once it has finished.
  /// Several may run on one loop.
  void run(std::shared_ptr<scenario::Interpreter> interpreter, std::function<void()> done);
  /// The same for one that waits for steps: `idle` is called from the loop when it is ready for the first, and each
  /// time it is ready again after a tell().
  void run(std::shared_ptr<scenario::Interpreter> interpreter, std::function<void()> idle, std::function<void()> done);
  /// Does something to a running interpreter that waits for steps, and what comes of it. Nothing once it has finished.
  void tell(const std::shared_ptr<scenario::Interpreter>& interpreter,
            const std::function<void(scenario::Interpreter&, Instant)>& what);
  /// The next run() gets a DUT started afresh: the last case may have left this one unable to answer.
  void restart_dut();
  /// Every running interpreter finishes with what is known.
  void interrupt();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace assay::peers
