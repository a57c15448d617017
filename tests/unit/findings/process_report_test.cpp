// The texts are what clang 19 and g++ 12 and their libraries wrote of small broken programs, shortened, with made-up
// names and addresses.
#include "fuzz/findings/process_report.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace assay::fuzz {
namespace {

using Stack = std::vector<std::string>;

Finding of(std::string_view output, const Ending& ending = {1, 0}) {
  auto finding = finding_of(output, ending);
  EXPECT_TRUE(finding.has_value()) << output;
  return finding.value_or(Finding{});
}

constexpr std::string_view engine_frames =
    "    #2 0x5613c2 in LLVMFuzzerTestOneInput /src/toy.cpp:61:79\n"
    "    #3 0x55bc02 in fuzzer::Fuzzer::ExecuteCallback(unsigned char const*, unsigned long) (/b/toy+0x4f426) "
    "(BuildId: 8097ef735bd8b07b)\n"
    "    #4 0x55bc03 in main (/b/toy+0x69332) (BuildId: 8097ef735bd8b07b)\n"
    "    #5 0x7fcc63245249 in __libc_start_call_main csu/../sysdeps/nptl/libc_start_call_main.h:58:16\n"
    "    #6 0x5582434079f0 in _start (/b/toy+0x329f0) (BuildId: 8097ef735bd8b07b)\n\n";

std::string address_report(std::string_view what, std::string_view access) {
  return std::string("Running: in/r\n=====\n==22245==ERROR: AddressSanitizer: ") + std::string(what) +
         " on address 0x502000000057 at pc 0x55bc024b59a5 bp 0x7ffd9aacee80 sp 0x7ffd9aacee78\n" + std::string(access) +
         " at 0x502000000057 thread T0\n"
         "    #0 0x55bc024b59a4 in toy::(anonymous namespace)::Reader<unsigned char>::read(unsigned long) "
         "/src/toy.cpp:14:60\n"
         "    #1 0x55bc024b4790 in toy::run(unsigned char const*, unsigned long) /src/toy.cpp:34:15\n" +
         std::string(engine_frames) + "0x502000000057 is located 2 bytes after 5-byte region\n" +
         "allocated by thread T0 here:\n    #0 0x55cc in operator new(unsigned long) (/b/toy+0x1)\n"
         "    #1 0x55cd in toy::other() /src/toy.cpp:3:1\n";
}

TEST(ProcessReport, AHeapOverflowOfClangHasItsAccessAndTheFunctionsOfTheSubjectAlone) {
  const auto finding = of(address_report("heap-buffer-overflow", "READ of size 1"));
  EXPECT_EQ(finding.kind, Kind::sanitizer);
  EXPECT_EQ(finding.detail, "heap-buffer-overflow read");
  EXPECT_EQ(finding.severity, Severity::high);
  EXPECT_EQ(finding.place, "toy::Reader::read");
  EXPECT_EQ(finding.stack, (Stack{"toy::Reader::read", "toy::run", "LLVMFuzzerTestOneInput"}));
  EXPECT_EQ(finding.happened, "AddressSanitizer: heap-buffer-overflow. It was a read of 1 byte.");
  EXPECT_FALSE(finding.advice.empty());
  EXPECT_NE(finding.report.find("located 2 bytes after"), std::string::npos);
}

TEST(ProcessReport, AWriteIsWorseThanARead) {
  EXPECT_EQ(of(address_report("heap-buffer-overflow", "WRITE of size 8")).severity, Severity::critical);
  EXPECT_EQ(of(address_report("heap-use-after-free", "READ of size 4")).severity, Severity::critical);
  EXPECT_EQ(of(address_report("global-buffer-overflow", "READ of size 4")).severity, Severity::high);
}

TEST(ProcessReport, AnotherLineNumberAddressSizeOrProcessIsTheSameFinding) {
  auto other = address_report("heap-buffer-overflow", "READ of size 4096");
  for (const auto& [from, to] : {std::pair{"22245", "7"}, {":14:60", ":16:2"}, {"0x55bc024b59a4", "0x11"}}) {
    other.replace(other.find(from), std::string_view(from).size(), to);
  }
  EXPECT_TRUE(same_finding(of(address_report("heap-buffer-overflow", "READ of size 1")), of(other)));
  EXPECT_FALSE(same_finding(of(address_report("heap-buffer-overflow", "READ of size 1")),
                            of(address_report("heap-buffer-overflow", "WRITE of size 1"))));
}

TEST(ProcessReport, GccSaysTheSameWithoutColumns) {
  const auto finding =
      of("==22468==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000017 at pc 0x55 bp 0x7f sp 0x7f\n"
         "READ of size 1 at 0x602000000017 thread T0\n"
         "    #0 0x55cdf6ba6d64 in heap_read /src/toy.cpp:14\n"
         "    #1 0x55cdf6ba7be8 in toy::run(unsigned char const*, unsigned long) /src/toy.cpp:34\n"
         "    #2 0x55cdf6ba9d88 in main /src/toy.cpp:65\n"
         "    #3 0x7f91d1045249 in __libc_start_call_main ../sysdeps/nptl/libc_start_call_main.h:58\n"
         "    #4 0x55cdf6ba6480 in _start (/b/toy+0x19480)\n");
  EXPECT_EQ(finding.detail, "heap-buffer-overflow read");
  EXPECT_EQ(finding.stack, (Stack{"heap_read", "toy::run", "main"}));
}

TEST(ProcessReport, WithoutSymbolsAFrameIsModuleAndOffset) {
  const auto finding =
      of("==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x502000000017 at pc 0x55 bp 0x7 sp 0x7\n"
         "READ of size 1 at 0x502000000017 thread T0\n"
         "    #0 0x55ccbd71663b  (/some/where/toy+0x10f63b) (BuildId: 54ddb888cfd4018d)\n"
         "    #1 0x55ccbd716208  (/some/where/toy+0x10f208) (BuildId: 54ddb888cfd4018d)\n"
         "    #2 0x7f16ec845249  (/lib/x86_64-linux-gnu/libc.so.6+0x27249) (BuildId: 93ac61ec5a8eb139)\n");
  EXPECT_EQ(finding.stack, (Stack{"toy+0x10f63b", "toy+0x10f208"}));
}

struct Sample {
  const char* text;
  Kind kind;
  const char* detail;
};

class Reports : public testing::TestWithParam<Sample> {};

TEST_P(Reports, HaveTheirKindAndDetail) {
  const auto finding = of(GetParam().text);
  EXPECT_EQ(name(finding.kind), name(GetParam().kind));
  EXPECT_EQ(finding.detail, GetParam().detail);
}

INSTANTIATE_TEST_SUITE_P(
    OfTools, Reports,
    testing::Values(
        Sample{"==2==ERROR: AddressSanitizer: attempting double-free on 0x502000000070 in thread T0:\n",
               Kind::sanitizer, "double-free"},
        Sample{"==2==ERROR: AddressSanitizer: attempting free on address which was not malloc()-ed: 0x5 in thread T0\n",
               Kind::sanitizer, "bad-free"},
        Sample{"==2==ERROR: AddressSanitizer: stack-overflow on address 0x7ffc80425fc0 (pc 0x55 bp 0x7f sp 0x7f T0)\n",
               Kind::sanitizer, "stack-overflow"},
        Sample{"==2==ERROR: AddressSanitizer: alloc-dealloc-mismatch (operator new vs free) on 0x5020000000f0\n",
               Kind::sanitizer, "alloc-dealloc-mismatch"},
        Sample{"==2==ERROR: AddressSanitizer: negative-size-param: (size=-5)\n", Kind::sanitizer,
               "negative-size-param"},
        Sample{"==2==ERROR: AddressSanitizer: memcpy-param-overlap: memory ranges [0x1,0x2) and [0x1, 0x2) overlap\n",
               Kind::sanitizer, "memcpy-param-overlap"},
        Sample{"==2==ERROR: AddressSanitizer: requested allocation size 0xc000000000000 (0xc000000001000 after "
               "adjustments for alignment, red zones etc.) exceeds maximum supported size of 0x10000000000\n",
               Kind::out_of_memory, "allocation-size-too-big"},
        Sample{"==2==ERROR: AddressSanitizer: SEGV on unknown address 0x000000000000 (pc 0x55 bp 0x7f sp 0x7f T0)\n"
               "==2==The signal is caused by a WRITE memory access.\n==2==Hint: address points to the zero page.\n",
               Kind::crash, "null pointer write"},
        Sample{"==2==ERROR: AddressSanitizer: SEGV on unknown address 0x60200000aaaa (pc 0x55 bp 0x7f sp 0x7f T0)\n"
               "==2==The signal is caused by a READ memory access.\n",
               Kind::crash, "segmentation fault read"},
        Sample{"==2==ERROR: AddressSanitizer: FPE on unknown address 0x5595594f71a5 (pc 0x55 bp 0x7f sp 0x7f T0)\n",
               Kind::crash, "arithmetic exception"},
        Sample{"==2==ERROR: AddressSanitizer: ABRT on unknown address 0x0000000057a8 (pc 0x7f bp 0x7f sp 0x7f T0)\n",
               Kind::crash, "abort"},
        Sample{"toy.cpp:19:58: runtime error: signed integer overflow: 5 + 2147483647 cannot be represented in type "
               "'int'\n",
               Kind::sanitizer, "signed-integer-overflow"},
        Sample{"toy.cpp:20:78: runtime error: index 7 out of bounds for type 'int[4]'\n", Kind::sanitizer,
               "index-out-of-bounds"},
        Sample{"toy.cpp:20:78: runtime error: index 7 out of bounds for type 'int [4]'\n", Kind::sanitizer,
               "index-out-of-bounds"},
        Sample{"toy.cpp:2:7: runtime error: store to null pointer of type 'int'\n", Kind::sanitizer,
               "null-pointer store"},
        Sample{"toy.cpp:2:7: runtime error: load of value 32, which is not a valid value for type 'bool'\n",
               Kind::sanitizer, "invalid-value"},
        Sample{"toy.cpp:2:7: runtime error: something new about 17 and 'x'\n", Kind::sanitizer,
               "something new about N and "},
        Sample{"==9==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 40 byte(s) in 1 object(s)\n",
               Kind::leak, "memory-leak"},
        Sample{"==22604==WARNING: MemorySanitizer: use-of-uninitialized-value\n", Kind::sanitizer,
               "use-of-uninitialized-value"},
        Sample{"WARNING: ThreadSanitizer: data race (pid=8)\n  Write of size 4 at 0x7b by main thread:\n",
               Kind::sanitizer, "data race"},
        Sample{"==3== ERROR: libFuzzer: timeout after 3 seconds\n", Kind::hang, "timeout"},
        Sample{"==3== ERROR: libFuzzer: out-of-memory (malloc(3221225472))\n", Kind::out_of_memory, "large-allocation"},
        Sample{"==3== ERROR: libFuzzer: out-of-memory (used: 633Mb; limit: 600Mb)\n", Kind::out_of_memory,
               "memory-limit"},
        Sample{"==3== ERROR: libFuzzer: fuzz target exited\n", Kind::crash, "exit"},
        Sample{"==3== ERROR: libFuzzer: deadly signal\n", Kind::crash, "deadly signal"},
        Sample{"property broken: encoder and layout agree\n==3== ERROR: libFuzzer: deadly signal\n", Kind::property,
               "property: encoder and layout agree"},
        Sample{"terminate called after throwing an instance of 'std::out_of_range'\n  what():  vector::at\n",
               Kind::crash, "uncaught exception std::out_of_range"},
        Sample{"libc++abi: terminating due to uncaught exception of type std::out_of_range: vector\n", Kind::crash,
               "uncaught exception std::out_of_range"},
        Sample{"free(): double free detected in tcache 2\n", Kind::crash, "double-free"},
        Sample{"double free or corruption (fasttop)\n", Kind::crash, "double-free"},
        Sample{"free(): invalid pointer\n", Kind::crash, "bad-free"},
        Sample{"malloc(): corrupted top size\n", Kind::crash, "heap-corruption"},
        Sample{"corrupted size vs. prev_size\n", Kind::crash, "heap-corruption"},
        Sample{"*** stack smashing detected ***: terminated\n", Kind::crash, "stack-smashing"},
        Sample{"*** buffer overflow detected ***: terminated\n", Kind::crash, "buffer-overflow (fortify)"},
        Sample{"Assertion failed: (n > 2), function run, file toy.c, line 5.\n", Kind::crash, "assertion (n > 2)"}));

TEST(ProcessReport, AnAssertionNamesItsFunction) {
  const auto finding =
      of("toy: toy.cpp:50: void toy::run(const uint8_t*, std::size_t): Assertion `n > 1000 && \"too short\"' failed.\n"
         "Aborted\n",
         {std::nullopt, 6});
  EXPECT_EQ(finding.detail, "assertion n > 1000 && \"too short\"");
  EXPECT_EQ(finding.place, "toy::run");
}

TEST(ProcessReport, WhatSaysWhyCountsMoreThanTheSignalThatFollows) {
  const auto text = std::string(
      "toy.cpp:19:58: runtime error: division by zero\n==3== ERROR: libFuzzer: deadly signal\n"
      "    #0 0x55 in __sanitizer_print_stack_trace (/b/toy+0x1)\n"
      "    #1 0x55 in raise signal/../sysdeps/posix/raise.c:26:13\n"
      "    #2 0x55 in toy::divide(int) /src/toy.cpp:3:1\n");
  const auto finding = of(text);
  EXPECT_EQ(finding.detail, "division-by-zero");
  EXPECT_EQ(finding.stack, Stack{"toy::divide"});
  EXPECT_EQ(finding.place, "toy::divide");
}

TEST(ProcessReport, ALeakIsToldByTheStackOfADirectOne) {
  const auto finding = of(
      "==9==ERROR: LeakSanitizer: detected memory leaks\n\n"
      "Indirect leak of 8 byte(s) in 1 object(s) allocated from:\n    #0 0x1 in operator new(unsigned long) "
      "(/b/t+0x1)\n"
      "    #1 0x1 in toy::inner() /src/t.cpp:1:1\n\n"
      "Direct leak of 40 byte(s) in 1 object(s) allocated from:\n    #0 0x1 in operator new[](unsigned long) "
      "(/b/t+0x1)\n"
      "    #1 0x1 in toy::leak() /src/t.cpp:2:1\n\nSUMMARY: AddressSanitizer: 48 byte(s) leaked in 2 allocation(s).\n");
  EXPECT_EQ(finding.place, "toy::leak");
}

TEST(ProcessReport, RecursionWithoutEndIsTheSameWhereverItStopped) {
  const auto report = [](int top) {
    std::string text = "==2==ERROR: AddressSanitizer: stack-overflow on address 0x7f (pc 0x55 bp 0x7f sp 0x7f T0)\n";
    if (top == 2) text += "    #0 0x5 in toy::leaf() /src/t.cpp:9:1\n";
    for (int i = top == 2 ? 1 : 0; i < 200; ++i) {
      text +=
          "    #" + std::to_string(i) + " 0x5 in toy::" + ((i + top) % 2 == 0 ? "even" : "odd") + "(int) /s.cpp:1:1\n";
    }
    return text;
  };
  const auto first = of(report(0));
  EXPECT_EQ(first.stack, (Stack{"toy::even", "toy::odd"}));
  EXPECT_EQ(first.identity(), of(report(1)).identity());
  EXPECT_EQ(first.identity(), of(report(2)).identity());
}

TEST(ProcessReport, HangsAreTheSameWhenTheirLoopIs) {
  const auto report = [](std::string_view inner) {
    return "==3== ERROR: libFuzzer: timeout after 3 seconds\n"
           "    #0 0x5 in __sanitizer_print_stack_trace (/b/t+0x1)\n    #1 0x5 in fuzzer::PrintStackTrace() "
           "(/b/t+0x1)\n"
           "    #2 0x5 in fuzzer::Fuzzer::AlarmCallback() (/b/t+0x1)\n    #3 0x7  (/lib/libc.so.6+0x3c04f)\n" +
           std::string(inner) +
           "    #6 0x5 in toy::loop() /s.cpp:1:1\n    #7 0x5 in LLVMFuzzerTestOneInput /s.cpp:2:2\n";
  };
  auto known = of(report("    #4 0x5 in toy::a() /s.cpp:1:1\n"));
  const auto again = of(report("    #4 0x5 in toy::b() /s.cpp:1:1\n    #5 0x5 in toy::c() /s.cpp:1:1\n"));
  EXPECT_EQ(known.stack.size(), 3U);
  EXPECT_FALSE(same_finding(known, again));
  keep_common_frames(known, again);
  EXPECT_EQ(known.place, "toy::loop");
  EXPECT_TRUE(same_finding(known, again));
}

TEST(ProcessReport, HowItEndedCountsWhereNothingWasSaid) {
  EXPECT_EQ(of("", {std::nullopt, 11}).detail, "signal 11");
  EXPECT_EQ(of("ready\n", {139, 0}).detail, "signal 11");
  EXPECT_EQ(of("ready\n", {139, 0, true}).detail, "exit 139") << "its own word, no shell's";
  EXPECT_EQ(of("ready\n", {3, 0}).detail, "exit 3");
}

TEST(ProcessReport, HealthyEndsAreNoFinding) {
  EXPECT_FALSE(finding_of("all is well\n", {0, 0}).has_value());
  EXPECT_FALSE(finding_of("", {std::nullopt, 15}).has_value());
  EXPECT_FALSE(finding_of("usage: toy FILE\n", {2, 0}).has_value());
  EXPECT_FALSE(finding_of("cannot read x\n", {2, 0}).has_value());
  EXPECT_FALSE(finding_of("==5==LeakSanitizer has encountered a fatal error.\n", {1, 0}).has_value());
  EXPECT_FALSE(finding_of("toy: error while loading shared libraries: libx.so\n", {127, 0}).has_value());
}

TEST(ProcessReport, HostileOutputIsBoundedAndHarmless) {
  std::string text = "\x1b[2J==1==ERROR: AddressSanitizer: heap-buffer-overflow\x1b]0;x\x07 on address 0x1\n";
  text += "    #0 0x1 in " + std::string(1 << 20, '<') + "(((((\n";
  for (int i = 1; i < 100'000; ++i) text += "    #" + std::to_string(i) + " 0x1 in f<a>(int) /x.cpp:1:1\n";
  const auto finding = of(text);
  EXPECT_LE(finding.stack.size(), 64U);
  EXPECT_LE(finding.report.size(), max_report + 100);
  EXPECT_EQ(finding.report.find('\x1b'), std::string::npos);
  EXPECT_TRUE(finding_from_json(to_json(finding).dump()).has_value());
}

struct Name {
  const char* demangled;
  const char* shortened;
};

class FunctionNames : public testing::TestWithParam<Name> {};

TEST_P(FunctionNames, AreShortAndStable) { EXPECT_EQ(function_name(GetParam().demangled), GetParam().shortened); }

INSTANTIATE_TEST_SUITE_P(
    Of, FunctionNames,
    testing::Values(
        Name{"main", "main"}, Name{"void ns::Class<int>::function<char>(char const*) const", "ns::Class::function"},
        Name{"ns::(anonymous namespace)::f(int)", "ns::f"}, Name{"(anonymous namespace)::f(int)", "f"},
        Name{"ns::f(int) [clone .cold]", "ns::f"}, Name{"f.part.0", "f"}, Name{"ns::f[abi:cxx11](int)", "ns::f"},
        Name{"toy::run(unsigned char const*, unsigned long)::$_0::operator()(int) const", "toy::run::lambda"},
        Name{"toy::run(unsigned char const*)::{lambda(int)#2}::operator()(int) const", "toy::run::lambda"},
        Name{"toy::run(int) const::'lambda1'(int)::operator()(int) const", "toy::run::lambda"},
        Name{"operator new(unsigned long)", "operator new"}, Name{"operator new[](unsigned long)", "operator new[]"},
        Name{"ns::C::operator()(int)", "ns::C::operator()"}, Name{"ns::operator<<(ns::S&, int)", "ns::operator<<"},
        Name{"bool ns::operator< <int>(int)", "ns::operator<"}, Name{"ns::C::operator->() const", "ns::C::operator->"},
        Name{"ns::C::operator bool() const", "ns::C::operator bool"},
        Name{"std::vector<std::pair<int, char>, A<(B)1>>::at(unsigned long)", "std::vector::at"},
        Name{"non-virtual thunk to ns::C::f(int)", "ns::C::f"}, Name{"ns::C::~C()", "ns::C::~C"},
        Name{"unsigned long ns::read<4ul>(ns::In&)", "ns::read"}, Name{"", ""}));

TEST(SafeText, CutsAndEscapes) {
  EXPECT_EQ(safe_text("a\x01\xff\r\n", 100), "a\\x01\\xff\n");
  EXPECT_EQ(safe_line("one\ntwo\tthree"), "one two three");
  const auto cut = safe_text(std::string(5000, 'x'), 2000);
  EXPECT_TRUE(cut.ends_with("[3000 bytes more]\n"));
}

}  // namespace
}  // namespace assay::fuzz
