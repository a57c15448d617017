// C-GET and C-MOVE of the Query/Retrieve Information Models as SCP (PS3.4 C.4.2, C.4.3): the instances that an
// Identifier names, and the sub-operations that send them. Tests: tests/unit/service/retrieve_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/service/counts.hpp"
#include "harness/service/operation.hpp"
#include "harness/service/query.hpp"
#include "harness/service/store.hpp"

namespace assay::service {

/// The information model of a GET or MOVE SOP Class; nothing for any other UID.
std::optional<Model> get_model(std::string_view sop_class_uid);
std::optional<Model> move_model(std::string_view sop_class_uid);

/// What the Identifier of a retrieval names.
struct Retrieval {
  QueryLevel level = QueryLevel::study;
  Scope scope;

  /// A900H for a level the model does not have, a missing or wild unique key, or more than one value in a unique key
  /// above the level (PS3.4 C.4.2.1.4, C.4.2.2.1); C000H when it cannot be read. A relational retrieval may leave out
  /// the unique keys above its level (C.4.2.2.2.1, C.4.3.2.2.1).
  static std::expected<Retrieval, QueryError> parse(ByteView identifier, std::string_view transfer_syntax, Model model,
                                                    bool relational = false);
  static std::expected<Retrieval, QueryError> parse(const dataset::DataSet& identifier, Model model,
                                                    bool relational = false);
};

/// Hands the instances of a C-MOVE to whoever sends them and takes the answers.
class ForwardSource {
 public:
  virtual ~ForwardSource() = default;
  /// The next instance; null: no more. An instance that is gone from the store meanwhile is passed over.
  virtual InstancePtr next() = 0;
  /// What the destination said of the instance given last; a failure status when it could not be sent.
  virtual void answered(std::uint16_t status) = 0;
  /// The association with the destination is over, whatever the reason; what was not answered has failed.
  virtual void ended() = 0;
};

struct ForwardJob {
  std::string destination;  // AE title, without padding
  std::string originator_ae_title;
  std::uint16_t originator_message_id = 0;
  std::vector<std::pair<std::string, std::string>> kinds;  // SOP Class and transfer syntax, each pair once
  std::shared_ptr<ForwardSource> source;
};
/// Begins to send, and calls ended() once; also with nothing to send. False: there is no such destination.
using Forward = std::function<bool(ForwardJob)>;

/// C-GET and C-MOVE SCP of the three models.
class RetrieveService final : public Service {
 public:
  /// The store outlives it.
  RetrieveService(const InstanceStore& store, Forward forward) : store_(&store), forward_(std::move(forward)) {}
  [[nodiscard]] bool serves(std::string_view abstract_syntax) const override {
    return get_model(abstract_syntax) || move_model(abstract_syntax);
  }
  [[nodiscard]] bool has(std::string_view abstract_syntax, dimse::CommandField request) const override {
    return request == (get_model(abstract_syntax) ? dimse::CommandField::c_get_rq : dimse::CommandField::c_move_rq);
  }
  std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                   const AssociationView& association) override;

 private:
  const InstanceStore* store_;
  Forward forward_;
};

}  // namespace assay::service
