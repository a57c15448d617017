#include <fcntl.h>
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
#include "peers/dut_program.hpp"
#include "peers/listener.hpp"
#include "peers/process.hpp"
#include "peers/tls/contexts.hpp"

namespace assay::peers {
namespace {

/// A scenario opens a handful of connections; a flood from outside must not take all our file descriptors.
constexpr std::size_t max_connections_per_run = 2000;

}  // namespace

struct ScenarioHost::Impl : std::enable_shared_from_this<ScenarioHost::Impl> {
  class Run;
  using Told = DutProgram::Told;

  Impl(Loop& used, DutControl control, HostOptions chosen)
      : loop(used),
        program(std::make_shared<DutProgram>(used, std::move(control))),
        options(std::move(chosen)),
        tls_contexts(options.tls) {}

  [[nodiscard]] const DutControl& dut() const { return program->control(); }

  Loop& loop;
  std::shared_ptr<DutProgram> program;
  HostOptions options;
  TlsContexts tls_contexts;
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
    if (owner_->dut().listening) owner_->dut().listening(*port);
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
    const auto& control = owner_->dut();
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
    const auto dut_program = owner_->program;
    if (action == "start")
      dut_program->ensure_started(told);
    else if (action == "stop")
      dut_program->stop([told] { told(true, "stopped"); });
    else
      dut_program->stop([dut_program, told] { dut_program->ensure_started(told); });
  }

  /// How a command ended, in words that <check-ended> knows: by a signal, which shells tell as 128 and more, or with
  /// what a sanitizer says.
  static std::string ending_of(const Process& child) {
    constexpr std::array faults = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
    const auto code = child.exit_code().value_or(0);
    if (std::ranges::find(faults, code - 128) != faults.end()) return fmt::format("killed by signal {}", code - 128);
    const std::string_view output = child.output();
    if (child.signal() == 0 && (output.contains("Sanitizer: ") || output.contains(": runtime error: ")))
      return "a sanitizer reported an error, " + child.ending();
    return child.ending();
  }

  void act(const scenario::Operate& command, const Told& told) {
    auto words = command.words;
    words.emplace_back("action", command.action);
    auto started = owner_->program->shell(owner_->dut().act, std::move(words));
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
      auto detail = ending_of(*child);
      auto output = child->output();
      while (!output.empty() && std::isspace(static_cast<unsigned char>(output.back())) != 0) output.pop_back();
      const auto last_line = output.substr(output.rfind('\n') == std::string::npos ? 0 : output.rfind('\n') + 1);
      if (!last_line.empty()) detail += ": " + last_line.substr(0, 200);
      told(ran, detail);
    });
  }

  /// The terminal once more: reading without blocking would else hold for standard output, too, which is the same open
  /// file there, and what is written to it would get lost.
  static int own_input() {
    if (const char* name = ::ttyname(STDIN_FILENO); name != nullptr)
      if (const int again = ::open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC); again >= 0) return again;
    return ::dup(STDIN_FILENO);
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
      const int input = own_input();
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

ScenarioHost::ScenarioHost(Loop& loop, DutControl dut, HostOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(dut), std::move(options))) {}

ScenarioHost::~ScenarioHost() {
  interrupt();
  impl_->runs.clear();
  impl_->program->end();
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
  if (impl_->dut().start.empty()) {
    run->start();
    return;
  }
  if (std::exchange(impl_->restart_wanted, false)) {
    impl_->program->stop([program = std::weak_ptr(impl_->program), weak = std::weak_ptr(run)] {
      const auto self = program.lock();
      if (!self) return;
      self->ensure_started([weak](bool, const std::string&) {
        if (const auto one = weak.lock()) one->start();
      });
    });
    return;
  }
  // When it does not start, the scenario finds nobody there, and its verdict says so.
  impl_->program->ensure_started([weak = std::weak_ptr(run)](bool, const std::string&) {
    if (const auto one = weak.lock()) one->start();
  });
}

void ScenarioHost::restart_dut() { impl_->restart_wanted = true; }

void ScenarioHost::interrupt() {
  const auto running = impl_->runs;
  for (const auto& run : running) run->interrupt();
}

}  // namespace assay::peers
