// A script session inside this process, for the Python module: a loop of its own, run while somebody waits for an
// answer. Tests: tests/python/session_test.py
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace assay::app {

class ScriptEngine {
 public:
  /// `about` as JSON: host, port, called_ae, calling_ae, timeout (seconds), listen_address, listen_port, seed.
  /// `interrupted` is asked a few times a second while an answer is waited for.
  ScriptEngine(std::string_view about, std::function<bool()> interrupted);
  ~ScriptEngine();
  ScriptEngine(const ScriptEngine&) = delete;
  ScriptEngine& operator=(const ScriptEngine&) = delete;

  /// One request of script_session.hpp and its answer. An error when it was interrupted, or the session is over.
  std::expected<std::string, std::string> call(std::string_view request);
  /// Ends the session: {"verdict", "reason", "connections": [{"connection", "text", "findings"}]}.
  std::expected<std::string, std::string> finish(std::string_view request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// `assay run` with options as JSON; results.json, or {"error": ...}.
std::string run_for_script(std::string_view options);

}  // namespace assay::app
