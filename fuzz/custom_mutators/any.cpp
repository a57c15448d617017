// The structure-aware mutators for a target that was not written for them: linked with it, they take inputs for what
// they look like.
#include "fuzz/mutators/assay_mutators.h"

ASSAY_CUSTOM_MUTATOR(ASSAY_FORMAT_ANY)
