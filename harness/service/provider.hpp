// The SCP side of one association without I/O: messages in, responses pulled out one at a time, so that a query
// with ten thousand matches holds one of them. PS3.7 8-10. Tests: tests/unit/service/provider_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "harness/dimse/message.hpp"
#include "harness/service/negotiation.hpp"
#include "harness/service/query.hpp"
#include "harness/service/storage.hpp"
#include "harness/service/store.hpp"
#include "harness/session/session.hpp"

namespace assay::service {

struct ProviderOptions {
  StorageOptions storage;
  QueryOptions query;
  std::size_t max_matches = 0;                 // pending responses of one query before it ends with B001H; 0 = no limit
  std::size_t max_outstanding = 64;            // operations taken in but not finished; more are refused
  std::size_t max_candidates_per_call = 1000;  // examined by one next_response(); it then says nothing and goes on
};

class Provider {
 public:
  /// The store outlives the provider. `contexts` as session::accepted_contexts() gives them.
  Provider(std::map<std::uint8_t, session::AcceptedContext> contexts, InstanceStore& store,
           ProviderOptions options = {});
  ~Provider();
  Provider(Provider&&) noexcept;
  Provider& operator=(Provider&&) noexcept;

  /// Takes a request or a C-CANCEL. Responses of the peer and cancels of nothing are ignored (PS3.7 9.3.2.3).
  void receive(dimse::Message message);

  /// The next response, or nothing for now. Ask again while !idle(): a long search returns between two slices of
  /// work, so that a cancel can be seen in time.
  std::optional<dimse::Message> next_response();

  /// Nothing is outstanding.
  [[nodiscard]] bool idle() const { return operations_.empty(); }
  [[nodiscard]] std::size_t ignored() const { return ignored_; }

 private:
  struct Operation;

  std::optional<dimse::Message> start(Operation& operation);
  std::optional<dimse::Message> go_on(Operation& operation);
  std::optional<dimse::Message> start_find(Operation& operation, const session::AcceptedContext& context);

  std::map<std::uint8_t, session::AcceptedContext> contexts_;
  InstanceStore* store_;
  ProviderOptions options_;
  std::vector<std::unique_ptr<Operation>> operations_;
  std::size_t ignored_ = 0;
};

}  // namespace assay::service
