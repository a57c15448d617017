// An archive as acceptor in memory: verification, storage and query. What must hold: fuzz_served_common.hpp. Retrieval
// is fuzzed by fuzz_retrieve, the services over N- messages by fuzz_managed.
#include "fuzz/targets/fuzz_served_common.hpp"
#include "fuzz/targets/fuzz_store_common.hpp"
#include "harness/service/sop_classes.hpp"

namespace {

using namespace assay;

struct Archive {
  static constexpr std::array<std::string_view, 4> classes{uids::Verification, uids::CTImageStorage,
                                                           uids::StudyRootQueryRetrieveInformationModelFind,
                                                           uids::PatientRootQueryRetrieveInformationModelFind};
  static service::Policy policy() { return service::default_policy(); }
  static pdu::AAssociateRq request(std::uint32_t maximum_length) {
    return fuzz::a_associate_rq(classes, fuzz::implicit_alone, maximum_length);
  }
  service::Services services() {
    service::ProviderOptions options;
    options.max_matches = 4;
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
