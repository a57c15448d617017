// harness/session/faults.hpp: each kind of fault by what leaves, and when; the same seed, the same faults.
#include "harness/session/faults.hpp"

#include <gmock/gmock.h>

#include "tests/unit/session/support.hpp"

namespace assay::faults {
namespace {

using session::test::answer;
using session::test::at;
using session::test::request;
using session::test::zero;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Bytes ac = pdu::encode(answer());
const Bytes rq = pdu::encode(request());
const Bytes release_rq = pdu::encode(pdu::AReleaseRq{});
const Bytes release_rp = pdu::encode(pdu::AReleaseRp{});

Instant ms(int count) { return Instant{milliseconds(count)}; }

/// A command, and a Data Set where wanted, as P-DATA-TF PDUs of one PDV each.
Bytes echo(bool response) {
  Bytes out;
  Bytes command{0, 0, 0, 1, 2, 0, 0, 0, 0x30, static_cast<std::uint8_t>(response ? 0x80 : 0),
                0, 0, 0, 8, 2, 0, 0, 0, 1,    1};
  pdu::encode_p_data(out, 1, 3, command);
  return out;
}

Bytes store_command(std::uint16_t type = 0) {
  Bytes out;
  Bytes command{0, 0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 8, 2, 0, 0, 0, static_cast<std::uint8_t>(type), 0};
  pdu::encode_p_data(out, 1, 3, command);
  return out;
}

Bytes data(bool last, std::size_t size = 4) {
  Bytes out;
  pdu::encode_p_data(out, 1, last ? 2 : 0, Bytes(size, 0xaa));
  return out;
}

std::shared_ptr<const Plan> plan(std::vector<Fault> all, std::uint64_t seed = 1) {
  return std::make_shared<const Plan>(Plan{seed, std::move(all)});
}

Fault fault(Kind kind, std::string_view on = "any") {
  Fault out;
  out.kind = kind;
  out.on = *pdu_choice(on);
  return out;
}

Fault at_phase(Kind kind, Phase phase) {
  auto out = fault(kind);
  out.at = phase;
  return out;
}

/// What leaves: one text per action, sent bytes as their PDU types or their count when they are none.
struct Link {
  explicit Link(std::vector<Fault> faults, std::uint32_t connection = 1) : engine(plan(std::move(faults)), connection) {
    engine.opened(zero);
  }

  std::vector<std::string> take() {
    std::vector<std::string> out;
    while (auto action = engine.next_action()) {
      switch (action->kind) {
        case Action::Kind::close: out.emplace_back(action->reset ? "rst" : "fin"); break;
        case Action::Kind::stop_reading: out.emplace_back("stop"); break;
        case Action::Kind::resume_reading: out.emplace_back("resume"); break;
        case Action::Kind::send: {
          append(all, ByteView(action->bytes));
          std::string types;
          ByteView rest = action->bytes;
          while (rest.size() >= 6) {
            const auto whole = std::size_t{6} + load<std::uint32_t>(rest.data() + 2, Endian::big);
            if (whole > rest.size()) break;
            types += static_cast<char>('0' + rest[0]);
            rest = rest.subspan(whole);
          }
          if (!rest.empty()) types += "+" + std::to_string(rest.size());
          out.push_back(types);
          last = *action;
        }
      }
    }
    return out;
  }
  std::vector<std::string> send(const Bytes& bytes, Instant now = zero) {
    engine.send(bytes, now);
    return take();
  }
  std::vector<std::string> receive(const Bytes& bytes, Instant now = zero) {
    engine.received(bytes, now);
    return take();
  }
  std::vector<std::string> expire(Instant now) {
    engine.expire(now);
    return take();
  }

  Engine engine;
  Bytes all;
  Action last;
};

TEST(Faults, What_no_fault_means_leaves_as_it_came_and_at_once) {
  Link link({fault(Kind::drop, "a-release-rq")});
  EXPECT_THAT(link.send(ac), ElementsAre("2"));
  EXPECT_EQ(link.all, ac);
  EXPECT_FALSE(link.engine.struck());
  EXPECT_FALSE(link.engine.next_deadline());
  EXPECT_THAT(link.send(Bytes{4, 0, 0}), ElementsAre("+3")) << "a part of a PDU passes as it is";
}

TEST(Faults, A_delayed_PDU_holds_back_what_follows) {
  auto late = fault(Kind::delay, "a-associate-ac");
  late.time = seconds(2);
  Link link({late});
  EXPECT_THAT(link.send(ac), ElementsAre());
  EXPECT_THAT(link.send(release_rp, at(1)), ElementsAre());
  EXPECT_EQ(link.engine.next_deadline(), at(2));
  EXPECT_EQ(link.engine.held(), ac.size() + release_rp.size());
  EXPECT_THAT(link.expire(ms(1999)), ElementsAre());
  EXPECT_THAT(link.expire(at(2)), ElementsAre("2", "6"));
  EXPECT_EQ(link.engine.held(), 0U);
}

TEST(Faults, Drop_and_duplicate_mean_the_nth_alone) {
  auto drop = fault(Kind::drop, "message");
  drop.nth.ranges = {{2, 2}};
  auto twice = fault(Kind::duplicate, "p-data-tf");
  twice.nth.ranges = {{3, 4}};
  twice.count = 2;
  Link link({drop, twice});
  EXPECT_THAT(link.send(echo(true)), ElementsAre("4"));
  EXPECT_THAT(link.send(echo(true)), ElementsAre());
  EXPECT_THAT(link.send(echo(true)), ElementsAre("444"));
  EXPECT_THAT(link.send(echo(true)), ElementsAre("444"));
  EXPECT_THAT(link.send(echo(true)), ElementsAre("4"));
}

TEST(Faults, A_reordered_PDU_lets_others_past_or_leaves_after_its_time) {
  auto behind = fault(Kind::reorder, "a-associate-ac");
  behind.time = seconds(1);
  Link link({behind});
  EXPECT_THAT(link.send(ac), ElementsAre());
  EXPECT_THAT(link.send(release_rp), ElementsAre("6", "2"));
  EXPECT_THAT(link.send(ac, at(5)), ElementsAre());
  EXPECT_EQ(link.engine.next_deadline(), at(6));
  EXPECT_THAT(link.expire(at(6)), ElementsAre("2"));
}

TEST(Faults, Split_gives_pieces_and_coalesce_one_write) {
  auto split = fault(Kind::split, "a-associate-ac");
  split.pieces = {1, 5};
  split.pause = milliseconds(10);
  auto together = fault(Kind::coalesce, "a-release-rp");
  together.count = 3;
  together.time = milliseconds(200);
  Link link({split, together});
  EXPECT_THAT(link.send(ac), ElementsAre("2"));
  EXPECT_THAT(link.last.pieces, ElementsAre(1U, 5U));
  EXPECT_EQ(link.last.pause, milliseconds(10));
  EXPECT_THAT(link.send(release_rp), ElementsAre());
  EXPECT_THAT(link.send(echo(true)), ElementsAre());
  EXPECT_THAT(link.send(echo(true)), ElementsAre("644"));
  EXPECT_THAT(link.send(release_rp, at(3)), ElementsAre());
  EXPECT_THAT(link.expire(ms(3200)), ElementsAre("6")) << "so many do not come";
}

/// A C-FIND-RSP with a match, in P-DATA-TF PDUs of at most `maximum` bytes.
Bytes match(std::uint16_t id, std::string_view patient, std::uint32_t maximum) {
  dimse::Message message;
  message.command = dimse::response_to(dimse::c_find_rq(id, uids::StudyRootQueryRetrieveInformationModelFind), 0xff00);
  message.command.elements().set_u16(tags::CommandDataSetType, 0);
  dataset::DataSet data(dataset::implicit_le);
  data.set_text(tags::PatientName, patient);
  data.set_text(tags::PatientID, "1");
  message.data_set = dataset::encode(data, dataset::implicit_le);
  message.data_set_length = message.data_set.size();
  Bytes out;
  EXPECT_TRUE(dimse::fragment(out, message, {.maximum_length = maximum}));
  return out;
}

std::vector<dimse::Message> messages(ByteView bytes) {
  std::vector<dimse::Message> out;
  pdu::Framer framer;
  dimse::Assembler assembler;
  framer.push(bytes);
  for (auto frame = framer.next(); frame.status == pdu::Framer::Status::pdu; frame = framer.next()) {
    std::vector<pdu::PdvView> values;
    Problems problems;
    EXPECT_TRUE(pdu::decode_p_data(frame.bytes, 0, values, problems));
    for (const auto& value : values)
      if (auto pushed = assembler.push(value); pushed.message) out.push_back(std::move(*pushed.message));
  }
  EXPECT_TRUE(assembler.idle());
  return out;
}

dataset::Edit edit(std::string_view path, std::string text, dataset::EditKind kind = dataset::EditKind::set) {
  dataset::Edit out;
  out.kind = kind;
  out.path = *dataset::parse_tag_path(path);
  out.text = std::move(text);
  return out;
}

TEST(Faults, An_answer_says_another_message_and_those_that_are_not_meant_leave_byte_for_byte) {
  auto other = fault(Kind::answer, "c-find-rsp");
  other.nth.ranges = {{2, 2}};
  other.status = 0xff01;
  other.edits = {edit("PatientName", "Somebody^Else"), edit("PatientID", "", dataset::EditKind::erase),
                 edit("ErrorComment", "on purpose")};
  Link link({other});
  const auto first = match(1, "Doe", 30);
  (void)link.send(first);
  EXPECT_EQ(link.all, first) << "in PDUs of its own";
  EXPECT_FALSE(link.engine.struck());
  link.all.clear();
  (void)link.send(match(2, "Doe", 30));
  const auto said = messages(link.all);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].command.status(), 0xff01);
  EXPECT_EQ(said[0].command.responded_to(), 2);
  EXPECT_EQ(said[0].command.elements().text(tags::ErrorComment), "on purpose");
  const auto data = dataset::decode_owned(said[0].data_set, dataset::implicit_le).data_set;
  EXPECT_EQ(data.text(tags::PatientName), "Somebody^Else");
  EXPECT_FALSE(data.has(tags::PatientID));
  EXPECT_TRUE(link.engine.struck());
  EXPECT_EQ(link.engine.held(), 0U);
}

TEST(Faults, An_answer_may_lose_its_Data_Set_or_be_left_out_whole) {
  auto bare = fault(Kind::answer, "c-find-rsp");
  bare.nth.ranges = {{1, 1}};
  bare.status = 0xa700;
  bare.without_data_set = true;
  auto none = fault(Kind::answer, "message");
  none.nth.ranges = {{2, 2}};
  none.missing = true;
  Link link({bare, none});
  (void)link.send(match(1, "Doe", 0));
  auto said = messages(link.all);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].command.status(), 0xa700);
  EXPECT_FALSE(said[0].command.has_data_set());
  EXPECT_TRUE(said[0].data_set.empty());
  EXPECT_THAT(link.send(match(2, "Doe", 30)), ElementsAre()) << "command and data";
  EXPECT_THAT(link.send(echo(true)), ElementsAre("4"));
}

TEST(Faults, An_answer_keeps_to_the_transfer_syntax_and_the_maximum_length_agreed) {
  auto other = fault(Kind::answer, "c-find-rsp");
  other.edits = {edit("PatientName", std::string(200, 'x'))};
  Link link({other});
  auto request = pdu::AAssociateRq{};
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{64});
  request.items.emplace_back(user);
  (void)link.receive(pdu::encode(request));
  pdu::AAssociateAc accept;
  pdu::PresentationContextItemAc context;
  context.id = 1;
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ExplicitVRLittleEndian)});
  accept.items.emplace_back(context);
  (void)link.send(pdu::encode(accept));
  link.all.clear();
  auto message = match(1, "Doe", 0);
  (void)link.send(message);
  ByteView rest = link.all;
  while (!rest.empty()) {
    const auto length = load<std::uint32_t>(rest.data() + 2, Endian::big);
    EXPECT_LE(length, 64U);
    rest = rest.subspan(6 + length);
  }
  EXPECT_EQ(messages(link.all).size(), 1U);
}

TEST(Faults, An_answer_lets_go_what_is_no_sequence_of_messages) {
  auto other = fault(Kind::answer, "any");
  other.status = 0xa700;
  Link link({other});
  EXPECT_THAT(link.send(data(true)), ElementsAre("4")) << "data without a command";
  EXPECT_THAT(link.send(store_command()), ElementsAre()) << "waits for its data";
  EXPECT_THAT(link.send(release_rp), ElementsAre("4", "6")) << "before what comes in the middle of it";
}

TEST(Faults, Corrupt_changes_bytes_by_place_and_fields_by_name) {
  auto byte = fault(Kind::corrupt, "a-release-rp");
  byte.byte = 7;
  byte.bytes = {0xff, 0x01};
  Link link({byte});
  (void)link.send(release_rp);
  EXPECT_EQ(link.all, (Bytes{6, 0, 0, 0, 0, 4, 0, 0xff, 1, 0}));

  byte.exclusive_or = false;
  byte.byte = 9;
  Link set({byte});
  (void)set.send(release_rp);
  EXPECT_EQ(set.all, (Bytes{6, 0, 0, 0, 0, 4, 0, 0, 0, 0xff})) << "what lies behind the PDU is left out";

  auto field = fault(Kind::corrupt, "a-associate-ac");
  field.lies = {{layout::Operation::set, "protocol-version", {}, 2, 0}};
  Link named({field});
  (void)named.send(ac);
  const auto decoded = pdu::decode(named.all);
  ASSERT_TRUE(decoded.pdu);
  EXPECT_EQ(std::get<pdu::AAssociateAc>(*decoded.pdu).protocol_version, 2);
}

TEST(Faults, A_lie_about_a_length_changes_nothing_else) {
  auto lie = fault(Kind::lie, "a-release-rp");
  lie.lies = {{layout::Operation::add, "length", {}, 2, 0}};
  Link link({lie});
  (void)link.send(release_rp);
  EXPECT_EQ(link.all, (Bytes{6, 0, 0, 0, 0, 6, 0, 0, 0, 0}));
}

TEST(Faults, Refuse_takes_the_place_of_the_accept_and_our_side_is_silent_from_then_on) {
  for (const std::uint8_t reason : Bytes{1, 2, 3, 7}) {
    auto refuse = fault(Kind::refuse, "a-associate-ac");
    refuse.result = 2;
    refuse.source = 3;
    refuse.reason = reason;
    Link link({refuse});
    EXPECT_THAT(link.send(ac), ElementsAre("3"));
    EXPECT_EQ(link.all, pdu::encode(pdu::AAssociateRj{2, 3, reason}));
    EXPECT_THAT(link.send(echo(true)), ElementsAre());
    EXPECT_TRUE(link.engine.muted());
  }
}

TEST(Faults, A_context_is_answered_wrongly_in_each_way) {
  const auto answered = [](const std::function<void(Fault&)>& set) {
    auto wrong = fault(Kind::answer_context, "a-associate-ac");
    set(wrong);
    Link link({wrong});
    (void)link.receive(rq);
    (void)link.send(ac);
    const auto decoded = pdu::decode(link.all);
    EXPECT_TRUE(decoded.pdu);
    return decoded.pdu ? std::get<pdu::AAssociateAc>(*decoded.pdu) : pdu::AAssociateAc{};
  };
  const auto refused = answered([](Fault& f) {
    f.context = std::string(uids::Verification);
    f.with_result = true;
    f.result = 3;
  });
  ASSERT_EQ(refused.contexts().size(), 1U);
  EXPECT_EQ(refused.contexts()[0]->result, 3);
  EXPECT_TRUE(answered([](Fault& f) { f.missing = true; }).contexts().empty());
  EXPECT_EQ(answered([](Fault& f) { f.other_id = 77; }).contexts()[0]->id, 77);
  EXPECT_EQ(answered([](Fault& f) { f.transfer = "1.2.3"; }).contexts()[0]->transfer_syntax(), "1.2.3");
  EXPECT_EQ(answered([](Fault& f) {
              f.context = "5";
              f.missing = true;
            })
                .contexts()
                .size(),
            1U)
      << "another context is left alone";
}

TEST(Faults, Abort_comes_at_its_phase_with_source_and_reason_and_ends_what_we_say) {
  auto abort = at_phase(Kind::abort, Phase::message_received);
  abort.source = 2;
  abort.reason = 6;
  abort.nth.ranges = {{2, 2}};
  Link link({abort});
  EXPECT_THAT(link.receive(rq), ElementsAre());
  EXPECT_THAT(link.send(ac), ElementsAre("2"));
  EXPECT_THAT(link.receive(echo(false)), ElementsAre());
  EXPECT_THAT(link.send(echo(true)), ElementsAre("4"));
  EXPECT_THAT(link.receive(echo(false)), ElementsAre("7"));
  EXPECT_EQ(link.last.bytes, pdu::encode(pdu::AAbort{2, 6}));
  EXPECT_THAT(link.send(echo(true)), ElementsAre());
}

TEST(Faults, Every_phase_is_reached_from_the_side_that_it_is_named_after) {
  struct Row {
    Phase phase;
    std::function<void(Link&)> before;  // must not reach it
    std::function<void(Link&)> reach;
  };
  const auto nothing = [](Link&) {};
  const std::vector<Row> rows{
      {Phase::requested, nothing, [](Link& l) { l.engine.received(rq, zero); }},
      {Phase::requested, nothing, [](Link& l) { l.engine.send(rq, zero); }},
      {Phase::associated, [](Link& l) { l.engine.send(rq, zero); }, [](Link& l) { l.engine.received(ac, zero); }},
      {Phase::associated, [](Link& l) { l.engine.received(rq, zero); }, [](Link& l) { l.engine.send(ac, zero); }},
      {Phase::message_received, [](Link& l) { l.engine.received(store_command(), zero); },
       [](Link& l) { l.engine.received(data(true), zero); }},
      {Phase::data_received, [](Link& l) { l.engine.received(store_command(), zero); },
       [](Link& l) { l.engine.received(data(false), zero); }},
      {Phase::message_sent,
       [](Link& l) {
         l.engine.send(store_command(), zero);
         l.engine.send(data(false), zero);
       },
       [](Link& l) { l.engine.send(data(true), zero); }},
      {Phase::data_sent, [](Link& l) { l.engine.send(store_command(), zero); },
       [](Link& l) { l.engine.send(data(false), zero); }},
      {Phase::release, [](Link& l) { l.engine.send(echo(true), zero); },
       [](Link& l) { l.engine.received(release_rq, zero); }},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(name(row.phase));
    auto close = at_phase(Kind::close, row.phase);
    close.ending = Ending::rst;
    Link link({close});
    row.before(link);
    for (const auto& left : link.take()) EXPECT_NE(left, "rst");
    row.reach(link);
    const auto left = link.take();
    ASSERT_FALSE(left.empty());
    EXPECT_EQ(left.back(), "rst");
    EXPECT_TRUE(link.engine.closed());
    EXPECT_EQ(phase_from(name(row.phase)), row.phase);
  }
  Link at_once({at_phase(Kind::close, Phase::connected)});
  EXPECT_THAT(at_once.take(), ElementsAre("fin"));
}

TEST(Faults, Freeze_stops_reading_and_writing_for_a_while_or_for_good) {
  auto freeze = at_phase(Kind::freeze, Phase::associated);
  freeze.time = seconds(3);
  Link link({freeze});
  EXPECT_THAT(link.send(ac), ElementsAre("2", "stop"));
  EXPECT_FALSE(link.engine.reading());
  EXPECT_THAT(link.send(echo(true), at(1)), ElementsAre());
  EXPECT_EQ(link.engine.next_deadline(), at(3));
  EXPECT_THAT(link.expire(at(3)), ElementsAre("resume", "4"));
  EXPECT_TRUE(link.engine.reading());

  freeze.time = {};
  freeze.stop_reading = false;
  Link for_good({freeze});
  EXPECT_THAT(for_good.send(ac), ElementsAre("2"));
  EXPECT_THAT(for_good.send(echo(true)), ElementsAre());
  EXPECT_TRUE(for_good.engine.reading());
  EXPECT_FALSE(for_good.engine.next_deadline());
  EXPECT_THAT(for_good.expire(at(100000)), ElementsAre());
}

TEST(Faults, A_slow_line_sends_so_many_bytes_a_second_and_no_byte_is_lost) {
  auto slow = fault(Kind::limit_rate);
  slow.bytes_per_second = 100;
  Link link({slow});
  (void)link.send(ac);
  auto now = zero;
  while (const auto next = link.engine.next_deadline()) {
    ASSERT_GT(*next, now);
    now = *next;
    (void)link.expire(now);
  }
  EXPECT_EQ(link.all, ac);
  EXPECT_NEAR(std::chrono::duration<double>(now.since_origin).count(), static_cast<double>(ac.size()) / 100.0, 0.1);
}

TEST(Faults, Cut_ends_the_connection_after_exactly_so_many_bytes) {
  struct Row {
    Ending ending;
    std::vector<std::string> left;
  };
  for (const auto& [ending, left] :
       {Row{Ending::fin, {"+50", "fin"}}, {Ending::rst, {"+50", "rst"}}, {Ending::silence, {"+50"}}}) {
    auto cut = fault(Kind::cut);
    cut.after = 50;
    cut.ending = ending;
    Link link({cut});
    EXPECT_EQ(link.send(ac), left);
    EXPECT_EQ(link.all, to_bytes(ByteView(ac).first(50)));
    EXPECT_THAT(link.send(release_rp), ElementsAre());
  }
  auto at_the_end = fault(Kind::cut);
  at_the_end.after = ac.size();
  Link link({at_the_end});
  EXPECT_THAT(link.send(ac), ElementsAre("2", "fin"));
}

TEST(Faults, Connections_and_probabilities_are_the_same_on_every_run) {
  auto drop = fault(Kind::drop);
  drop.connections.ranges = {{2, 3}};
  EXPECT_THAT(Link({drop}, 1).send(ac), ElementsAre("2"));
  EXPECT_THAT(Link({drop}, 2).send(ac), ElementsAre());
  EXPECT_THAT(Link({drop}, 4).send(ac), ElementsAre("2"));

  auto sometimes = fault(Kind::drop);
  sometimes.per_million = 250'000;
  const auto dropped = [&](std::uint64_t seed, std::uint32_t connection) {
    Engine engine(plan({sometimes}, seed), connection);
    engine.opened(zero);
    std::string out;
    for (int i = 0; i < 1000; ++i) {
      engine.send(release_rp, zero);
      out += engine.next_action() ? '.' : 'x';
    }
    return out;
  };
  const auto first = dropped(1, 1);
  EXPECT_EQ(first, dropped(1, 1));
  EXPECT_NE(first, dropped(2, 1));
  EXPECT_NE(first, dropped(1, 2));
  EXPECT_NEAR(static_cast<double>(std::ranges::count(first, 'x')), 250.0, 50.0);
}

TEST(Faults, A_side_that_talks_on_into_a_frozen_link_loses_the_connection_and_not_the_memory) {
  auto freeze = at_phase(Kind::freeze, Phase::connected);
  freeze.stop_reading = false;
  Link link({freeze});
  const auto much = data(true, 1U << 20);
  for (int i = 0; i < 100 && !link.engine.muted(); ++i) (void)link.send(much);
  EXPECT_TRUE(link.engine.muted());
  EXPECT_LE(link.engine.held(), max_held + much.size());
  const auto notes = link.engine.take_notes();
  ASSERT_FALSE(notes.empty());
  EXPECT_THAT(notes.back(), HasSubstr("thrown away")) << "a link that is frozen for good closes nothing";
  EXPECT_THAT(link.take(), ElementsAre());
}

TEST(Faults, The_rest_of_a_PDU_is_no_PDU_of_its_own) {
  for (const std::size_t first : {std::size_t{1}, std::size_t{5}, std::size_t{6}, ac.size() - 1}) {
    Link link({fault(Kind::drop)});
    EXPECT_THAT(link.send(to_bytes(ByteView(ac).first(first))), ElementsAre("+" + std::to_string(first)));
    Bytes rest = to_bytes(ByteView(ac).subspan(first));
    const auto of_it = rest.size();
    append(rest, ByteView(release_rp));
    std::size_t sent = 0;
    for (const auto& one : link.send(rest)) sent += std::stoul(one.substr(1));
    EXPECT_EQ(sent, of_it) << first << ": the rest passes as it is, the PDU behind it is dropped";
    EXPECT_EQ(link.send(release_rp).size(), 0U);
  }
}

TEST(Faults, What_waits_for_others_is_held_as_well) {
  auto late = fault(Kind::reorder, "a-associate-ac");
  late.time = seconds(9);
  Link link({late});
  EXPECT_THAT(link.send(ac), ElementsAre());
  EXPECT_EQ(link.engine.held(), ac.size());
}

TEST(Faults, Whatever_the_peer_sends_is_survived) {
  auto abort = at_phase(Kind::abort, Phase::message_received);
  Link link({abort});
  for (const Bytes& bytes : {Bytes{}, Bytes{4, 0, 0, 0, 0, 2, 9, 9}, Bytes{4, 0, 0xff, 0xff, 0xff, 0xff, 1},
                             Bytes(100, 0x16), store_command()})
    EXPECT_THAT(link.receive(bytes), ElementsAre());
}

TEST(Faults, Each_says_in_a_line_what_it_does) {
  auto abort = at_phase(Kind::abort, Phase::data_received);
  abort.nth.ranges = {{1, 1}, {3, 4}};
  abort.connections.ranges = {{2, 2}};
  abort.per_million = 500'000;
  EXPECT_EQ(describe(abort),
            "abort with source 1 reason 1 at data-received number 1|3..4, connections 2, probability 0.5");
  for (std::size_t kind = 0; kind <= static_cast<std::size_t>(Kind::cut); ++kind)
    EXPECT_FALSE(describe(fault(static_cast<Kind>(kind))).empty());
  auto drop = fault(Kind::drop, "c-store-rsp");
  EXPECT_EQ(describe(drop), "drop C-STORE-RSP");
  Link link({fault(Kind::drop)});
  (void)link.send(ac);
  (void)link.send(ac);
  EXPECT_THAT(link.engine.take_notes(), ElementsAre("drop any PDU")) << "told once";
  EXPECT_FALSE(pdu_choice("c-store"));
  EXPECT_THAT(pdu_choices(), HasSubstr("n-create-rsp"));
}

}  // namespace
}  // namespace assay::faults
