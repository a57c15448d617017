#include "harness/app/scripts.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/app/home.hpp"
#include "harness/base/hex.hpp"
#include "harness/scenario/loader.hpp"
#include "peers/commitment.hpp"
#include "peers/process.hpp"

namespace assay::app {
namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

/// A line of a script: a Data Set of some megabytes, twice as hexadecimal.
constexpr std::size_t longest_line = 256U << 20;
constexpr auto list_limit = std::chrono::seconds(30);
/// Between the request to end, which brings the traceback, and the end.
constexpr auto end_grace = std::chrono::seconds(2);
constexpr std::size_t kept_output = 6000;

std::vector<std::pair<std::string, std::string>> environment_of(const Python& python) {
  auto path = python.launcher.parent_path().string();
  if (const char* more = std::getenv("PYTHONPATH"); more != nullptr && *more != '\0') path += ":" + std::string(more);
  return {{"PYTHONPATH", path}, {"PYTHONUNBUFFERED", "1"}, {"PYTHONDONTWRITEBYTECODE", "1"}};
}

/// What the child printed last, safe to print and without what a terminal would take for a command.
std::string last_words(const peers::Process& process) {
  std::string out;
  for (const char c : process.output()) out += c == '\n' ? std::string("\n") : printable(std::string(1, c));
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string word(const ordered_json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

int line_in(const ordered_json& from) {
  const auto found = from.find("line");
  return found != from.end() && found->is_number_integer() ? found->get<int>() : 1;
}

void take_listed(const std::string& text, ListedScripts& out) {
  const auto words = ordered_json::parse(text, nullptr, false);
  if (!words.is_object()) return;
  const auto file = word(words, "file");
  if (const auto error = word(words, "error"); !error.empty()) {
    out.errors.push_back(fmt::format("{}:{}:1: {}", file, line_in(words), error));
    return;
  }
  auto head = scenario::load_head(word(words, "xml"), file, line_in(words));
  if (!head) {
    for (const auto& error : head.error()) out.errors.push_back(scenario::to_string(error));
    return;
  }
  const auto seconds = words.find("timeout");
  const double limit = seconds != words.end() && seconds->is_number() ? seconds->get<double>() : 60;
  out.scenarios.push_back({std::move(*head), word(words, "function"),
                           Duration(static_cast<std::int64_t>(std::clamp(limit, 0.1, 86400.0) * 1e9))});
}

}  // namespace

std::expected<Python, std::string> find_python() {
  Python out;
  const char* chosen = std::getenv("ASSAY_PYTHON");
  out.program = chosen != nullptr && *chosen != '\0' ? chosen : "/usr/bin/python3";
  if (::access(out.program.c_str(), X_OK) != 0)
    return std::unexpected(fmt::format("there is no Python at {} (ASSAY_PYTHON names another)", out.program));
  std::error_code code;
  const auto program = fs::read_symlink("/proc/self/exe", code);
  out.launcher = program.parent_path() / "python" / "assay_scripts.py";
  if (code || !fs::is_regular_file(out.launcher, code))
    return std::unexpected(
        fmt::format("the Python package is not beside the program ({}): build the target assay_python",
                    out.launcher.parent_path().string()));
  return out;
}

ListedScripts list_scripts(const Python& python, const std::vector<std::string>& files) {
  ListedScripts out;
  if (files.empty()) return out;
  peers::Loop loop;
  bool over = false;
  bool whole = false;
  peers::ProcessOptions options;
  options.argv = {python.program, python.launcher.string(), "list"};
  options.argv.insert(options.argv.end(), files.begin(), files.end());
  options.environment = environment_of(python);
  options.channel_line = longest_line;
  options.on_line = [&](const std::string& line) {
    if (line == "over")
      whole = true;
    else
      take_listed(line, out);
  };
  auto process = peers::Process::start(loop, std::move(options));
  if (!process) {
    out.errors.push_back(fmt::format("{}:1:1: scripts cannot be read: {}", files.front(), process.error()));
    return out;
  }
  bool late = false;
  (*process)->on_end([&] { over = true; });
  peers::later_on(loop)(list_limit, [&] {
    late = true;
    (*process)->terminate(end_grace);
  });
  loop.run_until([&] { return over || whole; });
  if (!whole)
    out.errors.push_back(fmt::format("{}:1:1: the scripts did not say what they hold ({}{}): {}", files.front(),
                                     late ? "stopped after 30 s, " : "", (*process)->ending(), last_words(**process)));
  return out;
}

std::vector<std::string> ids_in_text(std::string_view script) {
  std::vector<std::string> out;
  constexpr std::string_view mark = "id=\"ps3.";
  for (auto at = script.find(mark); at != std::string_view::npos; at = script.find(mark, at + 1)) {
    const auto from = at + 4;
    const auto end = script.find('"', from);
    if (end == std::string_view::npos) break;
    out.emplace_back(script.substr(from, end - from));
  }
  return out;
}

struct ScriptRun::Impl : std::enable_shared_from_this<Impl> {
  Impl(peers::Loop& used, peers::ScenarioHost& host, std::shared_ptr<scenario::Interpreter> interpreter)
      : loop(used), session(host, std::move(interpreter), [this](const std::string& line) {
          if (process) process->write_line(line);
        }) {}

  void start();
  void ended();

  peers::Loop& loop;
  ScriptSession session;
  Python python;
  std::string file;
  std::string function;
  Duration limit{};
  std::string about;
  std::unique_ptr<peers::Process> process;
  bool started = false;
  bool late = false;
};

void ScriptRun::Impl::start() {
  peers::ProcessOptions options;
  options.argv = {python.program, python.launcher.string(), "run", file, function};
  options.environment = environment_of(python);
  options.environment.emplace_back("ASSAY_CASE", about);
  options.keep_output = kept_output;
  options.channel_line = longest_line;
  const auto weak = weak_from_this();
  options.on_line = [weak](const std::string& line) {
    if (const auto self = weak.lock()) self->session.request(line);
  };
  auto made = peers::Process::start(loop, std::move(options));
  if (!made) {
    session.conclude({.verdict = trace::Verdict::error, .reason = made.error()});
    return;
  }
  process = std::move(*made);
  process->on_end([weak] {
    if (const auto self = weak.lock()) self->ended();
  });
  peers::later_on(loop)(limit, [weak] {
    const auto self = weak.lock();
    if (!self || self->session.finished() || !self->process) return;
    self->late = true;
    self->process->terminate(end_grace);  // its last words are where it stood
  });
}

void ScriptRun::Impl::ended() {
  if (session.finished()) return;
  const auto seconds = static_cast<double>(limit.count()) / 1e9;
  auto reason = late ? fmt::format("the script came to no verdict within {:g} s and was ended", seconds)
                     : fmt::format("the script ended without a verdict ({})", process->ending());
  auto words = last_words(*process);
  session.conclude({.verdict = trace::Verdict::error,
                    .reason = std::move(reason),
                    .expected = "a verdict",
                    .actual = words.empty() ? "nothing was printed" : std::move(words)});
}

ScriptRun::ScriptRun(peers::Loop& loop, peers::ScenarioHost& host, std::shared_ptr<scenario::Interpreter> interpreter,
                     Python python, std::string file, std::string function, Duration limit, std::string about)
    : impl_(std::make_shared<Impl>(loop, host, std::move(interpreter))) {
  impl_->python = std::move(python);
  impl_->file = std::move(file);
  impl_->function = std::move(function);
  impl_->limit = limit;
  impl_->about = std::move(about);
}

ScriptRun::~ScriptRun() = default;

void ScriptRun::idle() {
  if (!std::exchange(impl_->started, true)) {
    impl_->start();
    return;
  }
  impl_->session.idle();
}

}  // namespace assay::app
