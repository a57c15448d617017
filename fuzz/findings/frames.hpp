// Stacks as sanitizers print them, read back: which functions, innermost first, those of the subject only. Internal to
// process_report.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay::fuzz {

/// The lines of an output, one after another, without their ends; longer ones are cut.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  /// False behind the last.
  bool next(std::string_view& line);

 private:
  std::string_view rest_;
};

struct Frame {
  unsigned number = 0;
  std::string function;  // function_name(), or "module+0x1234" where nobody knows; "" when not even that
  std::string module;    // last part of the path of the binary, where it is printed
  std::string source;    // path as printed, without line and column
};

/// Whether a line is one of a stack ("    #3 0x55 in f(int) /src/f.cpp:3:5"), and what it says.
bool read_frame(std::string_view line, Frame& frame);

/// Whether it belongs to a sanitizer, the C or C++ library or the engine.
bool is_runtime(const Frame& frame);

/// The first stack of `text` as names of functions: runtimes left out, ending where the engine begins; at most 64.
std::vector<std::string> own_frames(std::string_view text);

/// The functions that call each other without end, of a stack that overflowed: each once, in an order that does not
/// depend on where it stopped. All frames when none comes twice.
std::vector<std::string> recursing(const std::vector<std::string>& frames);

}  // namespace assay::fuzz
