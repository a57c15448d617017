# cmake -DNM=llvm-nm -DARCHIVE=libfuzzer.a -P engine_test.cmake: the engine's weak C++ symbols all have names of its own.
execute_process(COMMAND ${NM} --defined-only --format=posix ${ARCHIVE} OUTPUT_VARIABLE symbols ERROR_QUIET)
string(REGEX MATCHALL "assay_engine_Z[^ ]+ [VW] " renamed "${symbols}")
string(REGEX MATCHALL "\n_Z[^ ]+ [VW] " left "${symbols}")
list(LENGTH renamed count)
if(count LESS 50 OR left)
  message(FATAL_ERROR "${ARCHIVE}: ${count} symbols renamed, left as they were: ${left}")
endif()
