#include "harness/app/store_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/app/findings.hpp"
#include "harness/app/scu_run.hpp"
#include "harness/dataset/dump_people.hpp"
#include "harness/dimse/status.hpp"
#include "reports/detail.hpp"
#include "reports/json_parts.hpp"

namespace assay::app {

namespace {

constexpr std::uint16_t c_store_rsp = 0x8001;
constexpr std::size_t files_listed = 20;  // of one kind, in text

/// Heading of files that met the same fate for the same reason.
std::string heading(const FileFate& one, const StorePlan& plan) {
  const auto& file = plan.files[one.file];
  switch (one.fate) {
    case Fate::warned:
    case Fate::refused:
      return fmt::format("{} with {}\n    {}", one.fate == Fate::warned ? "stored" : "refused",
                         dimse::describe_status(one.status, c_store_rsp, plan.sop_class(file)),
                         status_advice(one.status, c_store_rsp));
    case Fate::no_context:
      return fmt::format(
          "not sent: the peer accepts no presentation context for {} that takes {}\n    Compare its conformance "
          "statement, or offer another encoding with --transfer-syntax.",
          dict::uid_name(plan.sop_class(file)), dict::uid_name(file.transfer_syntax));
    case Fate::unanswered: return "sent, but the association ended before the answer: they may be stored or not";
    case Fate::not_tried: return "not sent: the association ended before";
    case Fate::unreadable: return "not sent: could not be read any more";
    case Fate::stored: break;
  }
  return {};
}

}  // namespace

std::string_view name(Fate fate) {
  constexpr std::string_view names[] = {"stored",     "warning",   "refused",   "no-context",
                                        "unanswered", "not-tried", "unreadable"};
  return names[static_cast<std::size_t>(fate)];
}

std::size_t StoreReport::total() const {
  std::size_t sum = 0;
  for (const auto n : counts) sum += n;
  return sum;
}

namespace {

/// Decimal, as the units of SI are: a kB has 1000 bytes.
std::string in_units(double value, std::string_view unit) {
  std::string_view prefix;
  for (const auto next : {"k", "M", "G", "T"}) {
    value /= 1000;
    prefix = next;
    if (value < 999.5) break;
  }
  return fmt::format("{:.{}f} {}{}", value, value < 9.95 ? 1 : 0, prefix, unit);
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  return bytes < 1000 ? fmt::format("{} bytes", bytes) : in_units(static_cast<double>(bytes), "B");
}

namespace {

/// Files are counted in bytes, lines in bits: both, so that nobody has to guess which.
std::string rate_text(std::uint64_t bytes, double seconds) {
  const double rate = static_cast<double>(bytes) / seconds;
  return fmt::format("{}/s ({}/s)", size_text(static_cast<std::uint64_t>(rate)), in_units(8 * rate, "bit"));
}

}  // namespace

std::string store_text(const StoreReport& report, const StorePlan& plan) {
  const auto stored = report.count(Fate::stored) + report.count(Fate::warned);
  auto out = fmt::format("{}: {} of {} stored", report.target, stored, counted(report.total(), "file"));
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count > 0) out += fmt::format(", {} {}", count, what);
  };
  add(report.count(Fate::warned), "of them with a warning");
  add(report.count(Fate::refused), "refused");
  add(report.total() - stored - report.count(Fate::refused), "not sent or not answered");
  const double seconds = std::chrono::duration<double>(report.took).count();
  out += fmt::format("; {} in {}", size_text(report.bytes), reports::detail::seconds(report.took));
  if (seconds > 0 && report.bytes > 0) out += ", " + rate_text(report.bytes, seconds);
  if (report.associations > 1) out += fmt::format(", {} associations", report.associations);
  out += "\n";
  out += window_line(report.window_asked, report.window);
  if (plan.skipped > 0) out += fmt::format("  {} skipped: no DICOM objects\n", counted(plan.skipped, "file"));
  if (plan.unusable > 0) out += fmt::format("  {} could not be read\n", plan.unusable);
  if (report.tls && report.tls->established) out += "  " + report.tls->summary() + "\n";
  std::map<std::pair<Fate, std::string>, std::vector<const FileFate*>> groups;
  for (const auto& one : report.failures) groups[{one.fate, heading(one, plan)}].push_back(&one);
  for (const auto& [key, ones] : groups) {
    // Why has been told, by one line of its own.
    if (key.first == Fate::not_tried && (report.interrupted || ones.size() == report.total())) continue;
    out += fmt::format("  {} {}\n", counted(ones.size(), "file"), key.second);
    for (std::size_t i = 0; i < std::min(ones.size(), files_listed); ++i) {
      out += "      " + dataset::safe_text(plan.files[ones[i]->file].path);
      if (!ones[i]->comment.empty()) out += ": " + dataset::safe_text(ones[i]->comment);
      out += "\n";
    }
    if (ones.size() > files_listed)
      out += fmt::format("      and {} more (--json lists all)\n", ones.size() - files_listed);
  }
  out += report.findings.text();
  if (report.interrupted)
    out += fmt::format("  interrupted: {} not tried\n", counted(report.count(Fate::not_tried), "file"));
  return out;
}

nlohmann::ordered_json store_json(const StoreReport& report, const StorePlan& plan) {
  nlohmann::ordered_json out{{"target", report.target}, {"files", report.total()}};
  for (std::size_t i = 0; i < fates; ++i) out[std::string(name(static_cast<Fate>(i)))] = report.counts[i];
  out["skipped"] = plan.skipped;
  out["unusable"] = plan.unusable;
  out["dicomdirs"] = plan.dicomdirs;
  out["bytes"] = report.bytes;
  out["seconds"] = std::chrono::duration<double>(report.took).count();
  out["associations"] = report.associations;
  out["window"] = report.window ? nlohmann::ordered_json(*report.window) : nlohmann::ordered_json(nullptr);
  out["interrupted"] = report.interrupted;
  out["failure"] = report.failure == peers::Failure::none ? "" : std::string(peers::name(report.failure));
  out["message"] = report.message;
  auto problems = nlohmann::ordered_json::array();
  for (const auto& one : report.failures) {
    const auto& file = plan.files[one.file];
    nlohmann::ordered_json entry{{"file", file.path},
                                 {"sop_class", plan.sop_class(file)},
                                 {"sop_instance", file.sop_instance_uid},
                                 {"transfer_syntax", file.transfer_syntax},
                                 {"outcome", std::string(name(one.fate))}};
    if (one.fate == Fate::warned || one.fate == Fate::refused) {
      entry["status"] = fmt::format("{:04X}", one.status);
      entry["meaning"] = dimse::describe_status(one.status, c_store_rsp, plan.sop_class(file));
      entry["advice"] = std::string(status_advice(one.status, c_store_rsp));
    }
    if (!one.comment.empty()) entry["comment"] = one.comment;
    problems.push_back(std::move(entry));
  }
  out["problems"] = std::move(problems);
  if (report.tls) out["tls"] = reports::tls_json(*report.tls);
  out["findings"] = report.findings.json();
  return out;
}

}  // namespace assay::app
