#include "peers/process_tracer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <elf.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

namespace assay::peers {
namespace {

constexpr std::size_t stack_words = 2048;  // that are looked at for returns
constexpr std::size_t most_frames = 12;
constexpr std::uint64_t longest_call = 7;  // bytes of a call instruction of x86-64

struct Mapping {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t offset = 0;
  std::string module;  // its file
};

/// What can be executed and comes from a file.
std::vector<Mapping> code_of(pid_t thread) {
  std::vector<Mapping> out;
  std::ifstream maps(fmt::format("/proc/{}/maps", thread));
  for (std::string line; std::getline(maps, line);) {
    Mapping one;
    const char* at = line.data();
    const char* const end = at + line.size();
    auto read = std::from_chars(at, end, one.from, 16);
    if (read.ec != std::errc{} || read.ptr == end) continue;
    read = std::from_chars(read.ptr + 1, end, one.to, 16);
    if (read.ec != std::errc{} || end - read.ptr < 8 || read.ptr[3] != 'x') continue;
    read = std::from_chars(read.ptr + 6, end, one.offset, 16);
    const auto slash = line.find('/');
    if (slash == std::string::npos) continue;
    one.module = line.substr(slash);
    std::ranges::replace(one.module, ' ', '?');  // blanks separate frames
    out.push_back(std::move(one));
  }
  return out;
}

std::size_t read_memory(pid_t thread, std::uint64_t from, void* to, std::size_t length) {
  iovec ours{to, length};
  iovec theirs{reinterpret_cast<void*>(from), length};
  const auto got = ::process_vm_readv(thread, &ours, 1, &theirs, 1, 0);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

const Mapping* mapping_of(const std::vector<Mapping>& code, std::uint64_t address) {
  const auto found = std::ranges::find_if(code, [&](const Mapping& m) { return address >= m.from && address < m.to; });
  return found == code.end() ? nullptr : &*found;
}

/// Whether a call stands in front of this address: else it is data that happens to look like one.
bool after_call(pid_t thread, std::uint64_t address) {
#if defined(__x86_64__)
  std::array<std::uint8_t, longest_call> code{};
  if (read_memory(thread, address - code.size(), code.data(), code.size()) != code.size()) return false;
  if (code[2] == 0xE8) return true;  // call rel32
  for (std::size_t length = 2; length <= code.size(); ++length) {
    const auto at = code.size() - length;
    if (code[at] == 0xFF && ((code[at + 1] >> 3) & 7) == 2) return true;  // call through a register or memory
  }
  return false;
#else
  (void)thread;
  (void)address;
  return true;
#endif
}

/// Where a stopped thread is, and the returns that lie on its stack.
std::vector<std::string> frames_of(pid_t thread) {
  user_regs_struct registers{};
  iovec into{&registers, sizeof registers};
  if (::ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &into) != 0) return {};
#if defined(__x86_64__)
  const std::uint64_t at = registers.rip;
  const std::uint64_t stack = registers.rsp;
#elif defined(__aarch64__)
  const std::uint64_t at = registers.pc;
  const std::uint64_t stack = registers.sp;
#else
  return {};
#endif
  const auto code = code_of(thread);
  std::vector<std::string> frames;
  const auto add = [&](std::uint64_t address) {
    const auto* const found = mapping_of(code, address);
    if (found == nullptr) return;
    auto frame = fmt::format("{}+0x{:x}", found->module, address - found->from + found->offset);
    if (frames.empty() || frames.back() != frame) frames.push_back(std::move(frame));
  };
  add(at);
  std::array<std::uint64_t, stack_words> words{};
  const auto got = read_memory(thread, stack, words.data(), sizeof words) / sizeof words[0];
  for (std::size_t i = 0; i < got && frames.size() < most_frames; ++i)
    if (mapping_of(code, words[i]) != nullptr && after_call(thread, words[i])) add(words[i]);
  return frames;
}

pid_t group_of(pid_t thread) {
  std::ifstream status(fmt::format("/proc/{}/status", thread));
  for (std::string word; status >> word;) {
    pid_t id = 0;
    if (word == "Tgid:" && status >> id) return id;
  }
  return thread;
}

bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGABRT ||
         signal == SIGSYS || signal == SIGTRAP;
}

/// Whoever asked for it is no fault of the process: ends, time limits, the terminal.
bool asked_for(int signal) {
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGPIPE ||
         signal == SIGQUIT || signal == SIGALRM;
}

void say(int report, const std::string& line) { (void)!::write(report, line.data(), line.size()); }

[[noreturn]] void end_as(int status) {
  if (!WIFSIGNALED(status)) ::_exit(WEXITSTATUS(status));
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);  // there is one of the child itself, where anybody wants it
  const int signal = WTERMSIG(status);
  ::signal(signal, SIG_DFL);
  sigset_t empty;
  sigemptyset(&empty);
  ::sigprocmask(SIG_SETMASK, &empty, nullptr);
  ::kill(::getpid(), signal);
  ::_exit(128 + signal);
}

[[noreturn]] void follow(pid_t child, int report) {
  std::map<pid_t, std::vector<std::string>> last_fault;  // by process
  for (;;) {
    // Looked at before it is buried: of a thread that dies with its process before it was ever seen, only what is left
    // of it tells that it is none of its own.
    siginfo_t next{};
    if (::waitid(P_ALL, 0, &next, WEXITED | WSTOPPED | WNOWAIT | __WALL) != 0) {
      if (errno == EINTR) continue;
      ::_exit(127);
    }
    const bool thread = group_of(next.si_pid) != next.si_pid;
    int status = 0;
    const auto who = ::waitpid(next.si_pid, &status, __WALL | WNOHANG);
    if (who <= 0) continue;
    if (WIFSTOPPED(status)) {
      const int signal = WSTOPSIG(status);
      const int event = status >> 16;
      if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
        ::ptrace(PTRACE_LISTEN, who, nullptr, nullptr);
        continue;
      }
      if (event == 0 && is_fault(signal) && last_fault.size() < 1024) last_fault[group_of(who)] = frames_of(who);
      ::ptrace(PTRACE_CONT, who, nullptr, event == 0 ? static_cast<std::uintptr_t>(signal) : 0);
      continue;
    }
    if (thread) continue;
    if (WIFSIGNALED(status) && (who == child || !asked_for(WTERMSIG(status)))) {
      std::string line = fmt::format("died {} {} {}", who, WTERMSIG(status), who == child ? 1 : 0);
      for (const auto& frame : last_fault[who]) line += " " + frame;
      say(report, line + "\n");
    }
    last_fault.erase(who);
    if (who == child) end_as(status);
  }
}

}  // namespace

void follow_in_parent(int report) {
  int gate[2];
  if (::pipe2(gate, O_CLOEXEC) != 0) return;  // unwatched, but there
  const pid_t tracer = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return;
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != tracer) ::_exit(127);
    ::close(gate[1]);
    char go = 0;
    (void)!::read(gate[0], &go, 1);
    ::close(gate[0]);
    ::close(report);
    return;
  }
  ::prctl(PR_SET_NAME, "assay-tracer");
  // What we hold open of the one that started us would stay open when it closes it: connections above all.
  const int told = ::fcntl(report, F_DUPFD, 16);
  const int gate_end = ::fcntl(gate[1], F_DUPFD, 16);
  ::dup2(told, 3);
  ::dup2(gate_end, 4);
  for (int i = 0; i < 3; ++i) ::close(i);
  (void)::syscall(SYS_close_range, 5U, ~0U, 0U);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  const auto options =
      PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (::ptrace(PTRACE_SEIZE, child, nullptr, static_cast<std::uintptr_t>(options)) != 0)
    say(3, fmt::format("untraced {}\n", std::strerror(errno)));
  (void)!::write(4, "g", 1);
  ::close(4);
  follow(child, 3);
}

std::optional<SignalDeath> signal_death(std::string_view line) {
  SignalDeath out;
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  if (words.size() < 4 || words[0] != "died") return std::nullopt;
  const auto number = [](std::string_view text, int& into) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), into);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size();
  };
  if (!number(words[1], out.process) || !number(words[2], out.signal)) return std::nullopt;
  out.first = words[3] == "1";
  for (std::size_t i = 4; i < words.size(); ++i) out.frames.emplace_back(words[i]);
  return out;
}

}  // namespace assay::peers
