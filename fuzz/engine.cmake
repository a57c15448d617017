# The engine that fuzz targets link: clang's libFuzzer, but with names of its own for the templates of the C++ library
# that it was instantiated with (vector<uint8_t>::_M_default_append and some 150 others). In the archive as it comes they
# are weak symbols without instrumentation, the linker sees them first, and they would stand in for those of the code
# under test: neither AddressSanitizer nor coverage would look into them.
#
# assay_engine(OUT): sets OUT to what is linked; nothing where the archive or LLVM's tools are not found, and a target
# then links -fsanitize=fuzzer.
function(assay_engine out)
  set(${out} "" PARENT_SCOPE)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-resource-dir OUTPUT_VARIABLE resources OUTPUT_STRIP_TRAILING_WHITESPACE)
  file(GLOB_RECURSE archives ${resources}/lib/*libclang_rt.fuzzer-${CMAKE_SYSTEM_PROCESSOR}.a ${resources}/lib/*libclang_rt.fuzzer.a)
  string(REGEX MATCH "^[0-9]+" version "${CMAKE_CXX_COMPILER_VERSION}")
  get_filename_component(folder "${CMAKE_CXX_COMPILER}" DIRECTORY)
  find_program(ASSAY_LLVM_NM NAMES llvm-nm-${version} llvm-nm HINTS ${folder})
  find_program(ASSAY_LLVM_OBJCOPY NAMES llvm-objcopy-${version} llvm-objcopy HINTS ${folder})
  if(NOT archives OR NOT ASSAY_LLVM_NM OR NOT ASSAY_LLVM_OBJCOPY)
    message(STATUS "libFuzzer is linked as it comes (no archive, llvm-nm or llvm-objcopy found): its copies of templates "
                   "of the C++ library stand in for instrumented ones")
    return()
  endif()
  list(GET archives 0 archive)
  execute_process(COMMAND ${ASSAY_LLVM_NM} --defined-only --format=posix ${archive} OUTPUT_VARIABLE symbols ERROR_QUIET)
  string(REGEX MATCHALL "_Z[A-Za-z0-9_.$]+ [VW] " weak "${symbols}")
  set(names)
  foreach(symbol IN LISTS weak)
    string(REGEX REPLACE " [VW] $" "" symbol "${symbol}")
    string(APPEND names "${symbol} assay_engine${symbol}\n")
  endforeach()
  set(copy ${CMAKE_CURRENT_BINARY_DIR}/libfuzzer.a)
  file(WRITE ${copy}.names "${names}")
  execute_process(COMMAND ${ASSAY_LLVM_OBJCOPY} --redefine-syms=${copy}.names ${archive} ${copy} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${ASSAY_LLVM_OBJCOPY} cannot rename the symbols of ${archive}")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${archive})
  set(${out} -Wl,--whole-archive ${copy} -Wl,--no-whole-archive PARENT_SCOPE)
endfunction()
