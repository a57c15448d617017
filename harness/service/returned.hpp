// What of stored attributes goes into the Identifier of a C-FIND response (PS3.4 C.4.1.1.3.2, K.2.2.1.2).
// Tests: tests/unit/service/query_test.cpp, tests/unit/service/worklist_test.cpp
#pragma once

#include <functional>
#include <string_view>

#include "harness/dataset/dataset.hpp"

namespace assay::service {

/// Says whether an item is one to return: one that the keys of the item in the Identifier match (PS3.4 C.2.2.2.6).
using ReturnedItem = std::function<bool(const dataset::Level& keys, const dataset::Level& item)>;

/// Puts the attribute that `key` asks for into `out`. Of a sequence the keys of the item in the Identifier are returned
/// from every item of the attribute that `returned` takes (empty: takes all); without such an item in the Identifier
/// all of it, and with an empty one all of the items taken. What is not stored comes back empty. `whole` is the Data
/// Set that `attributes` is a level of.
void return_key(dataset::DataSet& out, const dataset::Level& identifier, const dataset::Node& key,
                const dataset::DataSet& whole, const dataset::Level& attributes, const ReturnedItem& returned = {});

/// Puts a copy of an element of a level into `out`, whose byte order is that of `whole`.
void copy_attribute(dataset::DataSet& out, const dataset::DataSet& whole, const dataset::Level& attributes,
                    const dataset::Node& node);

/// Whether some text of it cannot be read without its Specific Character Set.
bool needs_character_set(const dataset::DataSet& data_set);

}  // namespace assay::service
