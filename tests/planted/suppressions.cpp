// What LeakSanitizer is not to report in the planted targets.

extern "C" const char* __lsan_default_suppressions();

// libFuzzer's watching thread asks for its own stack when it starts. On a busy machine the first look for leaks may
// come while it holds the answer, and before the sanitizer knows its stack. Of that call only the last two frames are
// known.
extern "C" const char* __lsan_default_suppressions() { return "leak:pthread_*attr_*\n"; }
