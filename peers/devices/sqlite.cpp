#include "peers/devices/sqlite.hpp"

#include <sqlite3.h>

namespace assay::peers::sqlite {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Statement::Statement(Database& database, std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  ok_ = sqlite3_prepare_v3(database.database_.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &made, nullptr) == SQLITE_OK;
  statement_.reset(made);
}

bool Statement::row() {
  // A failed preparation has no statement; a failed step is not repeated.
  if (!statement_ || !ok_) return false;
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  ok_ = result == SQLITE_DONE;
  sqlite3_reset(statement_.get());
  return false;
}

bool Statement::run() {
  while (row()) continue;
  return ok_ && statement_;
}

void Statement::reset() {
  if (!statement_) return;
  sqlite3_reset(statement_.get());
  ok_ = true;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

ByteView Statement::bytes(int column) const {
  const auto* at = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {at, at == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string Statement::text(int column) const { return std::string(as_text(bytes(column))); }

bool Statement::null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

void Statement::bind_integer(int at, std::int64_t value) {
  if (sqlite3_bind_int64(statement_.get(), at, value) != SQLITE_OK) ok_ = false;
}

void Statement::bind_bytes(int at, ByteView value) {
  // A null pointer would bind NULL, which is no empty byte string.
  const void* from = value.empty() ? static_cast<const void*>("") : value.data();
  if (sqlite3_bind_blob64(statement_.get(), at, from, value.size(), SQLITE_STATIC) != SQLITE_OK) ok_ = false;
}

std::expected<std::unique_ptr<Database>, std::string> Database::open(const std::string& file) {
  std::unique_ptr<Database> out(new Database());
  sqlite3* made = nullptr;
  const int result =
      sqlite3_open_v2(file.c_str(), &made, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  out->database_.reset(made);
  if (result != SQLITE_OK) return std::unexpected(made == nullptr ? std::string("out of memory") : out->error());
  return out;
}

bool Database::execute(const char* sql) {
  return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::expected<std::int64_t, std::string> Database::ask(std::string_view sql) {
  Statement statement(*this, sql);
  if (!statement.row()) return std::unexpected(error());
  return statement.integer(0);
}

std::string Database::error() const { return sqlite3_errmsg(database_.get()); }

bool Database::damaged() const {
  const int code = sqlite3_errcode(database_.get());
  return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

bool Database::busy() const {
  const int code = sqlite3_errcode(database_.get());
  return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

}  // namespace assay::peers::sqlite
