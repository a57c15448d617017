#include "harness/app/control.hpp"

#include <fmt/format.h>

#include "harness/base/hex.hpp"

namespace assay::app {

namespace {

std::string names_of(const std::vector<std::unique_ptr<ServedDevice>>& devices) {
  std::string out;
  for (const auto& one : devices) out += (out.empty() ? "" : ", ") + one->description().name;
  return out;
}

std::vector<std::string> of_all(const std::string& word, const std::vector<std::unique_ptr<ServedDevice>>& devices,
                                const std::function<void()>& quit) {
  if (word == "quit") {
    quit();
    return {"ok: stopping"};
  }
  std::vector<std::string> out;
  for (const auto& one : devices) {
    const auto& d = one->description();
    if (word == "help")
      for (const auto& line : one->controls())
        out.push_back(fmt::format("  {}{}", d.name.empty() ? "" : d.name + " ", line));
    else
      out.push_back(fmt::format("  {} {} {} {}:{}", d.name.empty() ? "-" : d.name, name(d.kind), d.ae_title, d.address,
                                one->port()));
  }
  out.push_back(word == "help" ? "ok: also devices, help and quit" : fmt::format("ok: {} devices", devices.size()));
  return out;
}

}  // namespace

std::expected<std::vector<std::string>, std::string> control_words(std::string_view line) {
  std::vector<std::string> out;
  bool inside = false;  // a word
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '\\' && i + 1 < line.size() && (line[i + 1] == '"' || line[i + 1] == '\\')) {
      out.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
      if (!std::exchange(inside, true)) out.emplace_back();
    } else if (!quoted && (c == ' ' || c == '\t')) {
      inside = false;
    } else {
      if (!std::exchange(inside, true)) out.emplace_back();
      out.back() += c;
    }
  }
  if (quoted) return std::unexpected("a quotation mark is not closed");
  return out;
}

std::string control_help() {
  return "Lines on standard input change what is being played: NAME and a command, without the name where there is "
         "one\n"
         "device. 'help' lists the commands: list, delete, commitment, destination and faults of an archive; list, "
         "add,\n"
         "remove, reload, steps and faults of a ris; list, status and faults of a printer; poll of a modality; "
         "retrieve,\n"
         "list and faults of a workstation; 'devices' says who is there, 'quit' stops. Each line is answered by one "
         "that\n"
         "begins with ok or error (peers/devices/README.md).\n";
}

std::vector<std::string> control(std::string_view line, const std::vector<std::unique_ptr<ServedDevice>>& devices,
                                 const std::function<void()>& quit) {
  auto words = control_words(line);
  if (!words) return {"error: " + words.error()};
  if (words->empty() || words->front().starts_with('#')) return {};
  const auto first = words->front();
  if (words->size() == 1 && (first == "help" || first == "devices" || first == "quit"))
    return of_all(first, devices, quit);
  ServedDevice* wanted = nullptr;
  for (const auto& one : devices)
    if (one->description().name.empty()) wanted = one.get();
  if (wanted == nullptr) {
    for (const auto& one : devices)
      if (one->description().name == first) wanted = one.get();
    if (wanted == nullptr)
      return {fmt::format("error: no device is called '{}'; there are: {}", printable(first), names_of(devices))};
    words->erase(words->begin());
  }
  const auto prefix = line_prefix(wanted->description());
  const auto answer = wanted->control(*words);
  if (!answer) return {fmt::format("{}error: {}", prefix, answer.error())};
  std::vector<std::string> out;
  for (const auto& one : answer->listed) out.push_back(fmt::format("{}  {}", prefix, one));
  if (answer->count > answer->listed.size())
    out.push_back(fmt::format("{}  and {} more", prefix, answer->count - answer->listed.size()));
  out.push_back(fmt::format("{}ok: {}", prefix, answer->done));
  return out;
}

}  // namespace assay::app
