// Defaults of a fuzzing build; the environment variable ASAN_OPTIONS overrides them.

extern "C" const char* __asan_default_options();

// Long call stacks of allocations would cost a tenth of the executions per second, and so would memory that goes round
// in more than fits a cache: what was given back stays unused for some executions, which is more than any object lives.
// Replay a finding with ASAN_OPTIONS=malloc_context_size=30, or with the same target of preset dev.
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}
