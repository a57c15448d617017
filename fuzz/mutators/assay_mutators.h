/* Structure-aware mutators for DICOM, for any fuzz target of libFuzzer's kind: C, one library, no other header.
 *
 * An input is laid open as far as it can be read (PDUs, items, PDVs, Command Sets, Data Elements, sequences,
 * fragments), one to four modifications of the scenario language change it anywhere, and it is written again with right
 * lengths, except where a modification lies about one on purpose.
 *
 *     #include "assay_mutators.h"
 *     ASSAY_CUSTOM_MUTATOR(ASSAY_FORMAT_FILE)
 *     extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { my_parse(data, size); return 0; }
 *
 * Where the first bytes of an input choose something, ASSAY_CUSTOM_MUTATOR_AT(format, 1) leaves as many to the engine.
 * Link it with -lassay_mutators -lz. Half of the calls still go to the engine's own mutator (with its
 * dictionary). ASSAY_MUTATORS=off in the environment leaves all of them to it, to see what the structure is worth.
 */
#ifndef ASSAY_MUTATORS_H
#define ASSAY_MUTATORS_H

#include <stddef.h> /* NOLINT(modernize-deprecated-headers): C */
#include <stdint.h> /* NOLINT(modernize-deprecated-headers): C */

#ifdef __cplusplus
extern "C" {
#endif

/* What an input is. */
enum assay_format {
  ASSAY_FORMAT_ANY = 0,             /* what it looks like: PDUs, else a file, else a Data Set */
  ASSAY_FORMAT_WIRE = 1,            /* PDUs one behind another (PS3.8 9.3), as a peer sends them */
  ASSAY_FORMAT_FILE = 2,            /* a file of PS3.10 7, with or without preamble; the Data Set as the file says */
  ASSAY_FORMAT_IMPLICIT_LITTLE = 3, /* a Data Set (PS3.5 A.1) */
  ASSAY_FORMAT_EXPLICIT_LITTLE = 4, /* PS3.5 A.2; encapsulated Pixel Data too */
  ASSAY_FORMAT_EXPLICIT_BIG = 5,    /* PS3.5 A.3 of 2016 */
  ASSAY_FORMAT_DEFLATED = 6         /* PS3.5 A.5 */
};

/* How an engine mutates bytes that have no structure: LLVMFuzzerMutate(), or NULL for a small one of our own. */
typedef size_t (*assay_engine)(uint8_t* data, size_t size, size_t max_size);

/* Changes `size` bytes in place; the result has at most `max_size`, which `data` has room for. The same arguments give
 * the same result, as far as the engine's mutation does. Returns the new size, 0 when nothing could be changed. */
size_t assay_mutate(enum assay_format format, uint8_t* data, size_t size, size_t max_size, unsigned seed,
                    assay_engine engine);

/* Puts pieces of the second input into the first, cut at PDUs, items, elements and fragments. Returns the size of
 * what was written to `out`, 0 when the two have nothing that fits. */
size_t assay_cross_over(enum assay_format format, const uint8_t* first, size_t first_size, const uint8_t* second,
                        size_t second_size, uint8_t* out, size_t max_size, unsigned seed);

/* The mutators by name, from 0 on; NULL behind the last. */
const char* assay_mutator_name(size_t index);

/* As assay_mutate(), with one mutator, once. 0 when it finds nothing to change in this input. */
size_t assay_mutate_with(const char* name, enum assay_format format, uint8_t* data, size_t size, size_t max_size,
                         unsigned seed, assay_engine engine);

/* What the macros below call. Of mutations half are ours and half the engine's, of crossings one in sixteen is made; an
 * input seldom grows by more than a little at once. The first `skip` bytes are the engine's alone. */
size_t assay_custom_mutator(enum assay_format format, size_t skip, uint8_t* data, size_t size, size_t max_size,
                            unsigned seed, assay_engine engine);
size_t assay_custom_cross_over(enum assay_format format, size_t skip, const uint8_t* first, size_t first_size,
                               const uint8_t* second, size_t second_size, uint8_t* out, size_t max_size, unsigned seed);

/* 0 when the environment says ASSAY_MUTATORS=off. */
int assay_mutators_wanted(void);

/* The engine's own; weak, so that a target that only replays files links without it. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

#ifdef __cplusplus
}
#define ASSAY_C extern "C"
#else
#define ASSAY_C
#endif

#define ASSAY_CUSTOM_MUTATOR(format) ASSAY_CUSTOM_MUTATOR_AT(format, 0)
#define ASSAY_CUSTOM_MUTATOR_AT(format, skip)                                                                      \
  ASSAY_C size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {         \
    return assay_custom_mutator(format, skip, data, size, max_size, seed, LLVMFuzzerMutate);                       \
  }                                                                                                                \
  ASSAY_C size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size, const uint8_t* second,         \
                                           size_t second_size, uint8_t* out, size_t max_size, unsigned int seed) { \
    return assay_custom_cross_over(format, skip, first, first_size, second, second_size, out, max_size, seed);     \
  }

#endif
