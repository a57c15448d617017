#include "peers/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "peers/connection.hpp"

extern char** environ;

namespace assay::peers {

struct Process::Impl : std::enable_shared_from_this<Process::Impl> {
  explicit Impl(Loop::Impl& used)
      : loop(used),
        watch(used.context),
        pipe(used.context),
        channel(used.context),
        report(used.context),
        kill_timer(used.context) {}

  void read_output();
  void read_last_output();
  void keep_output(std::string_view text);
  void drop_middle();
  void wait_end();
  void tell();
  void collect(int options);
  void read_channel();
  void take_lines(std::size_t length);
  void write_channel();
  void close_channel();
  void read_report();
  void take_report(std::size_t length);

  Loop::Impl& loop;
  asio::posix::stream_descriptor watch;  // readable when the child has ended (pidfd_open(2))
  asio::posix::stream_descriptor pipe;
  asio::posix::stream_descriptor channel;
  asio::posix::stream_descriptor report;  // of the one that follows it
  asio::steady_timer kill_timer;
  pid_t pid = -1;
  bool running = false;
  bool output_read = false;  // to the end
  int status = 0;
  std::size_t keep = 0;
  std::string output;
  std::uint64_t written = 0;
  std::size_t keep_first = 0;
  std::string beginning;
  std::uint64_t dropped = 0;  // bytes between the two
  std::array<char, 4096> buffer{};
  std::function<void()> handler;
  std::size_t longest_line = 0;
  std::function<void(std::string)> on_line;
  std::array<char, 16384> channel_buffer{};
  std::function<void(SignalDeath)> on_death;
  std::array<char, 4096> report_buffer{};
  std::string report_line;
  std::string unfollowed;
  std::string line;      // what has come of the next one
  std::string outgoing;  // being written
  std::string waiting;   // to be written behind it
  std::size_t sent = 0;  // of it
  bool writing = false;
};

namespace {

constexpr auto port_retry = std::chrono::milliseconds(20);
/// How long a port is only looked at before it is connected to: a device of another network namespace shows nothing.
constexpr auto look_first = std::chrono::seconds(2);

/// Whether somebody on this machine listens there, without connecting: there are devices that end when whoever connects
/// says nothing. Of /proc/net/tcp: local address, remote address, state 0A.
bool listened_to(std::uint16_t port) {
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream in(table);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream words(line);
      std::string number;
      std::string local;
      std::string remote;
      std::string state;
      if (!(words >> number >> local >> remote >> state) || state != "0A" || local.size() < 5) continue;
      unsigned at = 0;
      const auto* const end = local.data() + local.size();
      if (std::from_chars(end - 4, end, at, 16).ec == std::errc{} && at == port) return true;
    }
  }
  return false;
}

/// Connections of ours, which are not marked as closed by exec, would stay open in the child: the peer would hear of no
/// end and no reset before the child is gone as well.
void keep_nothing_open() {
  constexpr unsigned first = 3;
  constexpr unsigned mark_only = 4;  // CLOSE_RANGE_CLOEXEC of linux/close_range.h
  if (::syscall(SYS_close_range, first, ~0U, mark_only) == 0) return;
  rlimit limit{};
  const auto end = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min<rlim_t>(limit.rlim_cur, 65536) : 1024;
  for (int file = first; std::cmp_less(file, end); ++file) ::fcntl(file, F_SETFD, FD_CLOEXEC);
}

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* argv, char* const* envp, const char* folder, int output, int failure,
                         pid_t parent, int channel, bool core_files, int report) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before we asked to be told
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGCHLD}) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (!core_files) {
    const rlimit none_at_all{0, 0};
    ::setrlimit(RLIMIT_CORE, &none_at_all);
  }
  if (report >= 0) follow_in_parent(report);
  const int null = ::open("/dev/null", O_RDONLY);
  if (null >= 0) ::dup2(null, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  keep_nothing_open();
  if (channel >= 0) ::fcntl(channel, F_SETFD, 0);  // it stays open
  if (*folder == '\0' || ::chdir(folder) == 0) ::execvpe(argv[0], argv, envp);
  const int error = errno;
  (void)!::write(failure, &error, sizeof error);
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

std::expected<std::unique_ptr<Process>, std::string> Process::start(Loop& loop, ProcessOptions options) {
  if (options.argv.empty()) return std::unexpected("no command to start");
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    bool replaced = false;
    for (const auto& [name, value] : options.environment) replaced = replaced || text.starts_with(name + "=");
    if (!replaced) environment.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment) environment.push_back(name + "=" + value);
  int channel[2] = {-1, -1};
  if (options.channel_line > 0) {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
      return std::unexpected(std::string("socketpair: ") + std::strerror(errno));
    environment.push_back("ASSAY_CHANNEL=" + std::to_string(channel[1]));
  }
  int report[2] = {-1, -1};
  const auto close_channel = [&channel, &report] {
    for (auto* ends : {channel, report})
      for (int i = 0; i < 2; ++i)
        if (ends[i] >= 0) ::close(std::exchange(ends[i], -1));
  };
  if (options.on_death && ::pipe2(report, O_CLOEXEC) != 0) {
    close_channel();
    return std::unexpected(std::string("pipe: ") + std::strerror(errno));
  }
  const auto argv = pointers(options.argv);
  const auto envp = pointers(environment);

  int output[2];
  int failure[2];
  if (::pipe2(output, O_CLOEXEC) != 0) {
    close_channel();
    return std::unexpected(std::string("pipe: ") + std::strerror(errno));
  }
  if (::pipe2(failure, O_CLOEXEC) != 0) {
    close_channel();
    ::close(output[0]);
    ::close(output[1]);
    return std::unexpected(std::string("pipe: ") + std::strerror(errno));
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0)
    become(argv.data(), envp.data(), options.folder.c_str(), output[1], failure[1], parent, channel[1],
           options.core_files, report[1]);
  const int fork_error = errno;
  ::close(output[1]);
  ::close(failure[1]);
  int exec_error = 0;
  const auto told = pid > 0 ? ::read(failure[0], &exec_error, sizeof exec_error) : 0;
  ::close(failure[0]);
  if (channel[1] >= 0) ::close(std::exchange(channel[1], -1));
  if (report[1] >= 0) ::close(std::exchange(report[1], -1));
  if (pid < 0 || told > 0) {
    ::close(output[0]);
    close_channel();
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    return std::unexpected("cannot start \"" + options.argv[0] +
                           "\": " + std::strerror(pid < 0 ? fork_error : exec_error));
  }
  ::setpgid(pid, pid);  // whoever comes first, the child or we

  auto impl = std::make_shared<Impl>(loop.impl());
  impl->pid = pid;
  impl->running = true;
  impl->keep = options.keep_output;
  impl->keep_first = options.keep_beginning;
  impl->pipe.assign(output[0]);
  // glibc 2.36 declares pidfd_open() without C linkage.
  const auto watch = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (watch < 0) {
    const std::string why = std::strerror(errno);
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    close_channel();
    return std::unexpected("cannot watch \"" + options.argv[0] + "\": " + why);
  }
  impl->watch.assign(watch);
  impl->read_output();
  if (channel[0] >= 0) {
    impl->longest_line = options.channel_line;
    impl->on_line = std::move(options.on_line);
    impl->channel.assign(channel[0]);
    impl->read_channel();
  }
  if (report[0] >= 0) {
    impl->on_death = std::move(options.on_death);
    impl->report.assign(report[0]);
    impl->read_report();
  }
  impl->wait_end();
  return std::unique_ptr<Process>(new Process(std::move(impl)));
}

void Process::Impl::read_output() {
  pipe.async_read_some(asio::buffer(buffer), [weak = weak_from_this()](const error_code& error, std::size_t length) {
    const auto self = weak.lock();
    if (!self || error) return;
    self->keep_output({self->buffer.data(), length});
    if (self->running) self->read_output();
  });
}

void Process::Impl::read_channel() {
  channel.async_read_some(asio::buffer(channel_buffer),
                          [weak = weak_from_this()](const error_code& error, std::size_t length) {
                            const auto self = weak.lock();
                            if (!self || error == asio::error::operation_aborted) return;
                            if (error) {
                              self->close_channel();
                              return;
                            }
                            self->take_lines(length);
                            if (self->channel.is_open()) self->read_channel();
                          });
}

void Process::Impl::read_report() {
  report.async_read_some(asio::buffer(report_buffer),
                         [weak = weak_from_this()](const error_code& error, std::size_t length) {
                           const auto self = weak.lock();
                           if (!self || error) return;
                           self->take_report(length);
                           self->read_report();
                         });
}

void Process::Impl::take_report(std::size_t length) {
  report_line.append(report_buffer.data(), length);
  for (auto end = report_line.find('\n'); end != std::string::npos; end = report_line.find('\n')) {
    const auto whole = report_line.substr(0, end);
    report_line.erase(0, end + 1);
    if (whole.starts_with("untraced ")) unfollowed = whole.substr(9);
    if (auto death = signal_death(whole); death && on_death) on_death(std::move(*death));
  }
}

void Process::Impl::take_lines(std::size_t length) {
  std::string_view text(channel_buffer.data(), length);
  const auto alive = shared_from_this();
  while (!text.empty()) {
    const auto end = text.find('\n');
    line += text.substr(0, end);
    if (line.size() > longest_line) {
      close_channel();
      return;
    }
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
    auto whole = std::exchange(line, {});
    if (on_line) on_line(std::move(whole));
    if (!channel.is_open()) return;
  }
}

void Process::Impl::write_channel() {
  if (writing || !channel.is_open()) return;
  if (sent == outgoing.size()) {
    outgoing = std::exchange(waiting, {});
    sent = 0;
    if (outgoing.empty()) return;
  }
  writing = true;
  channel.async_write_some(asio::buffer(outgoing.data() + sent, outgoing.size() - sent),
                           [weak = weak_from_this()](const error_code& error, std::size_t length) {
                             const auto self = weak.lock();
                             if (!self) return;
                             self->writing = false;
                             if (error) return;
                             self->sent += length;
                             self->write_channel();
                           });
}

void Process::Impl::close_channel() {
  error_code ignored;
  channel.close(ignored);
}

void Process::Impl::keep_output(std::string_view text) {
  written += text.size();
  const auto first = std::min(text.size(), keep_first - beginning.size());
  beginning += text.substr(0, first);
  output += text.substr(first);
  if (output.size() > 2 * keep) drop_middle();
}

void Process::Impl::drop_middle() {
  if (output.size() <= keep) return;
  dropped += output.size() - keep;
  output.erase(0, output.size() - keep);
}

void Process::Impl::wait_end() {
  watch.async_wait(asio::posix::stream_descriptor::wait_read, [weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (!self || error) return;
    self->collect(WNOHANG);
    if (self->running) {
      self->wait_end();
      return;
    }
    error_code ignored;
    self->pipe.cancel(ignored);
    // Later: a read that is complete already has its own handler waiting in front of us.
    asio::post(self->loop.context, [self] { self->read_last_output(); });
  });
}

/// What it wrote last may still be in the pipe. Its own children may hold the other end open, so no wait for EOF.
void Process::Impl::read_last_output() {
  error_code failed;
  if (pipe.is_open()) {
    pipe.non_blocking(true, failed);
    while (!failed) {
      const auto length = pipe.read_some(asio::buffer(buffer), failed);
      if (!failed) keep_output({buffer.data(), length});
    }
  }
  drop_middle();
  output_read = true;
  tell();
}

void Process::Impl::collect(int flags) {
  if (!running) return;
  int result = 0;
  const auto found = ::waitpid(pid, &result, flags);
  if (found == 0 || (found < 0 && errno == EINTR)) return;
  status = found == pid ? result : 0;
  running = false;
  kill_timer.cancel();
}

void Process::Impl::tell() {
  if (!handler) return;
  const auto told = std::exchange(handler, nullptr);
  told();
}

Process::Process(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Process::~Process() {
  impl_->handler = nullptr;
  ::kill(-impl_->pid, SIGKILL);  // the group: what the child started too, even when it has ended itself
  while (impl_->running) impl_->collect(0);
  error_code ignored;
  impl_->watch.close(ignored);
  impl_->pipe.close(ignored);
  impl_->report.close(ignored);
  impl_->close_channel();
  impl_->kill_timer.cancel();
}

pid_t Process::id() const { return impl_->pid; }
bool Process::running() const {
  impl_->collect(WNOHANG);
  return impl_->running;
}
const std::string& Process::output() const { return impl_->output; }
std::uint64_t Process::written() const { return impl_->written; }

const std::string& Process::unfollowed() const { return impl_->unfollowed; }

std::string Process::whole_output() const {
  auto out = impl_->beginning;
  if (impl_->dropped > 0) out += "\n[" + std::to_string(impl_->dropped) + " bytes left out]\n";
  return out + impl_->output;
}

std::optional<int> Process::exit_code() const {
  if (impl_->running || !WIFEXITED(impl_->status)) return std::nullopt;
  return WEXITSTATUS(impl_->status);
}

int Process::signal() const { return !impl_->running && WIFSIGNALED(impl_->status) ? WTERMSIG(impl_->status) : 0; }

std::string Process::ending() const {
  if (impl_->running) return "";
  if (WIFSIGNALED(impl_->status)) return "killed by signal " + std::to_string(WTERMSIG(impl_->status));
  return "exit " + std::to_string(WEXITSTATUS(impl_->status));
}

void Process::on_end(std::function<void()> handler) {
  impl_->handler = std::move(handler);
  if (impl_->output_read) asio::post(impl_->loop.context, [impl = impl_] { impl->tell(); });
}

void Process::write_line(std::string_view line) {
  auto& one = *impl_;
  if (!one.channel.is_open()) return;
  // What is being written must not move: new lines wait behind it.
  if (one.writing) {
    one.waiting.append(line).push_back('\n');
    return;
  }
  one.outgoing.append(line).push_back('\n');
  one.write_channel();
}

void Process::terminate(Duration grace) {
  if (!impl_->running) return;
  ::kill(-impl_->pid, SIGTERM);
  impl_->kill_timer.expires_after(grace);
  impl_->kill_timer.async_wait([weak = std::weak_ptr(impl_)](const error_code& error) {
    const auto impl = weak.lock();
    if (impl && !error && impl->running) ::kill(-impl->pid, SIGKILL);
  });
}

std::string shell_quote(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("_-./:@%+=,").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string substitute(const std::string& command, const std::vector<std::pair<std::string, std::string>>& words) {
  std::string out;
  for (std::size_t at = 0; at < command.size();) {
    const auto open = command.find('{', at);
    const auto close = open == std::string::npos ? open : command.find('}', open);
    if (close == std::string::npos) return out + command.substr(at);
    out += command.substr(at, open - at);
    const auto name = command.substr(open + 1, close - open - 1);
    const auto found = std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.first == name; });
    if (found == words.end()) {  // perhaps the shell's own braces
      out += '{';
      at = open + 1;
      continue;
    }
    out += shell_quote(found->second);
    at = close + 1;
  }
  return out;
}

void wait_for_port(Loop& loop, const std::string& host, std::uint16_t port, Duration limit,
                   std::function<bool()> give_up, std::function<void(bool)> done) {
  struct Wait : std::enable_shared_from_this<Wait> {
    explicit Wait(Loop::Impl& used) : loop(used), timer(used.context) {}
    void attempt() {
      const auto left = end - loop.now();
      if (left <= Duration{0} || (give_up && give_up())) {
        finish(false);
        return;
      }
      if (listened_to(port)) {
        finish(true);
        return;
      }
      if (loop.now() < look_until) {
        again();
        return;
      }
      auto connection = Connection::create(loop);
      connection->connect(host, port, left, [self = shared_from_this(), connection](error_code error, bool) {
        if (!error) {
          connection->close();
          self->finish(true);
          return;
        }
        self->again();
      });
    }
    void again() {
      timer.expires_after(port_retry);
      timer.async_wait([self = shared_from_this()](const error_code& cancelled) {
        if (!cancelled) self->attempt();
      });
    }
    void finish(bool listening) {
      const auto told = std::exchange(done, nullptr);
      if (told) told(listening);
    }
    Loop::Impl& loop;
    asio::steady_timer timer;
    std::string host;
    std::uint16_t port = 0;
    Instant look_until;
    Instant end;
    std::function<bool()> give_up;
    std::function<void(bool)> done;
  };
  auto wait = std::make_shared<Wait>(loop.impl());
  wait->host = host;
  wait->port = port;
  wait->look_until = loop.now() + look_first;
  wait->end = loop.now() + limit;
  wait->give_up = std::move(give_up);
  wait->done = std::move(done);
  wait->attempt();
}

}  // namespace assay::peers
