#include "harness/app/probe.hpp"

#include <fmt/format.h>

#include "harness/app/files.hpp"
#include "harness/app/findings.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/probe.hpp"
#include "harness/dict/dict.hpp"
#include "harness/dict/implementations.hpp"

namespace assay::app {

namespace {

std::string size_text(std::uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  if (bytes < 10'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string name_of_uid(const std::string& uid) {
  const auto* entry = dict::find_uid(uid);
  return entry != nullptr ? std::string(entry->name) : "UID " + dataset::safe_text(uid);
}

/// ", written by DCMTK (OFFIS_DCMTK_367)"; nothing for a writer that nobody knows.
std::string writer_text(const dataset::Probe& probe) {
  const auto name = dict::implementation_name(probe.writer);
  if (name.empty()) return {};
  return fmt::format(", written by {}{}", name,
                     probe.version.empty() ? "" : " (" + dataset::safe_text(probe.version) + ")");
}

std::string line(const std::string& path, const dataset::Probe& probe) {
  std::string text = dataset::safe_text(path) + ": " + probe.what;
  const bool foreign = probe.kind == "foreign";
  if (!foreign) {
    text += ", " + (probe.sop_class.empty() ? std::string("no SOP Class") : name_of_uid(probe.sop_class));
    text += ", " +
            (probe.syntax.empty() ? "no Transfer Syntax named, read as " + probe.encoding : name_of_uid(probe.syntax));
    if (probe.frames != 0) text += ", " + counted(probe.frames, "frame");
    text += writer_text(probe);
  }
  text += ", " + size_text(probe.size);
  if (!probe.guess.empty() && !probe.syntax.empty()) text += "; " + dataset::safe_text(probe.guess);
  if (!probe.first_fault.empty()) text += "; wrong: " + dataset::safe_text(probe.first_fault);
  return text + ". " + probe.next + '\n';
}

nlohmann::ordered_json to_json(const std::string& path, const dataset::Probe& probe) {
  static constexpr const char* verdicts[] = {"usable", "doubtful", "not DICOM"};
  nlohmann::ordered_json out{{"file", path},       {"verdict", verdicts[static_cast<std::size_t>(probe.usability)]},
                             {"kind", probe.kind}, {"what", probe.what},
                             {"size", probe.size}, {"next", probe.next}};
  if (probe.kind == "foreign") return out;
  out["sop_class"] = probe.sop_class;
  out["transfer_syntax"] = probe.syntax;
  out["implementation_class_uid"] = probe.writer;
  out["implementation_version_name"] = probe.version;
  out["implementation"] = std::string(dict::implementation_name(probe.writer));
  out["encoding"] = probe.encoding;
  out["guess"] = probe.guess;
  out["fault"] = probe.first_fault;
  out["frames"] = probe.frames;
  out["elements"] = probe.elements;
  out["deviations"] = probe.deviations;
  return out;
}

}  // namespace

int probe(const std::vector<std::string>& paths, bool json, Console& console) {
  if (json) console.text_to_stderr();
  auto list = nlohmann::ordered_json::array();
  const auto run = for_each_file(
      paths, console,
      [&](const std::string& path, ByteView bytes) {
        const auto result = dataset::probe(bytes);
        if (json) {
          list.push_back(to_json(path, result));
        } else {
          console.text(line(path, result));
        }
        switch (result.usability) {
          case dataset::Usability::usable: return exit_codes::ok;
          case dataset::Usability::doubtful: return exit_codes::not_conformant;
          case dataset::Usability::unusable: break;
        }
        return exit_codes::usage;
      },
      [&](const std::string& path, const std::string& why) {
        if (json) list.push_back({{"file", path}, {"error", why}});
      });
  if (json) console.data(json_text(list));
  return run.exit_code();
}

}  // namespace assay::app
