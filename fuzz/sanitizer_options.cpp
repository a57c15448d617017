// Defaults of a fuzzing build; the environment variable ASAN_OPTIONS overrides them.

extern "C" const char* __asan_default_options();

// Short call stacks of allocations: long ones cost a tenth of the time. Replay a finding with malloc_context_size=30.
extern "C" const char* __asan_default_options() { return "malloc_context_size=3"; }
