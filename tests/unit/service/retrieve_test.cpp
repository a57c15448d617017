// C-GET and C-MOVE: SCP against SCU brains, whole conversations without a socket.
#include "harness/service/retrieve.hpp"

#include <gtest/gtest.h>

#include "harness/service/provider.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"
#include "harness/service/user.hpp"

namespace assay::service {
namespace {

constexpr std::uint8_t get_id = 1;
constexpr std::uint8_t move_id = 3;
constexpr std::uint8_t ct_id = 5;
constexpr std::uint8_t mr_id = 7;

session::AcceptedContext context(std::uint8_t id, std::string_view abstract_syntax, bool scp = false) {
  return {id, std::string(abstract_syntax), std::string(uids::ImplicitVRLittleEndian), true, scp};
}

std::map<std::uint8_t, session::AcceptedContext> contexts(bool with_mr = true) {
  std::map<std::uint8_t, session::AcceptedContext> out;
  out[get_id] = context(get_id, uids::StudyRootQueryRetrieveInformationModelGet);
  out[move_id] = context(move_id, uids::StudyRootQueryRetrieveInformationModelMove);
  out[ct_id] = context(ct_id, uids::CTImageStorage, true);
  if (with_mr) out[mr_id] = context(mr_id, uids::MRImageStorage, true);
  return out;
}

dataset::DataSet instance(std::string_view sop_class, std::string_view study, std::string_view uid) {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::SOPClassUID, sop_class);
  out.set_text(tags::SOPInstanceUID, uid);
  out.set_text(tags::PatientID, "P1");
  out.set_text(tags::StudyInstanceUID, study);
  out.set_text(tags::SeriesInstanceUID, std::string(study) + ".1");
  return out;
}

dataset::DataSet study(std::string_view uid = "1.2.3") {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::QueryRetrieveLevel, "STUDY");
  out.set_text(tags::StudyInstanceUID, uid);
  return out;
}

/// A study of two CT and one MR, and another study that nobody asks for.
struct Archive {
  MemoryStore store;
  Archive() {
    for (const auto& [sop_class, of, uid] :
         {std::tuple{uids::CTImageStorage, "1.2.3", "1.2.3.1.1"},
          std::tuple{uids::CTImageStorage, "1.2.3", "1.2.3.1.2"},
          std::tuple{uids::MRImageStorage, "1.2.3", "1.2.3.1.3"}, std::tuple{uids::CTImageStorage, "1.9", "1.9.1.1"}})
      (void)store.put(*make_instance(instance(sop_class, of, uid), uids::ExplicitVRLittleEndian), true);
  }
};

/// Drives the provider to its end; stores get the statuses in turn, the last one again and again.
struct Conversation {
  std::vector<dimse::Message> responses;
  std::vector<std::string> stored;

  void run(Provider& provider, const std::vector<std::uint16_t>& statuses,
           const std::function<void(Provider&, std::size_t)>& after_store = {}) {
    for (int turns = 0; provider.ready(); ++turns) {
      ASSERT_LT(turns, 10'000) << "it never ends";
      auto message = provider.next_message();
      if (!message) continue;
      EXPECT_TRUE(dimse::decode_command(encode(message->command)).problems.empty());
      if (dimse::is_response(message->command.field().value_or(0))) {
        responses.push_back(std::move(*message));
        continue;
      }
      EXPECT_EQ(message->command.name(), "C-STORE-RQ");
      EXPECT_FALSE(message->command.elements().has(tags::MoveOriginatorApplicationEntityTitle))
          << "the originator is of C-MOVE alone (PS3.7 9.1.1.1)";
      stored.emplace_back(message->command.sop_instance_uid());
      EXPECT_FALSE(provider.ready()) << "the next one waits for the answer";
      const auto status = statuses[std::min(stored.size(), statuses.size()) - 1];
      if (after_store) after_store(provider, stored.size());
      dimse::Message answer;
      answer.context_id = message->context_id;
      answer.command = dimse::response_to(message->command, status);
      provider.receive(std::move(answer));
    }
  }
};

std::uint16_t count(const dimse::Message& message, Tag tag) {
  return message.command.elements().u16(tag).value_or(999);
}

dimse::Message get_request(std::uint16_t id = 4) { return GetUser(contexts().at(get_id)).request(id, study()); }

TEST(Retrieve, Get_sends_every_instance_of_the_study_and_counts_down) {
  Archive archive;
  Provider provider(contexts(), archive.store);
  provider.receive(get_request());
  Conversation talk;
  talk.run(provider, {0x0000});
  EXPECT_EQ(talk.stored, (std::vector<std::string>{"1.2.3.1.1", "1.2.3.1.2", "1.2.3.1.3"}));
  ASSERT_EQ(talk.responses.size(), 3U);
  EXPECT_EQ(count(talk.responses[0], tags::NumberOfRemainingSuboperations), 2);
  EXPECT_EQ(count(talk.responses[1], tags::NumberOfCompletedSuboperations), 2);
  const auto& last = talk.responses.back();
  EXPECT_EQ(last.command.status(), 0x0000);
  EXPECT_EQ(last.command.responded_to(), 4);
  EXPECT_FALSE(last.command.elements().has(tags::NumberOfRemainingSuboperations)) << "PS3.7 9.1.3.1.6";
  EXPECT_FALSE(last.command.has_data_set());
  EXPECT_TRUE(provider.idle());
}

TEST(Retrieve, Get_of_a_class_without_a_context_fails_in_part_and_names_the_instance) {
  Archive archive;
  Provider provider(contexts(false), archive.store);
  provider.receive(get_request());
  Conversation talk;
  talk.run(provider, {0x0000});
  EXPECT_EQ(talk.stored.size(), 2U);
  const auto& last = talk.responses.back();
  EXPECT_EQ(last.command.status(), 0xb000);
  EXPECT_EQ(count(last, tags::NumberOfFailedSuboperations), 1);
  const auto list = dataset::decode_owned(last.data_set, dataset::implicit_le).data_set;
  EXPECT_EQ(list.text(tags::FailedSOPInstanceUIDList), "1.2.3.1.3");
}

TEST(Retrieve, Get_of_which_nothing_arrives_fails) {
  Archive archive;
  Provider provider(contexts(), archive.store);
  provider.receive(get_request());
  Conversation talk;
  talk.run(provider, {0xa700});
  EXPECT_EQ(talk.responses.back().command.status(), 0xa702);
  EXPECT_EQ(count(talk.responses.back(), tags::NumberOfFailedSuboperations), 3);
}

TEST(Retrieve, Get_with_warnings_of_the_store_ends_with_a_warning) {
  Archive archive;
  Provider provider(contexts(), archive.store);
  provider.receive(get_request());
  Conversation talk;
  talk.run(provider, {0xb000, 0x0000});
  const auto& last = talk.responses.back();
  EXPECT_EQ(last.command.status(), 0xb000);
  EXPECT_EQ(count(last, tags::NumberOfWarningSuboperations), 1);
  EXPECT_EQ(count(last, tags::NumberOfCompletedSuboperations), 2);
  EXPECT_FALSE(last.command.has_data_set()) << "nothing failed";
}

TEST(Retrieve, A_cancel_between_two_instances_ends_a_get_with_what_remains) {
  Archive archive;
  Provider provider(contexts(), archive.store);
  provider.receive(get_request(9));
  Conversation talk;
  talk.run(provider, {0x0000}, [](Provider& one, std::size_t stored) {
    if (stored != 1) return;
    dimse::Message cancel;
    cancel.context_id = get_id;
    cancel.command = dimse::c_cancel_rq(9);
    one.receive(std::move(cancel));
  });
  EXPECT_EQ(talk.stored.size(), 1U);
  EXPECT_EQ(talk.responses.back().command.status(), 0xfe00);
  EXPECT_EQ(count(talk.responses.back(), tags::NumberOfRemainingSuboperations), 2);
}

TEST(Retrieve, A_response_to_another_message_does_not_move_a_get_on) {
  Archive archive;
  Provider provider(contexts(), archive.store);
  provider.receive(get_request());
  auto store = provider.next_message();
  ASSERT_TRUE(store);
  dimse::Message stray;
  stray.command = dimse::response_to(store->command, 0);
  stray.command.elements().set_u16(tags::MessageIDBeingRespondedTo, 77);
  provider.receive(stray);
  EXPECT_FALSE(provider.ready());
  EXPECT_EQ(provider.ignored(), 1U);
}

TEST(Retrieve, Identifiers_that_name_nothing_or_too_much_are_refused_with_the_place) {
  const auto refused = [](const dataset::DataSet& identifier, Model model, Tag at) {
    const auto result = Retrieval::parse(identifier, model);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().status, 0xa900);
    EXPECT_EQ(result.error().offending, at);
  };
  auto identifier = study();
  refused(identifier, Model::patient_root, tags::PatientID);
  identifier.set_text(tags::QueryRetrieveLevel, "SERIES");
  refused(identifier, Model::study_root, tags::SeriesInstanceUID);
  identifier.set_text(tags::SeriesInstanceUID, "1.2.3.*");
  refused(identifier, Model::study_root, tags::SeriesInstanceUID);
  identifier.set_text(tags::SeriesInstanceUID, "1.2.3.1\\1.2.3.2");
  EXPECT_TRUE(Retrieval::parse(identifier, Model::study_root)) << "a list at the level itself";
  identifier.set_text(tags::StudyInstanceUID, "1.2.3\\1.2.4");
  refused(identifier, Model::study_root, tags::StudyInstanceUID);
  identifier.set_text(tags::QueryRetrieveLevel, "PATIENT");
  refused(identifier, Model::study_root, tags::QueryRetrieveLevel);
  identifier.erase(tags::QueryRetrieveLevel);
  refused(identifier, Model::study_root, tags::QueryRetrieveLevel);
}

TEST(Retrieve, Storage_classes_begin_with_those_that_archives_have) {
  const auto all = storage_sop_classes();
  const auto place = [&](std::string_view uid) { return std::ranges::find(all, uid) - all.begin(); };
  EXPECT_GT(all.size(), 127U);
  for (const auto uid : {uids::CTImageStorage, uids::MRImageStorage, uids::SecondaryCaptureImageStorage})
    EXPECT_LT(place(uid), 60) << uid;
  EXPECT_LT(place("1.2.840.10008.5.1.4.1.1.77.1.4"), 127) << "VL Photographic";
  EXPECT_LT(place("1.2.840.10008.5.1.4.1.1.1.1"), 127) << "Digital X-Ray, For Presentation";
  EXPECT_EQ(std::ranges::count(all, "1.2.840.10008.5.1.4.1.1.200.4"), 0) << "a query model among them";
  EXPECT_EQ(std::ranges::count(all, "1.2.840.10008.5.1.4.1.1.5"), 0) << "retired";
}

/// What a C-MOVE hands out, answered by the test.
struct Elsewhere {
  ForwardJob job;
  Forward forward() {
    return [this](ForwardJob given) {
      job = std::move(given);
      return job.destination == "WS1";
    };
  }
};

dimse::Message move_request(std::string_view destination, std::uint16_t id = 6) {
  return MoveUser(contexts().at(move_id)).request(id, study(), destination);
}

TEST(Retrieve, Move_hands_its_instances_out_and_tells_of_each) {
  Archive archive;
  Elsewhere elsewhere;
  ProviderOptions options;
  options.forward = elsewhere.forward();
  int woken = 0;
  Provider provider(AssociationView{contexts(), "SCU", "ARCHIVE", [&] { ++woken; }},
                    archive_services(archive.store, options));
  provider.receive(move_request("WS1"));
  EXPECT_FALSE(provider.next_message());
  EXPECT_FALSE(provider.ready());
  EXPECT_EQ(elsewhere.job.originator_ae_title, "SCU");
  EXPECT_EQ(elsewhere.job.originator_message_id, 6);
  EXPECT_EQ(elsewhere.job.kinds.size(), 2U);
  auto& source = *elsewhere.job.source;
  EXPECT_EQ(source.next()->sop_instance_uid, "1.2.3.1.1");
  source.answered(0x0000);
  EXPECT_EQ(woken, 1);
  ASSERT_TRUE(provider.ready());
  EXPECT_EQ(count(*provider.next_message(), tags::NumberOfRemainingSuboperations), 2);
  ASSERT_TRUE(source.next());
  source.answered(0xa700);
  ASSERT_TRUE(source.next());
  source.answered(0xb000);
  EXPECT_FALSE(source.next());
  source.ended();
  const auto last = provider.next_message();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->command.status(), 0xb000);
  EXPECT_EQ(count(*last, tags::NumberOfCompletedSuboperations), 1);
  EXPECT_EQ(count(*last, tags::NumberOfWarningSuboperations), 1);
  EXPECT_EQ(dataset::decode_owned(last->data_set, dataset::implicit_le).data_set.text(tags::FailedSOPInstanceUIDList),
            "1.2.3.1.2");
  EXPECT_TRUE(provider.idle());
}

TEST(Retrieve, Move_whose_association_fails_has_failed_for_all_that_was_left) {
  Archive archive;
  Elsewhere elsewhere;
  ProviderOptions options;
  options.forward = elsewhere.forward();
  Provider provider(contexts(), archive.store, options);
  provider.receive(move_request("WS1"));
  EXPECT_FALSE(provider.next_message());
  elsewhere.job.source->ended();
  const auto last = provider.next_message();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->command.status(), 0xa702);
  EXPECT_EQ(count(*last, tags::NumberOfFailedSuboperations), 3);
}

TEST(Retrieve, Move_to_a_stranger_is_refused_and_one_cancelled_gives_no_more) {
  Archive archive;
  Elsewhere elsewhere;
  ProviderOptions options;
  options.forward = elsewhere.forward();
  Provider provider(contexts(), archive.store, options);
  provider.receive(move_request("NOBODY"));
  EXPECT_EQ(provider.next_message()->command.status(), 0xa801);

  provider.receive(move_request("WS1", 8));
  EXPECT_FALSE(provider.next_message());
  ASSERT_TRUE(elsewhere.job.source->next());
  elsewhere.job.source->answered(0);
  dimse::Message cancel;
  cancel.context_id = move_id;
  cancel.command = dimse::c_cancel_rq(8);
  provider.receive(std::move(cancel));
  EXPECT_FALSE(elsewhere.job.source->next());
  elsewhere.job.source->ended();
  std::optional<dimse::Message> last;
  while (provider.ready())
    if (auto message = provider.next_message()) last = std::move(message);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->command.status(), 0xfe00);
  EXPECT_EQ(count(*last, tags::NumberOfRemainingSuboperations), 2);
}

TEST(Retrieve, Whoever_sends_for_a_move_may_outlive_the_association) {
  Archive archive;
  Elsewhere elsewhere;
  ProviderOptions options;
  options.forward = elsewhere.forward();
  {
    Provider provider(contexts(), archive.store, options);
    provider.receive(move_request("WS1"));
    EXPECT_FALSE(provider.next_message());
  }
  EXPECT_FALSE(elsewhere.job.source->next());
  elsewhere.job.source->answered(0);
  elsewhere.job.source->ended();
}

}  // namespace
}  // namespace assay::service
