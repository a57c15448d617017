// C-FIND of the Query/Retrieve Information Models (PS3.4 C.4.1, C.6): an Identifier is checked, matched against
// entities and answered. Tests: tests/unit/service/query_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/dataset.hpp"
#include "harness/service/key_support.hpp"
#include "harness/service/matching.hpp"
#include "harness/service/operation.hpp"
#include "harness/service/store.hpp"

namespace assay::service {

enum class Model : std::uint8_t { patient_root, study_root, patient_study_only };

/// The information model of a FIND SOP Class; nothing for any other UID.
std::optional<Model> find_model(std::string_view sop_class_uid);

struct QueryOptions {
  MatchOptions matching;
  std::string retrieve_ae_title;                // (0008,0054) of the responses; empty = not given
  QueryExtensions agreed = {};                  // on the association of the query
  std::shared_ptr<const KeySupport> keys = {};  // set: no others are known
};

/// Why an Identifier was refused.
struct QueryError {
  std::uint16_t status = 0;
  std::optional<Tag> offending;
  std::string comment;  // at most 64 characters, the limit of (0000,0902)
};

class Query {
 public:
  /// Decodes and checks an Identifier: A900H for a missing or unknown Query/Retrieve Level, a level the model does
  /// not have, a missing, multiple or wild upper unique key (PS3.4 C.4.1.2, C.4.1.3); C000H when it cannot be read.
  /// A relational query may have any keys at its level and above (C.4.1.2.2.1).
  static std::expected<Query, QueryError> parse(ByteView identifier, std::string_view transfer_syntax, Model model,
                                                QueryOptions options = {});
  static std::expected<Query, QueryError> parse(dataset::DataSet identifier, Model model, QueryOptions options = {});

  [[nodiscard]] QueryLevel level() const { return level_; }
  [[nodiscard]] Model model() const { return model_; }
  /// The unique keys, for the store to narrow its search.
  [[nodiscard]] const Scope& scope() const { return scope_; }
  /// Keys in the Identifier that are neither matched nor returned with a value: pending is FF01H, not FF00H.
  [[nodiscard]] const std::vector<Tag>& unsupported() const { return unsupported_; }
  [[nodiscard]] std::uint16_t pending_status() const { return unsupported_.empty() && !limited_ ? 0xff00 : 0xff01; }

  [[nodiscard]] bool matches(const Entity& entity) const;
  /// The Identifier of a pending response: the requested keys, Query/Retrieve Level, the unique keys down to the
  /// level, Retrieve AE Title when known, Specific Character Set when the entity's needs one (PS3.4 C.4.1.1.3.2).
  [[nodiscard]] dataset::DataSet response(const Entity& entity) const;

 private:
  Query() = default;

  QueryOptions options_;
  Model model_ = Model::study_root;
  QueryLevel level_ = QueryLevel::study;
  dataset::DataSet identifier_;
  Scope scope_;
  std::vector<Tag> unsupported_;
  bool limited_ = false;            // keys of the Identifier were taken out
  std::vector<MomentKey> moments_;  // pairs of ranges that are one
};

struct QueryServiceOptions {
  QueryOptions query;
  std::size_t max_matches = 0;  // pending responses before the query ends with B001H; 0 = no limit
  std::size_t max_candidates_per_call = 1000;
};

/// C-FIND SCP of the three information models (PS3.4 C.4.1.3).
class QueryService final : public Service {
 public:
  /// The store outlives it.
  explicit QueryService(const InstanceStore& store, QueryServiceOptions options = {})
      : store_(&store), options_(std::move(options)) {}
  [[nodiscard]] bool serves(std::string_view abstract_syntax) const override {
    return find_model(abstract_syntax).has_value();
  }
  [[nodiscard]] bool has(std::string_view, dimse::CommandField request) const override {
    return request == dimse::CommandField::c_find_rq;
  }
  std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                   const AssociationView& association) override;

 private:
  const InstanceStore* store_;
  QueryServiceOptions options_;
};

/// Whether a model has a level (PS3.4 C.6).
bool has_level(Model model, QueryLevel level);
/// The unique key of a level (PS3.4 C.6.1.1): Patient ID, Study, Series and SOP Instance UID.
Tag unique_key(QueryLevel level);
/// The level at which a standard key stands (PS3.4 C.6.1.1.2-5, C.6.2.1); nothing for a key we do not know.
std::optional<QueryLevel> level_of_key(Tag tag);

}  // namespace assay::service
