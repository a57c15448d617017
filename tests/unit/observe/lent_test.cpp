// Bytes that are lent give the Trace, and the Data Sets for the rules, that the same bytes in one piece give.
#include <gtest/gtest.h>

#include "harness/base/gather.hpp"
#include "support.hpp"

namespace assay::observe {
namespace {

using trace::Side;

/// What a rule saw of a message: the bytes of its Data Set, and where they stood.
struct Seen {
  Bytes data;
  const std::uint8_t* at = nullptr;
};

class Listening final : public trace::RuleRun {
 public:
  explicit Listening(std::vector<Seen>& seen) : seen_(seen) {}
  void on_entry(const trace::Entry& entry, const trace::Negotiated&, trace::Reporter&) override {
    if (const auto* message = std::get_if<trace::MessageSeen>(&entry.what))
      seen_.push_back({to_bytes(message->message->data()), message->message->data().data()});
  }

 private:
  std::vector<Seen>& seen_;
};

struct Watch {
  std::vector<Seen> seen;
  Observer observer;

  explicit Watch(const Options& options) : observer(book(seen), options) {
    observer.opened({});
    observer.bytes(Side::requestor, test::associate_rq(), {});
    observer.bytes(Side::acceptor, test::associate_ac(), {});
  }
  static std::shared_ptr<const trace::RuleBook> book(std::vector<Seen>& seen) {
    auto out = std::make_shared<trace::RuleBook>();
    out->add({{}, [&seen] { return std::make_unique<Listening>(seen); }});
    return out;
  }
};

dimse::Message lending(std::size_t length) {
  dimse::Message message;
  message.command = dimse::c_store_rq(1, uids::CTImageStorage, "1.2.3");
  Bytes data(length);
  for (std::size_t i = 0; i < length; ++i) data[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
  message.lent_data_set = std::make_shared<const Bytes>(std::move(data));
  message.data_set_length = length;
  return message;
}

Options forgetful() {
  Options options;
  options.keep_bytes = 0;
  options.digest = false;
  return options;
}

TEST(Lent, Every_packing_gives_the_trace_of_the_same_bytes_in_one_piece) {
  const auto message = lending(40'001);
  for (const std::uint32_t maximum : {0U, 16384U, 4096U, 20'003U})
    for (const std::uint32_t values : {1U, 3U})
      for (const bool together : {false, true})
        for (const std::size_t kept : {std::size_t{0}, std::size_t{30'000}, std::size_t{1} << 20}) {
          SCOPED_TRACE(testing::Message() << maximum << " " << values << " " << together << " " << kept);
          Gather gathered;
          ASSERT_TRUE(dimse::fragment(gathered, message, {maximum, 0, values, together}));
          ASSERT_FALSE(gathered.lent().empty());
          auto again = gathered;
          const auto whole = again.take_whole();
          auto options = forgetful();
          options.keep_bytes = kept;
          Watch one(options);
          Watch other(options);
          for (int i = 0; i < 2; ++i) {
            one.observer.bytes(Side::requestor, gathered, {});
            other.observer.bytes(Side::requestor, whole, {});
          }
          EXPECT_EQ(trace::to_text(one.observer.trace(), true), trace::to_text(other.observer.trace(), true));
          EXPECT_EQ(one.observer.trace().bytes_from_requestor, other.observer.trace().bytes_from_requestor);
          ASSERT_EQ(one.seen.size(), 2U);
          EXPECT_EQ(one.seen[1].data, *message.lent_data_set);
          EXPECT_EQ(other.seen[1].data, *message.lent_data_set);
        }
}

TEST(Lent, A_rule_sees_the_data_set_in_its_owners_memory) {
  const auto message = lending(50'000);
  Gather gathered;
  ASSERT_TRUE(dimse::fragment(gathered, message, {.maximum_length = 16384}));
  Watch watch(forgetful());
  watch.observer.bytes(Side::requestor, gathered, {});
  ASSERT_EQ(watch.seen.size(), 1U);
  EXPECT_EQ(watch.seen[0].at, message.lent_data_set->data());
}

TEST(Lent, What_is_wrong_with_a_PDU_is_reported_whoever_owns_its_bytes) {
  const auto message = lending(20'000);
  for (const std::size_t from_end : {1U, 2U, 3U, 9U, 11U}) {  // of the header in front of the first fragment
    Gather gathered;
    ASSERT_TRUE(dimse::fragment(gathered, message, {.maximum_length = 16384}));
    const auto at = gathered.lent()[0].at;
    gathered.own()[at - from_end] ^= 0x04;
    auto again = gathered;
    const auto whole = again.take_whole();
    Watch one(forgetful());
    Watch other(forgetful());
    one.observer.bytes(Side::requestor, gathered, {});
    other.observer.bytes(Side::requestor, whole, {});
    one.observer.finish({});
    other.observer.finish({});
    EXPECT_EQ(trace::to_text(one.observer.trace(), true), trace::to_text(other.observer.trace(), true)) << from_end;
    EXPECT_EQ(one.observer.trace().findings.size(), other.observer.trace().findings.size()) << from_end;
  }
}

}  // namespace
}  // namespace assay::observe
