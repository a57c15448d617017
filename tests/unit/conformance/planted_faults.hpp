// The table of planted faults; planted_faults_test.cpp runs it.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <vector>

#include "conversation.hpp"

namespace assay::test {

struct Planted {
  std::string_view name;
  std::string_view rule;
  Side side = Side::requestor;
  std::uint32_t pdu = 0;
  std::optional<std::uint64_t> at;  // of the byte in that PDU
  std::function<void(Conversation&, bool fault)> script;
};

inline void PrintTo(const Planted& fault, std::ostream* out) { *out << fault.name; }

const std::vector<Planted>& planted_faults();

// By family, in planted_*.cpp.
std::vector<Planted> planted_in_association();
std::vector<Planted> planted_in_data();
std::vector<Planted> planted_in_operations();
std::vector<Planted> planted_in_responses();
std::vector<Planted> planted_in_services();
std::vector<Planted> planted_in_normalized();

}  // namespace assay::test
