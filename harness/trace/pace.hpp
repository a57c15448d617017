// Where the time of an association went, so that a slow one is blamed on the side, or the line, that is slow.
// Tests: tests/unit/trace/pace_test.cpp, tests/interop/pace_test.py
#pragma once

#include <cstdint>
#include <string>

#include "harness/trace/trace.hpp"

namespace assay::trace {

/// Every interval between two events of a Trace counts for one of four: what the events before it left to be done.
struct Pace {
  Duration association{};  // until A-ASSOCIATE-AC, and from A-RELEASE-RQ on
  Duration moving{};       // a message has begun and is not complete
  Duration waiting{};      // an operation is requested and not answered
  Duration idle{};         // nothing is asked: the invoker takes its time
  Duration longest_idle{};
  Duration first_object{};       // from the opening of the connection to the first object, stored or retrieved
  std::uint64_t associations{};  // accepted
  std::uint64_t operations{};    // requests of either side but C-CANCEL
  std::uint64_t objects{};       // Data Sets of C-STORE
  std::uint64_t data_bytes{};    // of all Data Sets
  std::uint64_t all_bytes{};     // both directions

  [[nodiscard]] Duration total() const { return association + moving + waiting + idle; }
  /// Adds another association; the first object is that of the earlier one.
  void add(const Pace& other);
};

/// Of one connection. What a Trace dropped is in nothing but `all_bytes`.
Pace pace(const Trace& trace);

/// "60 operations in 12.30 s: association 1 %, moving data 40 %, ...", with where the most of it went when that is
/// more than half of a second or more; "" when there was no operation.
std::string to_text(const Pace& pace);

}  // namespace assay::trace
