// Every one of the 247 cells of PS3.8 Table 9-10, driven through the session and held against tests/golden/.
// What each action has to do is written here once more, from Tables 9-6 to 9-9, so that the data the session runs on
// is checked and not merely repeated.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "harness/version.hpp"
#include "tests/unit/session/support.hpp"

namespace assay::session::test {
namespace {

struct Row {
  std::string action;
  int next = 0;         // the first, and
  int alternative = 0;  // the second where two stand in the cell
};

using Golden = std::map<std::pair<int, int>, Row>;  // by event, state

Golden golden() {
  Golden cells;
  std::ifstream file(ASSAY_SOURCE_DIR "/tests/golden/ul-state-table.tsv");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("Evt")) continue;
    std::vector<std::string> columns;
    std::istringstream split(line);
    for (std::string column; std::getline(split, column, '\t');) columns.push_back(column);
    if (columns.size() < 5) continue;
    Row row;
    row.action = columns[3];
    const auto& next = columns[4];
    row.next = std::stoi(next.substr(3));  // "Sta6", or "Sta3 or 13"
    if (const auto second = next.find(" or "); second != std::string::npos)
      row.alternative = std::stoi(next.substr(second + 4));
    cells[{std::stoi(columns[0].substr(3)), std::stoi(columns[2].substr(3))}] = row;
  }
  return cells;
}

enum class Artim { unchanged, started, stopped };

struct Does {
  std::string sent;
  std::vector<std::string> told;
  Artim artim = Artim::unchanged;
  bool close = false;
  bool connect = false;
};

/// Tables 9-6 to 9-9. `variant` is what the text of the action itself distinguishes.
Does does(const std::string& action, int event, bool variant) {
  using enum Artim;
  // The reason of an A-ABORT by the provider (Table 9-26): 1 unrecognized, 2 unexpected PDU.
  const std::string reason = event == 19 ? "1" : "2";
  const std::map<std::string, Does> table{
      {"AE-1", {"", {}, unchanged, false, true}},
      {"AE-2", {"A-ASSOCIATE-RQ", {}}},
      {"AE-3", {"", {"A-ASSOCIATE confirmation accept"}}},
      {"AE-4", {"", {"A-ASSOCIATE confirmation reject"}, unchanged, true}},
      {"AE-5", {"", {}, started}},
      {"AE-6", variant ? Does{"A-ASSOCIATE-RJ", {}, started} : Does{"", {"A-ASSOCIATE indication"}, stopped}},
      {"AE-7", {"A-ASSOCIATE-AC", {}}},
      {"AE-8", {"A-ASSOCIATE-RJ", {}, started}},
      {"DT-1", {"P-DATA-TF", {}}},
      {"DT-2", {"", {"P-DATA indication"}}},
      {"AR-1", {"A-RELEASE-RQ", {}}},
      {"AR-2", {"", {"A-RELEASE indication"}}},
      {"AR-3", {"", {"A-RELEASE confirmation"}, unchanged, true}},
      {"AR-4", {"A-RELEASE-RP", {}, started}},
      {"AR-5", {"", {}, stopped}},
      {"AR-6", {"", {"P-DATA indication"}}},
      {"AR-7", {"P-DATA-TF", {}}},
      {"AR-8", {"", {"A-RELEASE indication collision"}}},
      {"AR-9", {"A-RELEASE-RP", {}}},
      {"AR-10", {"", {"A-RELEASE confirmation"}}},
      {"AA-1", {"A-ABORT 0/0", {}, started}},
      {"AA-2", {"", {}, stopped, true}},
      {"AA-3", {"", {variant ? "A-P-ABORT indication" : "A-ABORT indication"}, unchanged, true}},
      {"AA-4", {"", {"A-P-ABORT indication"}}},
      {"AA-5", {"", {}, stopped}},
      {"AA-6", {}},
      {"AA-7", {"A-ABORT 2/" + reason, {}}},
      {"AA-8", {"A-ABORT 2/" + reason, {"A-P-ABORT indication"}, started}},
  };
  return table.at(action);
}

Session::Result drive(Session& session, int event, bool variant, Instant now) {
  switch (event) {
    case 1: return session.submit(AssociateRequest{request()}, now);
    case 2:
    case 5: return session.transport_opened(now);
    case 3: return session.receive(pdu::encode(answer()), now);
    case 4: return session.receive(pdu::encode(pdu::AAssociateRj{1, 1, 1}), now);
    case 6: {
      auto rq = request();
      if (variant) rq.protocol_version = 2;
      return session.receive(pdu::encode(rq), now);
    }
    case 7: return session.submit(AssociateAccept{answer()}, now);
    case 8: return session.submit(AssociateReject{{1, 1, 1}}, now);
    case 9: return session.submit(DataRequest{{{{1, 3, {1, 2}}}}}, now);
    case 10: return session.receive(pdu::encode(pdu::PDataTf{{{1, 3, {1, 2}}}}), now);
    case 11: return session.submit(ReleaseRequest{}, now);
    case 12: return session.receive(pdu::encode(pdu::AReleaseRq{}), now);
    case 13: return session.receive(pdu::encode(pdu::AReleaseRp{}), now);
    case 14: return session.submit(ReleaseResponse{}, now);
    case 15: return session.submit(AbortRequest{}, now);
    case 16: return session.receive(pdu::encode(pdu::AAbort{static_cast<std::uint8_t>(variant ? 2 : 0), 0}), now);
    case 17: return session.peer_closed(now);
    case 18: return session.expire(now);
    default: return session.receive(Bytes{0x08, 0, 0, 0, 0, 0}, now);
  }
}

struct Case {
  int event;
  int state;
};

class TransitionTable : public testing::TestWithParam<Case> {};

TEST_P(TransitionTable, Does_what_the_standard_says_in_this_cell) {
  static const auto cells = golden();
  ASSERT_EQ(cells.size(), 123U);
  const auto [event, state] = GetParam();
  const auto found = cells.find({event, state});
  const bool artim_runs = state == 2 || state == 13;
  // ARTIM was started at second 0 with a limit of 30; everything but its expiry happens at second 7.
  const auto now = event == 18 ? at(30) : at(7);

  for (const auto role : {dul::Role::requestor, dul::Role::acceptor}) {
    // The transport reports its opening as Evt2 to the side that asked for it and as Evt5 to the other.
    if ((event == 2 && role == dul::Role::acceptor) || (event == 5 && role == dul::Role::requestor)) continue;
    for (const bool variant : {false, true}) {
      SCOPED_TRACE(testing::Message() << "role " << static_cast<int>(role) << " variant " << variant);
      Options options;
      options.raw_data = true;
      Session session(role, options);
      session.force_state(static_cast<dul::State>(state), zero);
      const auto before = session.next_deadline();
      ASSERT_EQ(before.has_value(), artim_runs);
      const bool connecting_before = session.wants_connect();

      const auto result = drive(session, event, variant, now);

      if (found == cells.end()) {
        EXPECT_FALSE(result) << "a blank cell is a local error";
        if (!result) {
          EXPECT_FALSE(result.error().message.empty());
        }
        EXPECT_FALSE(session.has_output());
        EXPECT_TRUE(drain(session).empty());
        EXPECT_EQ(static_cast<int>(session.state()), state);
        EXPECT_FALSE(session.wants_close());
        EXPECT_EQ(session.wants_connect(), connecting_before);
        continue;
      }
      const auto& row = found->second;
      EXPECT_TRUE(result);
      const auto expected = does(row.action, event, variant);
      const bool second = (row.action == "AE-6" && variant) || (row.action == "AR-8" && role == dul::Role::acceptor);
      if (second) {
        ASSERT_NE(row.alternative, 0);
      }
      const int next = second ? row.alternative : row.next;

      EXPECT_EQ(sent_text(session.take_output()), expected.sent);
      auto told = expected.told;
      if (next == 1) told.emplace_back("closed");
      EXPECT_EQ(drain(session), told);
      switch (expected.artim) {
        case Artim::unchanged: EXPECT_EQ(session.next_deadline(), before); break;
        case Artim::started: EXPECT_EQ(session.next_deadline(), std::optional(now + std::chrono::seconds(30))); break;
        case Artim::stopped: EXPECT_EQ(session.next_deadline(), std::nullopt); break;
      }
      EXPECT_EQ(static_cast<int>(session.state()), next);
      EXPECT_EQ(session.wants_close(), expected.close);
      if (expected.connect) {
        EXPECT_TRUE(session.wants_connect());
      }
    }
  }
}

std::vector<Case> all_cells() {
  std::vector<Case> cases;
  for (int event = 1; event <= 19; ++event)
    for (int state = 1; state <= 13; ++state) cases.push_back({event, state});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Session, TransitionTable, testing::ValuesIn(all_cells()), [](const auto& cell) {
  return "Evt" + std::to_string(cell.param.event) + "_Sta" + std::to_string(cell.param.state);
});

}  // namespace
}  // namespace assay::session::test
