// The Modality Worklist SCP (PS3.4 Annex K): a list of scheduled procedure steps that may be edited while it is asked,
// and C-FIND over it. Tests: tests/unit/service/worklist_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/dataset/dataset.hpp"
#include "harness/service/key_support.hpp"
#include "harness/service/matching.hpp"
#include "harness/service/operation.hpp"
#include "harness/service/query.hpp"

namespace assay::service {

enum class KeyType : std::uint8_t { one, two, three };

/// A row of PS3.4 Table K.6-1.
struct WorklistKey {
  Tag tag;
  bool of_step = false;           // inside the item of Scheduled Procedure Step Sequence (0040,0100)
  bool required = false;          // as a matching key
  KeyType type = KeyType::three;  // as a return key
};
std::span<const WorklistKey> worklist_keys();

/// The attributes of type 1 that an item of a worklist lacks or has without value (PS3.4 Table K.6-1).
std::vector<Tag> missing_in_worklist_item(const dataset::DataSet& item);

/// An Identifier with every key of the table, the ones of the step as given and the others empty: what a modality asks.
dataset::DataSet worklist_identifier(const std::vector<std::pair<Tag, std::string>>& of_step);

using WorklistItem = std::shared_ptr<const dataset::DataSet>;

/// The items of a worklist: each a Data Set with one item in its Scheduled Procedure Step Sequence. A query that has
/// begun goes on over what was there when it began.
class Worklist {
 public:
  using Items = std::vector<WorklistItem>;

  Worklist() : items_(std::make_shared<const Items>()) {}
  explicit Worklist(std::vector<dataset::DataSet> items);
  [[nodiscard]] std::shared_ptr<const Items> items() const { return items_; }
  [[nodiscard]] std::size_t size() const { return items_->size(); }
  void add(dataset::DataSet item);
  /// False when there is no such item any more.
  bool replace(const WorklistItem& old, dataset::DataSet item);
  bool remove(const WorklistItem& old);
  /// The item of a study and a Scheduled Procedure Step ID; null when there is none.
  [[nodiscard]] WorklistItem find(std::string_view study_uid, std::string_view step_id) const;

 private:
  std::shared_ptr<const Items> items_;  // replaced as a whole
};

/// An Identifier that was checked.
class WorklistQuery {
 public:
  /// A900H for an Identifier without any key, or with a sequence of more than one item (PS3.4 K.2.2.1.1.2); C000H when
  /// it cannot be read.
  static std::expected<WorklistQuery, QueryError> parse(ByteView identifier, std::string_view transfer_syntax,
                                                        MatchOptions options = {}, const KeySupport* keys = nullptr);
  static std::expected<WorklistQuery, QueryError> parse(dataset::DataSet identifier, MatchOptions options = {},
                                                        const KeySupport* keys = nullptr);

  /// Start date and start time given as ranges are one range of moments (PS3.4 Table K.6-1).
  [[nodiscard]] bool matches(const dataset::DataSet& item) const;
  /// Every key asked for, matching keys included (PS3.4 K.2.2.1.2); Specific Character Set where a text needs it.
  [[nodiscard]] dataset::DataSet response(const dataset::DataSet& item) const;
  /// Keys of the Identifier that are neither matched nor returned: private ones, those PS3.6 does not have, and
  /// Query/Retrieve Level.
  [[nodiscard]] const std::vector<Tag>& unsupported() const { return unsupported_; }
  [[nodiscard]] std::uint16_t pending_status() const { return unsupported_.empty() && !limited_ ? 0xff00 : 0xff01; }

 private:
  WorklistQuery() = default;

  MatchOptions options_;
  dataset::DataSet identifier_;
  std::vector<Tag> unsupported_;
  bool limited_ = false;              // keys of the Identifier were taken out
  std::optional<MomentKey> moments_;  // the range of start moments; none: date and time are matched each on its own
};

struct WorklistOptions {
  MatchOptions matching;
  std::size_t max_matches = 0;  // more are refused with A700H before any is sent; 0 = no limit
  std::size_t max_candidates_per_call = 1000;
  std::shared_ptr<const KeySupport> keys = {};  // set: no others are known
  std::function<void()> before_query;           // a chance to bring the worklist up to date; may be empty
};

class WorklistService final : public Service {
 public:
  /// The worklist outlives it.
  explicit WorklistService(const Worklist& worklist, WorklistOptions options = {})
      : worklist_(&worklist), options_(std::move(options)) {}
  [[nodiscard]] bool serves(std::string_view abstract_syntax) const override;
  [[nodiscard]] bool has(std::string_view, dimse::CommandField request) const override {
    return request == dimse::CommandField::c_find_rq;
  }
  [[nodiscard]] bool cancellable(dimse::CommandField request) const override {
    return request == dimse::CommandField::c_find_rq;
  }
  std::unique_ptr<Operation> begin(dimse::Message request, const session::AcceptedContext& context,
                                   const AssociationView& association) override;

 private:
  const Worklist* worklist_;
  WorklistOptions options_;
};

}  // namespace assay::service
