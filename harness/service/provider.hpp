// The SCP side of one association without I/O: messages in, responses pulled out one at a time, so that a query
// with ten thousand matches holds one of them. PS3.7 8-10. Tests: tests/unit/service/provider_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "harness/service/operation.hpp"
#include "harness/service/query.hpp"
#include "harness/service/retrieve.hpp"
#include "harness/service/storage.hpp"
#include "harness/service/store.hpp"

namespace assay::service {

using Services = std::vector<std::shared_ptr<Service>>;

struct ProviderOptions {
  StorageOptions storage;
  QueryOptions query;
  QueryExtensions extensions{.relational = true, .date_time = true};  // granted to who asks for them
  Forward forward;                                                    // C-MOVE; empty: every destination is unknown
  std::size_t max_matches = 0;  // pending responses of one query before it ends with B001H; 0 = no limit
  /// Operations taken in but not finished; more are refused. A window that was agreed on has its room in any case.
  std::size_t max_outstanding = 64;
  std::size_t max_candidates_per_call = 1000;  // examined by one next_message(); it then says nothing and goes on
};

/// Verification, storage, query and retrieve over a store that outlives them.
Services archive_services(InstanceStore& store, const ProviderOptions& options = {});

class Provider {
 public:
  /// Of the options only `max_outstanding` counts. The first service that serves an abstract syntax has it.
  Provider(AssociationView association, Services services, ProviderOptions options = {});
  /// The services of an archive over `store`, which outlives the provider.
  Provider(std::map<std::uint8_t, session::AcceptedContext> contexts, InstanceStore& store,
           ProviderOptions options = {});
  ~Provider();
  Provider(Provider&&) noexcept;
  Provider& operator=(Provider&&) noexcept;

  /// Takes a request, a C-CANCEL or the response to a request of ours. Responses to nothing and cancels of nothing are
  /// ignored (PS3.7 9.3.2.3).
  void receive(dimse::Message message);

  /// The next message to be sent, or nothing for now. Ask again while ready(): a long search returns between two slices
  /// of work, so that a cancel can be seen in time.
  std::optional<dimse::Message> next_message();

  /// No request waits for its response, and nothing else is ready to be sent.
  [[nodiscard]] bool idle() const;
  /// next_message() may bring something without anything coming first.
  [[nodiscard]] bool ready() const;
  [[nodiscard]] std::size_t ignored() const { return ignored_; }

 private:
  struct Outstanding;

  std::unique_ptr<Operation> start(Outstanding& one);
  /// Whose turn it is: of those in the window that owe a response the one that had its turn longest ago, or else one in
  /// the background; operations_.size() for none. What is beyond the window waits.
  [[nodiscard]] std::size_t turn() const;
  void answered(dimse::Message message);

  std::unique_ptr<AssociationView> association_;  // operations hold on to it
  Services services_;
  ProviderOptions options_;
  std::vector<std::unique_ptr<Outstanding>> operations_;
  std::uint16_t last_message_id_ = 0;  // of our own requests
  std::uint64_t turns_ = 0;
  std::size_t ignored_ = 0;
};

}  // namespace assay::service
