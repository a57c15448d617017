#include "peers/dut_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <csignal>

#include "harness/base/hex.hpp"
#include "peers/asio.hpp"
#include "peers/listener.hpp"

namespace assay::peers {
namespace {

/// How long a DUT may take to end by itself before it is killed.
constexpr auto end_grace = std::chrono::seconds(3);
/// How often, and how long apart, is looked whether a port has become free: three seconds in all.
constexpr int port_tries = 300;
constexpr auto port_pause = std::chrono::milliseconds(10);

}  // namespace

std::expected<std::unique_ptr<Process>, std::string> DutProgram::shell(const std::string& command, Words words) {
  return shell(command, std::move(words), {});
}

std::expected<std::unique_ptr<Process>, std::string> DutProgram::shell(const std::string& command, Words words,
                                                                       std::function<void(SignalDeath)> on_death) {
  ProcessOptions process_options;
  process_options.on_death = std::move(on_death);
  const auto add = [&](const std::string& name, const std::string& value) {
    if (std::none_of(words.begin(), words.end(), [&](const auto& word) { return word.first == name; }))
      words.emplace_back(name, value);
  };
  add("host", control_.host);
  if (control_.port != 0) add("port", std::to_string(control_.port));
  add("called", control_.called);
  add("calling", control_.calling);
  process_options.argv = {"/bin/sh", "-c", substitute(command, words)};
  process_options.keep_output = control_.keep_output;
  process_options.environment = control_.environment;
  for (const auto& [name, value] : words) {
    std::string variable = "ASSAY_";
    for (const char c : name)
      variable += std::isalnum(static_cast<unsigned char>(c)) != 0
                      ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                      : '_';
    process_options.environment.emplace_back(std::move(variable), value);
  }
  return Process::start(loop_, std::move(process_options));
}

void DutProgram::ensure_started(Told told) {
  if (process_ && process_->running()) {
    told(true, "runs already");
    return;
  }
  if (process_) {
    log(fmt::format("the device ended by itself ({}): starting it again", process_->ending()));
    ::kill(-process_->id(), SIGKILL);  // what it left behind may still hold its port
  }
  when_port_is_free(
      [weak = weak_from_this(), told = std::move(told)] {
        if (const auto self = weak.lock()) self->launch(told);
      },
      port_tries);
}

/// A device that forks leaves children that hold its listening socket for a moment: whoever connects then talks to
/// nobody, so the next one is started only when the port is really free.
void DutProgram::when_port_is_free(std::function<void()> then, int tries) {
  if (control_.port == 0 || tries == 0 || can_listen(control_.host, control_.port)) {
    then();
    return;
  }
  const auto timer = std::make_shared<asio::steady_timer>(loop_.impl().context, port_pause);
  timer->async_wait([weak = weak_from_this(), timer, then = std::move(then), tries](const error_code&) {
    if (const auto self = weak.lock()) self->when_port_is_free(then, tries - 1);
  });
}

void DutProgram::launch(Told told) {
  auto started = shell(control_.start, {}, control_.on_death);
  if (!started) {
    log(started.error());
    told(false, started.error());
    return;
  }
  process_ = std::move(*started);
  const auto id = process_->id();
  log(fmt::format("{} the device, process {}", std::exchange(started_before_, true) ? "restarted" : "started", id));
  if (control_.port == 0) {
    told(true, "started");
    return;
  }
  const auto alive = [weak = weak_from_this(), id] {
    const auto self = weak.lock();
    return self && self->process_ && self->process_->id() == id && self->process_->running();
  };
  wait_for_port(
      loop_, control_.host, control_.port, control_.start_timeout, [alive] { return !alive(); },
      [weak = weak_from_this(), told, alive](bool listening) {
        const auto self = weak.lock();
        if (!self) return;
        if (listening && alive()) {
          told(true, "started");
          return;
        }
        const auto give_up = [self, told] {
          std::string why = fmt::format("the device does not listen on port {}", self->control_.port);
          if (self->process_ && !self->process_->running())
            why = fmt::format("the device ended at once ({}): {}", self->process_->ending(),
                              printable(self->process_->output().substr(0, 200)));
          self->log(why);
          told(false, why);
        };
        // One that ended has its last words read first: they usually say why.
        if (self->process_ && !self->process_->running())
          self->process_->on_end(give_up);
        else
          give_up();
      });
}

void DutProgram::stop(std::function<void()> stopped) {
  if (!process_ || !process_->running()) {
    process_.reset();
    loop_.post(std::move(stopped));
    return;
  }
  process_->on_end([weak = weak_from_this(), stopped = std::move(stopped)] {
    const auto self = weak.lock();
    if (!self) return;
    // Not from inside the process's own callback.
    self->loop_.post([weak, stopped] {
      if (const auto program = weak.lock(); program && program->process_) {
        ::kill(-program->process_->id(), SIGKILL);  // its children, if any
        program->process_.reset();
      }
      stopped();
    });
  });
  process_->terminate(end_grace);
}

void DutProgram::end() {
  if (process_ && process_->running()) log("ending the device, process " + std::to_string(process_->id()));
  process_.reset();
}

void DutProgram::log(const std::string& line) const {
  if (control_.log) control_.log(line);
}

}  // namespace assay::peers
