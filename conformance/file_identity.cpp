#include "conformance/file_identity.hpp"

#include "harness/base/hex.hpp"
#include "harness/dataset/value_text.hpp"
#include "harness/dict/dict.hpp"

namespace assay::conformance {

Problems check_file_identity(const dataset::DataSet& meta, const Profile& profile) {
  struct Row {
    Tag tag;
    std::string_view policy;
  };
  static constexpr Row rows[] = {{tags::ImplementationClassUID, "implementation-class-uid"},
                                 {tags::ImplementationVersionName, "implementation-version-name"}};
  Problems out;
  for (const auto& row : rows) {
    const auto* node = meta.find(row.tag);
    const auto claimed = profile.policy(row.policy);
    if (node == nullptr || !claimed) continue;
    const auto written = dataset::trimmed(dataset::without_padding(as_text(node->value)));
    if (written.empty() || written == *claimed) continue;
    out.push_back({.rule = "ps3.10/7.1/other-implementation",
                   .clause = "PS3.10 7.1",
                   .offset = node->offset == dataset::no_offset ? 0 : node->offset,
                   .field = to_string(row.tag),
                   .found = printable(written.substr(0, 64)),
                   .expected = *claimed + ", as the profile of " + profile.product + " " + profile.version + " says",
                   .gravity = Gravity::deviation});
  }
  return out;
}

}  // namespace assay::conformance
