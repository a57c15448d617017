// An archive as acceptor in memory, for retrieval: C-GET gives instances back on the same association, C-MOVE to a
// destination that takes every other one. What must hold: fuzz_served_common.hpp.
#include "fuzz/targets/fuzz_served_common.hpp"
#include "fuzz/targets/fuzz_store_common.hpp"
#include "harness/service/sop_classes.hpp"

namespace {

using namespace assay;

/// A destination of C-MOVE that takes every other instance, at once.
bool forward(const service::ForwardJob& job) {
  if (job.destination != "A") return false;
  std::uint16_t status = 0;
  while (job.source->next()) job.source->answered(std::exchange(status, status == 0 ? 0xa700 : 0));
  job.source->ended();
  return true;
}

struct Archive {
  static constexpr std::array<std::string_view, 6> classes{uids::Verification,
                                                           uids::CTImageStorage,
                                                           uids::StudyRootQueryRetrieveInformationModelFind,
                                                           uids::PatientRootQueryRetrieveInformationModelFind,
                                                           uids::StudyRootQueryRetrieveInformationModelGet,
                                                           uids::StudyRootQueryRetrieveInformationModelMove};
  static service::Policy policy() { return service::default_policy(); }
  static pdu::AAssociateRq request(std::uint32_t maximum_length) {
    auto rq = fuzz::a_associate_rq(classes, fuzz::implicit_alone, maximum_length);
    for (auto& item : rq.items)  // C-GET gives instances to whoever is SCP of their class
      if (auto* user = std::get_if<pdu::UserInformationItem>(&item))
        user->sub_items.emplace_back(pdu::RoleSelectionSubItem{std::string(uids::CTImageStorage), 1, 1});
    return rq;
  }
  service::Services services() {
    service::ProviderOptions options;
    options.max_matches = 4;
    options.forward = forward;
    return service::archive_services(store, options);
  }
  fuzz::Store store;
};

}  // namespace

ASSAY_PROGRAM_MUTATOR(fuzz::PeerGrammar)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check_program({data, size}, fuzz::run_served<Archive>);
  return 0;
}
