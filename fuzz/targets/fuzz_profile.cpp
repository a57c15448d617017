// Profiles from nobody knows where: the loader never crashes and says with a place why it refuses; what it takes has
// claims with ids of their own, is the same when it is written and read again, and can be matched with itself. What a
// profile includes or has as its base comes from the same input: files are split by NUL, the first is the profile, the
// others are "1", "2"...
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "conformance/match.hpp"
#include "conformance/profile.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/property.hpp"

namespace {

using namespace assay;
using fuzz::require;

/// "file:line:column: words" in each line.
void check_errors(std::string_view errors) {
  require(!errors.empty(), "a refusal has a reason");
  const auto first = errors.substr(0, errors.find('\n'));
  const auto colon = first.find(':');
  require(colon != std::string_view::npos && colon + 1 < first.size(), "a mistake has a place");
  require(first[colon + 1] >= '1' && first[colon + 1] <= '9', "lines count from 1");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 4096, std::size_t{8} << 20U);
  std::vector<std::string> files;
  for (auto text = as_text(ByteView(data, size));;) {
    const auto end = text.find('\0');
    files.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos || files.size() == 8) break;
    text = text.substr(end + 1);
  }
  const conformance::ReadFile read =
      [&](const std::string&, const std::string& href) -> std::expected<conformance::SourceFile, std::string> {
    for (std::size_t i = 1; i < files.size(); ++i)
      if (href == std::to_string(i)) return conformance::SourceFile{href, files[i]};
    return std::unexpected("there is no file of that name");
  };
  const auto profile = conformance::load_profile(files.front(), "f", read);
  if (!profile) {
    check_errors(profile.error());
    return 0;
  }
  std::set<std::string> ids;
  for (const auto& one : conformance::claims(*profile)) {
    require(ids.insert(one.id).second, "each id stands once");
    require(!one.text.empty() && one.clause.starts_with("PS3."), "a claim has words and a clause");
    require(one.at.line >= 1, "a claim has a place");
  }
  const auto written = conformance::to_xml(*profile);
  const auto again = conformance::load_profile(written, "w");
  require(again.has_value(), "what was written can be read");
  require(*again == *profile, "a profile is the same when it is written and read again");
  require(conformance::to_xml(*again) == written, "it is written in one way");
  const std::vector<conformance::Profile> both{*profile, *again};
  const auto match = conformance::match(both);
  require(match.directions.size() == 2, "two products ask each other");
  require(match.directions[0].red() == match.directions[1].red(), "a product and itself are the same both ways");
  return 0;
}
