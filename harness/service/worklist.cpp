// The Modality Worklist SCP. Tests: tests/unit/service/worklist_test.cpp
#include "harness/service/worklist.hpp"

#include <algorithm>

#include "harness/service/answer.hpp"
#include "harness/service/returned.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t out_of_resources = 0xa700;
constexpr std::uint16_t identifier_does_not_match = 0xa900;
constexpr std::uint16_t unable_to_process = 0xc000;
constexpr std::uint16_t cancelled_status = 0xfe00;

constexpr bool R = true;
constexpr bool O = false;
constexpr bool step = true;
constexpr bool root = false;
constexpr WorklistKey table[] = {
#define ASSAY_WORKLIST_KEY(level, keyword, matching, type) {tags::keyword, level, matching, KeyType::type},
#include "harness/service/worklist_keys.inc"
#undef ASSAY_WORKLIST_KEY
};

/// Elements that steer the query and are neither matched nor returned as keys.
bool is_control(Tag tag) {
  return tag.is_group_length() || tag == tags::SpecificCharacterSet || tag == tags::TimezoneOffsetFromUTC;
}

std::unexpected<QueryError> refuse(std::uint16_t status, std::optional<Tag> offending, std::string comment) {
  return std::unexpected(QueryError{status, offending, std::move(comment)});
}

class WorklistOperation final : public Operation {
 public:
  WorklistOperation(dimse::Message request, const std::string& transfer_syntax, WorklistQuery query,
                    std::shared_ptr<const Worklist::Items> items, const WorklistOptions& options)
      : request_(std::move(request)),
        encoding_(dataset::encoding_of(transfer_syntax)),
        query_(std::move(query)),
        items_(std::move(items)),
        slice_(std::max<std::size_t>(options.max_candidates_per_call, 1)),
        limit_(options.max_matches) {
    request_.data_set = {};
  }

  [[nodiscard]] bool over() const override { return over_; }
  void cancel() override { cancelled_ = true; }

  std::optional<dimse::Message> next() override {
    if (cancelled_) return last(cancelled_status);
    // With a limit the matches are counted before the first is sent: a part of a worklist is worse than none.
    if (limit_ != 0 && !counted_) return count();
    for (std::size_t i = 0; i < slice_; ++i) {
      if (at_ == items_->size()) return last(0x0000);
      const auto& item = *(*items_)[at_++];
      if (!query_.matches(item)) continue;
      auto out = answer(request_, query_.pending_status());
      give(out, dataset::encode(query_.response(item), encoding_));
      return out;
    }
    return std::nullopt;
  }

 private:
  std::optional<dimse::Message> count() {
    for (std::size_t i = 0; i < slice_; ++i) {
      if (at_ == items_->size()) {
        counted_ = true;
        at_ = 0;
        return std::nullopt;
      }
      if (query_.matches(*(*items_)[at_++]) && ++matches_ > limit_)
        return last(out_of_resources, "more matches than are returned");
    }
    return std::nullopt;
  }
  dimse::Message last(std::uint16_t status, std::string_view comment = {}) {
    over_ = true;
    return answer(request_, status, comment);
  }

  dimse::Message request_;
  dataset::Encoding encoding_;
  WorklistQuery query_;
  std::shared_ptr<const Worklist::Items> items_;
  std::size_t slice_;
  std::size_t limit_;
  std::size_t at_ = 0;
  std::size_t matches_ = 0;
  bool counted_ = false;
  bool cancelled_ = false;
  bool over_ = false;
};

}  // namespace

std::span<const WorklistKey> worklist_keys() { return table; }

std::vector<Tag> missing_in_worklist_item(const dataset::DataSet& item) {
  std::vector<Tag> out;
  const auto steps = item.items(tags::ScheduledProcedureStepSequence);
  if (steps.empty()) out.push_back(tags::ScheduledProcedureStepSequence);
  for (const auto& key : table) {
    if (key.type != KeyType::one) continue;
    if (key.of_step && steps.empty()) continue;
    const auto text = key.of_step ? steps.front().text(key.tag) : item.text(key.tag);
    if (text.empty()) out.push_back(key.tag);
  }
  return out;
}

dataset::DataSet worklist_identifier(const std::vector<std::pair<Tag, std::string>>& of_step) {
  dataset::DataSet out(dataset::explicit_le);
  dataset::DataSet item(dataset::explicit_le);
  for (const auto& key : table) (key.of_step ? item : out).set_empty(key.tag);
  for (const auto& [tag, value] : of_step) item.set_text(tag, value);
  out.set_sequence(tags::ScheduledProcedureStepSequence, {item});
  return out;
}

Worklist::Worklist(std::vector<dataset::DataSet> items) {
  Items all;
  all.reserve(items.size());
  for (auto& item : items) all.push_back(std::make_shared<const dataset::DataSet>(std::move(item)));
  items_ = std::make_shared<const Items>(std::move(all));
}

void Worklist::add(dataset::DataSet item) {
  auto all = *items_;
  all.push_back(std::make_shared<const dataset::DataSet>(std::move(item)));
  items_ = std::make_shared<const Items>(std::move(all));
}

bool Worklist::replace(const WorklistItem& old, dataset::DataSet item) {
  auto all = *items_;
  const auto found = std::ranges::find(all, old);
  if (found == all.end()) return false;
  *found = std::make_shared<const dataset::DataSet>(std::move(item));
  items_ = std::make_shared<const Items>(std::move(all));
  return true;
}

bool Worklist::remove(const WorklistItem& old) {
  auto all = *items_;
  const auto found = std::ranges::find(all, old);
  if (found == all.end()) return false;
  all.erase(found);
  items_ = std::make_shared<const Items>(std::move(all));
  return true;
}

WorklistItem Worklist::find(std::string_view study_uid, std::string_view step_id) const {
  for (const auto& item : *items_) {
    const auto steps = item->items(tags::ScheduledProcedureStepSequence);
    if (item->text(tags::StudyInstanceUID) == study_uid && !steps.empty() &&
        steps.front().text(tags::ScheduledProcedureStepID) == step_id)
      return item;
  }
  return nullptr;
}

std::expected<WorklistQuery, QueryError> WorklistQuery::parse(ByteView identifier, std::string_view transfer_syntax,
                                                              MatchOptions options, const KeySupport* keys) {
  const auto encoding = dataset::encoding_of(transfer_syntax);
  if (encoding.deflated) return refuse(unable_to_process, std::nullopt, "deflated Identifiers are not read");
  auto decoded = dataset::decode_owned(to_bytes(identifier), encoding);
  if (has_error(decoded.problems)) return refuse(unable_to_process, std::nullopt, "Identifier cannot be read");
  return parse(std::move(decoded.data_set), options, keys);
}

std::expected<WorklistQuery, QueryError> WorklistQuery::parse(dataset::DataSet identifier, MatchOptions options,
                                                              const KeySupport* keys) {
  WorklistQuery query;
  query.options_ = options;
  query.identifier_ = std::move(identifier);
  bool any = false;
  for (const auto* key : query.identifier_.root().elements()) {
    const auto tag = key->tag;
    if (is_control(tag)) continue;
    any = true;
    if (key->kind == dataset::NodeKind::sequence && query.identifier_.items(tag).size() > 1)
      return refuse(identifier_does_not_match, tag, "a sequence key has more than one item");
    if (tag.is_private() || tag.group == 0 || tag == tags::QueryRetrieveLevel || dict::find(tag) == nullptr)
      query.unsupported_.push_back(tag);
  }
  if (!any) return refuse(identifier_does_not_match, std::nullopt, "the Identifier has no key");
  if (keys != nullptr) query.limited_ = limit_keys(query.identifier_, *keys, std::nullopt);
  const auto steps = query.identifier_.items(tags::ScheduledProcedureStepSequence);
  if (!steps.empty()) {
    query.moments_ =
        moment_key(steps.front(), tags::ScheduledProcedureStepStartDate, tags::ScheduledProcedureStepStartTime);
  }
  return query;
}

bool WorklistQuery::matches(const dataset::DataSet& item) const {
  const CharacterSets sets{identifier_.text(tags::SpecificCharacterSet), item.text(tags::SpecificCharacterSet)};
  const auto keys = identifier_.root();
  const auto in_step = [&](const dataset::Level& wanted, const dataset::Level& scheduled) {
    if (moments_ && !match_moment(*moments_, scheduled, options_)) return false;
    return std::ranges::all_of(wanted.elements(), [&](const dataset::Node* key) {
      if (moments_ &&
          (key->tag == tags::ScheduledProcedureStepStartDate || key->tag == tags::ScheduledProcedureStepStartTime))
        return true;
      return match_key(wanted, *key, scheduled, sets, options_);
    });
  };
  for (const auto* key : keys.elements()) {
    if (is_control(key->tag) || std::ranges::find(unsupported_, key->tag) != unsupported_.end()) continue;
    const auto wanted =
        key->tag == tags::ScheduledProcedureStepSequence ? identifier_.items(key->tag) : std::vector<dataset::Level>{};
    if (wanted.empty()) {
      if (!match_key(keys, *key, item.root(), sets, options_)) return false;
      continue;
    }
    const auto steps = item.items(key->tag);
    if (std::ranges::none_of(steps, [&](const auto& scheduled) { return in_step(wanted.front(), scheduled); }))
      return false;
  }
  return true;
}

dataset::DataSet WorklistQuery::response(const dataset::DataSet& item) const {
  dataset::DataSet out(dataset::Encoding{true, item.encoding().endian, false, false});
  const auto keys = identifier_.root();
  for (const auto* key : keys.elements()) {
    if (is_control(key->tag) || std::ranges::find(unsupported_, key->tag) != unsupported_.end()) continue;
    return_key(out, keys, *key, item, item.root());
  }
  if (const auto set = item.text(tags::SpecificCharacterSet);
      !set.empty() && (identifier_.has(tags::SpecificCharacterSet) || needs_character_set(out)))
    out.set_text(tags::SpecificCharacterSet, set);
  return out;
}

bool WorklistService::serves(std::string_view abstract_syntax) const {
  return abstract_syntax == uids::ModalityWorklistInformationModelFind;
}

std::unique_ptr<Operation> WorklistService::begin(dimse::Message request, const session::AcceptedContext& context,
                                                  const AssociationView&) {
  const auto decline = [&](std::uint16_t status, std::string_view comment, std::optional<Tag> offending) {
    return std::make_unique<SingleResponse>(answer(request, status, comment, offending));
  };
  if (!request.command.has_data_set())
    return decline(identifier_does_not_match, "no Identifier", tags::CommandDataSetType);
  if (!request.data_set_kept()) return decline(out_of_resources, "Identifier larger than is kept here", std::nullopt);
  auto query = WorklistQuery::parse(request.data_set, context.transfer_syntax, options_.matching, options_.keys.get());
  if (!query) return decline(query.error().status, query.error().comment, query.error().offending);
  if (options_.before_query) options_.before_query();
  return std::make_unique<WorklistOperation>(std::move(request), context.transfer_syntax, std::move(*query),
                                             worklist_->items(), options_);
}

}  // namespace assay::service
