// The catalogue on disk: files, folders or id prefixes to cases, filtered and in a stable order.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/options.hpp"
#include "harness/app/scripts.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/parameters.hpp"

namespace assay::app {

struct CatalogueCase {
  scenario::Case scenario_case;
  std::string group;     // the catalogue folder: "association", "verification", ... ; or the file's own folder name
  std::string function;  // of a script that tells the steps; empty: they stand in the scenario
  Duration limit{};      // of such a case
};

struct Catalogue {
  std::vector<CatalogueCase> cases;   // the selection
  std::vector<CatalogueCase> sanity;  // the sane conversation of each group and role, selected or not
  std::vector<std::string> all_ids;   // of everything that was loaded, before the filters
  std::optional<Python> python;       // where there are scripts
  std::string left_out;               // one line: how many scripts were left out, and why; empty: none
  std::vector<std::string> left_out_ids;
};

/// Loads and selects. Errors are lines "file:line:column: message", or one sentence about an item that names nothing.
/// `claims` of the device prune the combinations of parameters.
std::expected<Catalogue, std::vector<std::string>> load_catalogue(const Selection& selection,
                                                                  const scenario::Claims& claims = {});

/// Loads single files; every mistake of every file.
std::vector<std::string> check_files(const std::vector<std::string>& files, std::size_t& scenarios);

}  // namespace assay::app
