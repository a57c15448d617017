/* Coverage of a server that `assay fuzz device --start` runs: link this one file into it, and compile the server (this
 * file may come along) with one of
 *
 *     clang -fsanitize-coverage=trace-pc-guard        every edge by a number of its own
 *     gcc -fsanitize-coverage=trace-pc                every block by its address
 *
 * Assay then sees which code each conversation reaches, and keeps those that reach new code. Without Assay nothing
 * happens. A server that afl-clang-fast compiles needs no file at all: the contract is that of AFL's runtime.
 *
 * __AFL_SHM_ID names a System V segment that Assay has made. It is marked for removal already, which Linux lets others
 * attach all the same: it is gone with the last process that has it, however that ends. Cell 0 says that somebody is
 * there; cell N counts how often edge N was passed, 255 is followed by 1. Children of a server that forks write into
 * the same cells. Two threads at one cell may lose a count, never more.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#if defined(__clang__)
#define WITHOUT_COVERAGE __attribute__((no_sanitize("coverage")))
#else
#define WITHOUT_COVERAGE __attribute__((no_sanitize_coverage))
#endif

#ifdef __cplusplus
extern "C" {
#endif

static volatile unsigned char* cells;
static size_t cell_count;
static uint32_t last_guard;

WITHOUT_COVERAGE static void attach(void) {
  static int tried;
  const char* id = getenv("__AFL_SHM_ID");
  struct shmid_ds segment;
  void* memory;
  if (tried || id == NULL) return;
  tried = 1;
  /* The size is the system's word, not that of the environment. */
  if (shmctl(atoi(id), IPC_STAT, &segment) != 0 || segment.shm_segsz < 2) return;
  memory = shmat(atoi(id), NULL, 0);
  if (memory == (void*)-1) return;
  cell_count = segment.shm_segsz;
  cells = (volatile unsigned char*)memory;
  cells[0] = 1;
}

WITHOUT_COVERAGE static void count(size_t edge) {
  volatile unsigned char* cell;
  unsigned char next;
  if (cells == NULL) return;
  cell = &cells[1 + (edge - 1) % (cell_count - 1)];
  next = (unsigned char)(*cell + 1);
  *cell = next == 0 ? 1 : next;
}

/* clang: once for each program and library, with the guards of its edges; then at each edge. */
WITHOUT_COVERAGE void __sanitizer_cov_trace_pc_guard_init(uint32_t* start, uint32_t* stop);
WITHOUT_COVERAGE void __sanitizer_cov_trace_pc_guard_init(uint32_t* start, uint32_t* stop) {
  uint32_t* guard;
  attach();
  if (start == stop || *start != 0) return;
  for (guard = start; guard < stop; ++guard) *guard = ++last_guard;
}

WITHOUT_COVERAGE void __sanitizer_cov_trace_pc_guard(uint32_t* guard);
WITHOUT_COVERAGE void __sanitizer_cov_trace_pc_guard(uint32_t* guard) {
  if (*guard != 0) count(*guard);
}

/* gcc: at each block. Where the program lies in memory changes from start to start, so it is counted from here. */
WITHOUT_COVERAGE void __sanitizer_cov_trace_pc(void);
WITHOUT_COVERAGE void __sanitizer_cov_trace_pc(void) {
  if (cells == NULL) {
    attach();
    if (cells == NULL) return;
  }
  count((size_t)((uintptr_t)__builtin_return_address(0) - (uintptr_t)&__sanitizer_cov_trace_pc));
}

#ifdef __cplusplus
}
#endif
