#include "peers/line_input.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

namespace assay::peers {

// A thread of its own reads, since a terminal or a file cannot be waited for like a socket without changing how
// whoever else has it open sees it. It only ever posts to the loop.
struct LineInput::Impl : std::enable_shared_from_this<LineInput::Impl> {
  Impl(Loop& used, int descriptor, std::size_t longest, std::function<void(std::string)> to_line,
       std::function<void(std::string)> to_unusable)
      : loop(used),
        input(descriptor),
        max_line(longest),
        line(std::move(to_line)),
        unusable(std::move(to_unusable)),
        wake(::eventfd(0, EFD_CLOEXEC)) {}
  ~Impl() {
    if (wake >= 0) ::close(wake);
  }

  /// Of the thread: until the end of the input or of this.
  void read_all() {
    std::array<char, 4096> buffer{};
    std::string rest;
    bool too_long = false;
    while (wait_for_input()) {
      const auto got = ::read(input, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      const bool end = got <= 0;
      for (std::size_t i = 0; !end && i < static_cast<std::size_t>(got); ++i) {
        if (buffer[i] != '\n') {
          if (rest.size() < max_line)
            rest += buffer[i];
          else
            too_long = true;
          continue;
        }
        if (!tell(std::move(rest), std::exchange(too_long, false))) return;
        rest.clear();
      }
      if (!end) continue;
      if (!rest.empty()) tell(std::move(rest), too_long);
      return;
    }
  }

  bool wait_for_input() {
    std::array<pollfd, 2> both{pollfd{input, POLLIN, 0}, pollfd{wake, POLLIN, 0}};
    while (::poll(both.data(), both.size(), -1) < 0)
      if (errno != EINTR) return false;
    return both[1].revents == 0 && (both[0].revents & POLLNVAL) == 0;
  }

  /// False: nobody listens any more.
  bool tell(std::string text, bool too_long) {
    std::unique_lock lock(mutex);
    if (over) return false;
    dealt_with = false;
    loop.post([self = shared_from_this(), text = std::move(text), too_long]() mutable { self->take(text, too_long); });
    changed.wait(lock, [this] { return dealt_with || over; });
    return !over;
  }

  /// Of the loop.
  void take(std::string& text, bool too_long) {
    {
      const std::scoped_lock lock(mutex);
      if (over) return;
    }
    if (text.ends_with('\r')) text.pop_back();
    const bool control = std::ranges::any_of(
        text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
    if (too_long)
      unusable("a line is longer than " + std::to_string(max_line) + " bytes");
    else if (control)
      unusable("a line has bytes that are no text");
    else
      line(std::move(text));
    const std::scoped_lock lock(mutex);
    dealt_with = true;
    changed.notify_all();
  }

  void end() {
    {
      const std::scoped_lock lock(mutex);
      over = true;
      changed.notify_all();
    }
    const std::uint64_t one = 1;
    if (::write(wake, &one, sizeof one) != sizeof one) {
      // An eventfd that has been written to before is awake already.
    }
    if (reader.joinable()) reader.join();
  }

  Loop& loop;
  int input;
  std::size_t max_line;
  std::function<void(std::string)> line;
  std::function<void(std::string)> unusable;
  int wake;
  std::mutex mutex;
  std::condition_variable changed;
  bool dealt_with = false;
  bool over = false;
  std::thread reader;
};

LineInput::LineInput(Loop& loop, int descriptor, std::size_t max_line, std::function<void(std::string)> line,
                     std::function<void(std::string)> unusable)
    : impl_(std::make_shared<Impl>(loop, descriptor, max_line, std::move(line), std::move(unusable))) {
  // To read the terminal from the background is an error then, and not the end of all that goes on.
  std::signal(SIGTTIN, SIG_IGN);
  if (impl_->wake < 0) return;
  // Signals are the loop's.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  impl_->reader = std::thread([impl = impl_.get()] { impl->read_all(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LineInput::~LineInput() { impl_->end(); }

}  // namespace assay::peers
