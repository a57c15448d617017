// A printer whose paper is a folder: each film becomes a PNG page that a person can look at, with a .json beside it.
// PS3.4 Annex H. Tests: tests/loopback/peers_printer_test.cpp, tests/interop/print_commit_test.py
#pragma once

#include <deque>
#include <filesystem>

#include "harness/service/print.hpp"
#include "peers/devices/device_options.hpp"

namespace assay::peers {

struct PrinterOptions : DeviceOptions {
  PrinterOptions() { ae_title = "ASSAY-PRINTER"; }

  std::filesystem::path folder;  // made when it is not there
  bool color = true;
  bool collation = true;
  unsigned dots_per_inch = 150;
  std::size_t max_queue = 32;                // jobs not printed yet
  std::size_t max_queue_bytes = 512U << 20;  // of their images
  Duration job_time{0};                      // between being taken and being printed
  std::size_t max_image_bytes = 128U << 20;  // of one association
};

class Printer {
 public:
  /// An error says what to do: the port is taken, the folder cannot be written.
  static std::expected<std::unique_ptr<Printer>, std::string> start(Loop& loop, PrinterOptions options);
  ~Printer();
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_->port(); }
  [[nodiscard]] Acceptor& acceptor() { return *acceptor_; }
  /// Films written so far.
  [[nodiscard]] std::size_t pages() const;
  /// Jobs taken and not printed yet.
  [[nodiscard]] std::size_t queued() const;
  /// NORMAL, or WARNING and FAILURE with Printer Status Info such as "SUPPLY EMPTY"; connected SCUs are told. A printer
  /// in FAILURE takes jobs and prints them when it is well again.
  void set_status(service::PrinterStatus status, std::string info);
  void stop(Duration grace) { acceptor_->stop(grace); }
  /// Prints what is queued, at once: a stop loses nothing.
  void finish_queue();

 private:
  struct Queue;
  explicit Printer(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}

  std::shared_ptr<Queue> queue_;
  std::shared_ptr<service::PrintService> service_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace assay::peers
