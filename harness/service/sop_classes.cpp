#include "harness/service/sop_classes.hpp"

#include <algorithm>
#include <tuple>

namespace assay::service {

std::vector<std::string_view> storage_sop_classes() {
  constexpr std::string_view storage_root = "1.2.840.10008.5.1.4.1.1.";
  using dict::UidKind;
  std::vector<std::string_view> out;
  const auto add = [&](std::string_view uid, std::string_view keyword, UidKind kind, bool retired) {
    if (kind == UidKind::sop_class && !retired && uid.starts_with(storage_root) &&
        keyword.find("Storage") != std::string_view::npos)
      out.push_back(uid);
  };
#define ASSAY_UID(uid, keyword, name, kind, retired) add(uid, keyword, UidKind::kind, retired);
#include "harness/dict/generated_uids.inc"
#undef ASSAY_UID
  constexpr std::string_view rt = "1.2.840.10008.5.1.4.1.1.481.";
  constexpr std::string_view visible_light = "1.2.840.10008.5.1.4.1.1.77.1.";  // a level deeper than the others
  std::ranges::sort(out, {}, [&](std::string_view uid) {
    const bool second_generation_rt = uid.starts_with(rt) && uid.size() > rt.size() + 1;
    return std::tuple(second_generation_rt, uid.size() - (uid.starts_with(visible_light) ? 2 : 0), uid);
  });
  return out;
}

}  // namespace assay::service
