// The C-FIND operation. Tests: tests/unit/service/provider_test.cpp
#include <algorithm>

#include "harness/service/answer.hpp"
#include "harness/service/query.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t out_of_resources = 0xa700;
constexpr std::uint16_t identifier_does_not_match = 0xa900;
constexpr std::uint16_t response_limit_reached = 0xb001;
constexpr std::uint16_t cancelled_status = 0xfe00;

class FindOperation final : public Operation {
 public:
  FindOperation(dimse::Message request, std::string transfer_syntax, Query query, std::unique_ptr<EntityCursor> cursor,
                const QueryServiceOptions& options)
      : request_(std::move(request)),
        encoding_(dataset::encoding_of(transfer_syntax)),
        query_(std::move(query)),
        cursor_(std::move(cursor)),
        max_matches_(options.max_matches),
        slice_(std::max<std::size_t>(options.max_candidates_per_call, 1)) {
    request_.data_set = {};
  }

  [[nodiscard]] bool over() const override { return over_; }
  void cancel() override { cancelled_ = true; }

  std::optional<dimse::Message> next() override {
    if (cancelled_) return last(cancelled_status);
    for (std::size_t i = 0; i < slice_; ++i) {
      const auto entity = cursor_->next();
      if (!entity) return last(0x0000);
      if (!query_.matches(*entity)) continue;
      if (max_matches_ != 0 && matches_ >= max_matches_)
        return last(response_limit_reached, "more matches than are returned");
      ++matches_;
      auto out = answer(request_, query_.pending_status());
      give(out, dataset::encode(query_.response(*entity), encoding_));
      return out;
    }
    return std::nullopt;
  }

 private:
  dimse::Message last(std::uint16_t status, std::string_view comment = {}) {
    over_ = true;
    return answer(request_, status, comment);
  }

  dimse::Message request_;
  dataset::Encoding encoding_;
  Query query_;
  std::unique_ptr<EntityCursor> cursor_;
  std::size_t max_matches_;
  std::size_t slice_;
  std::size_t matches_ = 0;
  bool cancelled_ = false;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<Operation> QueryService::begin(dimse::Message request, const session::AcceptedContext& context,
                                               const AssociationView& association) {
  const auto refuse = [&](std::uint16_t status, std::string_view comment, std::optional<Tag> offending) {
    return std::make_unique<SingleResponse>(answer(request, status, comment, offending));
  };
  if (!request.command.has_data_set())
    return refuse(identifier_does_not_match, "no Identifier", tags::CommandDataSetType);
  if (!request.data_set_kept()) return refuse(out_of_resources, "Identifier larger than is kept here", std::nullopt);
  auto options = options_.query;
  if (const auto agreed = association.extensions.find(context.abstract_syntax); agreed != association.extensions.end())
    options.agreed = agreed->second;
  auto query =
      Query::parse(request.data_set, context.transfer_syntax, *find_model(context.abstract_syntax), std::move(options));
  if (!query) return refuse(query.error().status, query.error().comment, query.error().offending);
  auto cursor = store_->candidates(query->level(), query->scope());
  return std::make_unique<FindOperation>(std::move(request), context.transfer_syntax, std::move(*query),
                                         std::move(cursor), options_);
}

}  // namespace assay::service
