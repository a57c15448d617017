// Single faults made mechanically: correct conversations, and every variant of them with one PDU changed in one way.
// mutation_score_test.cpp runs them. Tests of the operators themselves: tests/unit/base/layout_test.cpp
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conversation.hpp"

namespace assay::test {

/// A conversation in which nobody does wrong, one PDU to a step.
struct Correct {
  std::string name;
  Conversation conversation;
};

const std::vector<Correct>& correct_conversations();

/// One PDU of a correct conversation, changed in one way.
struct Variant {
  const Correct* of = nullptr;
  std::size_t step = 0;         // the step that is changed
  Side side = Side::requestor;  // whose fault it is: the side that sends the changed bytes
  std::string pdu;              // "A-ASSOCIATE-RQ", "C-STORE-RQ" for its Command Set, "data of C-STORE-RQ"
  std::string field;            // address without indices: "presentation-context/abstract-syntax/name"; or "pdu"
  std::string fault;            // "add 1", "erase", "swapped with the next"
  std::vector<Conversation::Step> instead;  // what is sent in place of the step
  std::size_t skips = 1;                    // steps of the correct conversation that `instead` stands for
  bool closes = false;                      // the side closes the connection behind it: nothing more follows
};

std::string address_of(const Variant& variant);  // "C-STORE-RQ | command/(0000,0002)/length | add 1"

/// Every variant in turn, but for those whose address `wanted` refuses (they are not even made). Of more than four
/// items of one name in a row the first two and the last are changed.
void each_variant(const Correct& correct, const std::function<bool(const Variant&)>& wanted,
                  const std::function<void(const Variant&)>& take);

/// How the side that did nothing wrong goes on after the fault.
enum class Ending : std::uint8_t {
  abort,        // it waits half a minute, aborts and closes: right after any fault
  abort_later,  // the same when the side at fault has sent all it sends in a row
  close,        // it waits and closes without a word, as an acceptor does that awaits a request (ARTIM)
  go_on,        // it goes on as in the correct conversation, as one does who has not noticed
};
Conversation play(const Variant& variant, Ending ending);

}  // namespace assay::test
