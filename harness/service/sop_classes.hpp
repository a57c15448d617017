// UIDs of the SOP Classes and well-known instances of the services (PS3.6 Table A-1). Those that every room needs stand
// in harness/dict/dict.hpp. Tests: tests/unit/service/retrieve_test.cpp
#pragma once

#include <string_view>
#include <vector>

#include "harness/dict/dict.hpp"

namespace assay::uids {
inline constexpr std::string_view StorageCommitmentPushModel = "1.2.840.10008.1.20.1";
inline constexpr std::string_view StorageCommitmentPushModelInstance = "1.2.840.10008.1.20.1.1";
inline constexpr std::string_view ModalityPerformedProcedureStep = "1.2.840.10008.3.1.2.3.3";
inline constexpr std::string_view ModalityPerformedProcedureStepRetrieve = "1.2.840.10008.3.1.2.3.4";
inline constexpr std::string_view ModalityPerformedProcedureStepNotification = "1.2.840.10008.3.1.2.3.5";
inline constexpr std::string_view BasicFilmSession = "1.2.840.10008.5.1.1.1";
inline constexpr std::string_view PrintJob = "1.2.840.10008.5.1.1.14";
inline constexpr std::string_view BasicAnnotationBox = "1.2.840.10008.5.1.1.15";
inline constexpr std::string_view Printer = "1.2.840.10008.5.1.1.16";
inline constexpr std::string_view PrinterInstance = "1.2.840.10008.5.1.1.17";
inline constexpr std::string_view BasicColorPrintManagementMeta = "1.2.840.10008.5.1.1.18";
inline constexpr std::string_view BasicFilmBox = "1.2.840.10008.5.1.1.2";
inline constexpr std::string_view PresentationLUT = "1.2.840.10008.5.1.1.23";
inline constexpr std::string_view BasicGrayscaleImageBox = "1.2.840.10008.5.1.1.4";
inline constexpr std::string_view BasicColorImageBox = "1.2.840.10008.5.1.1.4.1";
inline constexpr std::string_view BasicGrayscalePrintManagementMeta = "1.2.840.10008.5.1.1.9";
inline constexpr std::string_view PatientRootQueryRetrieveInformationModelMove = "1.2.840.10008.5.1.4.1.2.1.2";
inline constexpr std::string_view PatientRootQueryRetrieveInformationModelGet = "1.2.840.10008.5.1.4.1.2.1.3";
inline constexpr std::string_view StudyRootQueryRetrieveInformationModelGet = "1.2.840.10008.5.1.4.1.2.2.3";
inline constexpr std::string_view PatientStudyOnlyQueryRetrieveInformationModelFind = "1.2.840.10008.5.1.4.1.2.3.1";
inline constexpr std::string_view PatientStudyOnlyQueryRetrieveInformationModelMove = "1.2.840.10008.5.1.4.1.2.3.2";
inline constexpr std::string_view PatientStudyOnlyQueryRetrieveInformationModelGet = "1.2.840.10008.5.1.4.1.2.3.3";
inline constexpr std::string_view ModalityWorklistInformationModelFind = "1.2.840.10008.5.1.4.31";
inline constexpr std::string_view InstanceAvailabilityNotification = "1.2.840.10008.5.1.4.33";
}  // namespace assay::uids

namespace assay::service {

/// Every Storage SOP Class that is not retired. Those with short UIDs, the old and common ones, come first: an
/// association has no room for all.
std::vector<std::string_view> storage_sop_classes();

}  // namespace assay::service
