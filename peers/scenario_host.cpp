#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <list>
#include <unordered_set>

#include "harness/base/hex.hpp"
#include "peers/connection.hpp"
#include "peers/listener.hpp"
#include "peers/process.hpp"
#include "peers/tls/contexts.hpp"

namespace assay::peers {
namespace {

/// How long a DUT may take to end by itself before it is killed.
constexpr auto end_grace = std::chrono::seconds(3);
/// How often, and how long apart, is looked whether a port has become free: three seconds in all.
constexpr int port_tries = 300;
constexpr auto port_pause = std::chrono::milliseconds(10);
/// A scenario opens a handful of connections; a flood from outside must not take all our file descriptors.
constexpr std::size_t max_connections_per_run = 2000;

}  // namespace

struct ScenarioHost::Impl : std::enable_shared_from_this<ScenarioHost::Impl> {
  class Run;
  using Words = std::vector<std::pair<std::string, std::string>>;
  using Told = std::function<void(bool, std::string)>;

  Impl(Loop& used, DutControl control, HostOptions chosen)
      : loop(used), dut(std::move(control)), options(std::move(chosen)), tls_contexts(options.tls) {}

  void log(const std::string& line) const {
    if (dut.log) dut.log(line);
  }
  /// Starts the DUT unless it runs, and waits until it listens.
  void ensure_started(Told told);
  void stop_dut(std::function<void()> stopped);
  void launch(Told told);
  void when_port_is_free(std::function<void()> then, int tries);
  std::expected<std::unique_ptr<Process>, std::string> shell(const std::string& command, Words words);

  Loop& loop;
  DutControl dut;
  HostOptions options;
  TlsContexts tls_contexts;
  std::unique_ptr<Process> process;
  bool started_before = false;
  bool restart_wanted = false;
  std::unordered_set<std::shared_ptr<Run>> runs;
};

/// One interpreter with what it was lent.
class ScenarioHost::Impl::Run : public std::enable_shared_from_this<Run> {
 public:
  Run(std::shared_ptr<Impl> owner, std::shared_ptr<scenario::Interpreter> interpreter, std::function<void()> idle,
      std::function<void()> done)
      : owner_(std::move(owner)),
        loop_(owner_->loop.impl()),
        interpreter_(std::move(interpreter)),
        idle_(std::move(idle)),
        done_(std::move(done)),
        timer_(loop_.context),
        person_(loop_.context) {}

  void start() {
    if (std::exchange(begun_, true)) return;
    interpreter_->start(loop_.now());
    drive();
  }

  [[nodiscard]] bool runs(const scenario::Interpreter* interpreter) const { return interpreter_.get() == interpreter; }

  void tell(const std::function<void(scenario::Interpreter&, Instant)>& what) {
    if (!begun_) return;
    idle_told_ = false;
    input([&](scenario::Interpreter& one) { what(one, loop_.now()); });
  }

  void interrupt() {
    if (finished_) return;
    if (!begun_) {
      begun_ = true;
      interpreter_->start(loop_.now());
    }
    interpreter_->interrupt(loop_.now());
    drive();
  }

 private:
  template <typename Input>
  void input(Input give) {
    if (finished_) return;
    give(*interpreter_);
    drive();
  }

  /// Carries out commands until there are none; what happens meanwhile is told to the interpreter, whose new commands
  /// the outermost call carries out.
  void drive() {
    if (driving_ || finished_) return;
    const auto keep = shared_from_this();
    driving_ = true;
    while (!interpreter_->finished()) {
      auto command = interpreter_->next_command();
      if (!command) break;
      std::visit([this](auto& one) { carry_out(one); }, *command);
    }
    driving_ = false;
    if (interpreter_->finished()) {
      finish();
      return;
    }
    schedule();
    if (idle_ && interpreter_->idle() && !std::exchange(idle_told_, true))
      asio::post(loop_.context, [weak = weak_from_this()] {
        if (const auto self = weak.lock(); self && !self->finished_) self->idle_();
      });
  }

  void schedule() {
    const auto next = interpreter_->next_deadline();
    if (!next) {
      timer_at_.reset();
      timer_.cancel();
      return;
    }
    if (timer_at_ && *timer_at_ == *next) return;
    timer_at_ = next;
    timer_.expires_at(loop_.time_point(*next));
    timer_.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!self || error) return;
      self->timer_at_.reset();
      self->input([&](scenario::Interpreter& one) { one.expire(self->loop_.now()); });
    });
  }

  void finish() {
    finished_ = true;
    timer_.cancel();
    error_code ignored;
    person_.close(ignored);
    for (const auto& connection : securing_) connection->close();
    securing_.clear();
    for (auto& [id, connection] : connections_) connection->close();
    connections_.clear();
    for (auto& [id, acceptor] : listeners_) acceptor->close(ignored);
    listeners_.clear();
    acting_.clear();  // kills what still runs
    owner_->runs.erase(shared_from_this());
    asio::post(loop_.context, [done = std::move(done_)] { done(); });
  }

  // --- connections ---

  void open(scenario::ConnectionId id, const std::shared_ptr<Connection>& connection) {
    connections_[id] = connection;
    const auto weak = weak_from_this();
    Connection::Handlers handlers;
    handlers.received = [weak, id](ByteView bytes) {
      if (const auto self = weak.lock())
        self->input([&](scenario::Interpreter& one) { one.received(id, bytes, self->loop_.now()); });
    };
    handlers.closed = [weak, id](trace::Closing how, const std::string&) {
      const auto self = weak.lock();
      if (!self) return;
      const auto found = self->connections_.find(id);
      const bool notified = found != self->connections_.end() && found->second->peer_notified();
      if (found != self->connections_.end()) self->connections_.erase(found);
      self->input([&](scenario::Interpreter& one) { one.peer_closed(id, how, self->loop_.now(), notified); });
    };
    handlers.alert = [weak, id](const trace::Tls& tls) {
      if (const auto self = weak.lock())
        self->input([&](scenario::Interpreter& one) { one.tls_ended(id, tls, self->loop_.now()); });
    };
    handlers.sent = [weak, id] {
      if (const auto self = weak.lock())
        self->input([&](scenario::Interpreter& one) { one.sent(id, self->loop_.now()); });
    };
    connection->start(std::move(handlers), false);
  }

  /// Bytes must not come in before the interpreter knows the connection, nor while it wants none.
  void begin_reading(scenario::ConnectionId id) {
    const auto found = connections_.find(id);
    if (found != connections_.end() && !paused_.contains(id)) found->second->read(true);
  }

  void carry_out(const scenario::Connect& command) {
    auto connection = Connection::create(loop_);
    connection->connect(
        command.host, command.port, command.within,
        [weak = weak_from_this(), command, connection](error_code error, bool) {
          const auto self = weak.lock();
          const auto id = command.connection;
          if (!self || self->finished_) {
            connection->close();
            return;
          }
          if (error) {
            const auto why = error == asio::error::timed_out ? "no answer in time" : error.message();
            self->input([&](scenario::Interpreter& one) { one.connect_failed(id, why, self->loop_.now()); });
            return;
          }
          self->connected(command, connection);
        });
  }

  void connected(const scenario::Connect& command, const std::shared_ptr<Connection>& connection) {
    const auto id = command.connection;
    const auto failed = [this, id](const std::string& why) {
      input([&](scenario::Interpreter& one) { one.connect_failed(id, why, loop_.now()); });
    };
    if (command.below != scenario::Below::tls) {
      open(id, connection);
      if (command.below == scenario::Below::tls_later) paused_.insert(id);
      input([&](scenario::Interpreter& one) { one.connected(id, connection->local_address(), loop_.now()); });
      begin_reading(id);
      return;
    }
    const auto context = owner_->tls_contexts.get(TlsRole::client);
    if (!context) {
      connection->close();
      failed(context.error());
      return;
    }
    securing_.insert(connection);
    connection->secure(*context, command.host, command.within,
                       [weak = weak_from_this(), id, connection, failed](const trace::Tls& tls) {
                         const auto self = weak.lock();
                         if (!self) return;
                         self->securing_.erase(connection);
                         if (self->finished_) return;
                         if (!tls.established) {
                           connection->close();
                           failed(tls.failure + ": " + tls.advice);
                           return;
                         }
                         self->open(id, connection);
                         const auto address = connection->local_address();
                         self->input([&](scenario::Interpreter& one) {
                           one.connected(id, address, self->loop_.now());
                           one.secured(id, tls, self->loop_.now());
                         });
                         self->begin_reading(id);
                       });
  }

  void carry_out(const scenario::StartTls& command) {
    const auto id = command.connection;
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    const auto connection = found->second;
    const auto told = [weak = weak_from_this(), id](const trace::Tls& tls) {
      const auto self = weak.lock();
      if (!self) return;
      self->input([&](scenario::Interpreter& one) { one.secured(id, tls, self->loop_.now()); });
      self->paused_.erase(id);
      self->begin_reading(id);
    };
    if (command.renegotiate) {
      connection->renegotiate(command.within, told);
      return;
    }
    const auto context =
        owner_->tls_contexts.get(command.as_client ? TlsRole::client : TlsRole::server, command.settings);
    if (!context) {
      trace::Tls tls;
      tls.failure = context.error();
      tls.refused_by = command.as_client ? trace::Side::requestor : trace::Side::acceptor;
      asio::post(loop_.context, [told, tls] { told(tls); });
      return;
    }
    connection->secure(*context, command.host, command.within, told,
                       {command.pieces, command.pause, command.only_so_many});
  }

  void carry_out(const scenario::Send& command) {
    const auto found = connections_.find(command.connection);
    if (found == connections_.end()) return;
    const auto connection = found->second;
    if (command.bytes.empty()) {
      interpreter_->sent(command.connection, loop_.now());
      return;
    }
    if (command.below_tls) {
      connection->send_below_tls(command.bytes);
      return;
    }
    connection->send_in_pieces(command.bytes, command.pieces, command.pause);
  }

  void carry_out(const scenario::Close& command) {
    const auto found = connections_.find(command.connection);
    if (found == connections_.end()) return;
    const auto connection = found->second;
    if (command.only_write_half) {
      connection->close_write_half();
      return;
    }
    connections_.erase(found);
    if (command.how == trace::Closing::rst)
      connection->reset();
    else
      connection->close(command.notify);
  }

  void carry_out(const scenario::Pause& command) {
    if (command.reading)
      paused_.erase(command.connection);
    else
      paused_.insert(command.connection);
    const auto found = connections_.find(command.connection);
    if (found != connections_.end()) found->second->read(command.reading);
  }

  // --- listeners ---

  void carry_out(const scenario::Listen& command) {
    auto acceptor = std::make_shared<tcp::acceptor>(loop_.context);
    const auto port = listen_on(*acceptor, owner_->options.listen_address, command.port, "--listen");
    if (!port) {
      interpreter_->listen_failed(command.listener, port.error(), loop_.now());
      return;
    }
    listeners_[command.listener] = acceptor;
    if (owner_->dut.listening) owner_->dut.listening(*port);
    interpreter_->listening(command.listener, *port, loop_.now());
    below_[command.listener] = command.below;
    accept(command.listener, acceptor);
  }

  void carry_out(const scenario::StopListening& command) {
    const auto found = listeners_.find(command.listener);
    if (found == listeners_.end()) return;
    error_code ignored;
    found->second->close(ignored);
    listeners_.erase(found);
  }

  void accept(scenario::ListenerId listener, const std::shared_ptr<tcp::acceptor>& acceptor) {
    acceptor->async_accept([weak = weak_from_this(), listener, acceptor](const error_code& error, tcp::socket socket) {
      const auto self = weak.lock();
      if (!self || self->finished_ || error == asio::error::operation_aborted || !acceptor->is_open()) return;
      if (error || self->connections_.size() >= max_connections_per_run) {
        // No descriptor left, or a flood: the socket is dropped, and the next one is looked at a little later.
        auto pause = std::make_shared<asio::steady_timer>(self->loop_.context, std::chrono::milliseconds(50));
        pause->async_wait([weak, listener, acceptor, pause](const error_code&) {
          if (const auto again = weak.lock(); again && !again->finished_ && acceptor->is_open())
            again->accept(listener, acceptor);
        });
        return;
      }
      auto connection = Connection::create(self->loop_);
      connection->adopt(std::move(socket));
      self->device_came_ = true;
      self->came(listener, connection);
      if (acceptor->is_open()) self->accept(listener, acceptor);
    });
  }

  void came(scenario::ListenerId listener, const std::shared_ptr<Connection>& connection) {
    const auto below = below_[listener];
    const auto context =
        below == scenario::Below::tls ? owner_->tls_contexts.get(TlsRole::server) : std::shared_ptr<const TlsContext>{};
    if (!context) {
      connection->close();
      input([&](scenario::Interpreter& one) { one.accept_failed(listener, context.error(), loop_.now()); });
      return;
    }
    if (!*context) {
      taken(listener, connection, nullptr);
      return;
    }
    securing_.insert(connection);
    connection->secure(*context, "", (*context)->options().handshake_limit,
                       [weak = weak_from_this(), listener, connection](const trace::Tls& tls) {
                         const auto self = weak.lock();
                         if (!self) return;
                         self->securing_.erase(connection);
                         if (self->finished_) return;
                         if (tls.established) {
                           self->taken(listener, connection, &tls);
                           return;
                         }
                         connection->close();
                         self->input([&](scenario::Interpreter& one) {
                           one.accept_failed(listener, tls.failure + ": " + tls.advice, self->loop_.now());
                         });
                       });
  }

  void taken(scenario::ListenerId listener, const std::shared_ptr<Connection>& connection, const trace::Tls* tls) {
    scenario::ConnectionId id = 0;
    input([&](scenario::Interpreter& one) {
      id = one.accepted(listener, connection->peer_address(), loop_.now());
      open(id, connection);
      if (below_[listener] == scenario::Below::tls_later) paused_.insert(id);
      if (tls != nullptr) one.secured(id, *tls, loop_.now());
    });
    begin_reading(id);
  }

  // --- the DUT ---

  void operated(std::uint32_t operation, bool done, const std::string& detail) {
    input([&](scenario::Interpreter& one) { one.operated(operation, done, detail, loop_.now()); });
  }

  void carry_out(const scenario::Operate& command) {
    const auto told = [weak = weak_from_this(), id = command.operation](bool done, std::string detail) {
      if (const auto self = weak.lock()) self->operated(id, done, detail);
    };
    const auto& control = owner_->dut;
    if (command.action == "start" || command.action == "stop" || command.action == "restart") {
      if (!control.start.empty()) {
        lifecycle(command.action, told);
        return;
      }
      if (!control.interactive) {
        told(false, "nothing says how to " + command.action + " the device: give --dut-start");
        return;
      }
    } else if (control.act_in_process) {
      control.act_in_process(command, told);
      return;
    } else if (!control.act.empty()) {
      act(command, told);
      return;
    }
    if (control.interactive)
      ask(command, told);
    else
      told(false, "nothing says how to make the device \"" + command.action + "\": give --dut-act");
  }

  void lifecycle(const std::string& action, const Told& told) {
    const auto owner = owner_;
    if (action == "start")
      owner->ensure_started(told);
    else if (action == "stop")
      owner->stop_dut([told] { told(true, "stopped"); });
    else
      owner->stop_dut([owner, told] { owner->ensure_started(told); });
  }

  void act(const scenario::Operate& command, const Told& told) {
    auto words = command.words;
    words.emplace_back("action", command.action);
    auto started = owner_->shell(owner_->dut.act, std::move(words));
    if (!started) {
      told(false, started.error());
      return;
    }
    auto* child = started->get();
    acting_.push_back(std::move(*started));
    child->on_end([weak = weak_from_this(), child, told] {
      const auto self = weak.lock();
      if (!self || self->finished_) return;
      // A command that fails because the scenario refused it has acted all the same: the wire judges, not exit codes.
      // 126 and 127 are the shell's own: nothing was run.
      const auto code = child->exit_code();
      // So does one that fails before it ever reached us.
      const bool ran = !code || (*code != 126 && *code != 127 && (*code == 0 || self->device_came_));
      auto detail = child->ending();
      auto output = child->output();
      while (!output.empty() && std::isspace(static_cast<unsigned char>(output.back())) != 0) output.pop_back();
      const auto last_line = output.substr(output.rfind('\n') == std::string::npos ? 0 : output.rfind('\n') + 1);
      if (!last_line.empty()) detail += ": " + last_line.substr(0, 200);
      told(ran, detail);
    });
  }

  /// Asks the person at the terminal: Enter when it is done, anything beginning with n when it cannot be.
  void ask(const scenario::Operate& command, const Told& told) {
    std::string words;
    for (const auto& [name, value] : command.words) words += fmt::format(" {}={}", name, value);
    const auto prompt = command.prompt.empty() ? "Make the device " + command.action + "." : command.prompt;
    fmt::print(stderr, "\n>>> {}\n    ({}{})\n    Enter when done, n if it cannot be done: ", prompt, command.action,
               words);
    std::fflush(stderr);
    error_code error;
    if (!person_.is_open()) {
      const int input = ::dup(STDIN_FILENO);
      if (input >= 0) person_.assign(input, error);
      if (input < 0 || error) {
        told(false, "nobody can be asked: standard input is no terminal");
        return;
      }
    }
    person_.async_read_some(asio::buffer(typed_),
                            [weak = weak_from_this(), told](const error_code& failed, std::size_t length) {
                              const auto self = weak.lock();
                              if (!self || failed == asio::error::operation_aborted) return;
                              const bool refused = length > 0 && (self->typed_[0] == 'n' || self->typed_[0] == 'N');
                              if (failed)
                                told(false, "nobody answered");
                              else
                                told(!refused, refused ? "the person says that it cannot be done" : "done by hand");
                            });
  }

  std::shared_ptr<Impl> owner_;
  Loop::Impl& loop_;
  std::shared_ptr<scenario::Interpreter> interpreter_;
  std::function<void()> idle_;
  std::function<void()> done_;
  asio::steady_timer timer_;
  std::optional<Instant> timer_at_;
  std::map<scenario::ConnectionId, std::shared_ptr<Connection>> connections_;
  std::unordered_set<std::shared_ptr<Connection>> securing_;  // in a handshake, not yet of the interpreter
  std::unordered_set<scenario::ConnectionId> paused_;
  std::map<scenario::ListenerId, scenario::Below> below_;
  std::map<scenario::ListenerId, std::shared_ptr<tcp::acceptor>> listeners_;
  std::list<std::unique_ptr<Process>> acting_;
  asio::posix::stream_descriptor person_;
  std::array<char, 256> typed_{};
  bool device_came_ = false;  // somebody connected to a listener of ours
  bool begun_ = false;
  bool idle_told_ = false;
  bool driving_ = false;
  bool finished_ = false;
};

std::expected<std::unique_ptr<Process>, std::string> ScenarioHost::Impl::shell(const std::string& command,
                                                                               Words words) {
  ProcessOptions process_options;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (std::none_of(words.begin(), words.end(), [&](const auto& word) { return word.first == name; }))
      words.emplace_back(name, value);
  };
  add("host", dut.host);
  if (dut.port != 0) add("port", std::to_string(dut.port));
  add("called", dut.called);
  add("calling", dut.calling);
  process_options.argv = {"/bin/sh", "-c", substitute(command, words)};
  for (const auto& [name, value] : words) {
    std::string variable = "ASSAY_";
    for (const char c : name)
      variable += std::isalnum(static_cast<unsigned char>(c)) != 0
                      ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                      : '_';
    process_options.environment.emplace_back(std::move(variable), value);
  }
  return Process::start(loop, std::move(process_options));
}

void ScenarioHost::Impl::ensure_started(Told told) {
  if (process && process->running()) {
    told(true, "runs already");
    return;
  }
  if (process) {
    log(fmt::format("the device ended by itself ({}): starting it again", process->ending()));
    ::kill(-process->id(), SIGKILL);  // what it left behind may still hold its port
  }
  when_port_is_free(
      [weak = weak_from_this(), told = std::move(told)] {
        if (const auto self = weak.lock()) self->launch(told);
      },
      port_tries);
}

/// A device that forks leaves children that hold its listening socket for a moment: whoever connects then talks to
/// nobody, so the next one is started only when the port is really free.
void ScenarioHost::Impl::when_port_is_free(std::function<void()> then, int tries) {
  if (dut.port == 0 || tries == 0 || can_listen(dut.host, dut.port)) {
    then();
    return;
  }
  const auto timer = std::make_shared<asio::steady_timer>(loop.impl().context, port_pause);
  timer->async_wait([weak = weak_from_this(), timer, then = std::move(then), tries](const error_code&) {
    if (const auto self = weak.lock()) self->when_port_is_free(then, tries - 1);
  });
}

void ScenarioHost::Impl::launch(Told told) {
  auto started = shell(dut.start, {});
  if (!started) {
    log(started.error());
    told(false, started.error());
    return;
  }
  process = std::move(*started);
  const auto id = process->id();
  log(fmt::format("{} the device, process {}", std::exchange(started_before, true) ? "restarted" : "started", id));
  if (dut.port == 0) {
    told(true, "started");
    return;
  }
  const auto alive = [weak = weak_from_this(), id] {
    const auto self = weak.lock();
    return self && self->process && self->process->id() == id && self->process->running();
  };
  wait_for_port(
      loop, dut.host, dut.port, dut.start_timeout, [alive] { return !alive(); },
      [weak = weak_from_this(), told, alive](bool listening) {
        const auto self = weak.lock();
        if (!self) return;
        if (listening && alive()) {
          told(true, "started");
          return;
        }
        const auto give_up = [self, told] {
          std::string why = fmt::format("the device does not listen on port {}", self->dut.port);
          if (self->process && !self->process->running())
            why = fmt::format("the device ended at once ({}): {}", self->process->ending(),
                              printable(self->process->output().substr(0, 200)));
          self->log(why);
          told(false, why);
        };
        // One that ended has its last words read first: they usually say why.
        if (self->process && !self->process->running())
          self->process->on_end(give_up);
        else
          give_up();
      });
}

void ScenarioHost::Impl::stop_dut(std::function<void()> stopped) {
  if (!process || !process->running()) {
    process.reset();
    loop.post(std::move(stopped));
    return;
  }
  process->on_end([weak = weak_from_this(), stopped = std::move(stopped)] {
    const auto self = weak.lock();
    if (!self) return;
    // Not from inside the process's own callback.
    self->loop.post([weak, stopped] {
      if (const auto host = weak.lock(); host && host->process) {
        ::kill(-host->process->id(), SIGKILL);  // its children, if any
        host->process.reset();
      }
      stopped();
    });
  });
  process->terminate(end_grace);
}

ScenarioHost::ScenarioHost(Loop& loop, DutControl dut, HostOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(dut), std::move(options))) {}

ScenarioHost::~ScenarioHost() {
  interrupt();
  impl_->runs.clear();
  if (impl_->process && impl_->process->running())
    impl_->log("ending the device, process " + std::to_string(impl_->process->id()));
  impl_->process.reset();
}

void ScenarioHost::run(std::shared_ptr<scenario::Interpreter> interpreter, std::function<void()> done) {
  run(std::move(interpreter), {}, std::move(done));
}

void ScenarioHost::tell(const std::shared_ptr<scenario::Interpreter>& interpreter,
                        const std::function<void(scenario::Interpreter&, Instant)>& what) {
  const auto found = std::ranges::find_if(impl_->runs, [&](const auto& run) { return run->runs(interpreter.get()); });
  if (found == impl_->runs.end()) return;
  const auto run = *found;
  run->tell(what);
}

void ScenarioHost::run(std::shared_ptr<scenario::Interpreter> interpreter, std::function<void()> idle,
                       std::function<void()> done) {
  auto run = std::make_shared<Impl::Run>(impl_, std::move(interpreter), std::move(idle), std::move(done));
  impl_->runs.insert(run);
  if (impl_->dut.start.empty()) {
    run->start();
    return;
  }
  if (std::exchange(impl_->restart_wanted, false)) {
    impl_->stop_dut([host = std::weak_ptr(impl_), weak = std::weak_ptr(run)] {
      const auto self = host.lock();
      if (!self) return;
      self->ensure_started([weak](bool, const std::string&) {
        if (const auto one = weak.lock()) one->start();
      });
    });
    return;
  }
  // When it does not start, the scenario finds nobody there, and its verdict says so.
  impl_->ensure_started([weak = std::weak_ptr(run)](bool, const std::string&) {
    if (const auto one = weak.lock()) one->start();
  });
}

void ScenarioHost::restart_dut() { impl_->restart_wanted = true; }

void ScenarioHost::interrupt() {
  const auto running = impl_->runs;
  for (const auto& run : running) run->interrupt();
}

}  // namespace assay::peers
