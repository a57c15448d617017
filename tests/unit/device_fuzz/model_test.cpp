#include "fuzz/device/model.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "fuzz/device/pairs.hpp"
#include "harness/observe/observer.hpp"
#include "tests/unit/device_fuzz/talking.hpp"

namespace assay::fuzz::device {
namespace {

using namespace talking;
using enum Place;
using Line = std::vector<Pair>;

/// Where the device is behind each of the steps, and what was said in all.
std::pair<std::vector<std::optional<Place>>, Line> follow(const std::vector<Step>& steps) {
  Model model;
  Line pairs;
  std::vector<std::optional<Place>> places;
  for (const auto& step : steps) {
    model.take(step, pairs);
    places.push_back(model.place());
  }
  return {places, pairs};
}

TEST(Model, ASaneConversationIsFollowedFromSta2ToTheEndOfTheConnection) {
  const auto [places, pairs] = follow(echo_and_store().steps);
  EXPECT_EQ(places, (std::vector<std::optional<Place>>{sta2, sta3, idle, pending, idle, pending, idle, sta8, sta13,
                                                       std::nullopt}));
  EXPECT_EQ(pairs,
            (Line{pair_of(sta2, Said::associate_rq), pair_of(idle, Said::c_echo_rq), pair_of(idle, Said::c_store_rq),
                  pair_of(data, Said::data), pair_of(idle, Said::release_rq), pair_of(sta13, Said::closed)}));
  for (const auto pair : pairs) EXPECT_TRUE(in_order(pair)) << name(place_of(pair)) << " " << name(said_of(pair));
}

TEST(Model, WithoutWaitingTheDeviceIsWhereItWasNotYetAnswered) {
  auto c = echo_and_store();
  std::erase_if(c.steps, [](const Step& step) { return step.what == Do::await; });
  const auto [places, pairs] = follow(c.steps);
  EXPECT_EQ(places.at(1), sta3);
  // P-DATA in Sta3: AA-8.
  EXPECT_EQ(places.at(2), sta13);
  EXPECT_EQ(pairs.at(1), pair_of(sta3, Said::p_data));
  EXPECT_FALSE(in_order(pairs.at(1)));
}

TEST(Model, ASecondRequestACancelAndAResponseAreToldApart) {
  const auto c = echo_and_store();
  std::vector<Step> steps(c.steps.begin(), c.steps.begin() + 4);  // C-ECHO-RQ 1 is pending
  for (auto command : {dimse::c_cancel_rq(1), dimse::c_cancel_rq(9), dimse::c_echo_rq(1),
                       dimse::response_to(dimse::c_echo_rq(1), 0), dimse::command(dimse::CommandField{0x0ff0}, 5)})
    steps.push_back(sending(message(1, std::move(command))));
  steps.push_back(sending(message(3, dimse::c_echo_rq(7))));
  steps.push_back(sending(message(5, dimse::c_echo_rq(8))));
  const auto pairs = follow(steps).second;
  EXPECT_EQ(
      Line(pairs.begin() + 2, pairs.end()),
      (Line{pair_of(pending, Said::cancel_pending), pair_of(pending, Said::cancel_none),
            pair_of(pending, Said::used_id), pair_of(pending, Said::response), pair_of(pending, Said::unknown_command),
            pair_of(pending, Said::other_class), pair_of(pending, Said::other_context)}));
}

TEST(Model, PartOfACommandAndPduAcrossStepsAndWhatIsNoPdu) {
  auto c = echo_and_store();
  std::vector<Step> steps(c.steps.begin(), c.steps.begin() + 3);
  steps.push_back(sending({4, 0, 0, 0, 0}));  // the head of a P-DATA-TF ...
  steps.push_back(sending({8, 0, 0, 0, 4, 1, 1, 0, 0}));
  steps.push_back(sending({4, 0, 0, 0, 0, 0}));
  steps.push_back(sending({77, 0, 0, 0, 0, 0}));
  steps.push_back(sending(pdu::encode(pdu::AReleaseRq{})));
  const auto [places, pairs] = follow(steps);
  EXPECT_EQ(places.at(3), idle);
  EXPECT_EQ(places.at(4), command);
  EXPECT_EQ(
      Line(pairs.begin() + 1, pairs.end()),
      (Line{pair_of(idle, Said::part_of_command), pair_of(command, Said::no_pdv), pair_of(command, Said::no_pdu)}));
  EXPECT_EQ(places.back(), sta13);
}

TEST(Model, TheTraceSaysWhatWasReallyThere) {
  observe::Observer observer(nullptr, {});
  Instant now;
  observer.opened(now);
  observer.bytes(trace::Side::requestor, request(), now);
  pdu::AAssociateAc ac;
  ac.items = {pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"},
              pdu::PresentationContextItemAc{1, 0, {pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"}}},
              pdu::PresentationContextItemAc{3, 3, {pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"}}},
              pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384}}}};
  observer.bytes(trace::Side::acceptor, pdu::encode(ac), now);
  observer.bytes(trace::Side::requestor, message(1, dimse::c_echo_rq(1)), now);
  observer.bytes(trace::Side::acceptor, message(1, dimse::response_to(dimse::c_echo_rq(1), 0)), now);
  observer.bytes(trace::Side::requestor, message(3, dimse::c_echo_rq(2)), now);
  observer.bytes(trace::Side::acceptor, pdu::encode(pdu::AAbort{2, 0}), now);
  observer.bytes(trace::Side::requestor, pdu::encode(pdu::AReleaseRq{}), now);
  observer.finish(now);
  const std::vector<trace::Trace> traces{observer.take_trace()};
  const Line expected{pair_of(sta2, Said::associate_rq), pair_of(idle, Said::c_echo_rq),
                      pair_of(idle, Said::other_context), pair_of(sta13, Said::release_rq)};
  EXPECT_EQ(pairs_of(traces), expected);
  Pairs pairs;
  EXPECT_EQ(pairs.note(traces), expected);
  EXPECT_TRUE(pairs.note(traces).empty());
  EXPECT_EQ(pairs.times(expected.front()), 2U);
  EXPECT_EQ(pairs.tried(), 4U);
  // Verification was accepted, storage was not.
  EXPECT_TRUE(pairs.provokable(pair_of(data, Said::c_echo_rq)));
  EXPECT_FALSE(pairs.provokable(pair_of(idle, Said::c_store_rq)));
  EXPECT_NE(pairs.table().find("       2  Sta2                    in order      A-ASSOCIATE-RQ\n"), std::string::npos)
      << pairs.table();
}

TEST(Places, WhatARequestorCannotBringAboutIsNoPair) {
  EXPECT_FALSE(possible(pair_of(sta2, Said::c_echo_rq)));
  EXPECT_FALSE(possible(pair_of(idle, Said::cancel_pending)));
  EXPECT_FALSE(possible(pair_of(idle, Said::p_data)));
  EXPECT_FALSE(possible(pair_count));
  EXPECT_TRUE(possible(pair_of(pending, Said::used_id)));
  // Sta2 takes an A-ASSOCIATE-RQ (AE-6), an A-ABORT and the end; all else it answers by an A-ABORT (AA-1).
  for (std::size_t i = 0; i < said_count; ++i) {
    const auto said = static_cast<Said>(i);
    const bool expected = said == Said::associate_rq || said == Said::abort || said == Said::closed;
    EXPECT_EQ(in_order(pair_of(sta2, said)), expected) << name(said);
  }
}

TEST(Places, ServicesAreToldByTheSopClass) {
  EXPECT_EQ(service_of(verification), Service::verification);
  EXPECT_EQ(service_of(ct_storage), Service::storage);
  EXPECT_EQ(service_of("1.2.840.10008.5.1.4.1.2.2.1"), Service::find);
  EXPECT_EQ(service_of("1.2.840.10008.5.1.4.1.2.2.2"), Service::move);
  EXPECT_EQ(service_of("1.2.840.10008.5.1.4.1.2.2.3"), Service::get);
  EXPECT_EQ(service_of("1.2.840.10008.5.1.4.31"), Service::find);  // worklist
  EXPECT_EQ(service_of("1.2.840.10008.1.20.1"), Service::normalized);
  EXPECT_EQ(service_of("1.2.840.10008.3.1.2.3.3"), Service::normalized);
  EXPECT_TRUE(fits(Said::n_create_rq, Service::normalized));
  EXPECT_FALSE(fits(Said::n_create_rq, Service::storage));
}

}  // namespace
}  // namespace assay::fuzz::device
