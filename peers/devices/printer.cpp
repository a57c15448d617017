#include "peers/devices/printer.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "harness/service/verification.hpp"
#include "peers/asio.hpp"
#include "peers/commitment.hpp"
#include "peers/devices/png.hpp"

namespace assay::peers {
namespace {

struct Waiting {
  service::PrintJob job;
  service::TellJob tell;
  std::size_t bytes = 0;  // of its images
  std::size_t page = 0;   // the next to be printed
};

std::size_t bytes_of(const service::PrintJob& job) {
  std::size_t out = 0;
  for (const auto& page : job.pages)
    for (const auto& one : page.sheet.images) out += one.image ? one.image->pixels.size() : 0;
  return out;
}

std::pair<std::string, std::string> date_and_time() {
  const auto now = fmt::localtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  return {fmt::format("{:%Y%m%d}", now), fmt::format("{:%H%M%S}", now)};
}

/// The largest number that a page in the folder begins with.
std::size_t last_number(const std::filesystem::path& folder) {
  std::size_t out = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const auto name = entry.path().filename().string();
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
    if (error == std::errc{} && end != name.data() + name.size() && *end == '-') out = std::max(out, value);
  }
  return out;
}

/// As JSON has it; what is no ASCII and may be in any character set becomes '?'.
std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return out + '"';
}

std::string attributes_of(const dataset::DataSet& data_set) {
  std::string out;
  for (const auto* node : data_set.root().elements()) {
    if (node->kind != dataset::NodeKind::element) continue;
    const auto value =
        node->vr == Vr::US ? std::to_string(data_set.u16(node->tag).value_or(0)) : json_text(data_set.text(node->tag));
    out += fmt::format("{}\n  {}: {}", out.empty() ? "" : ",", json_text(dict::keyword(node->tag)), value);
  }
  return out.empty() ? "{}" : "{" + out + "\n }";
}

/// What goes beside a page.
std::string description(const service::PrintJob& job, std::size_t index, const std::string& printed) {
  const auto& page = job.pages[index];
  std::string annotations;
  for (const auto& one : page.annotations) annotations += (annotations.empty() ? "" : ", ") + json_text(one);
  std::string images;
  for (std::size_t i = 0; i < page.sheet.images.size(); ++i)
    if (const auto& image = page.sheet.images[i].image)
      images += fmt::format("{}\n  {{\"position\": {}, \"columns\": {}, \"rows\": {}}}", images.empty() ? "" : ",",
                            i + 1, image->columns, image->rows);
  return fmt::format(
      "{{\n \"job\": {},\n \"originator\": {},\n \"printed\": {},\n \"page\": {},\n \"pages\": {},\n \"color\": {},\n"
      " \"session\": {},\n \"film\": {},\n \"annotations\": [{}],\n \"images\": [{}]\n}}\n",
      json_text(job.uid), json_text(job.originator), json_text(printed), index + 1, job.pages.size(), page.sheet.color,
      attributes_of(job.film_session), attributes_of(page.film_box), annotations, images);
}

}  // namespace

struct Printer::Queue : std::enable_shared_from_this<Printer::Queue> {
  Queue(Loop& used, PrinterOptions chosen) : loop(used), options(std::move(chosen)), timer(used.impl().context) {}

  bool take(service::PrintJob job, service::TellJob tell) {
    const auto size = bytes_of(job);
    if (waiting.size() >= options.max_queue || bytes + size > options.max_queue_bytes) return false;
    bytes += size;
    waiting.push_back({std::move(job), std::move(tell), size});
    loop.post([weak = weak_from_this(), tell = waiting.back().tell] {
      if (!weak.expired()) tell(service::JobStatus::pending, "QUEUED");
    });
    schedule();
    return true;
  }

  /// One page at a time, so that associations get their turn between two.
  void schedule() {
    if (busy || waiting.empty() || status == service::PrinterStatus::failure) return;
    busy = true;
    timer.expires_after(waiting.front().page == 0 ? options.job_time : Duration{0});
    timer.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!self) return;
      self->busy = false;
      if (error || self->status == service::PrinterStatus::failure) return;
      self->print_page();
      self->schedule();
    });
  }

  void print_page() {
    if (waiting.empty()) return;
    auto& one = waiting.front();
    if (one.page == 0) {
      ++number;
      one.tell(service::JobStatus::printing, "NORMAL");
    }
    const auto written = write(one.job, one.page);
    if (written && ++one.page < one.job.pages.size()) return;
    const auto count = one.job.pages.size();
    one.tell(written ? service::JobStatus::done : service::JobStatus::failure, written ? "NORMAL" : "CHECK PRINTER");
    log(written ? fmt::format("printed {:06} ({} {}) for {}", number, count, count == 1 ? "page" : "pages",
                              one.job.originator)
                : "job of " + one.job.originator + ": " + written.error());
    bytes -= one.bytes;
    waiting.pop_front();
  }

  /// A page with its description. The PNG comes first: a description is only there where its page is.
  std::expected<void, std::string> write(const service::PrintJob& job, std::size_t index) {
    const auto [date, time] = date_and_time();
    const auto stem = fmt::format("{:06}-{:02}", number, index + 1);
    const auto png = png_of(service::render(job.pages[index].sheet), options.dots_per_inch);
    if (!png) return std::unexpected(png.error());
    if (auto done = write_whole(options.folder / (stem + ".png"), *png); !done) return done;
    const auto text = description(job, index, date + time);
    if (auto done = write_whole(options.folder / (stem + ".json"), as_bytes(text)); !done) return done;
    ++pages;
    return {};
  }

  void log(std::string line) const {
    if (options.log) options.log(std::move(line));
  }

  Loop& loop;
  PrinterOptions options;
  asio::steady_timer timer;
  std::deque<Waiting> waiting;
  service::PrinterStatus status = service::PrinterStatus::normal;
  std::size_t bytes = 0;   // of the images of all that wait
  std::size_t number = 0;  // of the last job
  std::size_t pages = 0;
  bool busy = false;
};

std::expected<std::unique_ptr<Printer>, std::string> Printer::start(Loop& loop, PrinterOptions options) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error)
    return std::unexpected(fmt::format("the folder {} cannot be made: {}", options.folder.string(), error.message()));
  const auto probe = options.folder / ".assay-printer";
  if (auto written = write_whole(probe, {}); !written) return std::unexpected(written.error());
  std::filesystem::remove(probe, error);
  auto queue = std::make_shared<Queue>(loop, std::move(options));
  const auto& chosen = queue->options;
  queue->number = last_number(chosen.folder);
  std::unique_ptr<Printer> printer(new Printer(queue));

  service::PrintOptions print;
  print.printer_name = chosen.ae_title;
  print.color = chosen.color;
  print.collation = chosen.collation;
  print.dots_per_inch = chosen.dots_per_inch;
  print.max_bytes = chosen.max_image_bytes;
  print.new_uid = fresh_uid;
  print.now = date_and_time;
  print.log = chosen.log;
  print.spool = [weak = std::weak_ptr(queue)](service::PrintJob job, service::TellJob tell) {
    const auto self = weak.lock();
    return self && self->take(std::move(job), std::move(tell));
  };
  printer->service_ = std::make_shared<service::PrintService>(std::move(print));

  auto acceptor = acceptor_of(chosen);
  const std::vector<std::string> syntaxes{std::string(uids::ExplicitVRLittleEndian),
                                          std::string(uids::ImplicitVRLittleEndian)};
  acceptor.policy.supported = {{std::string(uids::Verification), syntaxes}};
  for (auto& uid : printer->service_->abstract_syntaxes())
    acceptor.policy.supported.push_back({std::move(uid), syntaxes});
  acceptor.policy.any_storage_transfer_syntaxes.clear();
  acceptor.services = {std::make_shared<service::VerificationService>(), printer->service_};
  acceptor.session.keep_data_set_bytes = 2 * chosen.max_image_bytes;
  auto started = Acceptor::start(loop, std::move(acceptor));
  if (!started) return std::unexpected(started.error());
  printer->acceptor_ = std::move(*started);
  return printer;
}

Printer::~Printer() = default;

std::size_t Printer::pages() const { return queue_->pages; }

std::size_t Printer::queued() const { return queue_->waiting.size(); }

void Printer::set_status(service::PrinterStatus status, std::string info) {
  queue_->status = status;
  service_->set_status(status, std::move(info));
  queue_->schedule();
}

void Printer::finish_queue() {
  while (!queue_->waiting.empty()) queue_->print_page();
}

}  // namespace assay::peers
