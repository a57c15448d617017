// The keys of a query as people type them, and the Identifier that comes of them (PS3.4 C.2.2.2, K.4.1.1).
//   PatientName=DOE*   (0008,0020)=20260101-20260131   PatientID                     (no value: wanted in the answer)
//   ScheduledProcedureStepSequence[0].Modality=CT      DCMTK's spelling: '.' between, items from 0
//   (0040,0100)[1]/(0008,0060)=CT                      a tag path as everywhere in Assay: '/' between, items from 1
//   ScheduledProcedureStepSequence/Modality=CT         dcm4che's: the only item, with '/' or '.'
// Tests: tests/unit/service/query_keys_test.cpp
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/problem.hpp"
#include "harness/dataset/tag_path.hpp"
#include "harness/service/query.hpp"

namespace assay::service {

struct QueryKey {
  dataset::TagPath path;             // every step but the last chooses an item, from 1
  Vr vr = Vr::none;                  // of "PATH:VR=VALUE", for elements no dictionary knows
  std::optional<std::string> value;  // UTF-8; nothing: only wanted in the answer
};

/// The error is one sentence that names the place, for an unknown keyword with the one that is spelled most like it.
std::expected<QueryKey, std::string> parse_query_key(std::string_view words);

/// Sets the keys in the Identifier, sequences and items on the way included; a key without value leaves one that is
/// there. Text that is not ASCII is written in the Specific Character Set of the Identifier or of the keys, and where
/// there is none in ISO_IR 192, which is then set (PS3.4 C.4.1.1.3.1, PS3.3 C.12.1.1.2). The error is one sentence.
std::expected<void, std::string> add_keys(dataset::DataSet& identifier, std::span<const QueryKey> keys);

/// What is wrong with the values of an Identifier: range and wild cards are right in one (PS3.4 C.2.2.2).
Problems judge_identifier(const dataset::DataSet& identifier);

/// What the answers to a query at this level usually should tell: keywords of PS3.6. The patient's stand at the study
/// level of Study Root (PS3.4 C.6.2.1.2).
std::vector<QueryKey> usual_keys(QueryLevel level, Model model);
/// The same of the Modality Worklist (PS3.4 K.6.1.2.2).
std::vector<QueryKey> usual_worklist_keys();

/// Unique keys above the level that a query without relational extension must have with one value each
/// (PS3.4 C.4.1.2.1), and that this Identifier lacks.
std::vector<Tag> missing_unique_keys(const dataset::DataSet& identifier, QueryLevel level, Model model);

}  // namespace assay::service
