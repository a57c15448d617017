// Defaults of a fuzzing build; the environment variable ASAN_OPTIONS overrides them.

extern "C" const char* __asan_default_options();

// What is bought with a tenth of the executions per second is left to the replay of the seeds by preset dev: long call
// stacks of allocations, and stack frames kept after their function has returned; memory that was given back stays
// unused for a few hundred executions, which is more than any object lives. Replay a finding with
// ASAN_OPTIONS=malloc_context_size=30:detect_stack_use_after_return=1.
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=1:detect_stack_use_after_return=0:quarantine_size_mb=16";
}
