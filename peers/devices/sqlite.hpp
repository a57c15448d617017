// SQLite as far as the devices need it: one connection, prepared statements, byte strings as keys. Every value is
// bound, never written into the SQL. Single-threaded. Tests: tests/loopback/folder_store_test.cpp
#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "harness/base/bytes.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace assay::peers::sqlite {

class Database;

/// A prepared statement. Bind with bind(), then row() until it says no; reset() (or the next bind()) ends it early.
class Statement {
 public:
  Statement() = default;
  Statement(Database& database, std::string_view sql);

  /// Starts anew with these values for ?1, ?2 and so on. They must live until the statement is done.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    reset();
    int at = 0;
    (bind_one(++at, values), ...);
    return *this;
  }
  /// True while there is a row to read; false at the end or after an error (then ok() is false).
  bool row();
  /// Runs to the end; false after an error.
  bool run();
  [[nodiscard]] bool ok() const { return ok_; }
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  /// A copy of the bytes of a column.
  [[nodiscard]] std::string text(int column) const;
  /// Valid until the next row() or reset().
  [[nodiscard]] ByteView bytes(int column) const;
  [[nodiscard]] bool null(int column) const;

 private:
  void bind_one(int at, std::integral auto value) { bind_integer(at, static_cast<std::int64_t>(value)); }
  void bind_one(int at, std::string_view value) { bind_bytes(at, as_bytes(value)); }
  void bind_one(int at, ByteView value) { bind_bytes(at, value); }
  void bind_integer(int at, std::int64_t value);
  void bind_bytes(int at, ByteView value);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  bool ok_ = true;
};

class Database {
 public:
  /// Opens or makes a file (":memory:" for none), to be used by this process alone until it ends. The error is in
  /// SQLite's words.
  static std::expected<std::unique_ptr<Database>, std::string> open(const std::string& file);

  /// Runs statements without values; false after an error.
  bool execute(const char* sql);
  /// The first column of the first row as a number; nothing after an error or without a row.
  [[nodiscard]] std::expected<std::int64_t, std::string> ask(std::string_view sql);
  /// What went wrong last.
  [[nodiscard]] std::string error() const;
  /// The last error says that the file is not one of SQLite, or is damaged.
  [[nodiscard]] bool damaged() const;
  /// The last error says that another process has it open.
  [[nodiscard]] bool busy() const;

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database() = default;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace assay::peers::sqlite
