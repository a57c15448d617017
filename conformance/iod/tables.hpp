// Composite IODs as tables (PS3.3 A, C; PS3.5 7.4): which modules an object has, which attributes a module has, of
// which type, under which condition, with which values. generate.py makes tables/*.inc. Tests:
// tests/unit/conformance/iod_tables_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/dict/dict.hpp"

namespace assay::conformance::iod {

enum class ConditionId : std::uint16_t {
#define ASSAY_CONDITION(name, expression) name,
#include "conformance/iod/tables/conditions.inc"
#undef ASSAY_CONDITION
};

enum class ListId : std::uint16_t {
#define ASSAY_VALUES(name, kind, values) name,
#include "conformance/iod/tables/value_lists.inc"
#undef ASSAY_VALUES
};

enum class ModuleId : std::uint16_t {
#define ASSAY_MODULE(name, section, first, count) name,
#include "conformance/iod/tables/modules.inc"
#undef ASSAY_MODULE
};

enum class IodId : std::uint16_t {
#define ASSAY_IOD(name, first, count) name,
#include "conformance/iod/tables/iods.inc"
#undef ASSAY_IOD
};

/// PS3.5 7.4. `t` is that of a row that gives no type: an included macro, a further test of an attribute.
enum class Type : std::uint8_t { t, t1, t1C, t2, t2C, t3, t3C };
/// PS3.3 A.1.3.1
enum class Usage : std::uint8_t { M, C, U };
enum class RowKind : std::uint8_t {
  element,
  sequence,
  include,  // of a macro
  verify    // one more thing that must hold of an attribute
};
enum class Tested : std::uint8_t {
  none,
  noted,       // a condition under which the attribute is worth a word
  unwise,      // a condition under which the attribute is doubtful, not wrong
  enumerated,  // no other values
  defined,     // others are possible (PS3.5 6.3)
  nonzero_error,
  nonzero_warning,
  enumerated_nonzero_error,
  enumerated_nonzero_warning,
  defined_nonzero_error,
  defined_nonzero_warning
};
enum class ListKind : std::uint8_t { string, numbers, tag };

inline constexpr std::uint8_t any = 255;  // no bound; every value

struct Row {
  Tag tag;
  ConditionId condition;
  ListId list;
  ModuleId macro;
  std::uint8_t depth;  // rows that follow and are deeper stand in the items of a sequence
  RowKind kind;
  Type type;
  std::uint8_t least;  // values, or items
  std::uint8_t most;
  bool otherwise;  // may be present though the condition does not hold
  Tested tested;
  std::uint8_t value;  // number of the value that the list is for, from 0
};

struct Module {
  std::string_view name;     // "GeneralSeries", "CodeSequenceMacro"
  std::string_view section;  // of PS3.3: "C.7.3.1"; empty when the tables do not say
  std::span<const Row> rows;
};

struct IodModule {
  std::string_view entity;
  ModuleId module;
  Usage usage;
  ConditionId condition;
};

struct Iod {
  std::string_view name;
  std::span<const IodModule> modules;
};

struct Values {
  std::string_view name;
  ListKind kind;
  std::string_view values;  // between backslashes; tags as eight hexadecimal digits
};

struct NamedCondition {
  std::string_view name;
  std::string_view expression;
};

struct SopClass {
  std::string_view uid;
  IodId iod;
};

const Module& module_of(ModuleId id);
const Values& values_of(ListId id);
std::span<const Iod> iods();
std::span<const SopClass> sop_classes();
std::span<const Module> modules();
std::span<const Values> value_lists();
std::span<const NamedCondition> named_conditions();
/// The IOD of a SOP Class, null when there is no table for it.
const Iod* iod_of(std::string_view sop_class_uid);

/// The rows behind `row` that stand in its items.
std::span<const Row> rows_inside(std::span<const Row> rows, std::size_t row);

std::string_view name(Type type);
/// "General Series" of "GeneralSeries".
std::string spaced(std::string_view name);

}  // namespace assay::conformance::iod
