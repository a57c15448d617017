#include "fuzz/mutators/assay_mutators.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "fuzz/mutators/bench.hpp"
#include "harness/base/hex.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz {
namespace {

struct Sample {
  assay_format format;
  Bytes bytes;
};

Bytes hex(std::string_view text) { return *from_hex(text); }

Bytes element(std::uint16_t group, std::uint16_t number, std::string_view vr, std::string_view value) {
  Bytes out;
  store(out, group, Endian::little);
  store(out, number, Endian::little);
  append(out, vr);
  if (has_long_length(vr)) {
    store(out, std::uint16_t{0}, Endian::little);
    store(out, static_cast<std::uint32_t>(value.size()), Endian::little);
  } else {
    store(out, static_cast<std::uint16_t>(value.size()), Endian::little);
  }
  append(out, value);
  return out;
}

/// Something of everything that a mutator may look for.
std::vector<Sample> samples() {
  using namespace std::string_view_literals;
  Bytes image;
  const auto add = [&](const Bytes& bytes) { append(image, ByteView(bytes)); };
  add(element(0x0008, 0x0005, "CS", "ISO_IR 100"));
  add(element(0x0008, 0x0018, "UI", "1.2.840.1\0"sv));
  add(element(0x0010, 0x0010, "PN", "DOE^JOHN"));
  add(element(0x0028, 0x0002, "US", "\x01\x00"sv));
  add(element(0x0028, 0x0010, "US", "\x04\x00"sv));
  add(element(0x0028, 0x0011, "US", "\x04\x00"sv));
  add(
      hex("0800401153510000"
          "ffffffff"
          "feff00e010000000"
          "0800501155490800"
          "312e322e33000000"
          "feffdde000000000"));
  add(
      hex("e07f10004f420000ffffffff"
          "feff00e000000000"
          "feff00e00200000001ff"
          "feffdde000000000"));
  Bytes directory = element(0x0004, 0x1200, "UL", "\x90\x01\x00\x00"sv);
  append(directory, ByteView(hex("0400201253510000"
                                 "2c000000"
                                 "feff00e024000000")));
  append(directory, ByteView(element(0x0004, 0x1400, "UL", "\x00\x00\x00\x00"sv)));
  append(directory, ByteView(element(0x0004, 0x1420, "UL", "\x00\x00\x00\x00"sv)));
  append(directory, ByteView(element(0x0004, 0x1430, "CS", "PATIENT ")));
  Bytes wire = hex("05000000000400000000");
  append(wire, ByteView(hex("04000000001c"
                            "00000018"
                            "01"
                            "03"
                            "0000000004000000"
                            "0a000000"
                            "0000000102000000"
                            "3000")));
  append(wire, ByteView(hex("07000000000400000000")));
  return {{ASSAY_FORMAT_EXPLICIT_LITTLE, image}, {ASSAY_FORMAT_EXPLICIT_LITTLE, directory}, {ASSAY_FORMAT_WIRE, wire}};
}

/// An A-ASSOCIATE-RQ and a message with an identifier. Its titles have fixed places: a longer one moves what follows.
Sample conversation() {
  pdu::AAssociateRq request;
  request.called_ae_title = "ANY-SCP";
  request.calling_ae_title = "ASSAY";
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{16384});
  request.items.emplace_back(std::move(user));
  Bytes bytes = pdu::encode(request);
  append(bytes, ByteView(hex("04000000001a"
                             "00000016"
                             "01"
                             "03"
                             "00000010"
                             "0c000000"
                             "312e322e333400000000"
                             "0000")));
  return {ASSAY_FORMAT_WIRE, bytes};
}

Bytes mutated(const char* name, const Sample& sample, unsigned seed, std::size_t room = 1000) {
  auto bytes = sample.bytes;
  bytes.resize(sample.bytes.size() + room);
  const auto size =
      name == nullptr
          ? assay_mutate(sample.format, bytes.data(), sample.bytes.size(), bytes.size(), seed, nullptr)
          : assay_mutate_with(name, sample.format, bytes.data(), sample.bytes.size(), bytes.size(), seed, nullptr);
  bytes.resize(size);
  return bytes;
}

TEST(Mutators, Each_has_a_name_of_its_own_and_finds_something_to_change) {
  std::set<std::string> names;
  for (std::size_t i = 0; assay_mutator_name(i) != nullptr; ++i) {
    const auto* name = assay_mutator_name(i);
    EXPECT_TRUE(names.insert(name).second) << name;
    std::set<Bytes> made;
    auto all = samples();
    all.push_back(conversation());
    for (const auto& sample : all) {
      for (unsigned seed = 0; seed < 60; ++seed) {
        auto out = mutated(name, sample, seed);
        if (!out.empty()) made.insert(std::move(out));
      }
    }
    // These two want frames and streams that are packed: operators_test.cpp has them.
    const std::string_view called = name;
    if (called != "rle" && called != "inflate") {
      EXPECT_GE(made.size(), 3U) << name;
    }
  }
  EXPECT_GE(names.size(), 40U);
  EXPECT_EQ(assay_mutator_name(names.size()), nullptr);
}

TEST(Mutators, The_same_seed_gives_the_same_bytes_and_others_give_others) {
  for (const auto& sample : samples()) {
    std::set<Bytes> made;
    for (unsigned seed = 0; seed < 50; ++seed) {
      EXPECT_EQ(mutated(nullptr, sample, seed), mutated(nullptr, sample, seed));
      made.insert(mutated(nullptr, sample, seed));
    }
    EXPECT_GT(made.size(), 30U);
  }
}

TEST(Mutators, What_does_not_lie_about_lengths_leaves_them_right) {
  for (const auto* name : {"duplicate", "text", "long-text", "insert-pdu", "replay"}) {
    for (const auto& sample : samples()) {
      for (unsigned seed = 0; seed < 40; ++seed) {
        const auto out = mutated(name, sample, seed);
        if (out.empty() || sample.format != ASSAY_FORMAT_WIRE) continue;
        Parts parts;
        dissect(ASSAY_FORMAT_WIRE, out, parts);
        for (const auto& part : parts)
          EXPECT_FALSE(part.lies && part.name != "group-length")
              << name << " with seed " << seed << ": " << to_hex(out);
      }
    }
  }
}

TEST(Mutators, No_more_is_written_than_there_is_room_for) {
  for (const auto& sample : samples()) {
    for (const std::size_t room : {0, 1, 7}) {
      for (unsigned seed = 0; seed < 200; ++seed)
        EXPECT_LE(mutated(nullptr, sample, seed, room).size(), sample.bytes.size() + room);
    }
  }
}

TEST(Mutators, Pieces_of_one_input_come_into_another) {
  const auto all = samples();
  std::set<Bytes> made;
  for (unsigned seed = 0; seed < 50; ++seed) {
    Bytes out(2000);
    out.resize(assay_cross_over(ASSAY_FORMAT_EXPLICIT_LITTLE, all[0].bytes.data(), all[0].bytes.size(),
                                all[1].bytes.data(), all[1].bytes.size(), out.data(), out.size(), seed));
    if (!out.empty()) made.insert(out);
  }
  EXPECT_GT(made.size(), 10U);
  const bool with_record =
      std::ranges::any_of(made, [](const Bytes& out) { return to_hex(out).find("04003014") != std::string::npos; });
  EXPECT_TRUE(with_record);
}

/// A bench on a conversation of three PDUs.
struct OnBench {
  explicit OnBench(const Sample& sample) : chance(1), bench(made(shop, sample), chance, sample.format, 1000) {}
  static Workshop& made(Workshop& shop, const Sample& sample) {
    shop.bytes = sample.bytes;
    return shop;
  }
  std::size_t at(std::string_view address) {
    for (std::size_t i = 1; i < bench.parts().size(); ++i) {
      if (path(bench.parts(), i) == address) return i;
    }
    return Bench::none;
  }
  Workshop shop;
  Chance chance;
  Bench bench;
};

TEST(Mutators, A_change_is_the_one_of_the_scenario_language) {
  const auto wire = samples()[2];
  const auto decoded = pdu::decode(ByteView(wire.bytes).subspan(10, 34));
  ASSERT_TRUE(decoded.pdu.has_value());
  const auto changed = [&](layout::Operation operation, Bytes bytes, auto change) {
    auto tree = pdu::to_layout(*decoded.pdu);
    layout::Modification m;
    m.operation = operation;
    m.path = "pdv/fragment";
    m.bytes = std::move(bytes);
    m.number = 3;
    m.at = 2;
    if (operation != layout::Operation::truncate) m.number.reset();
    EXPECT_TRUE(layout::apply(tree, m).has_value());
    OnBench on(wire);
    change(on.bench, on.at("p-data-tf/pdv/fragment"));
    EXPECT_EQ(to_hex(ByteView(on.shop.bytes).subspan(10, on.shop.bytes.size() - 20)), to_hex(layout::serialise(tree)));
  };
  using layout::Operation;
  changed(Operation::set, {1, 2, 3}, [](Bench& b, std::size_t at) { b.set(at, Bytes{1, 2, 3}); });
  changed(Operation::erase, {}, [](Bench& b, std::size_t at) { b.erase(at); });
  changed(Operation::insert, {9, 9}, [](Bench& b, std::size_t at) { b.insert_into(at, 2, Bytes{9, 9}); });
  changed(Operation::append, {9, 9}, [](Bench& b, std::size_t at) { b.insert_after(at, Bytes{9, 9}); });
  changed(Operation::duplicate, {}, [](Bench& b, std::size_t at) { b.insert_after(at, to_bytes(b.bytes(at))); });
  changed(Operation::truncate, {}, [](Bench& b, std::size_t at) { b.truncate(at, 3); });
}

TEST(Mutators, Lengths_around_a_change_follow_it_but_for_those_that_lie) {
  auto wire = samples()[2];
  OnBench right(wire);
  right.bench.append(right.at("p-data-tf/pdv/fragment"), Bytes(4));
  for (const auto& part : right.bench.parts()) EXPECT_FALSE(part.lies);
  wire.bytes[15] = 0xFF;  // the PDU says that it is longer than it is
  OnBench lying(wire);
  lying.bench.insert_after(lying.at("p-data-tf/pdv"), Bytes(4));
  EXPECT_EQ(lying.shop.bytes[15], 0xFF);
  lying.bench.repair();
  EXPECT_FALSE(lying.bench.part(lying.at("p-data-tf/length")).lies);
}

TEST(Mutators, An_unknown_name_and_an_empty_input_change_nothing) {
  Bytes one{1};
  EXPECT_EQ(assay_mutate_with("no-such", ASSAY_FORMAT_WIRE, one.data(), 1, 1, 1, nullptr), 0U);
  EXPECT_EQ(assay_mutate(ASSAY_FORMAT_WIRE, one.data(), 0, 1, 1, nullptr), 0U);
}

}  // namespace
}  // namespace assay::fuzz
