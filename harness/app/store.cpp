// assay store: files to an archive, over as many associations as their Presentation Contexts need.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "harness/app/findings.hpp"
#include "harness/app/object_file.hpp"
#include "harness/app/store_report.hpp"
#include "harness/dimse/status.hpp"
#include "peers/load.hpp"

namespace assay::app {

namespace {

constexpr std::size_t most_loaded = 256U << 20;
constexpr std::size_t most_judged = 8 * limits::trace_bytes;  // of one association: bytes, PDVs, messages, entries

/// The files of one set of Presentation Contexts, taken by one or several associations.
class Group {
 public:
  Group(std::vector<std::size_t> files, unsigned repeat) : files_(std::move(files)), total_(files_.size() * repeat) {}

  /// The next file, or nothing.
  std::optional<std::size_t> take() {
    if (at_ == total_) return std::nullopt;
    return files_[at_++ % files_.size()];
  }
  [[nodiscard]] std::size_t total() const { return total_; }
  [[nodiscard]] std::size_t left() const { return total_ - at_; }

 private:
  std::vector<std::size_t> files_;
  std::size_t total_;
  std::size_t at_ = 0;
};

class Storing {
 public:
  Storing(const StoreFilesOptions& options, const peers::RequestorOptions& requestor, const StorePlan& plan,
          Console& console)
      : options_(options),
        requestor_(requestor),
        plan_(plan),
        console_(console),
        progress_(console, options.scu.json),
        interrupt_(loop_, console, "files on their way are finished") {
    report_.target = options.scu.target;
    report_.window_asked = options.scu.window;
  }

  StoreReport run() {
    const auto start = loop_.now();
    const auto& contexts = plan_.contexts;
    all_ = plan_.files.size() * options_.scu.repeat;
    for (std::size_t first = 0; first < contexts.size(); first += contexts_per_association) {
      const auto last = std::min(first + contexts_per_association, contexts.size());
      std::vector<std::size_t> files;
      for (std::size_t i = 0; i < plan_.files.size(); ++i)
        if (plan_.files[i].context >= first && plan_.files[i].context < last) files.push_back(i);
      Group group(std::move(files), options_.scu.repeat);
      // One that cannot be reached is not tried again.
      if (ended_ || interrupt_.asked())
        leave(group, Fate::not_tried);
      else
        send(group, {contexts.begin() + static_cast<std::ptrdiff_t>(first),
                     contexts.begin() + static_cast<std::ptrdiff_t>(last)});
    }
    console_.clear_progress();
    report_.interrupted = interrupt_.asked();
    report_.took = loop_.now() - start;
    return std::move(report_);
  }

 private:
  /// One association's part in a group.
  struct Line {
    std::map<std::size_t, std::size_t> files;  // in hand, by their number on the association
    std::size_t given = 0;
  };

  void send(Group& group, const std::vector<peers::ProposedContext>& contexts) {
    const auto lines = std::min<std::size_t>(options_.jobs, group.total());
    std::size_t open = lines;
    bool refused_all = false;
    std::vector<std::shared_ptr<Line>> all;
    for (std::size_t i = 0; i < lines; ++i) {
      const auto line = all.emplace_back(std::make_shared<Line>());
      peers::StoreJob job;
      job.contexts = contexts;
      job.next = [this, &group, line] { return next(group, *line); };
      job.outcome = [this, line](const peers::StoreOutcome& outcome) { note(*line, outcome); };
      peers::async_store(loop_, requestor_, std::move(job), [&, this](const peers::RequestorResult& result) {
        --open;
        refused_all = refused_all || (result.failure == peers::Failure::no_context);
        finished(result);
      });
    }
    report_.associations += lines;
    loop_.run_until([&] { return open == 0; });
    for (const auto& line : all)
      for (const auto& [number, file] : line->files) report_.add({file, Fate::unanswered, 0, {}});
    leave(group, refused_all && !interrupt_.asked() ? Fate::no_context : Fate::not_tried);
  }

  /// What is left of a group is not sent.
  void leave(Group& group, Fate fate) {
    if (fate == Fate::not_tried && options_.scu.repeat > 1) {
      report_.add_untried(group.left());
      return;
    }
    while (const auto left = group.take()) report_.add({*left, fate, 0, {}});
  }

  service::InstancePtr next(Group& group, Line& line) {
    if (interrupt_.asked()) return nullptr;
    while (const auto file = group.take()) {
      auto instance = load(*file);
      if (instance) {
        line.files.emplace(line.given++, *file);
        return *instance;
      }
      report_.add({*file, Fate::unreadable, 0, instance.error()});
    }
    return nullptr;
  }

  /// What goes out again and again is read once, as far as the memory for it goes.
  std::expected<service::InstancePtr, std::string> load(std::size_t file) {
    if (const auto read = loaded_.find(file); read != loaded_.end()) return read->second;
    auto read = load_instance(plan_, plan_.files[file]);
    if (!read) return std::unexpected(read.error());
    auto instance = std::make_shared<const service::Instance>(std::move(*read));
    const auto size = instance->data_set.size();
    if (options_.scu.repeat > 1 && size <= most_loaded - loaded_bytes_) {
      loaded_bytes_ += size;
      loaded_.emplace(file, instance);
    }
    return instance;
  }

  void note(Line& line, const peers::StoreOutcome& outcome) {
    const auto index = line.files.extract(outcome.number).mapped();
    FileFate fate{index, Fate::no_context, outcome.status, outcome.comment};
    if (outcome.sent) {
      const auto kind = dimse::status_class(outcome.status);
      fate.fate = kind == dimse::StatusClass::success   ? Fate::stored
                  : kind == dimse::StatusClass::warning ? Fate::warned
                                                        : Fate::refused;
      if (fate.fate != Fate::refused) report_.bytes += plan_.files[index].size - plan_.files[index].data_set_offset;
    }
    report_.add(std::move(fate));
    progress_.at([&] {
      const auto refused = report_.count(Fate::refused);
      return fmt::format("{} of {} files, {} stored{}", report_.total(), all_, size_text(report_.bytes),
                         refused > 0 ? fmt::format(", {} refused", refused) : "");
    });
  }

  void finished(const peers::RequestorResult& result) {
    report_.findings.add(result.trace);
    report_.window = result.window;
    if (result.tls) report_.tls = result.tls;
    if (options_.scu.show_trace && result.trace) console_.text(trace::to_text(*result.trace, true));
    // Of single files it has been told.
    if (result.failure == peers::Failure::none || result.failure == peers::Failure::status) return;
    if (result.failure != peers::Failure::no_context) ended_ = true;
    if (report_.failure != peers::Failure::none) return;
    report_.failure = result.failure;
    report_.message = result.message;
  }

  const StoreFilesOptions& options_;
  const peers::RequestorOptions& requestor_;
  const StorePlan& plan_;
  Console& console_;
  std::unordered_map<std::size_t, service::InstancePtr> loaded_;
  std::size_t loaded_bytes_ = 0;
  peers::Loop loop_;
  StoreReport report_;
  std::size_t all_ = 0;
  bool ended_ = false;
  ScuProgress progress_;
  ScuInterrupt interrupt_;
};

int exit_code(const StoreReport& report, const StorePlan& plan, bool strict) {
  int code = exit_code_of(report.failure);
  const auto add = [&](bool applies, int other) {
    if (applies) code = worse_exit_code(code, other);
  };
  add(report.count(Fate::refused) > 0, exit_codes::not_conformant);
  add(report.count(Fate::no_context) + report.count(Fate::unanswered) > 0, exit_codes::inconclusive);
  add(report.count(Fate::not_tried) > 0 && !report.interrupted, exit_codes::inconclusive);
  add(plan.unusable + report.count(Fate::unreadable) > 0, exit_codes::usage);
  add(strict && (report.count(Fate::warned) > 0 || !report.findings.empty()), exit_codes::not_conformant);
  // What was on its way when it was stopped is nobody's fault.
  if (report.interrupted && code == exit_codes::inconclusive) return exit_codes::interrupted;
  add(report.interrupted, exit_codes::interrupted);
  return code;
}

}  // namespace

int store_files(const StoreFilesOptions& options, Console& console) {
  std::string_view syntax;
  if (!options.transfer_syntax.empty()) {
    syntax = transfer_syntax_named(options.transfer_syntax);
    if (syntax != uids::ImplicitVRLittleEndian && syntax != uids::ExplicitVRLittleEndian &&
        syntax != uids::ExplicitVRBigEndian) {
      console.error(fmt::format(
          "--transfer-syntax '{}' {}: give implicit, explicit or big-endian, or the keyword or UID of one of them",
          options.transfer_syntax,
          syntax.empty() ? "is no transfer syntax" : "is none that files are re-encoded to before they are sent"));
      return exit_codes::usage;
    }
  }
  const auto requestor = requestor_of(options.scu, console);
  if (!requestor) return exit_codes::usage;
  const auto plan = plan_store(options.paths, syntax, console);
  if (plan.interrupted) {
    console.error("interrupted before anything was sent");
    return exit_codes::interrupted;
  }
  if (options.scu.strict && plan.skipped + plan.unusable > 0) {
    console.error(
        fmt::format("{} cannot be stored, nothing was sent (--strict)", counted(plan.skipped + plan.unusable, "file")));
    return exit_codes::usage;
  }
  if (plan.files.empty()) {
    console.error("there is nothing to store");
    return exit_codes::usage;
  }
  std::uint64_t again = 0;  // bytes that are read once and sent several times
  for (const auto& file : plan.files)
    if (options.scu.repeat > 1) again += file.size;
  const auto held = std::min<std::uint64_t>(again, most_loaded) + (options.scu.judge ? most_judged : 0);
  peers::keep_memory(static_cast<std::size_t>(held));
  const auto report = Storing(options, *requestor, plan, console).run();
  if (options.scu.json) {
    console.data(json_text(store_json(report, plan)));
  } else {
    if (!report.message.empty()) console.error(report.message);
    console.text(store_text(report, plan));
  }
  return exit_code(report, plan, options.scu.strict);
}

}  // namespace assay::app
