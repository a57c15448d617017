#include "harness/app/device_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <tuple>

#include "harness/app/home.hpp"
#include "harness/app/retrieve_words.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/value_text.hpp"
#include "harness/dataset/value_time.hpp"
#include "harness/dict/dict.hpp"
#include "harness/scenario/values.hpp"
#include "harness/service/query_keys.hpp"
#include "harness/service/sop_classes.hpp"
#include "peers/devices/workstation.hpp"

namespace assay::app {
namespace {

using scenario::Element;
using scenario::LoadError;

std::string place_of(const scenario::Location& at) {
  return fmt::format("{}:{}:{}: ", at.file ? *at.file : std::string(), at.line, at.column);
}

/// What is said of one device, with its mistakes.
class Reader {
 public:
  Reader(std::filesystem::path folder, std::vector<LoadError>& errors) : folder_(std::move(folder)), errors_(errors) {}

  DeviceDescription device(const Element& e) {
    DeviceDescription d;
    for (const auto kind : device_kinds)
      if (e.name == name(kind)) d.kind = kind;
    d.places.emplace("", place_of(e.at));
    for (const auto& attribute : e.attributes) d.places.emplace(attribute.name, place_of(attribute.at));
    d.name = e.has("name") ? e.value("name") : name(d.kind);
    if (e.has("ae-title")) d.ae_title = title(e, "ae-title");
    d.faults = file(e, "faults");
    d.quiet = yes(e, "quiet", false);
    d.port = number<std::uint16_t>(e, "port", d.port, 0);
    if (e.has("address")) d.address = e.value("address");
    d.check_called = yes(e, "check-called", false);
    d.max_associations = number<unsigned>(e, "max-associations", d.max_associations, 1, 100'000);
    d.artim = time(e, "artim", d.artim);
    d.idle_timeout = time(e, "idle-timeout", d.idle_timeout);
    d.judge = yes(e, "judging", true);
    d.folder = file(e, "folder");
    if (const auto* tls = e.child("tls")) {
      d.tls = tls_words(*tls);
      d.places.emplace("tls", place_of(tls->at));
    }
    switch (d.kind) {
      case DeviceKind::archive: archive(e, d); break;
      case DeviceKind::ris: d.ris.schedule = file(e, "schedule"); break;
      case DeviceKind::printer: printer(e, d); break;
      case DeviceKind::modality: modality(e, d); break;
      case DeviceKind::workstation: workstation(e, d); break;
    }
    return d;
  }

 private:
  void wrong(const Element& e, std::string_view attribute, std::string message) {
    const auto* said = e.attribute(attribute);
    errors_.push_back(scenario::error_at(said != nullptr ? said->at : e.at, std::move(message)));
  }

  bool yes(const Element& e, std::string_view attribute, bool otherwise) {
    return e.has(attribute) ? e.is(attribute, "yes") : otherwise;
  }

  template <typename T>
  T number(const Element& e, std::string_view attribute, T otherwise, T least, T most = std::numeric_limits<T>::max()) {
    if (!e.has(attribute)) return otherwise;
    const auto value = scenario::number_from(e.value(attribute));
    if (!value) return otherwise;  // the grammar has complained
    if (*value >= std::int64_t{least} && *value <= std::int64_t{most}) return static_cast<T>(*value);
    wrong(e, attribute, fmt::format("{} goes from {} to {}", attribute, least, most));
    return otherwise;
  }

  Duration time(const Element& e, std::string_view attribute, Duration otherwise) {
    if (!e.has(attribute)) return otherwise;
    if (const auto value = duration(e.value(attribute)); value && value->count() != 0) return *value;
    wrong(e, attribute, fmt::format("{}: '{}' is no time here: write 500ms, 30s or 1m", attribute, e.value(attribute)));
    return otherwise;
  }

  /// A file or folder, from the folder of this file.
  std::string file(const Element& e, std::string_view attribute) {
    if (!e.has(attribute)) return {};
    if (!e.value(attribute).empty()) return (folder_ / e.value(attribute)).string();
    wrong(e, attribute, fmt::format("{} is empty: name a file or folder, or leave the attribute out", attribute));
    return {};
  }

  std::string title(const Element& e, std::string_view attribute) {
    if (const auto problem = title_problem(e.value(attribute)); !problem.empty())
      wrong(e, attribute, fmt::format("{} '{}': {}", attribute, printable(e.value(attribute)), problem));
    return std::string(e.value(attribute));
  }

  TlsWords tls_words(const Element& e) {
    TlsWords out;
    out.on = true;
    out.certificate = file(e, "cert");
    out.key = file(e, "key");
    out.ca = file(e, "ca");
    out.no_verify = yes(e, "no-verify", false);
    out.server_name = e.value("server-name");
    out.profile = e.value("profile");
    return out;
  }

  PeerDescription peer(const Element& e) {
    PeerDescription out;
    out.place = place_of(e.attribute("device") != nullptr   ? e.attribute("device")->at
                         : e.attribute("target") != nullptr ? e.attribute("target")->at
                                                            : e.at);
    out.device = e.value("device");
    out.target = e.value("target");
    if (e.has("ae")) out.ae_title = title(e, "ae");
    if (out.device.empty() == out.target.empty()) {
      errors_.push_back(scenario::error_at(
          e.at, fmt::format("<{}> takes one of device=\"a name of this file\" and target=\"HOST:PORT\"", e.name)));
    } else if (!out.target.empty()) {
      const auto at = out.target.rfind('@');
      if (at != std::string::npos)
        if (const auto problem = title_problem(out.target.substr(0, at)); !problem.empty())
          wrong(e, "target", fmt::format("'{}': {}", printable(out.target.substr(0, at)), problem));
      if (const auto whole = host_port(at == std::string::npos ? out.target : out.target.substr(at + 1)); !whole)
        wrong(e, "target", whole.error());
    }
    return out;
  }

  void archive(const Element& e, DeviceDescription& d) {
    auto& a = d.archive;
    a.index = e.is("index", "memory") ? "memory" : file(e, "index");
    a.with_patients = yes(e, "with-patients", false);
    a.ignore = yes(e, "ignore", false);
    a.sync = yes(e, "sync", true);
    a.window = e.value("window");
    for (const auto* attribute : {"index", "with-patients", "sync"})
      if (e.has(attribute) && !e.has("folder"))
        wrong(e, attribute, fmt::format("{} is of an archive that has a folder", attribute));
    if (a.ignore && e.has("folder")) wrong(e, "ignore", "an archive that has a folder keeps what comes");
    for (const auto word : scenario::words_of(e.value("sop-classes"))) {
      if (auto uid = storage_class(word))
        a.sop_classes.push_back(std::move(*uid));
      else
        wrong(e, "sop-classes", uid.error());
    }
    if (e.has("commitment")) a.commitment = e.value("commitment");
    if (a.commitment != "same" && a.commitment != "new" && a.commitment != "never")
      wrong(e, "commitment", fmt::format("'{}' is none of same, new and never", a.commitment));
    a.commitment_delay = time(e, "commitment-delay", a.commitment_delay);
    a.commitment_fail_every = number<unsigned>(e, "commitment-fail-every", 0, 0);
    for (const auto& child : e.children) {
      if (child.name != "destination") continue;
      a.destinations.push_back(peer(child));
      auto& one = a.destinations.back();
      if (one.ae_title.empty() && one.target.rfind('@') != std::string::npos)
        one.ae_title = one.target.substr(0, one.target.rfind('@'));
      if (one.ae_title.empty() && !one.target.empty())
        errors_.push_back(scenario::error_at(child.at, "<destination> with a target needs its AE title: ae=\"...\""));
    }
  }

  void printer(const Element& e, DeviceDescription& d) {
    auto& p = d.printer;
    p.gray_only = yes(e, "gray-only", false);
    p.no_collation = !yes(e, "collation", true);
    p.dots_per_inch = number<unsigned>(e, "dots-per-inch", p.dots_per_inch, 10, 600);
    p.queue = number<unsigned>(e, "queue", p.queue, 0);
    p.job_time = time(e, "job-time", p.job_time);
  }

  void modality(const Element& e, DeviceDescription& d) {
    auto& m = d.modality;
    if (e.has("every")) m.every = time(e, "every", std::chrono::seconds(1));
    m.modality = e.value("modality");
    m.station = e.value("station");
    m.date = e.value("date");
    if (!m.date.empty() && m.date != "today" && !dataset::parse_date_range(m.date))
      wrong(e, "date", fmt::format("'{}' is no day and no range of days: write today, 20260705 or 20260705-", m.date));
    m.instances = number<unsigned>(e, "instances", m.instances, 1, 10'000);
    m.out = file(e, "out");
    m.commit = yes(e, "commit", false);
    m.commit_listens = e.has("commit-listen");
    d.port = number<std::uint16_t>(e, "commit-listen", 0, 1);
    m.commit_wait = time(e, "commit-wait", m.commit_wait);
    for (const auto* attribute : {"commit-listen", "commit-wait"})
      if (e.has(attribute) && !m.commit)
        wrong(e, attribute, fmt::format("{} is of a modality that asks for commitment: commit=\"yes\"", attribute));
    if (m.commit && e.child("archive") == nullptr)
      wrong(e, "commit", "commitment is asked of the archive: there is none");
    m.timeout = time(e, "timeout", m.timeout);
    for (const auto& child : e.children) {
      if (child.name == "worklist") m.worklist = peer(child);
      if (child.name == "mpps") m.mpps = peer(child);
      if (child.name == "archive") m.archive = peer(child);
    }
  }

  void workstation(const Element& e, DeviceDescription& d) {
    auto& w = d.workstation;
    const auto choice = [&](std::string_view attribute, std::string& into, bool known) {
      if (!e.has(attribute)) return;
      into = e.value(attribute);
      if (!known) wrong(e, attribute, fmt::format("'{}' is none that there is", into));
    };
    choice("way", w.way, peers::retrieve_way(e.value("way")).has_value());
    choice("level", w.level, retrieve_level(e.value("level")).has_value());
    choice("model", w.model, retrieve_model(e.value("model")).has_value());
    if (e.has("receiver")) w.receiver = title(e, "receiver");
    if (e.has("to")) w.destination = title(e, "to");
    if (e.has("every")) w.every = time(e, "every", std::chrono::seconds(1));
    w.timeout = time(e, "timeout", w.timeout);
    w.collect_wait = time(e, "collect-wait", w.collect_wait);
    for (const auto& child : e.children) {
      if (child.name == "archive") w.archive = peer(child);
      if (child.name != "key") continue;
      w.keys.emplace_back(child.value("is"));
      if (const auto key = service::parse_query_key(child.value("is")); !key) wrong(child, "is", key.error());
    }
  }

  std::filesystem::path folder_;
  std::vector<LoadError>& errors_;
};

const scenario::Location& where(const Element& e, std::string_view attribute) {
  const auto* said = e.attribute(attribute);
  return said != nullptr ? said->at : e.at;
}

bool listens(const DeviceDescription& d) { return d.kind != DeviceKind::modality || d.modality.commit_listens; }

/// What devices say of each other; `elements` are theirs, in the same order.
void check_together(const std::vector<DeviceDescription>& devices, const std::vector<const Element*>& elements,
                    std::vector<LoadError>& errors) {
  std::string listening;
  for (const auto& d : devices)
    if (listens(d)) listening += (listening.empty() ? "" : ", ") + d.name;
  const auto find = [&](std::string_view name) {
    return std::ranges::find_if(devices, [&](const auto& d) { return d.name == name; });
  };
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto& d = devices[i];
    const auto& e = *elements[i];
    if (const auto first = find(d.name); first != devices.begin() + static_cast<std::ptrdiff_t>(i))
      errors.push_back(scenario::error_at(
          where(e, "name"), fmt::format("a second device is called '{}': give it another name=\"...\"", d.name)));
    for (std::size_t before = 0; before < i; ++before) {
      const auto& other = devices[before];
      if (d.port != 0 && d.port == other.port && d.address == other.address && listens(d) && listens(other))
        errors.push_back(scenario::error_at(
            where(e, "port"), fmt::format("port {} is that of '{}' already: choose another one, or 0 for a free one",
                                          d.port, other.name)));
    }
    for (const auto& child : e.children) {
      if (!child.has("device")) continue;
      const auto wanted = child.value("device");
      const auto found = find(wanted);
      if (found == devices.end() || !listens(*found))
        errors.push_back(scenario::error_at(
            where(child, "device"),
            fmt::format("{}; there are: {}",
                        found == devices.end() ? fmt::format("no device of this file is called '{}'", printable(wanted))
                                               : fmt::format("'{}' does not listen", wanted),
                        listening.empty() ? "none that listens" : listening)));
    }
  }
}

}  // namespace

std::expected<std::string, std::string> storage_class(std::string_view word) {
  const auto uid = dict::uid_of(word);
  if (uid.empty() || !dataset::is_uid(uid))
    return std::unexpected(
        fmt::format("'{}' is no SOP Class: give a keyword of PS3.6 such as CTImageStorage, or a UID", printable(word)));
  // A UID that PS3.6 does not have may be a vendor's own storage class.
  const bool standard = uid.starts_with("1.2.840.10008.");
  const auto classes = service::storage_sop_classes();
  if (standard && !uid.starts_with("1.2.840.10008.5.1.4.1.1.") && std::ranges::find(classes, uid) == classes.end())
    return std::unexpected(fmt::format("'{}' is no Storage SOP Class", printable(word)));
  return std::string(uid);
}

std::expected<std::vector<DeviceDescription>, std::vector<LoadError>> load_devices(std::string_view xml,
                                                                                   const std::string& file_name) {
  std::vector<LoadError> errors;
  std::vector<DeviceDescription> out;
  const auto root = scenario::read_checked(xml, file_name, device_language(), errors);
  if (root) {
    scenario::no_variables(*root, "a file of devices", errors);
    Reader reader(std::filesystem::path(file_name).parent_path(), errors);
    std::vector<const Element*> elements;
    for (const auto& child : root->children) {
      if (child.name == "title") continue;
      if (elements.size() == max_devices) {
        errors.push_back(scenario::error_at(child.at, fmt::format("a file has at most {} devices", max_devices)));
        break;
      }
      out.push_back(reader.device(child));
      elements.push_back(&child);
    }
    if (elements.empty() && errors.empty())
      errors.push_back(scenario::error_at(root->at, "<devices> without a device"));
    check_together(out, elements, errors);
  }
  if (errors.empty()) return out;
  std::ranges::sort(errors, [](const LoadError& a, const LoadError& b) {
    return std::tie(a.line, a.column, a.message) < std::tie(b.line, b.column, b.message);
  });
  if (errors.size() > scenario::max_load_errors) errors.resize(scenario::max_load_errors);
  return std::unexpected(std::move(errors));
}

}  // namespace assay::app
