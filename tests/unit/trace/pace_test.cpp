// harness/trace/pace.hpp: each kind of slowness is told from the others, and a quick association is blamed on nobody.
#include "harness/trace/pace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::trace {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

/// Milliseconds spent in each phase of an association of a few C-STOREs.
struct Times {
  int association = 0;
  int idle = 0;
  int moving = 0;
  int waiting = 0;
};

class Line {
 public:
  Line() { trace_.entries.push_back({{}, TransportOpened{}}); }

  void pdu(Side from, pdu::PduType type, int after) {
    at_ = at_ + milliseconds(after);
    PduSeen seen;
    seen.from = from;
    seen.type = static_cast<std::uint8_t>(type);
    trace_.entries.push_back({at_, seen});
  }

  void message(Side from, dimse::CommandSet command, std::uint64_t data) {
    MessageSeen seen;
    seen.from = from;
    auto message = std::make_shared<dimse::Message>();
    message->command = std::move(command);
    message->data_set_length = data;
    seen.message = message;
    trace_.entries.push_back({at_, seen});
  }

  Trace& trace() { return trace_; }

 private:
  Trace trace_;
  Instant at_;
};

Trace stores(const Times& times, int count = 3) {
  Line line;
  line.pdu(Side::requestor, pdu::PduType::a_associate_rq, 0);
  line.pdu(Side::acceptor, pdu::PduType::a_associate_ac, times.association);
  for (int i = 0; i < count; ++i) {
    const auto request = dimse::c_store_rq(static_cast<std::uint16_t>(i + 1), "1.2.3", "1.2.4");
    line.pdu(Side::requestor, pdu::PduType::p_data_tf, times.idle);
    line.pdu(Side::requestor, pdu::PduType::p_data_tf, times.moving);
    line.message(Side::requestor, request, 1000);
    line.pdu(Side::acceptor, pdu::PduType::p_data_tf, times.waiting);
    line.message(Side::acceptor, dimse::response_to(request, 0), 0);
  }
  line.pdu(Side::requestor, pdu::PduType::a_release_rq, 0);
  line.pdu(Side::acceptor, pdu::PduType::a_release_rp, times.association);
  line.trace().bytes_from_requestor = 3200;
  line.trace().bytes_from_acceptor = 800;
  return std::move(line.trace());
}

TEST(Pace, Each_interval_counts_for_what_the_sides_were_doing) {
  const auto found = pace(stores({.association = 5, .idle = 20, .moving = 300, .waiting = 40}));
  EXPECT_EQ(found.association, milliseconds(10));
  EXPECT_EQ(found.idle, milliseconds(60));
  EXPECT_EQ(found.longest_idle, milliseconds(20));
  EXPECT_EQ(found.moving, milliseconds(900));
  EXPECT_EQ(found.waiting, milliseconds(120));
  EXPECT_EQ(found.operations, 3U);
  EXPECT_EQ(found.objects, 3U);
  EXPECT_EQ(found.first_object, milliseconds(325));
  EXPECT_EQ(found.data_bytes, 3000U);
  EXPECT_EQ(found.all_bytes, 4000U);
}

TEST(Pace, The_words_blame_who_is_slow_and_nobody_when_it_is_quick) {
  EXPECT_THAT(to_text(pace(stores({1000, 1, 1, 1}))), HasSubstr("associating takes most of the time"));
  EXPECT_THAT(to_text(pace(stores({1, 1000, 1, 1}))), HasSubstr("the side that asks is slow"));
  EXPECT_THAT(to_text(pace(stores({1, 1, 1000, 1}))), HasSubstr("the line, or the sizes"));
  EXPECT_THAT(to_text(pace(stores({1, 1, 1, 1000}))), HasSubstr("the side that answers is slow"));
  for (const Times times : {Times{1, 1, 1, 1}, Times{1, 1, 1, 100}, Times{0, 0, 0, 0}, Times{0, 500, 500, 500}}) {
    EXPECT_THAT(to_text(pace(stores(times))), Not(HasSubstr("slow")));
    EXPECT_THAT(to_text(pace(stores(times))), HasSubstr("3 operations in "));
  }
  EXPECT_THAT(to_text(pace(stores({1, 1, 1, 1}))), HasSubstr("25.0 % of the bytes are protocol"));
  EXPECT_EQ(to_text(pace(stores({1, 1, 1, 1}, 0))), "");
}

TEST(Pace, A_pending_response_ends_no_operation) {
  Line line;
  line.pdu(Side::acceptor, pdu::PduType::a_associate_ac, 0);
  const auto request = dimse::c_find_rq(1, "1.2.3");
  line.pdu(Side::requestor, pdu::PduType::p_data_tf, 0);
  line.message(Side::requestor, request, 10);
  for (const auto status : std::vector<std::uint16_t>{0xff00, 0xff00, 0x0000}) {
    line.pdu(Side::acceptor, pdu::PduType::p_data_tf, 100);
    line.message(Side::acceptor, dimse::response_to(request, status, status != 0), status != 0 ? 10 : 0);
  }
  line.pdu(Side::requestor, pdu::PduType::a_release_rq, 70);
  const auto found = pace(line.trace());
  EXPECT_EQ(found.waiting, milliseconds(300));
  EXPECT_EQ(found.idle, milliseconds(70));
  EXPECT_EQ(found.operations, 1U);
  EXPECT_EQ(found.objects, 0U);
}

TEST(Pace, Associations_add_up) {
  Pace all;
  for (int i = 0; i < 4; ++i) all.add(pace(stores({400, 1, 1, 1}, 1)));
  EXPECT_EQ(all.operations, 4U);
  EXPECT_EQ(all.associations, 4U);
  EXPECT_EQ(all.association, milliseconds(3200));
  EXPECT_EQ(all.first_object, milliseconds(402));
  EXPECT_THAT(to_text(all), HasSubstr("send more on each association"));
}

}  // namespace
}  // namespace assay::trace
