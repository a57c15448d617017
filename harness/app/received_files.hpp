// What arrives by C-STORE as files of one folder, each whole or not at all. PS3.10 7.
// Tests: tests/interop/retrieve_test.py
#pragma once

#include <cstddef>
#include <string>

#include "harness/service/store.hpp"

namespace assay::app {

/// A store that only takes in: Part 10 files named after their SOP Instance UID. It finds nothing.
class ReceivedFiles final : public service::InstanceStore {
 public:
  /// The folder is made with the first instance.
  explicit ReceivedFiles(std::string folder) : folder_(std::move(folder)) {}

  service::PutResult put(service::Instance instance, bool replace) override;
  [[nodiscard]] service::InstancePtr find(std::string_view) const override { return nullptr; }
  [[nodiscard]] std::unique_ptr<service::EntityCursor> candidates(service::QueryLevel,
                                                                  const service::Scope&) const override;

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Why the first that could not be written was not; "" when all were.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  std::string folder_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::string error_;
};

}  // namespace assay::app
