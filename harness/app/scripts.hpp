// Scenario scripts in Python: where Python is, what a script declares, and a case of it as a child process that tells
// the steps. Without Python, or without the package beside the program, everything else works and says so.
// Tests: tests/python/
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness/app/script_session.hpp"
#include "harness/base/time.hpp"
#include "harness/scenario/model.hpp"

namespace assay::peers {
class Process;
}

namespace assay::app {

/// What runs scripts. ASSAY_PYTHON names another interpreter than the distribution's.
struct Python {
  std::string program;
  std::filesystem::path launcher;  // in the folder that holds the package `assay`
};
/// The error says what is missing.
std::expected<Python, std::string> find_python();

/// A scenario whose steps a function of a script tells.
struct ScriptScenario {
  scenario::Scenario head;
  std::string function;
  Duration limit{};  // of one case
};

struct ListedScripts {
  std::vector<ScriptScenario> scenarios;
  std::vector<std::string> errors;  // "file:line:column: message"
};
/// Asks the scripts what they declare; each is imported, nothing is run. Bounded in time.
ListedScripts list_scripts(const Python& python, const std::vector<std::string>& files);

/// Ids as they stand in the text of a script, for runs without Python.
std::vector<std::string> ids_in_text(std::string_view script);

/// One case: the child process, and what it asks.
class ScriptRun {
 public:
  /// `about` is the case as JSON: what the script may know of it.
  ScriptRun(peers::Loop& loop, peers::ScenarioHost& host, std::shared_ptr<scenario::Interpreter> interpreter,
            Python python, std::string file, std::string function, Duration limit, std::string about);
  ~ScriptRun();
  ScriptRun(const ScriptRun&) = delete;
  ScriptRun& operator=(const ScriptRun&) = delete;

  /// The interpreter is ready: for the first step, or for the next.
  void idle();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace assay::app
