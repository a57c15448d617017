# assay_fuzz_target(NAME SOURCES... [FORMAT file|dataset|implicit-le|explicit-be|deflated|pdu] [EXPLAINED FILE] [CRASHES FILE] [LINK TARGETS...])
#
# An executable NAME with libFuzzer and AddressSanitizer where the compiler is clang, else one that replays inputs; its
# dictionary and seeds stand beside it in NAME.dict and NAME.seeds, and CTest replays the seeds (test NAME.seeds).
# CRASHES: names of seeds, a line each, that are known to end the parser and are not replayed.
# Lies in a folder that fuzz/bring_your_own/export made, or is included from its place in the tree of Assay, where the
# rooms are linked instead of the library.
include_guard()
set(ASSAY_FUZZ_HERE ${CMAKE_CURRENT_LIST_DIR})

if(NOT TARGET assay::fuzz)
  find_package(ZLIB REQUIRED)
  add_library(assay::fuzz STATIC IMPORTED)
  set_target_properties(assay::fuzz PROPERTIES
    IMPORTED_LOCATION ${ASSAY_FUZZ_HERE}/lib/libassay_fuzz.a
    INTERFACE_INCLUDE_DIRECTORIES ${ASSAY_FUZZ_HERE}/include
    INTERFACE_LINK_LIBRARIES "ZLIB::ZLIB")
  set(ASSAY_FUZZ_FLAGS -fsanitize=address -fno-omit-frame-pointer -g)
  set(ASSAY_FUZZ_DICTIONARIES ${ASSAY_FUZZ_HERE}/dictionaries)
  set(ASSAY_FUZZ_SEEDS ${ASSAY_FUZZ_HERE}/seeds)
endif()

function(assay_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FORMAT;EXPLAINED;CRASHES" "LINK")
  if(NOT arg_FORMAT)
    set(arg_FORMAT file)
  endif()
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE assay::fuzz ${arg_LINK})
  target_compile_options(${name} PRIVATE ${ASSAY_FUZZ_FLAGS})
  target_link_options(${name} PRIVATE ${ASSAY_FUZZ_FLAGS})
  if(arg_EXPLAINED)
    get_filename_component(explained ${arg_EXPLAINED} ABSOLUTE)
    target_compile_definitions(${name} PRIVATE ASSAY_EXPLAINED="${explained}")
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endif()
  set(dictionary dataset)
  if(arg_FORMAT STREQUAL "pdu")
    set(dictionary pdu)
  endif()
  set(seeds ${ASSAY_FUZZ_SEEDS}/${arg_FORMAT})
  if(ASSAY_FUZZ_SEEDS_${arg_FORMAT})
    set(seeds ${ASSAY_FUZZ_SEEDS_${arg_FORMAT}})
  endif()
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy ${ASSAY_FUZZ_DICTIONARIES}/${dictionary}.dict $<TARGET_FILE_DIR:${name}>/${name}.dict
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${seeds} $<TARGET_FILE_DIR:${name}>/${name}.seeds)
  # Files, not the folder: given a folder, libFuzzer would start fuzzing.
  file(GLOB inputs ${seeds}/*)
  if(arg_CRASHES)
    file(STRINGS ${arg_CRASHES} crashing)
    foreach(input IN LISTS crashing)
      list(REMOVE_ITEM inputs ${seeds}/${input})
    endforeach()
  endif()
  add_test(NAME ${name}.seeds COMMAND ${name} -detect_leaks=0 ${inputs})
  set_tests_properties(${name}.seeds PROPERTIES TIMEOUT 120 LABELS fuzz ENVIRONMENT "ASSAY_DIFFERENTIAL=abort")
endfunction()
