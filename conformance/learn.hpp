// What a device supports, found by asking it: which associations are proposed, which queries are made, and what the
// answers mean. Nothing here has sockets: whoever has them lends two functions (Associate, Find), and what comes out is
// a Profile, with the reason for everything that stays unknown. harness/app/learn.hpp drives it.
// PS3.2 A.4, PS3.8 9.3.2 and 9.3.3, PS3.7 D.3.3, PS3.4 C.4.1, K.4.1. Tests: tests/unit/conformance/learn_*_test.cpp,
// tests/interop/learn_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/profile.hpp"
#include "harness/base/limits.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/pdu/pdu.hpp"

namespace assay::conformance::learn {

/// What became of one A-ASSOCIATE-RQ.
enum class Outcome : std::uint8_t {
  accepted,
  rejected,
  aborted,
  closed,       // the connection, without an answer
  silent,       // no answer in time
  unreachable,  // nobody listens any more, or no DICOM came back
  interrupted,  // by the person at the keyboard
};

struct Reply {
  Outcome outcome = Outcome::unreachable;
  std::optional<pdu::AAssociateAc> ac;
  std::optional<pdu::AAssociateRj> rj;
  std::string words;  // "A-ASSOCIATE-RJ 1/1/7 (...)"
};
/// Proposes an association and releases it, or keeps it open when `hold`. `purpose` is for the progress line.
using Associate = std::function<Reply(const pdu::AAssociateRq&, const std::string& purpose, bool hold)>;

/// One C-FIND. After `enough` matches a C-CANCEL is sent; 0: never.
struct FindQuery {
  dataset::DataSet identifier{dataset::explicit_le};
  std::size_t enough = 0;
};
struct FindReply {
  std::optional<std::uint16_t> status;  // final; nothing: no answer came
  bool cancelled = false;               // a C-CANCEL was sent
  std::vector<dataset::DataSet> matches;
  std::set<std::uint16_t> pending;  // statuses of the matches
  std::string failure;              // why there is no status
};
/// Makes queries one after the other; a reply for each.
using Find = std::function<std::vector<FindReply>(std::string_view sop_class, const std::vector<FindQuery>&,
                                                  const std::string& purpose)>;

struct Settings {
  std::string called = "ANY-SCP";
  std::string calling = "ASSAY";
  std::string implementation_class_uid;
  std::string version_name;
  std::uint32_t maximum_length = limits::announced_max_length;
  bool quick = false;               // SOP Classes that are not retired, the usual transfer syntaxes
  std::set<std::string> also;       // SOP Classes and transfer syntaxes that are asked for in any case
  std::size_t most_parallel = 64;   // associations opened at the same time, at most
  std::size_t enough_matches = 50;  // of one query
  std::function<bool()> stop;       // true: ask nothing more. May be empty
};

/// Something that stays open: the beginning of the ids of its claims, and why.
struct Unknown {
  std::string claim;
  std::string why;
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

/// A presentation context was not answered, or the association that proposed it came to nothing.
inline constexpr std::uint8_t not_answered = 255;

/// What a device said to a SOP Class.
struct ClassSeen {
  std::string uid;
  std::uint8_t together = not_answered;         // all transfer syntaxes in one context: result (PS3.8 Table 9-18)
  std::string chosen;                           // of these
  std::map<std::string, std::uint8_t> results;  // one transfer syntax each
  std::vector<std::string> as_scp;              // accepted with default roles, most wanted first
  std::vector<std::string> as_scu;              // accepted with the requestor as SCP (PS3.7 D.3.3.4)
};

/// Everything that was found out.
struct Learned {
  std::vector<ClassSeen> classes;
  std::map<std::string, std::string> policies;               // name, value
  std::vector<std::string> extended_asked;                   // SOP Classes that were asked for extended negotiation
  std::map<std::string, std::vector<std::string>> extended;  // and what they agreed to
  std::vector<KeyClaim> keys;
  std::vector<StatusClaim> statuses;
  std::map<std::string, std::string> evidence;  // by claim id, or the beginning of it: how it is known
  std::vector<Unknown> unknown;
  std::size_t parallel = 0;      // associations that were open at the same time
  std::string sample_study;      // Study Instance UID of one that it has; "" = none is known
  bool gone = false;             // the device stopped answering
  std::set<std::string> looked;  // ids of claims, or beginnings up to a '/', that were looked for
  bool any_storage = false;      // takes a Storage SOP Class that nobody has defined
  bool any_class = false;        // takes any abstract syntax

  void found(std::string policy, std::string value, std::string how);
  void open_question(std::string claim, std::string why);
  [[nodiscard]] const ClassSeen* seen(std::string_view uid) const;
  [[nodiscard]] bool serves(std::string_view uid) const;
};

/// SOP Classes and transfer syntaxes that are asked for: all of the standard, or of the quick ones and `also`.
std::vector<std::string> asked_classes(const Settings& settings);
std::vector<std::string> asked_syntaxes(const Settings& settings);
/// Those that a statement names, for Settings::also: what it claims is asked for even when the rest is not.
std::set<std::string> asked_by(const Profile& statement);

/// A presentation context of an offer, with the roles that are asked for (SCU, SCP); nothing: the default.
struct Ask {
  std::string sop_class;
  std::vector<std::string> syntaxes;
  std::optional<std::pair<bool, bool>> roles = {};
};
/// The A-ASSOCIATE-RQ of these, ids 1, 3, 5...; `more` are further sub-items of the user information.
pdu::AAssociateRq offer(const Settings& settings, const std::vector<Ask>& asks,
                        const std::vector<pdu::UserSubItem>& more = {});

/// Which SOP Classes, in which transfer syntaxes and roles: learned.classes, transfer-syntax-choice, limits of a
/// proposal. Batches that come to nothing are halved until it is known what the device does not take.
void learn_contexts(const Settings& settings, const Associate& associate, Learned& learned);
/// Identity, limits, titles, extended negotiation: learned.policies. After learn_contexts.
void learn_policies(const Settings& settings, const Associate& associate, Learned& learned);
/// Query keys and statuses of the FIND classes that are served: learned.keys, learned.statuses.
void learn_keys(const Settings& settings, const Find& find, Learned& learned);

/// What the answer to a C-MOVE to a destination that nobody knows says (PS3.4 C.4.2.1.5).
void learn_move(std::string_view sop_class, std::uint16_t status, Learned& learned);

/// What is to be written about it.
struct Naming {
  std::string product;
  std::string version;
  std::string title;  // of its AE
  std::vector<std::string> notes;
  std::optional<bool> plain = {};  // it was spoken to without TLS
};
Profile profile_of(const Learned& learned, const Naming& naming);

/// A statement held against what was found: claim by claim.
enum class Standing : std::uint8_t { confirmed, contradicted, not_seen, undeclared };
std::string_view name(Standing standing);
struct Compared {
  std::string id;
  std::string text;
  std::string clause;
  Standing standing = Standing::not_seen;
  std::string found;  // what was found instead, or why it was not seen
  Place at;
};
/// In the order of the statement, what it does not declare at the end. `title` chooses one of its Application Entities;
/// where it has none of that title, its first.
std::vector<Compared> compare(const Profile& statement, const Learned& learned, const Profile& reality,
                              std::string_view title);

/// What differs between two statements of a product.
enum class Change : std::uint8_t { gone, changed, added };
std::string_view name(Change change);
struct Changed {
  std::string id;
  Change change = Change::added;
  std::string before;
  std::string after;
  Place at;  // in the statement that has it; in the newer one where both have
};
std::vector<Changed> compare(const Profile& before, const Profile& after);

}  // namespace assay::conformance::learn
