// What the two parts of the scenario language share: messages (language_messages.cpp), and the head and the steps
// around them (language.cpp). Internal.
#pragma once

#include <string_view>
#include <vector>

#include "harness/scenario/grammar.hpp"

namespace assay::scenario::detail {

using Attributes = std::vector<AttributeSpec>;
using Children = std::vector<ChildSpec>;
using V = ValueType;

template <typename List>
List join(List first, const List& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// What an A-ASSOCIATE-RQ says beside its contexts.
Attributes associate_attributes();
/// How an A-ASSOCIATE-AC answers the contexts that are not named.
Attributes answer_attributes();
/// Items of user information that stand in a request or an answer.
Children negotiation_children();
/// All that can be sent.
Children message_children();
/// All that can be expected.
Children matcher_children();

/// The types of modifications, contexts, negotiation items, Data Sets, messages and matchers.
void add_message_types(Grammar& grammar);

}  // namespace assay::scenario::detail
