// Data Sets and what came on a connection as plain JSON, the way scripts see them: an element by its PS3.6 keyword (or
// "(gggg,eeee)"), text without padding in UTF-8, numbers as numbers, sequences as arrays of objects. Values of the VRs
// of bytes are {"at": offset, "length": n} into the Data Set's own bytes, or {"hex": ...}.
// Tests: tests/python/session_test.py
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/dataset/dataset.hpp"
#include "harness/scenario/connection.hpp"

namespace assay::app {

/// `source` is where the values of bytes may be pointed at: what the Data Set was decoded from.
nlohmann::ordered_json simple_values(const dataset::DataSet& data_set, ByteView source = {});

/// The elements in order as they stand on the wire: [tag, VR, hex], for a sequence [tag, "SQ", [items]].
nlohmann::ordered_json wire_elements(const dataset::DataSet& data_set);

/// One thing that came: "kind", "name", "summary" and what belongs to its kind.
nlohmann::ordered_json simple_item(const scenario::Item& item, const scenario::Dialogue* dialogue);

}  // namespace assay::app
