// What the sources of matching share.
#pragma once

#include "conformance/match.hpp"

namespace assay::conformance {

/// Two products, one asking the other.
struct Parties {
  const Profile& user;
  const Profile& provider;
};

/// The use case that a SOP Class belongs to.
UseCase use_case_of(std::string_view sop_class);

/// A service in a role, and the AE that has it.
struct Offer {
  const ApplicationEntity* ae = nullptr;
  const ServiceClaim* service = nullptr;
};
std::vector<Offer> offers_of(const Profile& profile, Role role, UseCase use_case);

/// What people call a SOP Class or transfer syntax.
std::string title_of(std::string_view uid);
bool has(const std::vector<std::string>& all, std::string_view one);
/// The offers of one SOP Class on both sides, "every storage" taken for what it stands for.
struct Common {
  std::string sop_class;
  Offer user, provider;
};
/// What both sides claim; what only the asking side does goes to `lonely`.
std::vector<Common> common_classes(const std::vector<Offer>& asked, const std::vector<Offer>& offered,
                                   std::vector<const Offer*>& lonely);
Reason no_common_syntax(const Parties& parties, const Offer& user, const Offer& provider, std::string_view sop_class);

/// Common transfer syntaxes of two services, and what becomes of them.
ClassMatch match_syntaxes(const Offer& user, const Offer& provider);

/// The use case with its SOP Classes, transfer syntaxes and keys.
UseCaseMatch match_services(const Parties& parties, UseCase use_case);
/// What C-MOVE and C-GET need beside their own SOP Class: storage the other way round.
void match_retrieval(const Parties& parties, UseCaseMatch& match);
void match_keys(const Parties& parties, UseCaseMatch& match);
void match_commitment(const Parties& parties, UseCaseMatch& match);
UseCaseMatch match_media(const Parties& parties);

/// What is agreed for the association as such: titles, lengths, numbers, identity, TLS, character sets.
std::vector<Reason> match_policies(const Parties& parties, const ApplicationEntity& user,
                                   const ApplicationEntity& provider);
/// What is odd about one product by itself.
std::vector<Reason> remarks_on(const Profile& product);

}  // namespace assay::conformance
