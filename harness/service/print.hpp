// Print Management as SCP without I/O (PS3.4 Annex H): Basic Grayscale and Basic Color Print Management Meta SOP
// Classes, Presentation LUT, Print Job and Basic Annotation Box. Tests: tests/unit/service/print_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/service/operation.hpp"
#include "harness/service/print_attributes.hpp"
#include "harness/service/print_render.hpp"

namespace assay::service {

enum class PrinterStatus : std::uint8_t { normal, warning, failure };
/// "NORMAL", "WARNING", "FAILURE".
std::string_view name(PrinterStatus status);

/// Execution Status of a Print Job (PS3.3 C.13.8).
enum class JobStatus : std::uint8_t { pending, printing, done, failure };
std::string_view name(JobStatus status);

/// One film of a job: a copy of what it was when it was asked for.
struct PrintPage {
  dataset::DataSet film_box{dataset::explicit_le};
  Sheet sheet;
  std::vector<std::string> annotations;
};

struct PrintJob {
  std::string uid;
  std::string originator;  // AE title
  dataset::DataSet film_session{dataset::explicit_le};
  std::vector<PrintPage> pages;
};

/// Told of the progress of a job, from outside of any call of the service; `info` is Execution Status Info, a defined
/// term of PS3.3 C.13.9.1.
using TellJob = std::function<void(JobStatus status, std::string info)>;
/// Takes a job into the queue. False: the queue is full.
using Spool = std::function<bool(PrintJob job, TellJob tell)>;

struct PrintOptions {
  std::string printer_name = "ASSAY";
  std::string manufacturer = "Assay";
  std::string model = "Simulated printer";
  bool color = true;      // Basic Color Image Boxes are there
  bool collation = true;  // N-ACTION of the Film Session; else B601H, and C616H for a second film not yet printed
  DensityRange density;
  unsigned dots_per_inch = 150;
  std::size_t max_bytes = 256U << 20;  // images of one association, before C605H
  std::size_t max_film_boxes = 64;     // of one session, before 0213H
  std::size_t max_jobs = 1'000;        // remembered for N-GET
  Spool spool;                         // empty: the queue is always full
  std::function<std::string()> new_uid;
  /// DICOM date and time of now, for Print Jobs; empty: they have none.
  std::function<std::pair<std::string, std::string>()> now;
  std::function<void(std::string)> log;
};

class PrintService final : public Service {
 public:
  explicit PrintService(PrintOptions options);
  ~PrintService() override;

  [[nodiscard]] bool serves(std::string_view abstract_syntax) const override;
  [[nodiscard]] bool has(std::string_view abstract_syntax, dimse::CommandField request) const override;
  [[nodiscard]] bool takes(std::string_view abstract_syntax, std::string_view sop_class_uid) const override;
  std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                   const AssociationView& association) override;

  /// The printer's state has changed: every association that has spoken to it is told (PS3.4 H.4.6.2.1). `info` is
  /// Printer Status Info, a defined term of PS3.3 C.13.9.1 ("SUPPLY EMPTY").
  void set_status(PrinterStatus status, std::string info);

  /// Abstract syntaxes that it serves.
  [[nodiscard]] std::vector<std::string> abstract_syntaxes() const;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace assay::service
