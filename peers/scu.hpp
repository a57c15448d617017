// Storage and query as SCU, one thing at a time: instances are asked for when it is their turn, matches are told as
// they come, so that neither thousands of files nor thousands of matches stand in memory together. PS3.4 B, C.4.1,
// K.4.1. Tests: tests/loopback/peers_scu_test.cpp, tests/interop/scu_commands_test.py, scu_query_test.py
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "peers/peers.hpp"

namespace assay::peers {

/// Abstract Syntax and the Transfer Syntaxes proposed for it, in the order of preference.
using ProposedContext = std::pair<std::string, std::vector<std::string>>;

/// What became of one instance that StoreJob::next gave.
struct StoreOutcome {
  std::size_t number = 0;       // of the instance, as next() gave them, from 0
  bool sent = false;            // false: no accepted Presentation Context takes it
  std::string transfer_syntax;  // in which it went out
  std::uint16_t status = 0;     // of the C-STORE-RSP
  std::string comment;          // its Error Comment and Offending Element
};

struct StoreJob {
  std::vector<ProposedContext> contexts;       // at most 128: odd ids of one byte (PS3.8 9.3.2.2)
  std::function<service::InstancePtr()> next;  // the next instance; null: there is no more
  std::function<void(const StoreOutcome&)> outcome;
};

/// One association. An instance that is refused or finds no context does not stop the others. When the association
/// fails on the way, the instances in hand have no outcome. Under a window (RequestorOptions::window) several are, and
/// outcomes come in the order of the answers.
void async_store(Loop& loop, const RequestorOptions& options, StoreJob job, RequestorDone done);

/// What was wanted and not agreed on, as a part of a sentence about the peer; nothing: all was.
std::optional<std::string> not_agreed(const service::QueryExtensions& wanted, const service::QueryExtensions& agreed);

/// A proposal per SOP Class and kind of encoding, so that compressed and uncompressed instances both find theirs:
/// compressed and deflated ones in their own Transfer Syntax, uncompressed ones in their own and the other two.
ProposedContext storage_context(std::string_view sop_class_uid, std::string_view transfer_syntax);

struct FindJob {
  std::string sop_class;                                       // of an information model: what is proposed and asked
  service::QueryExtensions extensions = {};                    // proposed; without agreement on all nothing is asked
  std::function<std::optional<dataset::DataSet>()> next;       // the next Identifier; nothing: there is no more
  std::function<void(dataset::DataSet, std::uint16_t)> match;  // a pending response: Identifier and status
  std::function<void(std::uint16_t)> answered;                 // a query is over, with this status
  /// Asked after each request and each match: true sends a C-CANCEL-RQ, once a query. May be empty.
  std::function<bool()> cancel;
};

/// One association, its queries one after the other. A failure status ends no query but its own. That a cancelled query
/// ends with FE00H is no failure.
void async_find(Loop& loop, const RequestorOptions& options, FindJob job, RequestorDone done);

struct MoveJob {
  service::Model model = service::Model::study_root;
  std::string destination;                                // AE title
  std::function<std::optional<dataset::DataSet>()> next;  // the next Identifier; nothing: there is no more
  std::function<void(std::uint16_t, const service::SubOperationCounts&)> answered;  // a move is over: status, counts
};

/// One association, its moves one after the other (PS3.4 C.4.2). A failure status ends no move but its own.
void async_move(Loop& loop, const RequestorOptions& options, MoveJob job, RequestorDone done);

}  // namespace assay::peers
