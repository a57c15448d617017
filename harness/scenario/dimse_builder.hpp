// The DIMSE half of builder.hpp. Tests: tests/unit/scenario/interpreter_test.cpp
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "harness/scenario/builder.hpp"

namespace assay::scenario {

struct ChosenContext {
  std::uint8_t id = 1;
  std::string abstract_syntax;  // empty when the context is not known
  std::string transfer_syntax;
};

/// The presentation context a message or PDV goes out on: the one named by its `context` attribute, else the one that
/// suits the SOP class or command, else the first accepted; before negotiation the first proposed, or 1.
std::expected<ChosenContext, BuildError> choose_context(const Element& element, const Dialogue& dialogue,
                                                        std::string_view sop_class,
                                                        std::optional<std::uint16_t> command_field);

std::expected<Built, BuildError> build_dimse(const Element& message, const Dialogue& dialogue, const BuildInput& input);

}  // namespace assay::scenario
