// One running case: the state and the engine behind Interpreter. run.cpp walks through the steps, run_steps.cpp carries
// out those that act, run_expect.cpp those that wait for the device, run_told.cpp takes steps from a script,
// run_verdict.cpp judges.
// Tests: tests/unit/scenario/interpreter_test.cpp
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/scenario/connection.hpp"
#include "harness/scenario/interpreter.hpp"
#include "harness/scenario/program.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {

using trace::Verdict;
using Variables = std::vector<std::pair<std::string, std::string>>;

/// Steps of one case, loops counted each time: a loop of loops must end.
inline constexpr std::size_t max_steps = 2'000'000;
/// Elements kept for the executed scenario.
inline constexpr std::size_t max_executed = 20'000;

inline constexpr std::chrono::seconds default_wait{10};

/// "2.5 s", for people.
std::string seconds(Duration duration);

struct Listener {
  ListenerId id = 0;
  std::string name;
  bool ready = false;
  bool refuses = false;  // closed again as soon as its port is known
  std::string failure;
  std::uint16_t port = 0;
  std::string turned_away;           // the last that came, for want of TLS
  bool clear_on_tls = false;         // what comes is in the clear where the run speaks TLS
  std::deque<ConnectionId> waiting;  // accepted by the host, not yet by a step
  std::shared_ptr<const faults::Plan> faults;
  std::uint32_t faulty = 0;  // connections that had these faults
};

struct Operation {
  std::uint32_t id = 0;
  bool over = false;
  bool done = false;
  bool to_be_refused = false;  // sent to a port where nobody listens: that it fails is what was wanted
  std::string detail;
};

/// Steps being worked through; those of a loop go round.
struct Frame {
  const std::vector<Step>* steps = nullptr;
  std::size_t at = 0;
  const Step* loop = nullptr;
  std::int64_t round = 1;
  Instant began{};  // of a measurement
};

enum class Progress : std::uint8_t { done, blocked };

struct Interpreter::Impl {
  Impl(const Case& the_case, Environment the_environment)
      : scenario_case(the_case),
        scenario(*the_case.scenario),
        environment(std::move(the_environment)),
        program(program_of(the_case)),
        uids(environment.seed),
        result(the_case.blank_result()) {
    set_variable("called-ae", environment.called_ae);
    set_variable("calling-ae", environment.calling_ae);
    set_variable("target-host", environment.target_host);
    set_variable("target-port", std::to_string(environment.target_port));
    for (const auto& [name, value] : environment.variables) set_variable(name, value);
    if (!environment.rules) environment.rules = std::make_shared<trace::RuleBook>();
  }

  // --- variables and waits ---

  void set_variable(const std::string& name, std::string value);

  [[nodiscard]] std::string variable(std::string_view name) const;

  [[nodiscard]] Duration wait_named(const std::string& name) const;

  [[nodiscard]] Duration within(const Element& element, const std::string& otherwise) const;

  // --- connections ---

  Connection* connection_named(std::string_view name);

  Connection* connection_with(ConnectionId id);

  Connection* connection_of(const Element& element);

  Connection& add_connection(std::string name, bool we_opened, std::string description);

  Listener* listener_named(std::string_view name);

  // --- the verdict ---

  void judge(Verdict verdict, std::string reason, std::string expected = {}, std::string actual = {});

  [[nodiscard]] static std::string name_of(const Step& step);

  /// A refusal nobody promised not to make: neither fault nor support can be read from it.
  [[nodiscard]] std::optional<std::string> unexplained_refusal(const Item* item) const;

  [[nodiscard]] static bool is_refusal(const Item& item);

  [[nodiscard]] bool all_needs_claimed() const;

  /// A step went wrong: what that means depends on where the scenario stands. The case ends here.
  void stopped(const Step& step, std::string what, std::string expected, std::string actual,
               const Item* item = nullptr);

  void own_fault(const Location& at, const std::string& message);

  /// Assay itself cannot go on: the case is in error; of a told step, that step.
  void cannot(std::string why);

  /// This step is over for good, with the case or without.
  [[nodiscard]] bool given_up() const { return ended || outcome.failure != StepOutcome::Failure::none; }

  /// A told step did not work: the case goes on with the next one.
  void step_failed(StepOutcome::Failure failure, std::string where, std::string what, std::string expected,
                   std::string actual);

  // --- the executed scenario ---

  void executed_step(const Element& element);

  void executed_item(const Connection& connection, const Item& item);

  // --- the engine ---

  void run();

  /// A device may misbehave late: the run may grant it time for that before the connections are closed.
  bool settled();

  void leave(Frame& frame);

  /// Ends the innermost repeat, and what stands in it.
  void leave_loop();

  void begin(const Step& step);

  static const Attribute* without_value(const Element& element);

  void push_frame(const std::vector<Step>& steps, const Step* loop);

  Progress perform(const Step& step);

  /// True once the deadline of this step has come; sets it the first time.
  bool overdue(Duration limit);

  Progress connect(const Step& step);

  Progress listen(const Step& step);

  /// What a connect or listen step wants below DICOM.
  [[nodiscard]] Below below() const;

  Progress start_tls();

  Progress accept(const Step& step);

  Progress accept_optional();

  /// Records how many connections the device has opened so far, where the step asks for it.
  void count_calls();
  // --- faults (run_faults.cpp) ---

  /// What <faults> in this step says; nothing without it, or when it is wrong (which ends the case).
  std::shared_ptr<const faults::Plan> fault_plan(const Element& step);

  void begin_faults(Connection& connection);

  /// What the faults of this connection want done.
  void pump_faults(Connection& connection);

  void expire_faults();

  [[nodiscard]] std::optional<Instant> fault_deadline() const;

  Progress operate(const Step& step);

  Progress check_ended(const Step& step);

  BuildInput build_input() { return {environment.called_ae, environment.calling_ae, &uids, environment.read_file}; }

  Progress send(const Step& step);

  void transmit(Connection& connection, std::vector<Built>& parts, Bytes whole);

  static std::int64_t pieces_of(const Send& command);

  Progress close();

  Progress wait();

  Progress reading();

  // --- expectations ---

  struct Alternative {
    const Element* matcher = nullptr;
    const Element* tolerate = nullptr;
    const Element* optional = nullptr;
  };

  static void collect(const Element& group, const Element* tolerate, const Element* optional,
                      std::vector<Alternative>& out);

  static std::string expected_text(const std::vector<Alternative>& alternatives);

  [[nodiscard]] Duration expect_limit(const std::vector<Alternative>& alternatives) const;

  void capture(const Element& matcher, const Item& item, const Dialogue& dialogue);

  void matched(const Alternative& one);

  Progress expect(const Step& step);

  [[nodiscard]] bool too_few_optional(const std::vector<Alternative>& alternatives) const;

  Progress nothing_came(const Step& step, Connection& connection, const std::vector<Alternative>& alternatives);

  Progress serve(const Step& step);

  // --- the end ---

  void end();

  [[nodiscard]] bool ignored(const trace::Finding& finding) const;

  void judge_findings();

  /// Skipped before anything is opened, when the profile says that the case is not for this device.
  bool skipped();

  Case scenario_case;
  const Scenario& scenario;
  Environment environment;
  std::vector<Step> program;
  UidSource uids;
  trace::CaseResult result;

  Variables variables;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<Listener> listeners;
  std::vector<Operation> operations;
  std::deque<Command> commands;
  std::vector<Frame> frames;
  std::vector<Element> executed;
  std::optional<Item> last_answer;  // of the peer, without its data

  // The step in hand.
  bool begun = false;
  bool leaving = false;  // the innermost repeat, after this step
  Instant begun_at;
  Element current;  // with variables filled in
  int phase = 0;
  std::size_t optional_seen = 0;  // of the optional run that matched last
  const Element* optional_run = nullptr;
  std::vector<const Element*> optional_done;  // runs that matched at least as often as they must
  std::optional<Element> tolerated;           // by an optional run
  std::optional<Instant> deadline;
  bool send_done = false;
  ConnectionId sending_on = 0;
  Duration send_limit{};
  std::string connect_failure;
  std::uint32_t operation_waited = 0;

  // Of a case whose steps are told.
  bool telling = false;
  std::vector<Step> told;  // what the step in hand consists of
  std::set<std::string> told_accepted;
  int told_health_checks = 0;
  StepOutcome outcome;

  bool cut_short = false;  // a step went wrong
  bool running = false;
  bool settling = false;
  bool ended = false;
  std::size_t steps_taken = 0;
  Instant started;
  Instant now;
};

}  // namespace assay::scenario
