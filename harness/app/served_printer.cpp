// serve printer: pages in a folder. Tests: tests/interop/print_commit_test.py
#include <fmt/format.h>

#include <map>

#include "harness/app/served_device.hpp"
#include "harness/base/hex.hpp"
#include "peers/devices/printer.hpp"

namespace assay::app {
namespace {

class ServedPrinter final : public ServedDevice {
 public:
  using ServedDevice::ServedDevice;

  bool start(peers::Loop& loop) {
    auto& d = description_;
    if (d.folder.empty()) d.folder = "assay-prints";
    peers::PrinterOptions options;
    if (!fill_options(options, d, console_)) return false;
    options.folder = d.folder;
    options.color = !d.printer.gray_only;
    options.collation = !d.printer.no_collation;
    options.dots_per_inch = d.printer.dots_per_inch;
    options.max_queue = d.printer.queue;
    options.job_time = d.printer.job_time;
    auto started = peers::Printer::start(loop, std::move(options));
    if (!started) {
      const bool folder = started.error().find(d.folder) != std::string::npos;
      complain(console_, d, folder ? "folder" : "port", started.error());
      return false;
    }
    printer_ = std::move(*started);
    return true;
  }

  [[nodiscard]] std::vector<std::string> begun() const override {
    return {fmt::format("{}: {} printing, pages go to {}.", listening_line(description_, port()),
                        description_.printer.gray_only ? "grayscale" : "grayscale and color", description_.folder)};
  }
  [[nodiscard]] std::uint16_t port() const override { return printer_->port(); }
  [[nodiscard]] std::vector<std::string> controls() const override {
    return {"list", "status normal|warning|failure [INFO]", "faults FILE|none"};
  }
  ControlResult control(const ControlWords& words) override {
    const auto& what = words.front();
    if (what == "list" && words.size() == 1)
      return ControlAnswer{fmt::format("{} pages printed, {} jobs wait", printer_->pages(), printer_->queued()), {}, 0};
    if (what == "faults") return control_faults(words, printer_->acceptor());
    if (what != "status" || words.size() < 2 || words.size() > 3) return not_understood(words);
    using service::PrinterStatus;
    const std::map<std::string, PrinterStatus> known{
        {"normal", PrinterStatus::normal}, {"warning", PrinterStatus::warning}, {"failure", PrinterStatus::failure}};
    const auto found = known.find(words[1]);
    if (found == known.end())
      return std::unexpected(fmt::format("'{}' is none of normal, warning and failure", printable(words[1])));
    printer_->set_status(found->second, words.size() > 2 ? words[2] : found->first == "normal" ? "NORMAL" : "UNKNOWN");
    return ControlAnswer{"the printer says " + words[1], {}, 0};
  }
  void stop(Duration grace) override { printer_->stop(grace); }
  [[nodiscard]] bool called() const override { return printer_->acceptor().open_connections() != 0; }
  /// What is queued is still printed.
  std::string finish() override {
    printer_->finish_queue();
    return fmt::format("{} {} printed.", printer_->pages(), printer_->pages() == 1 ? "page" : "pages");
  }

 private:
  std::unique_ptr<peers::Printer> printer_;
};

}  // namespace

std::unique_ptr<ServedDevice> start_printer(peers::Loop& loop, DeviceDescription device, Console& console) {
  auto out = std::make_unique<ServedPrinter>(std::move(device), console);
  if (!out->start(loop)) return nullptr;
  return out;
}

}  // namespace assay::app
