#include "peers/devices/folder_index.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::peers {
namespace {

constexpr std::int64_t application_id = 0x41535359;  // "ASSY", which `file` and SQLite's own tools show
constexpr std::int64_t version = 1;                  // of the tables; another one is made anew from the files

// Keys are byte strings: whatever a peer sends is a key, and they compare as std::string does. The tree is an index of
// its own that also holds what a study is asked for without looking at its instances. Heads stand apart, so that the
// rows that are searched stay short.
constexpr const char* tables = R"(
CREATE TABLE instance(
  id INTEGER PRIMARY KEY,
  patient BLOB NOT NULL, study BLOB NOT NULL, series BLOB NOT NULL, uid BLOB NOT NULL,
  class BLOB NOT NULL, modality BLOB NOT NULL, syntax BLOB NOT NULL,
  path BLOB NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL, inode INTEGER NOT NULL, start INTEGER NOT NULL);
CREATE UNIQUE INDEX instance_uid ON instance(uid);
CREATE UNIQUE INDEX instance_path ON instance(path);
CREATE UNIQUE INDEX instance_tree ON instance(patient, study, series, uid, class, modality);
CREATE INDEX instance_study ON instance(study, patient);
CREATE TABLE head(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
)";

#define ASSAY_ENTRY_COLUMNS \
  "patient, study, series, uid, class, modality, syntax, path, size, changed, inode, start, instance.id"

FolderEntry entry_from(sqlite::Statement& row) {
  FolderEntry out;
  out.patient_id = row.text(0);
  out.study_uid = row.text(1);
  out.series_uid = row.text(2);
  out.sop_instance_uid = row.text(3);
  out.sop_class_uid = row.text(4);
  out.modality = row.text(5);
  out.transfer_syntax = row.text(6);
  out.path = row.text(7);
  out.stamp = {row.integer(8), row.integer(9), row.integer(10)};
  out.start = static_cast<std::uint64_t>(row.integer(11));
  return out;
}

void add_once(std::vector<std::string>& values, std::string_view value) {
  if (!value.empty() && std::ranges::find(values, value) == values.end()) values.emplace_back(value);
}

}  // namespace

struct FolderIndex::Statements {
  explicit Statements(sqlite::Database& d)
      : begin(d, "BEGIN IMMEDIATE"),
        commit(d, "COMMIT"),
        rollback(d, "ROLLBACK"),
        clear_heads(d, "DELETE FROM head WHERE id IN (SELECT id FROM instance WHERE uid=?1 OR path=?2)"),
        clear(d, "DELETE FROM instance WHERE uid=?1 OR path=?2"),
        insert(d,
               "INSERT INTO instance(patient, study, series, uid, class, modality, syntax, path, size, changed, inode, "
               "start) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)"),
        insert_head(d, "INSERT INTO head(id, bytes) SELECT id, ?2 FROM instance WHERE uid=?1"),
        erase_head(d, "DELETE FROM head WHERE id IN (SELECT id FROM instance WHERE uid=?1)"),
        erase(d, "DELETE FROM instance WHERE uid=?1"),
        by_uid(d, "SELECT " ASSAY_ENTRY_COLUMNS " FROM instance WHERE uid=?1"),
        by_path(d, "SELECT " ASSAY_ENTRY_COLUMNS " FROM instance WHERE path=?1"),
        head(d, "SELECT bytes FROM head WHERE id=?1"),
        places(d, "SELECT id, uid, path, size, changed, inode FROM instance WHERE id>?1 ORDER BY id LIMIT ?2"),
        keys_of(d, "SELECT patient, study, series, uid FROM instance WHERE uid=?1"),
        patients_of(d,
                    "SELECT DISTINCT patient FROM instance INDEXED BY instance_study WHERE study=?1 ORDER BY patient"),
        next{{d, "SELECT patient FROM instance INDEXED BY instance_tree WHERE patient>=?1 ORDER BY patient LIMIT 1"},
             {d,
              "SELECT study FROM instance INDEXED BY instance_tree WHERE patient=?1 AND study>=?2 ORDER BY study LIMIT "
              "1"},
             {d,
              "SELECT series FROM instance INDEXED BY instance_tree WHERE patient=?1 AND study=?2 AND series>=?3 ORDER "
              "BY series LIMIT 1"},
             {d,
              "SELECT uid FROM instance INDEXED BY instance_tree WHERE patient=?1 AND study=?2 AND series=?3 AND "
              "uid>=?4 ORDER BY uid LIMIT 1"}},
        below_patient(d,
                      "SELECT study, count(*) FROM instance INDEXED BY instance_tree WHERE patient=?1 GROUP BY study, "
                      "series ORDER BY study, series"),
        below_study(d,
                    "SELECT series, modality, class FROM instance INDEXED BY instance_tree WHERE patient=?1 AND "
                    "study=?2 ORDER BY series, uid"),
        below_series(d,
                     "SELECT count(*) FROM instance INDEXED BY instance_tree WHERE patient=?1 AND study=?2 AND "
                     "series=?3"),
        count(d, "SELECT count(*) FROM instance") {}

  [[nodiscard]] bool ok() const {
    for (const auto* one :
         {&begin,   &commit,  &rollback, &clear_heads,   &clear,       &insert,       &insert_head, &erase_head,
          &erase,   &by_uid,  &by_path,  &head,          &places,      &keys_of,      &patients_of, &next[0],
          &next[1], &next[2], &next[3],  &below_patient, &below_study, &below_series, &count})
      if (!one->ok()) return false;
    return true;
  }

  sqlite::Statement begin, commit, rollback, clear_heads, clear, insert, insert_head, erase_head, erase, by_uid,
      by_path, head, places, keys_of, patients_of;
  sqlite::Statement next[4];
  sqlite::Statement below_patient, below_study, below_series, count;
};

void FolderIndex::Forget::operator()(Statements* statements) const { delete statements; }

std::expected<std::unique_ptr<FolderIndex>, std::string> FolderIndex::open(const std::string& file) {
  auto database = sqlite::Database::open(file);
  if (!database) return std::unexpected(fmt::format("{}: {}", file, database.error()));
  std::unique_ptr<FolderIndex> out(new FolderIndex());
  out->database_ = std::move(*database);
  auto& db = *out->database_;
  const auto refuse = [&] {
    const auto reason = db.error();
    if (db.busy()) return std::unexpected(fmt::format("{} is in use: is another archive served from it?", file));
    if (db.damaged())
      return std::unexpected(fmt::format(
          "{} is no index of Assay, or a damaged one ({}): name another with --index, or remove it: an index "
          "is made anew from the files",
          file, reason));
    return std::unexpected(fmt::format("{}: {}", file, reason));
  };
  // Exclusive: no other process can change it under us, and write-ahead logging needs no shared memory. A commit is
  // written to the log and so survives the end of this process; it is not forced to the disk (synchronous=NORMAL),
  // because the files are, and what the index lacks after a power failure is found in them.
  if (!db.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-16000;")) return refuse();
  const auto tables_there = db.ask("SELECT count(*) FROM sqlite_schema");
  if (!tables_there) return refuse();
  const auto whose = db.ask("PRAGMA application_id");
  const auto made_by = db.ask("PRAGMA user_version");
  if (!whose || !made_by) return refuse();
  if (*tables_there != 0 && *whose != application_id)
    return std::unexpected(fmt::format("{} is a database of another program: name another file with --index", file));
  if (!db.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")) return refuse();
  if (!db.execute("BEGIN IMMEDIATE")) return refuse();
  if (*tables_there != 0 && *made_by != version &&
      !db.execute("DROP TABLE IF EXISTS head; DROP TABLE IF EXISTS instance"))
    return refuse();
  if (*tables_there == 0 || *made_by != version) {
    const auto mark = fmt::format("PRAGMA application_id={}; PRAGMA user_version={};", application_id, version);
    if (!db.execute(tables) || !db.execute(mark.c_str())) return refuse();
  }
  if (!db.execute("COMMIT")) return refuse();
  out->statements_.reset(new Statements(db));
  if (!out->statements_->ok()) return refuse();
  return out;
}

bool FolderIndex::begin() { return statements_->begin.bind().run(); }

bool FolderIndex::commit() { return statements_->commit.bind().run(); }

void FolderIndex::rollback() { statements_->rollback.bind().run(); }

bool FolderIndex::put(const FolderEntry& entry) {
  auto& s = *statements_;
  return s.clear_heads.bind(entry.sop_instance_uid, entry.path).run() &&
         s.clear.bind(entry.sop_instance_uid, entry.path).run() &&
         s.insert
             .bind(entry.patient_id, entry.study_uid, entry.series_uid, entry.sop_instance_uid, entry.sop_class_uid,
                   entry.modality, entry.transfer_syntax, entry.path, entry.stamp.size, entry.stamp.changed,
                   entry.stamp.inode, entry.start)
             .run() &&
         (!entry.head || entry.head->size() > max_head ||
          s.insert_head.bind(entry.sop_instance_uid, ByteView(*entry.head)).run());
}

bool FolderIndex::erase(std::string_view sop_instance_uid) {
  return statements_->erase_head.bind(sop_instance_uid).run() && statements_->erase.bind(sop_instance_uid).run();
}

std::optional<FolderEntry> FolderIndex::by_uid(std::string_view sop_instance_uid, bool with_head) {
  auto& row = statements_->by_uid.bind(sop_instance_uid);
  if (!row.row()) return std::nullopt;
  auto out = entry_from(row);
  const auto id = row.integer(12);
  row.reset();
  if (!with_head) return out;
  auto& head = statements_->head.bind(id);
  if (head.row()) out.head = to_bytes(head.bytes(0));
  head.reset();
  return out;
}

std::optional<FolderEntry> FolderIndex::by_path(std::string_view path) {
  auto& row = statements_->by_path.bind(path);
  if (!row.row()) return std::nullopt;
  auto out = entry_from(row);
  row.reset();
  return out;
}

std::vector<FolderIndex::Place> FolderIndex::places(std::int64_t after, std::size_t limit) {
  std::vector<Place> out;
  auto& row = statements_->places.bind(after, limit);
  while (row.row())
    out.push_back({row.integer(0), row.text(1), row.text(2), {row.integer(3), row.integer(4), row.integer(5)}});
  return out;
}

std::optional<std::string> FolderIndex::next_key(service::QueryLevel level, const FolderKeys& above,
                                                 std::string_view from) {
  auto& row = statements_->next[static_cast<std::size_t>(level)];
  switch (level) {
    case service::QueryLevel::patient: row.bind(from); break;
    case service::QueryLevel::study: row.bind(above[0], from); break;
    case service::QueryLevel::series: row.bind(above[0], above[1], from); break;
    case service::QueryLevel::image: row.bind(above[0], above[1], above[2], from); break;
  }
  if (!row.row()) return std::nullopt;
  auto out = row.text(0);
  row.reset();
  return out;
}

std::optional<FolderKeys> FolderIndex::keys_of(std::string_view sop_instance_uid) {
  auto& row = statements_->keys_of.bind(sop_instance_uid);
  if (!row.row()) return std::nullopt;
  FolderKeys out{row.text(0), row.text(1), row.text(2), row.text(3)};
  row.reset();
  return out;
}

std::vector<std::string> FolderIndex::patients_of(std::string_view study_uid) {
  std::vector<std::string> out;
  auto& row = statements_->patients_of.bind(study_uid);
  while (row.row()) out.push_back(row.text(0));
  return out;
}

service::Entity FolderIndex::count_below(service::QueryLevel level, const FolderKeys& keys) {
  service::Entity out;
  out.level = level;
  if (level == service::QueryLevel::patient) {
    auto& row = statements_->below_patient.bind(keys[0]);
    for (std::string study; row.row(); ++out.series) {
      if (out.studies == 0 || as_text(row.bytes(0)) != study) {
        ++out.studies;
        study = row.text(0);
      }
      out.instances += static_cast<std::uint32_t>(row.integer(1));
    }
  } else if (level == service::QueryLevel::study) {
    out.studies = 1;
    auto& row = statements_->below_study.bind(keys[0], keys[1]);
    for (std::string series; row.row(); ++out.instances) {
      if (out.series == 0 || as_text(row.bytes(0)) != series) {
        ++out.series;
        series = row.text(0);
      }
      add_once(out.modalities_in_study, as_text(row.bytes(1)));
      add_once(out.sop_classes_in_study, as_text(row.bytes(2)));
    }
  } else if (level == service::QueryLevel::series) {
    out.series = 1;
    auto& row = statements_->below_series.bind(keys[0], keys[1], keys[2]);
    if (row.row()) out.instances = static_cast<std::uint32_t>(row.integer(0));
    row.reset();
  } else {
    out.instances = 1;
  }
  return out;
}

std::uint64_t FolderIndex::count() {
  auto& row = statements_->count.bind();
  const auto out = row.row() ? static_cast<std::uint64_t>(row.integer(0)) : 0;
  row.reset();
  return out;
}

}  // namespace assay::peers
