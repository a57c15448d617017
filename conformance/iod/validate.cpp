#include "conformance/iod/validate.hpp"

#include "conformance/iod/walk.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::conformance::iod {

IodJudgement check_iod(const dataset::DataSet& data_set, const IodOptions& options) {
  IodJudgement judgement;
  judgement.sop_class_uid = std::string(dataset::without_padding(data_set.text(tags::SOPClassUID)));
  if (judgement.sop_class_uid.empty() && options.meta != nullptr)
    judgement.sop_class_uid = std::string(dataset::without_padding(options.meta->text(tags::MediaStorageSOPClassUID)));
  if (judgement.sop_class_uid.empty()) {
    judgement.not_judged = "it names no SOP Class";
    return judgement;
  }
  judgement.iod = iod_of(judgement.sop_class_uid);
  if (judgement.iod == nullptr) {
    judgement.not_judged =
        "there is no table for " + std::string(dict::uid_name(judgement.sop_class_uid).substr(0, 128));
    return judgement;
  }
  Walk walk(data_set, options);
  walk.judge(*judgement.iod, judgement.sop_class_uid);
  judgement.problems = walk.take_problems();
  judgement.more_problems = walk.more_problems();
  if (!walk.whole()) judgement.not_judged = "it is too large: a part was judged";
  return judgement;
}

}  // namespace assay::conformance::iod
