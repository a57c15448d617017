// A RIS, a commitment service and a printer behind one acceptor in memory: worklist, performed procedure steps, storage
// commitment and print with notifications of their own. What must hold: fuzz_served_common.hpp; and films that were
// taken can be drawn, what callers may fill keeps its bounds.
#include "fuzz/targets/fuzz_served_common.hpp"
#include "fuzz/targets/fuzz_store_common.hpp"
#include "harness/service/commitment.hpp"
#include "harness/service/mpps.hpp"
#include "harness/service/print.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic_schedule.hpp"
#include "harness/service/worklist.hpp"

namespace {

using namespace assay;
using fuzz::require;

struct Department {
  static constexpr std::array<std::string_view, 8> classes{uids::ModalityWorklistInformationModelFind,
                                                           uids::ModalityPerformedProcedureStep,
                                                           uids::ModalityPerformedProcedureStepRetrieve,
                                                           uids::StorageCommitmentPushModel,
                                                           uids::BasicGrayscalePrintManagementMeta,
                                                           uids::BasicColorPrintManagementMeta,
                                                           uids::PresentationLUT,
                                                           uids::BasicAnnotationBox};
  static service::Policy policy() {
    auto out = service::default_policy();
    out.supported.clear();
    for (const auto uid : classes)
      out.supported.push_back({std::string(uid),
                               {std::string(uids::ImplicitVRLittleEndian), std::string(uids::ExplicitVRLittleEndian)},
                               true});
    return out;
  }
  static pdu::AAssociateRq request(std::uint32_t maximum_length) {
    return fuzz::a_associate_rq(classes, fuzz::implicit_alone, maximum_length);
  }

  Department() {
    steps.max_steps = 4;
    steps.max_bytes = 1U << 16;
  }

  service::Services services() {
    static const service::Worklist worklist = [] {
      service::Worklist made;
      for (auto& item : service::synthetic_schedule("20260102")) {
        if (made.size() < 6) made.add(std::move(item));
      }
      return made;
    }();
    service::WorklistOptions query;
    query.max_matches = 4;
    service::CommitmentOptions commitment;
    commitment.max_instances = 16;
    commitment.max_transactions = 2;
    service::PrintOptions print;
    print.dots_per_inch = 5;
    print.max_bytes = 1U << 16;
    print.max_film_boxes = 3;
    print.max_jobs = 4;
    print.new_uid = [this] { return "1.2.3.77." + std::to_string(++made); };
    print.spool = [this](service::PrintJob job, service::TellJob tell) {
      if (jobs.size() == 4) return false;
      jobs.emplace_back(std::move(job), std::move(tell));
      return true;
    };
    return {std::make_shared<service::WorklistService>(worklist, query), std::make_shared<service::MppsService>(steps),
            std::make_shared<service::CommitmentService>(store, commitment),
            std::make_shared<service::PrintService>(std::move(print))};
  }

  /// What happens beside the association: the films of the queue are drawn.
  void turn() {
    require(steps.all().size() <= 4, "the steps keep their bounds");
    for (auto& [job, tell] : std::exchange(jobs, {})) {
      tell(service::JobStatus::printing, "NORMAL");
      for (const auto& page : job.pages) {
        const auto raster = service::render(page.sheet);
        require(raster.pixels.size() == std::size_t{raster.width} * raster.height * raster.samples,
                "a film is as large as it says");
      }
      tell(service::JobStatus::done, "NORMAL");
    }
  }

  fuzz::Store store;
  service::PerformedSteps steps;
  std::vector<std::pair<service::PrintJob, service::TellJob>> jobs;
  unsigned made = 0;
};

}  // namespace

ASSAY_PROGRAM_MUTATOR(fuzz::PeerGrammar)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check_program({data, size}, fuzz::run_served<Department>);
  return 0;
}
