// Storage SCP decisions. Tests: tests/unit/service/storage_test.cpp
#include "harness/service/storage.hpp"

#include "harness/service/answer.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t success = 0x0000;
constexpr std::uint16_t sop_class_not_supported = 0x0122;
constexpr std::uint16_t mistyped_argument = 0x0212;
constexpr std::uint16_t out_of_resources = 0xa700;
constexpr std::uint16_t does_not_match = 0xa900;
constexpr std::uint16_t does_not_match_warning = 0xb007;
constexpr std::uint16_t cannot_understand = 0xc000;
constexpr std::uint16_t already_stored = 0xc001;

}  // namespace

dimse::Message answer_store(dimse::Message request, const session::AcceptedContext& context, InstanceStore& store,
                            const StorageOptions& options) {
  const auto& command = request.command;
  const auto class_uid = command.sop_class_uid();
  const auto instance_uid = command.sop_instance_uid();
  if (class_uid != context.abstract_syntax)
    return answer(request, sop_class_not_supported, "SOP Class is not the one of the context",
                  tags::AffectedSOPClassUID);
  if (instance_uid.empty())
    return answer(request, mistyped_argument, "no Affected SOP Instance UID", tags::AffectedSOPInstanceUID);
  if (!command.has_data_set()) return answer(request, mistyped_argument, "no Data Set", tags::CommandDataSetType);
  if (!request.data_set_kept()) return answer(request, out_of_resources, "Data Set larger than is kept here");

  auto instance = make_instance(std::move(request.data_set), context.transfer_syntax);
  if (!instance) return answer(request, cannot_understand, "Data Set cannot be read in the context's transfer syntax");

  std::optional<Tag> differs;
  std::string_view why;
  if (instance->sop_class_uid != class_uid) {
    differs = tags::SOPClassUID;
    why = "SOP Class UID of Data Set and command differ";
  } else if (instance->sop_instance_uid != instance_uid) {
    differs = tags::SOPInstanceUID;
    why = "SOP Instance UID of Data Set and command differ";
  } else if (instance->study_uid.empty()) {
    differs = tags::StudyInstanceUID;
    why = "no Study Instance UID";
  } else if (instance->series_uid.empty()) {
    differs = tags::SeriesInstanceUID;
    why = "no Series Instance UID";
  }
  if (differs && !options.mismatch_is_warning) return answer(request, does_not_match, why, differs);

  switch (store.put(std::move(*instance), options.duplicates == DuplicatePolicy::replace)) {
    case PutResult::full: return answer(request, out_of_resources, "store is full");
    case PutResult::duplicate:
      if (options.duplicates == DuplicatePolicy::refuse) return answer(request, already_stored, "already stored");
      break;
    case PutResult::stored:
    case PutResult::replaced: break;
  }
  return differs ? answer(request, does_not_match_warning, why, differs) : answer(request, success);
}

}  // namespace assay::service
