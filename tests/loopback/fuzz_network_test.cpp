#include "harness/app/fuzz_network.hpp"

#include <gtest/gtest.h>

#include "harness/scenario/loader.hpp"

namespace assay::app {
namespace {

using fuzz::InputForm;

fuzz::Finding finding() {
  fuzz::Finding f;
  f.kind = fuzz::Kind::sanitizer;
  f.detail = "heap-buffer-overflow read";
  f.place = "decode--item<&>";
  f.subject = "--->\x1b";
  f.advice = "Compare & bound <all> lengths.";
  return f;
}

/// What is wrong with it; "" when it loads.
std::string load_problem(const std::string& text) {
  const auto loaded = scenario::load(text, "scenario.xml");
  if (loaded) return loaded->size() == 1 ? "" : "not one scenario";
  return loaded.error().front().message;
}

TEST(FuzzNetwork, PdusAreSentAsTheyAre) {
  const Bytes input{1, 0, 0, 0, 0, 2, 0xAB, 0xCD, 4, 0, 0xFF, 0, 0, 0, 7};
  const auto made = network_form(finding(), {InputForm::Kind::binary, ASSAY_FORMAT_WIRE, 0}, input);
  ASSERT_TRUE(made.has_value()) << made.error();
  EXPECT_EQ(load_problem(made->scenario), "");
  EXPECT_NE(made->scenario.find("010000000002abcd"), std::string::npos);
  EXPECT_NE(made->scenario.find("P-DATA-TF, which says 4278190080 bytes and has 1"), std::string::npos);
  EXPECT_NE(made->scenario.find("<check-health/>"), std::string::npos);
  EXPECT_EQ(made->scenario.find("<associate>"), std::string::npos);
  EXPECT_TRUE(made->capture.starts_with("\x0a\x0d\x0d\x0a"));
  EXPECT_NE(made->capture.find(std::string(reinterpret_cast<const char*>(input.data()), 8)), std::string::npos);
}

TEST(FuzzNetwork, WhatNeedsAnAssociationGetsOne) {
  const Bytes input{4, 0, 0, 0, 0, 1, 9};
  const auto made = network_form(finding(), {InputForm::Kind::binary, ASSAY_FORMAT_WIRE, 0}, input);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(load_problem(made->scenario), "");
  EXPECT_NE(made->scenario.find("<associate>"), std::string::npos);
}

TEST(FuzzNetwork, ADataSetIsStoredInItsTransferSyntax) {
  const Bytes input{8, 0, 0x16, 0, 'U', 'I', 4, 0, '1', '.', '2', 0, 9, 9};
  const auto made = network_form(finding(), {InputForm::Kind::binary, ASSAY_FORMAT_EXPLICIT_LITTLE, 0}, input);
  ASSERT_TRUE(made.has_value()) << made.error();
  EXPECT_EQ(load_problem(made->scenario), "");
  EXPECT_NE(made->scenario.find("abstract=\"1.2\" transfer=\"1.2.840.10008.1.2.1\""), std::string::npos)
      << made->scenario;
  EXPECT_NE(made->scenario.find("0800160055490400312e32000909"), std::string::npos);
}

TEST(FuzzNetwork, BytesThatChooseSomethingAreNotSent) {
  const auto made =
      network_form(finding(), {InputForm::Kind::binary, ASSAY_FORMAT_WIRE, 1}, Bytes{0x77, 7, 0, 0, 0, 0, 0});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->scenario.find("7707"), std::string::npos);
  EXPECT_NE(made->scenario.find(" 070000000000\n"), std::string::npos);
}

TEST(FuzzNetwork, WhatHasNoFormThereSaysWhy) {
  auto f = finding();
  FindingFiles files;
  for (const auto kind : {InputForm::Kind::text, InputForm::Kind::instructions}) {
    EXPECT_FALSE(network_form(f, {kind, ASSAY_FORMAT_ANY, 0}, Bytes{1, 2}).has_value());
  }
  EXPECT_FALSE(network_form(f, {}, Bytes{}).has_value());
  add_network_form(f, {InputForm::Kind::text, ASSAY_FORMAT_ANY, 0}, Bytes{1}, files);
  EXPECT_TRUE(files.empty());
  EXPECT_NE(f.happened.find("there is no scenario"), std::string::npos);
}

TEST(FuzzNetwork, AnyBytesGiveAScenarioThatLoads) {
  std::uint32_t state = 1;
  for (int round = 0; round < 300; ++round) {
    Bytes input(1 + round % 200);
    for (auto& byte : input) {
      state = state * 1664525U + 1013904223U;
      byte = static_cast<std::uint8_t>(state >> 24U);
    }
    if (round % 2 == 0) input[0] = static_cast<std::uint8_t>(1 + round % 7);
    for (int format = ASSAY_FORMAT_ANY; format <= ASSAY_FORMAT_DEFLATED; ++format) {
      const auto made = network_form(finding(), {InputForm::Kind::binary, static_cast<assay_format>(format), 0}, input);
      if (made) EXPECT_EQ(load_problem(made->scenario), "") << made->scenario;
    }
  }
}

}  // namespace
}  // namespace assay::app
