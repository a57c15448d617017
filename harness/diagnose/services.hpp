// Services by the names people use, as the SOP Classes that are proposed for them.
// Tests: tests/unit/diagnose/diagnosis_test.cpp
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace assay::diagnose {

struct Service {
  std::string_view name;                          // "worklist"
  std::string_view title;                         // "Modality Worklist"
  std::span<const std::string_view> sop_classes;  // one of them is enough, unless a SOP Class was asked for by name
};

/// verification is not one of them: it is always tried.
std::span<const Service> all_services();
const Service* find_service(std::string_view name);
/// The service a SOP Class belongs to, by what is known here and by the registry of UIDs; null when none.
const Service* service_of(std::string_view sop_class_uid);
/// SOP Classes one might have meant instead: of the same service, then of the neighbours (the other query root).
std::span<const std::string_view> survey_sop_classes();
/// Transfer syntaxes tried one by one when none was in common.
std::span<const std::string_view> survey_transfer_syntaxes();
/// "CT Image Storage", or the UID when nobody knows its name; printable.
std::string uid_words(std::string_view uid);

}  // namespace assay::diagnose
