// An archive folder keeps what it acknowledged at whatever point its process ends, serves what others put there, takes
// no harm from a full disk, and says what is wrong at the start.
#include <map>

#include "harness/dataset/deflate.hpp"
#include "harness/service/synthetic.hpp"
#include "tests/loopback/folder_support.hpp"

namespace assay::peers::test {
namespace {

using assay::test::Scratch;

// What the folder looks like when the process ends between two steps of put().

TEST(FolderRecovery, A_file_that_was_being_written_is_removed_and_nothing_else) {
  const Scratch scratch;
  ASSERT_EQ(open(scratch.path())->put(make("1.1"), true), PutResult::stored);
  const auto whole = file_of(make("1.2"));
  write(scratch.path() / "2.25.2/2.25.3/.assay-7.part", ByteView(whole).first(whole.size() / 2));
  write(scratch.path() / ".assay-12345678901234567890.part", {});
  write(scratch.path() / "note.part", as_bytes("mine"));
  write(scratch.path() / ".assay-x.part", as_bytes("mine"));
  const auto folder = open(scratch.path());
  EXPECT_EQ(folder->recovery().unfinished, 2U);
  EXPECT_EQ(folder->recovery().others, 2U);
  EXPECT_EQ(folder->recovery().instances, 1U);
  EXPECT_EQ(files_in(scratch.path()), (std::vector<fs::path>{".assay-x.part", "2.25.2/2.25.3/1.1.dcm", "note.part"}));
}

TEST(FolderRecovery, A_file_without_a_row_is_indexed) {
  const Scratch scratch;
  ASSERT_EQ(open(scratch.path())->put(make("1.1"), true), PutResult::stored);
  write(scratch.path() / "2.25.2/2.25.3/1.2.dcm", file_of(make("1.2")));
  const auto folder = open(scratch.path());
  EXPECT_EQ(folder->recovery().added, 1U);
  EXPECT_EQ(folder->count(), 2U);
  EXPECT_EQ(folder->find("1.2")->data_set, make("1.2").data_set);
  EXPECT_EQ(told_by(*folder, QueryLevel::image, {}).size(), 2U);
  EXPECT_EQ(folder->summary(), "2 instances (1 file read)");
}

TEST(FolderRecovery, A_row_without_a_file_is_dropped) {
  const Scratch scratch;
  {
    const auto folder = open(scratch.path());
    for (const auto* uid : {"1.1", "1.2", "1.3"}) folder->put(make(uid), true);
  }
  fs::remove(scratch.path() / "2.25.2/2.25.3/1.2.dcm");
  const auto folder = open(scratch.path());
  EXPECT_EQ(folder->recovery().dropped, 1U);
  EXPECT_EQ(folder->count(), 2U);
  EXPECT_EQ(folder->find("1.2"), nullptr);
  EXPECT_EQ(told_by(*folder, QueryLevel::image, {}).size(), 2U);
}

TEST(FolderRecovery, A_replacement_that_was_not_committed_leaves_one_of_the_two_whole_and_found_as_it_is) {
  const Scratch scratch;
  const auto before = make("1.1", "2.25.2", "2.25.3", "BEFORE");
  const auto after = make("1.1", "2.25.2", "2.25.3", "AFTER_");
  ASSERT_EQ(before.data_set.size(), after.data_set.size()) << "the size alone does not tell them apart";
  ASSERT_EQ(open(scratch.path())->put(before, true), PutResult::stored);
  const auto place = scratch.path() / "2.25.2/2.25.3/1.1.dcm";
  const auto time = fs::last_write_time(place);
  fs::rename(place, scratch.path() / "2.25.2/2.25.3/.assay-1.part");  // the name that holds the older one
  write(place, file_of(after));
  fs::last_write_time(place, time);  // in the same tick
  const auto folder = open(scratch.path());
  EXPECT_EQ(folder->recovery().unfinished, 1U);
  ASSERT_NE(folder->find("1.1"), nullptr);
  EXPECT_EQ(folder->find("1.1")->data_set, after.data_set);
  EXPECT_EQ(folder->candidates(QueryLevel::patient, {})->next()->representative->patient_id, "AFTER_");
  EXPECT_EQ(folder->count(), 1U);
}

TEST(FolderRecovery, A_replacement_into_another_study_that_was_not_finished_leaves_the_later_one) {
  for (const auto* index : {"", ":memory:"}) {
    const Scratch scratch;
    std::vector<std::string> told;
    ASSERT_EQ(open(scratch.path())->put(make("1.1", "2.25.2"), true), PutResult::stored);
    write(scratch.path() / "2.25.77/2.25.3/1.1.dcm", file_of(make("1.1", "2.25.77")));
    fs::last_write_time(scratch.path() / "2.25.77/2.25.3/1.1.dcm",
                        fs::last_write_time(scratch.path() / "2.25.2/2.25.3/1.1.dcm") + std::chrono::seconds(1));
    const auto folder = open(scratch.path(), index, &told);
    EXPECT_EQ(folder->find("1.1")->study_uid, "2.25.77") << index;
    EXPECT_EQ(folder->count(), 1U);
    EXPECT_EQ(folder->recovery().repeated, 1U);
    EXPECT_EQ(told.size(), 1U);
  }
}

TEST(FolderRecovery, An_index_that_is_removed_or_of_another_version_is_made_anew) {
  const Scratch scratch;
  service::MemoryStore memory;
  service::fill_with_synthetic(memory);
  service::fill_with_synthetic(*open(scratch.path()));
  std::mt19937 random(9);
  fs::remove(scratch.path() / "index.sqlite");
  expect_equal(memory, *open(scratch.path()), random, 20);
  {
    const auto changed = sqlite::Database::open(scratch.path() / "index.sqlite");
    ASSERT_TRUE(changed);
    ASSERT_TRUE(
        (*changed)->execute("PRAGMA user_version=77; DROP TABLE head; "
                            "ALTER TABLE instance RENAME COLUMN uid TO other"));
  }
  const auto folder = open(scratch.path());
  EXPECT_EQ(folder->recovery().added, memory.count());
  expect_equal(memory, *folder, random, 20);
}

// Folders of others.

TEST(FolderRecovery, Files_of_others_are_served_where_they_lie_and_never_changed) {
  const Scratch scratch;
  const auto one = make("1.1");
  const auto deflated =
      *service::make_instance(dataset::deflate(make("1.2").data_set), uids::DeflatedExplicitVRLittleEndian);
  auto big = make("1.3");
  dataset::DataSet with_private(dataset::explicit_le);
  with_private = dataset::decode_owned(big.data_set, dataset::explicit_le).data_set;
  with_private.set_bytes(Tag{0x0009, 0x1001}, Vr::OB, Bytes(300'000, 1));
  big = *service::make_instance(with_private, uids::ExplicitVRLittleEndian);
  write(scratch.path() / "a name.with words", file_of(one));
  write(scratch.path() / "x/y/IMG00002", file_of(deflated));
  write(scratch.path() / "x/big.dcm", file_of(big));
  write(scratch.path() / "readme.txt", as_bytes("no DICOM"));
  write(scratch.path() / "x/short", as_bytes("D"));
  const auto whole = file_of(make("1.9"));
  write(scratch.path() / "x/torn.dcm", ByteView(whole).first(200));
  fs::create_directory_symlink(scratch.path() / "x", scratch.path() / "x" / "round");
  for (const auto* index : {"", ":memory:", ""}) {
    const auto folder = open(scratch.path(), index);
    EXPECT_EQ(folder->count(), 3U) << index;
    EXPECT_EQ(folder->recovery().others, 3U);
    for (const auto& wanted : {one, deflated, big}) {
      ASSERT_NE(folder->find(wanted.sop_instance_uid), nullptr) << wanted.sop_instance_uid;
      EXPECT_EQ(folder->find(wanted.sop_instance_uid)->data_set, wanted.data_set);
    }
    service::MemoryStore memory;
    for (const auto& wanted : {one, deflated, big}) memory.put(wanted, true);
    std::mt19937 random(10);
    expect_equal(memory, *folder, random, 20);
  }
  const auto folder = open(scratch.path());
  const auto newer = make("1.1", "2.25.2", "2.25.3", "P", 500);
  EXPECT_EQ(folder->put(newer, true), PutResult::replaced);
  EXPECT_EQ(folder->find("1.1")->data_set, newer.data_set);
  EXPECT_EQ(read(scratch.path() / "a name.with words"), file_of(one)) << "not ours to change";
}

TEST(FolderRecovery, A_file_of_somebody_else_in_the_place_of_an_instance_stays) {
  const Scratch scratch;
  write(scratch.path() / "2.25.2/2.25.3/1.1.dcm", as_bytes("not DICOM at all"));
  write(scratch.path() / "2.25.2/2.25.3/1.2.dcm", file_of(make("1.77")));
  auto folder = open(scratch.path());
  EXPECT_EQ(folder->put(make("1.1"), true), PutResult::stored);
  EXPECT_EQ(folder->put(make("1.2"), true), PutResult::stored);
  EXPECT_EQ(folder->put(make("1.2", "2.25.2", "2.25.3", "NEWER"), true), PutResult::replaced);
  folder.reset();
  folder = open(scratch.path(), ":memory:");
  EXPECT_EQ(folder->find("1.1")->data_set, make("1.1").data_set);
  EXPECT_EQ(folder->find("1.2")->patient_id, "NEWER");
  EXPECT_EQ(folder->find("1.77")->data_set, make("1.77").data_set);
  EXPECT_EQ(read(scratch.path() / "2.25.2/2.25.3/1.1.dcm"), to_bytes("not DICOM at all"));
}

TEST(FolderRecovery, What_is_changed_or_removed_by_hand_while_it_runs_is_never_served_as_something_else) {
  const Scratch scratch;
  const auto folder = open(scratch.path());
  for (const auto* uid : {"1.1", "1.2", "1.3"}) folder->put(make(uid), true);
  write(scratch.path() / "2.25.2/2.25.3/1.1.dcm", file_of(make("1.1", "2.25.2", "2.25.3", "EDITED", 3000)));
  write(scratch.path() / "2.25.2/2.25.3/1.2.dcm", file_of(make("1.77")));
  fs::remove(scratch.path() / "2.25.2/2.25.3/1.3.dcm");
  ASSERT_NE(folder->find("1.1"), nullptr);
  EXPECT_EQ(folder->find("1.1")->patient_id, "EDITED");
  EXPECT_EQ(folder->find("1.2"), nullptr);
  EXPECT_EQ(folder->find("1.3"), nullptr);
}

TEST(FolderRecovery, When_a_file_cannot_be_written_nothing_changes_and_later_it_goes_on) {
  const Scratch scratch;
  std::vector<std::string> told;
  const auto folder = open(scratch.path(), "", &told);
  ASSERT_EQ(folder->put(make("1.1"), true), PutResult::stored);
  const auto before = files_in(scratch.path());
  {
    const assay::test::FileSizeLimit limit(100'000);
    EXPECT_EQ(folder->put(make("1.1", "2.25.2", "2.25.3", "P", 200'000), true), PutResult::full);
    EXPECT_EQ(folder->put(make("1.2", "2.25.88", "2.25.89", "P", 200'000), true), PutResult::full);
    EXPECT_EQ(files_in(scratch.path()), before);
    EXPECT_FALSE(fs::exists(scratch.path() / "2.25.88")) << "not even a folder stays";
    EXPECT_EQ(folder->find("1.1")->data_set, make("1.1").data_set);
    EXPECT_EQ(folder->find("1.2"), nullptr);
    EXPECT_EQ(folder->put(make("1.3"), true), PutResult::stored) << "what fits is taken";
  }
  EXPECT_EQ(folder->put(make("1.2", "2.25.88", "2.25.89", "P", 200'000), true), PutResult::stored);
  EXPECT_EQ(folder->count(), 3U);
  EXPECT_EQ(told.size(), 2U) << "refused, and taken again";
}

TEST(FolderRecovery, When_the_index_cannot_be_written_nothing_changes) {
  const Scratch scratch;
  const auto folder = open(scratch.path());
  ASSERT_EQ(folder->put(make("1.0"), true), PutResult::stored);
  // The log of the index grows with every instance; the files stay small.
  const assay::test::FileSizeLimit limit(200'000);
  std::map<std::string, Bytes> acknowledged{{"1.0", make("1.0").data_set}};
  std::size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    const auto uid = "1." + std::to_string(i % 40);
    const auto one = make(uid, "2.25.2", "2.25.3", "P" + std::to_string(i));
    const auto result = folder->put(one, true);
    if (result == PutResult::full) {
      ++refused;
    } else {
      acknowledged[uid] = one.data_set;
    }
  }
  EXPECT_GT(refused, 0U);
  EXPECT_EQ(folder->count(), acknowledged.size());
  EXPECT_EQ(files_in(scratch.path()).size(), acknowledged.size());
  for (const auto& [uid, bytes] : acknowledged) {
    ASSERT_NE(folder->find(uid), nullptr) << uid;
    EXPECT_EQ(folder->find(uid)->data_set, bytes) << uid;
  }
}

// What is wrong at the start.

std::string error_of(FolderStoreOptions options) {
  const auto opened = FolderStore::open(std::move(options));
  EXPECT_FALSE(opened);
  return opened ? "" : opened.error();
}

TEST(FolderRecovery, A_folder_that_cannot_be_is_told) {
  const Scratch scratch;
  write(scratch.path() / "file", as_bytes("x"));
  EXPECT_NE(error_of({.folder = scratch.path() / "file"}).find("Not a directory"), std::string::npos);
  EXPECT_NE(error_of({.folder = scratch.path() / "no" / "such"}).find("cannot be made"), std::string::npos);
  EXPECT_NE(error_of({.folder = "/proc/self"}).find("cannot be written to"), std::string::npos);
  EXPECT_TRUE(open(scratch.path() / "made")) << "the last part is made";
  EXPECT_TRUE(open(scratch.path().string() + "/slashes//"));
}

TEST(FolderRecovery, A_folder_or_index_that_is_in_use_is_told) {
  const Scratch scratch;
  const auto first = open(scratch.path() / "a", scratch.path() / "shared.sqlite");
  EXPECT_NE(error_of({.folder = scratch.path() / "a"}).find("is in use"), std::string::npos);
  EXPECT_NE(error_of({.folder = scratch.path() / "b", .index = scratch.path() / "shared.sqlite"}).find("is in use"),
            std::string::npos);
}

TEST(FolderRecovery, An_index_of_another_program_is_told_and_left_alone) {
  const Scratch scratch;
  const auto other = scratch.path() / "other.sqlite";
  {
    const auto made = sqlite::Database::open(other);
    ASSERT_TRUE((*made)->execute("CREATE TABLE instance(x); INSERT INTO instance VALUES('mine')"));
  }
  const auto bytes = read(other);
  EXPECT_NE(error_of({.folder = scratch.path() / "a", .index = other}).find("another program"), std::string::npos);
  EXPECT_EQ(read(other), bytes);
  write(scratch.path() / "text", as_bytes(std::string(5000, 'x')));
  EXPECT_NE(error_of({.folder = scratch.path() / "a", .index = scratch.path() / "text"}).find("is no index of Assay"),
            std::string::npos);
  EXPECT_EQ(read(scratch.path() / "text").size(), 5000U);
  EXPECT_NE(error_of({.folder = scratch.path() / "a", .index = scratch.path() / "no/such"}).find("unable to open"),
            std::string::npos);
}

}  // namespace
}  // namespace assay::peers::test
