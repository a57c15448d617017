// An archive folder answers as the store in memory does, and no UID breaks out of it.
#include <map>

#include "harness/service/synthetic.hpp"
#include "tests/loopback/folder_support.hpp"

namespace assay::peers::test {
namespace {

using assay::test::Scratch;

TEST(FolderStore, Answers_as_the_store_in_memory_does) {
  const Scratch scratch;
  std::mt19937 random(5);
  service::MemoryStore memory;
  const auto folder = open(scratch.path());
  ASSERT_TRUE(folder);
  EXPECT_EQ(service::fill_with_synthetic(memory), service::fill_with_synthetic(*folder));
  expect_equal(memory, *folder, random);
}

TEST(FolderStore, Answers_as_the_store_in_memory_does_for_any_tree_and_after_a_new_start) {
  const Scratch scratch;
  std::mt19937 random(6);
  service::MemoryStore memory;
  auto folder = open(scratch.path());
  ASSERT_TRUE(folder);
  // Few different keys, so that studies have several patients, series several studies, and instances come again.
  const std::string_view syntaxes[] = {uids::ExplicitVRLittleEndian, uids::ImplicitVRLittleEndian,
                                       uids::ExplicitVRBigEndian};
  for (int i = 0; i < 300; ++i) {
    const auto key = [&](std::string_view prefix, unsigned of) {
      const auto n = random() % of;
      return n == 0 ? std::string() : std::string(prefix) + std::to_string(n);
    };
    const auto uid = "2.25.4" + std::to_string(random() % 200);
    const auto one =
        make(uid, key("2.25.2", 6), key("2.25.3", 5), key("PAT", 5), random() % 100, syntaxes[random() % 3]);
    const bool replace = random() % 2 == 0;
    EXPECT_EQ(memory.put(one, replace), folder->put(one, replace)) << i;
  }
  expect_equal(memory, *folder, random, 100);
  for (const auto* index : {"", ":memory:", ""}) {
    folder.reset();
    folder = open(scratch.path(), index);
    ASSERT_TRUE(folder);
    EXPECT_EQ(folder->recovery().dropped, 0U) << index;
    EXPECT_EQ(folder->recovery().added, *index == ':' ? memory.count() : 0U);
    expect_equal(memory, *folder, random, 30);
  }
}

TEST(FolderStore, Files_lie_in_a_readable_tree_and_are_Part_10_files_with_the_bytes_as_they_came) {
  const Scratch scratch;
  const auto folder = open(scratch.path());
  const auto one = make("1.2.3.4", "1.2.3", "1.2.3.9", "P", 1000);
  ASSERT_EQ(folder->put(one, true), PutResult::stored);
  ASSERT_EQ(files_in(scratch.path()), std::vector<fs::path>{"1.2.3/1.2.3.9/1.2.3.4.dcm"});
  const auto bytes = read(scratch.path() / "1.2.3/1.2.3.9/1.2.3.4.dcm");
  const auto parsed = dataset::parse_part10(bytes);
  EXPECT_TRUE(clean(parsed.problems));
  EXPECT_EQ(to_bytes(parsed.data_set), one.data_set);
  EXPECT_EQ(parsed.transfer_syntax_uid, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(parsed.meta.text(tags::MediaStorageSOPInstanceUID), "1.2.3.4");
  EXPECT_EQ(parsed.meta.text(tags::MediaStorageSOPClassUID), uids::CTImageStorage);
}

TEST(FolderStore, No_UID_gets_out_of_the_folder_or_at_the_index_or_at_another_instance) {
  const Scratch scratch;
  const auto archive = scratch.path() / "a" / "archive";
  fs::create_directories(archive);
  write(scratch.path() / "a" / "victim.dcm", as_bytes("untouched"));
  const auto long_one = std::string(3000, '1');
  const std::vector<std::string> hostile = {"../victim",
                                            "../../../../tmp/x",
                                            "/etc/passwd",
                                            ".",
                                            "..",
                                            "...",
                                            "index.sqlite",
                                            ".assay-1.part",
                                            "a/b",
                                            "a%2fb",
                                            "%",
                                            "%2e",
                                            "1.2\n3",
                                            "con",
                                            "1.2.3~1",
                                            "\xff\xfe",
                                            "*",
                                            "1.2.3 4",
                                            "-rf",
                                            "A",
                                            "a",
                                            long_one,
                                            long_one + "2",
                                            std::string(101, '9'),
                                            std::string(100, '9'),
                                            std::string(60, '/'),
                                            "1",
                                            "01",
                                            "1.",
                                            ".1"};
  service::MemoryStore memory;
  auto folder = open(archive);
  ASSERT_TRUE(folder);
  for (const auto& uid : hostile) {
    for (const auto& one :
         {make(uid), make(uid + "s", uid), make(uid + "e", "2.25.2", uid), make(uid + "p", uid, uid, uid)}) {
      EXPECT_EQ(memory.put(one, true), folder->put(one, true)) << uid;
    }
  }
  std::mt19937 random(7);
  expect_equal(memory, *folder, random, 30);
  EXPECT_EQ(files_in(archive).size(), memory.count());
  folder.reset();
  folder = open(archive, ":memory:");
  expect_equal(memory, *folder, random, 30);
  EXPECT_EQ(files_in(scratch.path() / "a").size(), memory.count() + 1) << "nothing beside the archive";
  EXPECT_EQ(read(scratch.path() / "a" / "victim.dcm"), to_bytes("untouched"));
}

TEST(FolderStore, Names_of_different_UIDs_differ_also_where_case_does_not_count) {
  std::mt19937 random(8);
  std::map<std::string, std::string> seen;
  for (int i = 0; i < 100'000; ++i) {
    std::string uid;
    for (auto n = random() % 5; n > 0; --n) uid += "1.%2eE/"[random() % 7];
    const auto name = safe_name(uid);
    EXPECT_LE(name.size(), 100U);
    EXPECT_EQ(name.find('/'), std::string::npos);
    EXPECT_NE(name[0], '.');
    const auto [at, fresh] = seen.emplace(name, uid);
    EXPECT_TRUE(fresh || at->second == uid) << name;
  }
  EXPECT_EQ(safe_name("1.2.840.10008.1"), "1.2.840.10008.1") << "a UID is its own name";
}

TEST(FolderStore, Duplicates_are_replaced_or_kept_as_asked) {
  const Scratch scratch;
  auto folder = open(scratch.path());
  EXPECT_EQ(folder->put(make("1.1"), true), PutResult::stored);
  EXPECT_EQ(folder->put(make("1.1", "2.25.2", "2.25.3", "P", 99), false), PutResult::duplicate);
  EXPECT_EQ(folder->find("1.1")->data_set, make("1.1").data_set);
  EXPECT_EQ(folder->put(make("1.1", "2.25.2", "2.25.3", "P", 99), true), PutResult::replaced);
  EXPECT_EQ(folder->find("1.1")->data_set, make("1.1", "2.25.2", "2.25.3", "P", 99).data_set);
  EXPECT_EQ(folder->put(make("1.1", "2.25.77"), true), PutResult::replaced) << "in another study";
  EXPECT_EQ(files_in(scratch.path()), std::vector<fs::path>{"2.25.77/2.25.3/1.1.dcm"}) << "the older one is gone";
  fs::remove(scratch.path() / "2.25.77/2.25.3/1.1.dcm");
  EXPECT_EQ(folder->find("1.1"), nullptr);
  EXPECT_EQ(folder->put(make("1.1"), false), PutResult::stored) << "what was there is there no more";
  EXPECT_NE(folder->find("1.1"), nullptr);
}

TEST(FolderStore, A_cursor_goes_on_while_instances_come) {
  const Scratch scratch;
  const auto folder = open(scratch.path());
  for (int i = 10; i < 20; ++i) folder->put(make("1." + std::to_string(i)), true);
  const auto cursor = folder->candidates(QueryLevel::image, {});
  std::size_t seen = 0;
  for (int i = 20; cursor->next(); ++i, ++seen) {
    if (i < 30) folder->put(make("1." + std::to_string(i)), true);
  }
  EXPECT_GE(seen, 10U);
  EXPECT_LE(seen, 20U);
}

}  // namespace
}  // namespace assay::peers::test
