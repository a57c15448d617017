// A workstation: asks an archive what it has, then gets it or has it moved, at any level of the information model. SCU
// of Query/Retrieve, SCP of Storage where it takes what is moved. PS3.4 C.4.1, C.4.2, C.4.3.
// Tests: tests/loopback/workstation_test.cpp, tests/interop/workstation_test.py
#pragma once

#include <set>

#include "peers/devices/device_options.hpp"

namespace assay::peers {

/// How the instances come here. The ways of C-MOVE differ in who listens for the reverse association, and in whether
/// anybody waits for the final response.
enum class RetrieveWay : std::uint8_t {
  get,       // C-GET: over the same association
  collect,   // moves are sent off without waiting; the separate receiver decides when all has come
  blocking,  // one move after the other, each waited for; a separate receiver
  inside,    // the mover itself is the receiver: the destination is its own AE title
  several,   // as blocking, but all moves over one association
  deadlock,  // as inside, in one thread: the receiver is served when the final response has come
};
std::string_view name(RetrieveWay way);
std::optional<RetrieveWay> retrieve_way(std::string_view word);
/// "get, collect, blocking, inside, several, deadlock".
std::string retrieve_ways();

struct WorkstationOptions : DeviceOptions {
  WorkstationOptions() { ae_title = "ASSAY-WS"; }

  RequestorOptions archive;  // its calling AE title is set to ours
  bool listens = true;       // else nothing can be moved here
  /// AE title of the separate receiver; the archive has to know it, and ours, at our address and port.
  std::string receiver_ae_title = "ASSAY-RECEIVER";
  std::shared_ptr<service::InstanceStore> into;           // what comes; null: it is counted and forgotten
  Duration collect_wait = std::chrono::seconds(10);       // collecting ends when nothing has come for so long
  std::function<void(const trace::Trace&)> on_own_trace;  // of associations that we opened
  std::size_t parallel = 8;                               // moves on their way at the same time
  std::size_t max_entities = 100'000;                     // found at one level; a query that yields more is cancelled
};

struct RetrieveTask {
  service::Model model = service::Model::study_root;
  service::QueryLevel level = service::QueryLevel::study;  // what is retrieved one by one
  RetrieveWay way = RetrieveWay::blocking;
  dataset::DataSet keys{dataset::explicit_le};  // narrow the query; none may be of a level below
  std::string destination;                      // another application collects; empty: we do
};

struct RetrieveReport {
  std::size_t found = 0;      // entities of the level
  std::size_t expected = 0;   // instances that they have, as a query at the image level says
  std::size_t received = 0;   // of these
  std::size_t others = 0;     // instances that came and were not expected
  std::size_t completed = 0;  // sub-operations, by the final responses: with success
  std::size_t warning = 0;
  std::size_t failed = 0;
  std::size_t answered = 0;    // retrievals with a final response
  std::size_t unanswered = 0;  // moves that had none when the last instance had come, or when we gave up
  std::size_t failures = 0;
  Failure worst = Failure::none;     // the first
  std::vector<std::string> missing;  // expected and not here, at most max_missing

  static constexpr std::size_t max_missing = 1000;
};

class Workstation {
 public:
  /// The error says what to do. The loop outlives it, and it outlives what it has begun.
  static std::expected<std::unique_ptr<Workstation>, std::string> start(Loop& loop, WorkstationOptions options);
  ~Workstation();
  Workstation(const Workstation&) = delete;
  Workstation& operator=(const Workstation&) = delete;

  /// 0: it does not listen.
  [[nodiscard]] std::uint16_t port() const { return acceptor_ ? acceptor_->port() : std::uint16_t{0}; }
  /// Null when it does not listen.
  [[nodiscard]] Acceptor* acceptor() { return acceptor_.get(); }
  void set_archive(RequestorOptions archive);

  /// Finds and retrieves; one task at a time. `done` is called once, from the loop.
  void retrieve(RetrieveTask task, std::function<void(RetrieveReport)> done);
  [[nodiscard]] bool busy() const { return busy_; }
  /// No more retrievals of the task in hand; those that have begun go on.
  void rest();
  void stop(Duration grace);

 private:
  struct Work;
  class Receiver;

  Workstation(Loop& loop, WorkstationOptions options);
  void find(service::QueryLevel level);
  void found(service::QueryLevel level);
  void retrieve_next();
  void get_next();
  void move_all();
  void move(std::size_t number);
  void collect();
  void ended(const RequestorResult& result, bool final_response);
  void failed(Failure failure, const std::string& message);
  void finish();
  void say(const std::string& line) const;

  Loop& loop_;
  WorkstationOptions options_;
  std::shared_ptr<Receiver> receiver_;
  std::unique_ptr<Acceptor> acceptor_;
  std::shared_ptr<Work> work_;  // the task in hand
  bool busy_ = false;           // until it was told of
};

}  // namespace assay::peers
