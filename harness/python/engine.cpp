// The module `assay._engine`: the words of a script session (harness/app/script_session.hpp) inside one process, and
// `assay run` as a function. Everything people see is in the package beside it. Tests: tests/python/
#include <pybind11/pybind11.h>

#include <string>

#include "harness/app/script_engine.hpp"

namespace py = pybind11;

namespace {

/// Asked from time to time while the lock of the interpreter is not held: whether Ctrl-C was pressed.
bool interrupted() {
  const py::gil_scoped_acquire lock;
  return PyErr_CheckSignals() != 0;
}

/// An error is a Python exception: the one that is set, or one with this text.
std::string text_of(const std::expected<std::string, std::string>& result) {
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
  if (!result) throw std::runtime_error(result.error());
  return *result;
}

}  // namespace

PYBIND11_MODULE(_engine, module) {
  module.doc() = "The engine behind the package assay; use that.";
  py::class_<assay::app::ScriptEngine>(module, "Engine")
      .def(py::init([](const std::string& about) { return new assay::app::ScriptEngine(about, interrupted); }))
      .def("call",
           [](assay::app::ScriptEngine& self, const std::string& line) {
             std::expected<std::string, std::string> answer;
             {
               const py::gil_scoped_release others;
               answer = self.call(line);
             }
             return text_of(answer);
           })
      .def("finish", [](assay::app::ScriptEngine& self, const std::string& line) {
        std::expected<std::string, std::string> answer;
        {
          const py::gil_scoped_release others;
          answer = self.finish(line);
        }
        return text_of(answer);
      });
  module.def("run", [](const std::string& options) {
    std::string answer;
    {
      const py::gil_scoped_release others;
      answer = assay::app::run_for_script(options);
    }
    return text_of(answer);
  });
}
