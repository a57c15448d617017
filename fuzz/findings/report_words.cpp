#include "fuzz/findings/report_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "fuzz/findings/process_report.hpp"

namespace assay::fuzz {
namespace {

constexpr std::size_t longest_words = 300;
constexpr std::size_t longest_detail = 100;

/// What stands behind `mark`; nothing when it is not there.
std::optional<std::string_view> behind(std::string_view line, std::string_view mark) {
  const auto at = line.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return line.substr(at + mark.size());
}

std::string_view word_of(std::string_view text) { return text.substr(0, text.find_first_of(" :,;(\t")); }

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

struct Phrase {
  std::string_view text;    // what the message holds
  std::string_view detail;  // what it is called here
};

/// Messages of sanitizers that are sentences and not words.
constexpr std::array address_phrases{
    Phrase{"attempting double-free", "double-free"},
    Phrase{"attempting free on address which was not malloc", "bad-free"},
    Phrase{"attempting to call malloc_usable_size", "bad-malloc_usable_size"},
    Phrase{"requested allocation size", "allocation-size-too-big"},
    Phrase{"calloc parameters overflow", "calloc-overflow"},
    Phrase{"reallocarray parameters overflow", "reallocarray-overflow"},
    Phrase{"failed to allocate", "out-of-memory"},
    Phrase{"allocator is out of memory", "out-of-memory"},
    Phrase{"allocator is trying to allocate", "out-of-memory"},
    Phrase{"out of memory", "out-of-memory"},
    Phrase{"hard rss limit", "out-of-memory"},
    Phrase{"soft rss limit", "out-of-memory"},
};

/// Messages of UndefinedBehaviorSanitizer, of clang and of gcc.
constexpr std::array undefined_phrases{
    Phrase{"signed integer overflow", "signed-integer-overflow"},
    Phrase{"unsigned integer overflow", "unsigned-integer-overflow"},
    Phrase{"division by zero", "division-by-zero"},
    Phrase{"shift exponent", "shift-exponent"},
    Phrase{"left shift of", "left-shift"},
    Phrase{"out of bounds for type", "index-out-of-bounds"},
    Phrase{"load of null pointer", "null-pointer load"},
    Phrase{"store to null pointer", "null-pointer store"},
    Phrase{"within null pointer", "null-pointer member access"},
    Phrase{"on null pointer", "null-pointer member call"},
    Phrase{"to null pointer of type", "null-pointer binding"},
    Phrase{"binding to null", "null-pointer binding"},
    Phrase{"offset to null pointer", "null-pointer offset"},
    Phrase{"null pointer passed", "null-pointer argument"},
    Phrase{"null pointer returned", "null-pointer returned"},
    Phrase{"misaligned address", "misaligned-address"},
    Phrase{"not a valid value for type", "invalid-value"},
    Phrase{"pointer index expression", "pointer-overflow"},
    Phrase{"pointer offset", "pointer-overflow"},
    Phrase{"applying non-zero offset", "pointer-overflow"},
    Phrase{"addition of unsigned offset", "pointer-overflow"},
    Phrase{"subtraction of unsigned offset", "pointer-overflow"},
    Phrase{"unreachable program point", "unreachable"},
    Phrase{"reached an unreachable", "unreachable"},
    Phrase{"without returning a value", "missing-return"},
    Phrase{"value-returning function", "missing-return"},
    Phrase{"variable length array bound", "array-bound"},
    Phrase{"incorrect function type", "wrong-function-type"},
    Phrase{"outside the range of representable values", "float-cast-overflow"},
    Phrase{"implicit conversion from", "implicit-conversion"},
    Phrase{"insufficient space for an object", "object-size"},
    Phrase{"negation of", "negation-overflow"},
    Phrase{"which does not point to an object of type", "wrong-dynamic-type"},
    Phrase{"passing zero to", "zero-to-builtin"},
    Phrase{"assumption is violated", "assumption"},
};

/// Messages of the C and C++ libraries.
constexpr std::array library_phrases{
    Phrase{"*** stack smashing detected ***", "stack-smashing"},
    Phrase{"*** buffer overflow detected ***", "buffer-overflow (fortify)"},
    Phrase{"*** invalid %N$ use detected ***", "format-string"},
    Phrase{"*** %n in writable segment detected ***", "format-string"},
    Phrase{"*** longjmp causes uninitialized stack frame ***", "longjmp"},
    Phrase{"double free or corruption", "double-free"},
    Phrase{"free(): double free detected", "double-free"},
    Phrase{"free(): invalid pointer", "bad-free"},
    Phrase{"munmap_chunk(): invalid pointer", "bad-free"},
    Phrase{"free(): invalid size", "heap-corruption"},
    Phrase{"free(): invalid next size", "heap-corruption"},
    Phrase{"realloc(): invalid", "heap-corruption"},
    Phrase{"malloc(): ", "heap-corruption"},
    Phrase{"malloc_consolidate(): ", "heap-corruption"},
    Phrase{"corrupted size vs. prev_size", "heap-corruption"},
    Phrase{"corrupted double-linked list", "heap-corruption"},
    Phrase{"sysmalloc: Assertion", "heap-corruption"},
    Phrase{"pure virtual method called", "pure virtual call"},
};

std::string_view named(std::span<const Phrase> phrases, std::string_view text) {
  const auto at = std::ranges::find_if(phrases, [&](const Phrase& phrase) { return text.contains(phrase.text); });
  return at == phrases.end() ? std::string_view() : at->detail;
}

/// Numbers, addresses and what is quoted differ from run to run.
std::string without_numbers(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() < longest_detail; ++i) {
    const char c = text[i];
    if (c == '\'' || c == '"') {
      const auto end = text.find(c, i + 1);
      if (end == std::string_view::npos) break;
      i = end;
    } else if (c >= '0' && c <= '9') {
      while (i + 1 < text.size() && ((text[i + 1] >= '0' && text[i + 1] <= '9') || text[i + 1] == 'x' ||
                                     (text[i + 1] >= 'a' && text[i + 1] <= 'f'))) {
        ++i;
      }
      out += 'N';
    } else {
      out += c;
    }
  }
  return safe_text(out, longest_detail);
}

/// The line as a sentence quotes it: without process ids and addresses, which are others each time.
std::string words_of(std::string_view line) {
  if (line.starts_with("==")) {
    if (const auto end = line.find("==", 2); end != std::string_view::npos) line.remove_prefix(end + 2);
  }
  while (line.starts_with(' ')) line.remove_prefix(1);
  for (const std::string_view label : {"ERROR: ", "WARNING: "}) {
    if (line.starts_with(label)) line.remove_prefix(label.size());
  }
  for (const std::string_view address : {" on address 0x", " on unknown address", " on 0x", ": 0x", " (pc "}) {
    line = line.substr(0, line.find(address));
  }
  auto out = safe_text(line, longest_words);
  if (!out.ends_with('.')) out += '.';
  return out;
}

Headline make(Weight weight, Kind kind, std::string detail, std::string_view line) {
  Headline out;
  out.weight = weight;
  out.kind = kind;
  out.severity = usual_severity(kind, detail);
  out.detail = std::move(detail);
  out.words = words_of(line);
  return out;
}

std::optional<Headline> address(std::string_view line, std::string_view text) {
  if (text.starts_with("nested bug")) return std::nullopt;
  if (text.starts_with("CHECK failed")) return make(Weight::signal, Kind::crash, "check of the sanitizer failed", line);
  const auto phrase = named(address_phrases, text);
  std::string detail(phrase.empty() ? word_of(text) : phrase);
  if (detail.empty()) return std::nullopt;
  detail = safe_text(detail, longest_detail);
  if (detail == "allocation-size-too-big" || detail == "out-of-memory" || detail == "calloc-overflow" ||
      detail == "reallocarray-overflow" || detail == "rss-limit-exceeded") {
    return make(Weight::cause, Kind::out_of_memory, detail, line);
  }
  if (detail == "ABRT" || detail == "TRAP") {
    return make(Weight::signal, Kind::crash, detail == "ABRT" ? "abort" : "trap", line);
  }
  if (detail == "stack-overflow") {
    auto out = make(Weight::cause, Kind::sanitizer, detail, line);
    out.severity = Severity::high;
    return out;
  }
  if (detail == "SEGV" || detail == "BUS") {
    auto out = make(Weight::cause, Kind::crash, detail == "SEGV" ? "segmentation fault" : "bus error", line);
    out.access = true;
    return out;
  }
  if (detail == "FPE" || detail == "ILL") {
    return make(Weight::cause, Kind::crash, detail == "FPE" ? "arithmetic exception" : "illegal instruction", line);
  }
  auto out = make(Weight::cause, Kind::sanitizer, detail, line);
  out.access = true;
  return out;
}

std::optional<Headline> engine(std::string_view line, std::string_view text) {
  if (text.starts_with("timeout")) return make(Weight::cause, Kind::hang, "timeout", line);
  if (text.starts_with("out-of-memory")) {
    return make(Weight::cause, Kind::out_of_memory, text.contains("malloc(") ? "large-allocation" : "memory-limit",
                line);
  }
  if (text.starts_with("fuzz target exited")) return make(Weight::cause, Kind::crash, "exit", line);
  if (text.starts_with("fuzz target overwrites its const input")) {
    return make(Weight::cause, Kind::crash, "input overwritten", line);
  }
  if (text.starts_with("deadly signal")) return make(Weight::signal, Kind::crash, "deadly signal", line);
  return std::nullopt;
}

/// "prog: file.c:12: int f(int): Assertion `x' failed.", and how other libraries say it.
std::optional<Headline> assertion(std::string_view line) {
  const bool glibc = line.contains("Assertion `") || line.contains("Assertion '");
  if (!glibc && !line.contains("Assertion failed:") && !line.contains("assertion failed:")) return std::nullopt;
  const auto at = std::min(line.find("Assertion "), line.find("assertion failed"));
  auto said = line.substr(at);
  if (glibc) {
    said = said.substr(11);
    for (const std::string_view end : {"' failed", "'"}) {
      if (const auto close = said.rfind(end); close != std::string_view::npos) {
        said = said.substr(0, close);
        break;
      }
    }
  } else {
    said = said.substr(said.find(':') + 1);
    if (said.starts_with(' ')) said.remove_prefix(1);
    said = said.substr(0, std::min(said.find(", function "), said.find(", file ")));
  }
  auto out = make(Weight::cause, Kind::crash, "assertion " + safe_text(said, longest_detail), line);
  out.severity = Severity::medium;
  // ": int ns::f(int): Assertion": the function stands between two colons with a blank behind each.
  auto before = line.substr(0, at);
  while (before.ends_with(' ') || before.ends_with(':')) before.remove_suffix(1);
  if (const auto colon = before.rfind(": "); glibc && colon != std::string_view::npos) {
    out.place = function_name(before.substr(colon + 2));
  } else if (const auto function = behind(line, ", function ")) {
    out.place = function_name(function->substr(0, function->find(',')));
  }
  return out;
}

std::optional<Headline> exception(std::string_view line) {
  if (line.contains("terminate called without an active exception") || line.contains("terminate called recursively")) {
    return make(Weight::cause, Kind::crash, "terminate", line);
  }
  auto type = behind(line, "terminate called after throwing an instance of '");
  if (!type) type = behind(line, "due to uncaught exception of type ");
  if (!type) return std::nullopt;
  auto name = type->substr(0, type->find('\''));
  name = name.substr(0, name.find(": "));
  auto out = make(Weight::cause, Kind::crash, "uncaught exception " + function_name(name), line);
  out.severity = Severity::medium;
  return out;
}

std::optional<Headline> undefined(std::string_view line) {
  const auto text = behind(line, ": runtime error: ");
  if (!text) return std::nullopt;
  const auto phrase = named(undefined_phrases, *text);
  auto out = make(Weight::undefined, Kind::sanitizer, std::string(phrase), line);
  if (phrase.empty()) out.detail = without_numbers(*text);
  out.severity = phrase == "index-out-of-bounds" || phrase == "object-size" ? Severity::high : Severity::medium;
  auto file = line.substr(0, line.find(": runtime error: "));
  file = file.substr(0, file.find(':'));
  out.place = safe_text(base_name(file), longest_detail);
  return out;
}

}  // namespace

std::optional<Headline> headline(std::string_view line) {
  if (line.size() < 8) return std::nullopt;
  if (const auto text = behind(line, "property broken: ")) {
    return make(Weight::cause, Kind::property, "property: " + safe_text(*text, longest_detail), line);
  }
  if (const auto text = behind(line, "ERROR: libFuzzer: ")) return engine(line, *text);
  for (const std::string_view tool : {"ERROR: AddressSanitizer: ", "ERROR: HWAddressSanitizer: ",
                                      "AddressSanitizer: hard rss limit", "ERROR: AddressSanitizer "}) {
    if (const auto text = behind(line, tool)) return address(line, tool.ends_with(' ') ? *text : "out of memory");
  }
  if (const auto text = behind(line, "ERROR: UndefinedBehaviorSanitizer: ")) return address(line, *text);
  for (const std::string_view tool : {"WARNING: MemorySanitizer: ", "ERROR: MemorySanitizer: "}) {
    const auto text = behind(line, tool);
    if (!text) continue;
    if (text->starts_with("use-of-uninitialized-value")) {
      return make(Weight::cause, Kind::sanitizer, "use-of-uninitialized-value", line);
    }
    return address(line, *text);
  }
  for (const std::string_view tool : {"WARNING: ThreadSanitizer: ", "ERROR: ThreadSanitizer: "}) {
    const auto text = behind(line, tool);
    if (!text) continue;
    if (word_of(*text) == "SEGV") return address(line, *text);
    return make(Weight::cause, Kind::sanitizer, safe_text(text->substr(0, text->find(" (")), longest_detail), line);
  }
  if (const auto text = behind(line, "ERROR: LeakSanitizer: ")) {
    if (text->starts_with("detected memory leaks")) return make(Weight::leak, Kind::leak, "memory-leak", line);
    return address(line, *text);
  }
  if (auto out = undefined(line)) return out;
  if (auto out = assertion(line)) {
    if (out->detail.starts_with("assertion ") && line.contains("sysmalloc: ")) out->detail = "heap-corruption";
    return out;
  }
  if (auto out = exception(line)) return out;
  if (const auto phrase = named(library_phrases, line); !phrase.empty()) {
    auto out = make(Weight::cause, Kind::crash, std::string(phrase), line);
    out.severity = phrase == "pure virtual call" ? Severity::high : Severity::critical;
    return out;
  }
  return std::nullopt;
}

std::string_view advice_for(Kind kind, std::string_view detail) {
  if (detail.contains("stack-overflow")) return "Bound the nesting that an input may ask for.";
  if (detail.contains("use-after") || detail.contains("double-free") || detail.contains("bad-free")) {
    return "Find who still holds what was given back: one owner, and nobody keeps a pointer into what may move or go.";
  }
  if (detail.contains("overflow (fortify)") || detail.contains("buffer-overflow") ||
      detail.contains("container-overflow") || detail.contains("index-out-of-bounds") || detail.contains("smashing") ||
      detail.contains("heap-corruption")) {
    return "Compare each length and index of the input with what is really there before it is used.";
  }
  if (detail.contains("uninitialized")) return "Give the value a beginning, or read it only when the input had it.";
  if (detail.contains("segmentation") || detail.contains("null")) {
    return "Check the pointer before it is used: the input lacks what the code takes for granted.";
  }
  if (detail.starts_with("assertion"))
    return "Refuse the input where it is read: an assertion is for what no input can cause.";
  if (detail.starts_with("uncaught")) return "Catch it where the input is read, and refuse the input.";
  if (detail.contains("integer-overflow") || detail.contains("shift") || detail.contains("cast")) {
    return "Check numbers of the input against their range before calculating with them.";
  }
  switch (kind) {
    case Kind::hang: return "Make every loop consume input or count down, and bound what an input may ask for.";
    case Kind::out_of_memory: return "Allocate what is there, never what a length claims.";
    case Kind::leak: return "Free it on the way out that this input takes, or let an owner do it.";
    case Kind::property: return "The text of the property says what should hold: follow the input through the code.";
    default: return "Follow the input through the function that is named, and refuse what it cannot handle.";
  }
}

}  // namespace assay::fuzz
