// What will work between products, by their profiles alone: the classical reading of two conformance statements side by
// side (SOP Classes and roles, then transfer syntaxes, then query keys, then policies, security and media), for every
// use case in each direction. Pure: profiles in, findings out. `assay match` prints it.
// PS3.2, PS3.4, PS3.5 10.1, PS3.7 D.3.3, PS3.15 B. Tests: tests/unit/conformance/match_test.cpp,
// tests/interop/match_test.py (what is foretold, held against associations)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/profile.hpp"

namespace assay::conformance {

enum class UseCase : std::uint8_t {
  verify,
  store,
  query,
  move,
  get,
  worklist,
  mpps,
  commitment,
  print,
  other,
  media,
};
inline constexpr UseCase all_use_cases[] = {UseCase::verify, UseCase::store,    UseCase::query, UseCase::move,
                                            UseCase::get,    UseCase::worklist, UseCase::mpps,  UseCase::commitment,
                                            UseCase::print,  UseCase::other,    UseCase::media};
/// "store", and for people: "store images".
std::string_view name(UseCase use_case);
std::string_view title(UseCase use_case);

enum class Outcome : std::uint8_t {
  absent,     // neither side claims it
  one_sided,  // one side claims it
  works,
  fallback,  // works, but not as the asking side would like it most
  partly,    // some of it works
  fails,     // both claim it, and it cannot work
};
std::string_view name(Outcome outcome);

/// Why something does not work, or works less well: what, by which clause, and what to change.
struct Reason {
  std::string text;
  std::string clause;
  std::string change;    // one sentence, "" when there is nothing to be done
  bool fatal = false;    // what both sides claim cannot work for this
  Place user, provider;  // where the claims stand; line 0: nothing is claimed there
  bool refuses = false;  // no association comes about for this, whatever is proposed
};

struct ClassMatch {
  std::string sop_class;  // UID, or every_storage
  Outcome outcome = Outcome::absent;
  std::vector<std::string> syntaxes;  // common ones, in the order of the asking side
  std::string chosen;                 // what is agreed on
};

/// A key that the asking side wants.
struct KeyMatch {
  KeyLevel level = KeyLevel::study;
  Tag tag;
  std::vector<Matching> wanted;
  std::vector<Matching> lacking;  // of these
  bool stated = true;             // the providing side says something about its keys at this level
  bool returned = true;           // it is returned, or was not wanted
  bool needed = false;
  [[nodiscard]] bool good() const { return stated && lacking.empty() && returned; }
};

struct UseCaseMatch {
  UseCase use_case = UseCase::verify;
  Outcome outcome = Outcome::absent;
  bool user_claims = false;
  bool provider_claims = false;
  std::vector<ClassMatch> classes;
  std::vector<KeyMatch> keys;
  std::vector<Reason> reasons;

  /// What both sides claim cannot work: assay match ends with 1.
  [[nodiscard]] bool red() const;
};

/// A presentation context as it will be proposed and answered (PS3.8 9.3.2.2, 9.3.3.2).
struct PredictedContext {
  std::string abstract_syntax;
  std::vector<std::string> proposed;
  std::uint8_t result = 0;  // 0 acceptance, 3 abstract syntax, 4 transfer syntaxes not supported
  std::string chosen;       // where it is accepted
};

/// One product asks another.
struct Direction {
  std::size_t user = 0;  // index of the product that asks
  std::size_t provider = 0;
  std::vector<UseCaseMatch> use_cases;     // in the order of all_use_cases
  std::vector<Reason> policies;            // of the association as such; a fatal one stops everything
  std::vector<PredictedContext> contexts;  // of the asking side's claims as SCU, all at once
  std::string user_ae, provider_ae;        // AE titles between which they are

  [[nodiscard]] bool red() const;
};

struct Match {
  std::vector<Direction> directions;  // every ordered pair
  std::vector<Reason> remarks;        // on single products and on all of them: titles that stand twice...

  [[nodiscard]] bool red() const;
};

Match match(std::span<const Profile> products);

/// What comes of it when `user` proposes everything that it claims as SCU to `provider`.
std::vector<PredictedContext> predict(const ApplicationEntity& user, const ApplicationEntity& provider);

/// The Application Entity that asks (serves) most; null when none has a service in this role.
const ApplicationEntity* main_ae(const Profile& profile, Role role);

}  // namespace assay::conformance
