#include "fuzz/findings/frames.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "fuzz/findings/process_report.hpp"

namespace assay::fuzz {
namespace {

constexpr std::size_t longest_line = 8192;
constexpr std::size_t longest_name = 200;
constexpr std::size_t most_frames = 64;
constexpr std::size_t most_read = 512;  // frames of one stack; an overflowed one repeats itself long before

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool starts_with_any(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view beginning) { return text.starts_with(beginning); });
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// Cuts " (BuildId: ...)" and " (/path/module+0x12)" off the end, whichever are there; gives the module and offset.
std::string_view take_module(std::string_view& text) {
  for (int i = 0; i < 2 && text.ends_with(')'); ++i) {
    const auto open = text.rfind(" (");
    if (open == std::string_view::npos) break;
    const auto inside = text.substr(open + 2, text.size() - open - 3);
    if (inside.starts_with("BuildId:")) {
      text = text.substr(0, open);
      continue;
    }
    if (inside.contains("+0x") || inside == "<unknown module>") {
      text = text.substr(0, open);
      return inside;
    }
    break;
  }
  return {};
}

/// Cuts ":12:3" or ":12" off the end.
bool take_position(std::string_view& text) {
  bool any = false;
  for (int i = 0; i < 2; ++i) {
    auto end = text.size();
    while (end > 0 && is_digit(text[end - 1])) --end;
    if (end == text.size() || end == 0 || text[end - 1] != ':') break;
    text = text.substr(0, end - 1);
    any = true;
  }
  return any;
}

/// Cuts the source's path off the end: the last word, where a line number or a slash says that it is one.
std::string_view take_source(std::string_view& text) {
  auto before = text;
  const bool numbered = take_position(before);
  const auto blank = before.rfind(' ');
  if (blank == std::string_view::npos) return {};
  const auto word = before.substr(blank + 1);
  if (!numbered && !word.starts_with('/') && word != "<null>") return {};
  text = before.substr(0, blank);
  return word;
}

}  // namespace

bool Lines::next(std::string_view& line) {
  if (rest_.empty()) return false;
  const auto end = rest_.find('\n');
  line = rest_.substr(0, std::min(end, longest_line));
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

std::string function_name(std::string_view text) {
  std::string out;
  for (const std::string_view thunk : {"non-virtual thunk to ", "virtual thunk to "}) {
    if (text.starts_with(thunk)) text.remove_prefix(thunk.size());
  }
  const auto ends_in_operator = [&out] {
    return out.ends_with("operator") && (out.size() == 8 || !is_word(out[out.size() - 9]));
  };
  /// Behind the bracket that closes the one at `at`.
  const auto behind = [&text](std::size_t at, char open, char close) {
    int depth = 0;
    for (; at < text.size(); ++at) {
      if (text[at] == open) ++depth;
      // The arrow of an operator or of a trailing return type closes nothing.
      if (text[at] == close && !(close == '>' && at > 0 && text[at - 1] == '-') && --depth == 0) return at + 1;
    }
    return text.size();
  };
  constexpr std::string_view anonymous = "(anonymous namespace)";
  bool done = false;  // parameters were seen, so a blank ends the name
  for (std::size_t at = 0; at < text.size() && out.size() < longest_name;) {
    const auto rest = text.substr(at);
    if (rest.starts_with("(anonymous namespace)::") || rest.starts_with("{anonymous}::")) {
      at += rest.find("::") + 2;
    } else if (rest.starts_with(anonymous)) {
      at += anonymous.size();
    } else if (ends_in_operator() && rest.starts_with("()")) {
      out += "()";
      at += 2;
    } else if (ends_in_operator() && (rest[0] == '<' || rest[0] == '>' || rest[0] == '-' || rest[0] == '=')) {
      while (at < text.size() &&
             (text[at] == '<' || text[at] == '>' || text[at] == '-' || text[at] == '=' || text[at] == '*')) {
        out += text[at++];
      }
      if (text.substr(at).starts_with(" <")) ++at;      // its template arguments
    } else if (ends_in_operator() && rest[0] == ' ') {  // operator new, operator bool
      out += ' ';
      ++at;
      while (at < text.size() && (is_word(text[at]) || text[at] == '[' || text[at] == ']')) out += text[at++];
    } else if (rest[0] == '<') {
      at = behind(at, '<', '>');
    } else if (rest[0] == '(') {
      at = behind(at, '(', ')');
      done = true;
    } else if (rest[0] == '[') {  // [abi:cxx11], [clone .cold]
      at = behind(at, '[', ']');
    } else if (rest.starts_with("{lambda")) {
      at = behind(at, '{', '}');
      out += "lambda";
      done = false;
    } else if (rest.starts_with("'lambda")) {
      const auto close = text.find('\'', at + 1);
      at = close == std::string_view::npos ? text.size() : close + 1;
      out += "lambda";
      done = false;
    } else if (rest.starts_with("$_")) {
      at += 2;
      while (at < text.size() && is_digit(text[at])) ++at;
      out += "lambda";
    } else if (rest[0] == ' ') {
      std::size_t next = at + 1;
      for (const std::string_view word : {"const", "volatile", "&", "&&", "noexcept"}) {
        if (text.substr(next).starts_with(word) && text.substr(next + word.size()).starts_with("::")) {
          next += word.size();
          done = false;
          break;
        }
      }
      if (done) break;
      if (next == at + 1) {
        if (text.substr(next).starts_with('/') || text.substr(next).starts_with('(')) {
          if (!text.substr(next).starts_with(anonymous)) break;
        }
        out.clear();  // that was the type it returns
      }
      at = next;
    } else if (rest[0] == '.' && !out.empty()) {  // .cold, .part.0, .constprop.1
      ++at;
      while (at < text.size() && (is_word(text[at]) || text[at] == '.')) ++at;
    } else {
      if (rest[0] == ':') done = false;
      out += static_cast<unsigned char>(rest[0]) < 0x20 || static_cast<unsigned char>(rest[0]) >= 0x7F ? '?' : rest[0];
      ++at;
    }
  }
  if (out.size() > longest_name) out.resize(longest_name);
  // A lambda is known by where it stands.
  constexpr std::string_view call = "lambda::operator()";
  if (out.ends_with(call)) out.resize(out.size() - call.size() + 6);
  while (out.starts_with('*') || out.starts_with('&')) out.erase(0, 1);
  return out;
}

bool read_frame(std::string_view line, Frame& frame) {
  frame = {};
  const auto from = line.find_first_not_of(" \t");
  if (from == std::string_view::npos || line[from] != '#') return false;
  auto text = line.substr(from + 1);
  std::size_t digits = 0;
  while (digits < text.size() && digits < 6 && is_digit(text[digits])) {
    frame.number = frame.number * 10 + static_cast<unsigned>(text[digits++] - '0');
  }
  if (digits == 0 || digits == text.size() || text[digits] != ' ') return false;
  text.remove_prefix(digits + 1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (text.starts_with("0x")) {
    const auto blank = text.find(' ');
    text = blank == std::string_view::npos ? std::string_view() : text.substr(blank);
    if (text.starts_with(" in ")) text.remove_prefix(4);
  }
  while (text.ends_with(' ')) text.remove_suffix(1);
  const auto place = take_module(text);
  const auto plus = place.rfind('+');
  if (plus != std::string_view::npos) frame.module = std::string(base_name(place.substr(0, plus)));
  frame.source = std::string(take_source(text));
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (!text.empty() && text != "<null>" && text != "??") frame.function = function_name(text);
  if (frame.function.empty() && plus != std::string_view::npos) {
    frame.function = safe_text(frame.module + std::string(place.substr(plus)), longest_name);
  }
  return true;
}

bool is_runtime(const Frame& frame) {
  static constexpr std::array<std::string_view, 34> functions{"__asan",
                                                              "__interceptor_",
                                                              "___interceptor_",
                                                              "__sanitizer",
                                                              "__ubsan",
                                                              "__lsan",
                                                              "__msan",
                                                              "__tsan",
                                                              "__hwasan",
                                                              "__libc_",
                                                              "__GI_",
                                                              "__assert_",
                                                              "__cxa_",
                                                              "__gxx_",
                                                              "__gnu_",
                                                              "__memcpy_",
                                                              "__memmove_",
                                                              "__memset_",
                                                              "__str",
                                                              "__pthread_",
                                                              "__restore_rt",
                                                              "__stack_chk_fail",
                                                              "__fortify_fail",
                                                              "__chk_fail",
                                                              "__cxxabiv1::",
                                                              "fuzzer::",
                                                              "asan_thread_start",
                                                              "std::",
                                                              "_Unwind_",
                                                              "__printf",
                                                              "__vfprintf",
                                                              "__fdelt",
                                                              "__run_exit_handlers",
                                                              "_IO_"};
  static constexpr std::array<std::string_view, 41> whole{"abort",
                                                          "raise",
                                                          "gsignal",
                                                          "malloc",
                                                          "calloc",
                                                          "realloc",
                                                          "free",
                                                          "posix_memalign",
                                                          "aligned_alloc",
                                                          "memcpy",
                                                          "memmove",
                                                          "memset",
                                                          "memcmp",
                                                          "memchr",
                                                          "strlen",
                                                          "strnlen",
                                                          "strcpy",
                                                          "strncpy",
                                                          "strcat",
                                                          "strncat",
                                                          "strcmp",
                                                          "strncmp",
                                                          "strchr",
                                                          "strdup",
                                                          "strndup",
                                                          "bcmp",
                                                          "sprintf",
                                                          "snprintf",
                                                          "vsprintf",
                                                          "vsnprintf",
                                                          "printf",
                                                          "fprintf",
                                                          "_start",
                                                          "clone",
                                                          "clone3",
                                                          "start_thread",
                                                          "exit",
                                                          "_exit",
                                                          "assay::fuzz::require",
                                                          "syscall",
                                                          "operator delete[]"};
  static constexpr std::array<std::string_view, 13> modules{
      "libc.so", "libc-",   "libstdc++", "libc++",     "libasan",  "libubsan",   "liblsan",
      "libtsan", "libmsan", "libm.so",   "libpthread", "ld-linux", "libclang_rt"};
  static constexpr std::array<std::string_view, 6> sources{"compiler-rt/lib", "libsanitizer/", "sysdeps/",
                                                           "nptl/",           "csu/",          "include/c++/"};
  const std::string_view name = frame.function;
  if (name.starts_with("operator new") || name.starts_with("operator delete")) return true;
  if (name.starts_with("__gnu_cxx::")) return true;
  if (starts_with_any(name, functions) || std::ranges::find(whole, name) != whole.end()) return true;
  if (starts_with_any(frame.module, modules)) return true;
  return std::ranges::any_of(sources, [&](std::string_view part) { return frame.source.contains(part); });
}

std::vector<std::string> own_frames(std::string_view text) {
  std::vector<std::string> own;
  std::vector<std::string> all;
  Lines lines(text);
  std::string_view line;
  bool inside = false;
  std::size_t read = 0;
  unsigned last = 0;
  while (read < most_read && lines.next(line)) {
    Frame frame;
    if (!read_frame(line, frame)) {
      if (inside) break;
      continue;
    }
    if (inside && frame.number <= last) break;  // the next stack
    if (!inside && frame.number != 0) continue;
    inside = true;
    last = frame.number;
    ++read;
    if (frame.function.empty() || frame.module.starts_with('[')) continue;  // "[stack]": no code at all
    if (all.size() < most_frames) all.push_back(frame.function);
    if (frame.function.starts_with("fuzzer::") && !own.empty()) break;
    if (is_runtime(frame)) continue;
    own.push_back(frame.function);
    if (frame.function == "LLVMFuzzerTestOneInput") break;
  }
  // Between an entry of the program and the first line of C there is nothing to tell; what is only libraries is told.
  return own.empty() ? all : own;
}

std::vector<std::string> recursing(const std::vector<std::string>& frames) {
  std::map<std::string_view, std::size_t> count;
  for (const auto& frame : frames) ++count[frame];
  std::vector<std::string> out;
  for (const auto& [name, times] : count) {
    if (times > 2 && out.size() < most_frames) out.emplace_back(name);
  }
  return out.empty() ? frames : out;
}

}  // namespace assay::fuzz
