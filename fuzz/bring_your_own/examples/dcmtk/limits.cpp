// DCMTK asks for as many bytes as a length claims, up to 4 GB, and copes when it gets none. Without this limit every
// other input would end the run with that one finding (CWE-789).
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1:max_allocation_size_mb=64:malloc_context_size=5:quarantine_size_mb=1";
}
