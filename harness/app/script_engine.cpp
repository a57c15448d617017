#include "harness/app/script_engine.hpp"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "conformance/rules/standard_rules.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/home.hpp"
#include "harness/app/script_session.hpp"
#include "peers/commitment.hpp"

namespace assay::app {

using nlohmann::ordered_json;
using namespace std::chrono_literals;

namespace {

/// How often a wait asks whether it was interrupted.
constexpr auto interrupt_pause = std::chrono::milliseconds(100);

template <typename T>
T said(const ordered_json& words, const char* key, T otherwise) {
  const auto found = words.find(key);
  if (found == words.end() || found->is_null()) return otherwise;
  try {
    return found->get<T>();
  } catch (const ordered_json::exception&) {
    return otherwise;
  }
}

/// A stream into memory.
class Memory {
 public:
  Memory() : file_(::open_memstream(&text_, &size_)) {}
  ~Memory() {
    std::fclose(file_);
    std::free(text_);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  [[nodiscard]] std::FILE* file() const { return file_; }
  [[nodiscard]] std::string text() const {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

std::string dumped(const ordered_json& words) {
  return words.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

struct ScriptEngine::Impl {
  Impl(const ordered_json& words, std::function<bool()> asked)
      : interrupted(std::move(asked)),
        host(loop, peers::DutControl{},
             peers::HostOptions{.listen_address = said<std::string>(words, "listen_address", "127.0.0.1")}) {
    auto scenario = std::make_shared<scenario::Scenario>();
    scenario->id = "session";
    scenario->role = "requestor";
    scenario::Environment e;
    e.target_host = said<std::string>(words, "host", "127.0.0.1");
    e.target_port = said<std::uint16_t>(words, "port", 0);
    e.listen_port = said<std::uint16_t>(words, "listen_port", 0);
    e.called_ae = said<std::string>(words, "called_ae", "ANY-SCP");
    e.calling_ae = said<std::string>(words, "calling_ae", "ASSAY");
    const auto limit =
        Duration(static_cast<std::int64_t>(std::clamp(said(words, "timeout", 10.0), 0.001, 86400.0) * 1e9));
    for (const auto* name : {"connect-timeout", "dul-timeout", "dimse-timeout", "operate-timeout"})
      e.waits[name] = limit;
    e.waits["artim"] = 45s;
    e.waits["device-timeout"] = 60s;
    e.seed = said<std::uint64_t>(words, "seed", 1);
    e.rules = conformance::standard_rules(conformance::ObjectsJudged::each);
    e.read_file = [](std::string_view path) -> std::optional<Bytes> {
      const auto text = read_text(std::filesystem::path(path));
      return text ? std::optional(to_bytes(*text)) : std::nullopt;
    };
    interpreter = std::make_shared<scenario::Interpreter>(scenario::Case{scenario, 0}, std::move(e));
    interpreter->wait_for_steps();
    session =
        std::make_unique<ScriptSession>(host, interpreter, [this](std::string line) { answer = std::move(line); });
    host.run(interpreter, [this] { session->idle(); }, [this] { over = true; });
    ask();
  }

  void ask() {
    peers::later_on(loop)(interrupt_pause, [this] {
      stopped = stopped || interrupted();
      ask();
    });
  }

  /// Runs the loop until it holds; false when it was interrupted.
  bool wait(const std::function<bool()>& holds) {
    loop.run_until([&] { return holds() || stopped || over; });
    return !std::exchange(stopped, false);
  }

  std::function<bool()> interrupted;
  peers::Loop loop;
  peers::ScenarioHost host;
  std::shared_ptr<scenario::Interpreter> interpreter;
  std::unique_ptr<ScriptSession> session;
  std::optional<std::string> answer;
  bool over = false;
  bool stopped = false;
};

ScriptEngine::ScriptEngine(std::string_view about, std::function<bool()> interrupted)
    : impl_(std::make_unique<Impl>(ordered_json::parse(about, nullptr, false), std::move(interrupted))) {}

ScriptEngine::~ScriptEngine() = default;

std::expected<std::string, std::string> ScriptEngine::call(std::string_view request) {
  auto& s = *impl_;
  if (s.over || s.session->finished()) return std::unexpected("the session is over");
  s.answer.reset();
  s.session->request(request);
  if (!s.wait([&] { return s.answer.has_value(); })) {
    // The step in hand cannot be taken back: the conversation ends here.
    s.session->conclude({.verdict = trace::Verdict::inconclusive, .reason = "interrupted"});
    s.loop.run_until([&] { return s.over; });
    return std::unexpected("interrupted");
  }
  if (!s.answer) return std::unexpected("the session is over");
  return *s.answer;
}

std::expected<std::string, std::string> ScriptEngine::finish(std::string_view request) {
  auto& s = *impl_;
  if (!s.over) {
    s.session->request(request);
    s.wait([&] { return s.over; });
  }
  const auto result = s.interpreter->result();
  ordered_json connections = ordered_json::array();
  for (const auto& trace : result.traces) {
    auto words = trace_words(trace);
    words["connection"] = trace.connection;
    connections.push_back(std::move(words));
  }
  return dumped({{"verdict", std::string(trace::name(result.verdict))},
                 {"reason", result.reason},
                 {"connections", std::move(connections)}});
}

std::string run_for_script(std::string_view text) {
  const auto words = ordered_json::parse(text, nullptr, false);
  RunOptions options;
  options.selection.items = said<std::vector<std::string>>(words, "scenarios", {});
  options.selection.only = said<std::vector<std::string>>(words, "only", {});
  options.selection.skip = said<std::vector<std::string>>(words, "skip", {});
  options.selection.role = said<std::string>(words, "role", "");
  options.selection.tag = said<std::string>(words, "tag", "");
  options.target = said<std::string>(words, "target", "");
  options.called_ae = said<std::string>(words, "called_ae", options.called_ae);
  options.calling_ae = said<std::string>(words, "calling_ae", options.calling_ae);
  options.profile = said<std::string>(words, "profile", "");
  options.dut_start = said<std::string>(words, "dut_start", "");
  options.dut_act = said<std::string>(words, "dut_act", "");
  options.out = said<std::string>(words, "out", "");
  options.jobs = said<unsigned>(words, "jobs", 1);
  options.seed = said<std::uint64_t>(words, "seed", 1);
  if (const auto limit = said(words, "timeout", 0.0); limit > 0)
    options.timeout = Duration(static_cast<std::int64_t>(std::min(limit, 86400.0) * 1e9));
  options.unattended = true;
  options.json = "-";
  options.command_line = "assay.run() in Python";
  const Memory out;
  const Memory err;
  int code = 0;
  {
    Console console(out.file(), err.file());
    code = run(options, console);
  }
  if (auto results = out.text(); code != exit_codes::usage && !results.empty()) return results;
  auto why = err.text();
  while (!why.empty() && why.back() == '\n') why.pop_back();
  return dumped({{"error", why.empty() ? "the run did not come about" : why}});
}

}  // namespace assay::app
