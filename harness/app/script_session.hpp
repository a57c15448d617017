// What a script asks, one line of JSON each, carried out on a running case: steps of the scenario language are told to
// its interpreter, and what came back is the answer. The same words serve a child process of `assay run` and the Python
// module inside one process. Tests: tests/python/
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/scenario/interpreter.hpp"
#include "peers/peers.hpp"

namespace assay::app {

/// A trace in the same words: "text", "entries", "findings".
nlohmann::ordered_json trace_words(const trace::Trace& trace);

/// {"do": "port", "listener": "l1"}                -> {"port": 11112}
/// {"do": "step", "xml": "<send>...</send>"}       -> {"ok": true, "seen": [...]} or {"ok": false, "what": ...}
/// {"do": "encode", "xml": "<data-set/>", "transfer": UID}       -> {"hex": ...}
/// {"do": "decode", "hex": ..., "transfer": UID}   -> {"data_set": {...}, "elements": [...], "problems": [...]}
/// {"do": "observe", "name": ..., "value": ...}
/// {"do": "connection", "connection": "c1"}        -> contexts, maximum length of the peer
/// {"do": "trace", "connection": "c1"}             -> {"text": ..., "findings": [...]}
/// {"do": "finish", "verdict": "fail", "reason": ..., ...}       no answer: the case ends
class ScriptSession {
 public:
  /// `answer` gets one line for each request, perhaps later, from the loop. The host outlives the session.
  ScriptSession(peers::ScenarioHost& host, std::shared_ptr<scenario::Interpreter> interpreter,
                std::function<void(std::string)> answer);

  /// One request; the next only when this one was answered.
  void request(std::string_view line);
  /// The interpreter is ready for the next step.
  void idle();
  /// The case ends, whatever the script was doing.
  void conclude(const scenario::Conclusion& conclusion);
  /// The script has said how its case ends.
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  void step(std::string_view xml);
  void refuse(std::string_view what);

  peers::ScenarioHost& host_;
  std::shared_ptr<scenario::Interpreter> interpreter_;
  std::function<void(std::string)> answer_;
  bool stepping_ = false;
  bool finished_ = false;
};

}  // namespace assay::app
