// The Identifier of a query as a command was told it: keys, a file, a level, an information model. PS3.4 C.4.1, K.4.1.
// Tests: tests/interop/scu_query_test.py
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/scu.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/service/query.hpp"

namespace assay::app {

struct InformationModel {
  std::string sop_class;                // of its FIND
  std::optional<service::Model> model;  // of the Query/Retrieve models
};
/// patient, study, patient-study, worklist, or keyword or UID of a SOP Class; the error is one sentence.
std::expected<InformationModel, std::string> information_model(std::string_view word);

struct QueryIdentifier {
  InformationModel model;
  std::optional<service::QueryLevel> level;
  dataset::DataSet identifier;      // explicit VR little endian
  std::vector<std::string> doubts;  // sent all the same: a sentence each
};
std::expected<QueryIdentifier, std::string> query_identifier(const QueryOptions& options);

/// A Data Set from any form that Assay reads: DICOM file, DICOM JSON, native or exact XML, text form. Explicit VR
/// little endian; group lengths and File Meta Information are left out. The error is one sentence.
std::expected<dataset::DataSet, std::string> read_object(const std::string& path);

}  // namespace assay::app
