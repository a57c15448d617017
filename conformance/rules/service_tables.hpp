// What the Data Sets of the services have to say, as tables (PS3.4 C.6, F.7.2, F.8.2, H.4, J.3, K.6, R.3), and a Data
// Set held to them. generate_services.py makes service_attributes.inc. Internal to the room. Tests:
// tests/unit/conformance/service_tables_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "conformance/rules/support.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance {

/// Types of attributes (PS3.5 7.4), and of keys (PS3.4 C.2.2.1).
enum class Need : std::uint8_t { t1, t1C, t2, t2C, t3, not_allowed, unique, required, optional };

enum class ServiceTable : std::uint8_t {
#define ASSAY_SERVICE_TABLE(name, clause) name,
#define ASSAY_SERVICE_ATTRIBUTE(table, depth, group, element, need)
#include "conformance/rules/service_attributes.inc"
#undef ASSAY_SERVICE_ATTRIBUTE
#undef ASSAY_SERVICE_TABLE
};

struct ServiceRow {
  std::uint8_t depth = 0;  // sequences around
  Tag tag;
  Need need = Need::t3;
};

/// In the order of the standard; the rows of a sequence follow it.
std::span<const ServiceRow> rows_of(ServiceTable table);
/// "PS3.4 K.6.1.2.2, Table K.6-1"
std::string_view clause_of(ServiceTable table);
/// The first row of the outermost level with this tag, null when there is none.
const ServiceRow* find_row(std::span<const ServiceRow> rows, Tag tag);
/// The rows of the items of a sequence of the outermost level.
std::span<const ServiceRow> rows_inside(std::span<const ServiceRow> rows, Tag sequence);

/// Holds a Data Set to the rows of a table: those of type 1 are there with a value, of type 2 there, of types 1C not
/// without a value; in each item of a sequence likewise. Whether a condition holds is not judged.
class Needs {
 public:
  Needs(const trace::RuleInfo& rule, const trace::MessageSeen& seen, trace::Reporter& reporter)
      : rule_(&rule), inside_(&rule), seen_(seen), reporter_(reporter) {}

  /// Tells of what is wrong in items by another rule.
  Needs& inside(const trace::RuleInfo& rule) {
    inside_ = &rule;
    return *this;
  }
  /// Leaves the items of this sequence to somebody else.
  Needs& without_items_of(Tag sequence) {
    left_out_ = sequence;
    return *this;
  }
  /// Judges what a query asked for, and of that no conditional key: empty is how an SCP says that it knows none.
  Needs& asked_by(const dataset::Level& query) {
    query_ = &query;
    return *this;
  }
  /// Misses nothing, since not all may have been asked for; what is there has its values, and its items are whole.
  Needs& of_what_is_there() {
    all_ = false;
    return *this;
  }

  /// Tells the first row that is not met, `where` before its name; true when there was one.
  bool unmet(const dataset::Level& level, std::span<const ServiceRow> rows, const std::string& where = {}) const;

 private:
  [[nodiscard]] bool tell(const trace::RuleInfo& rule, const dataset::Level& level, const ServiceRow& row,
                          const std::string& where, bool all) const;
  bool unmet_below(const dataset::Level& level, std::span<const ServiceRow> rows, const std::string& where,
                   const trace::RuleInfo& rule, const dataset::Level* query, bool all) const;

  const trace::RuleInfo* rule_;
  const trace::RuleInfo* inside_;
  const trace::MessageSeen& seen_;
  trace::Reporter& reporter_;
  Tag left_out_;
  const dataset::Level* query_ = nullptr;
  bool all_ = true;
};

}  // namespace assay::conformance
