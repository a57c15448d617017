/* Fuzz your own DICOM parser: everything a target needs in one header, for C and for C++. Link with -lassay_fuzz -lz.
 *
 *     #include "assay_fuzz.h"
 *     static void parse(const uint8_t* data, size_t size) { ... your parser ... }
 *     ASSAY_FUZZ_TARGET(ASSAY_FORMAT_FILE, parse)
 *
 * makes a target of libFuzzer's kind with mutators and a cross-over that know the format (assay_mutators.h); where
 * libFuzzer is absent, the library has a main() that replays files and folders. README.md: from nothing to the first
 * crash.
 *
 * Differential: your parser tells what it sees in a Data Set, the library reads the same bytes and compares.
 *
 *     static void look(const uint8_t* data, size_t size, assay_view* view) {
 *       ... for each element:        assay_view_element(view, group, element, "PN", value, length);
 *       ... for each sequence:       assay_view_begin_sequence(view, group, element, "SQ");
 *       ...   for each of its items: assay_view_begin_item(view); its elements; assay_view_end(view);
 *       ... its end:                 assay_view_end(view);
 *       ... cannot read on:          assay_view_reject(view, "length beyond the end");
 *     }
 *     static const assay_differential what = {ASSAY_FORMAT_FILE, "my parser", NULL, 0};
 *     ASSAY_DIFFERENTIAL_TARGET(what, look)
 *
 * Environment: ASSAY_DIFFERENTIAL=abort (default: a new disagreement is printed and ends the process, so that the
 * engine keeps the input) or collect:FOLDER (each kind is counted in FOLDER/clusters.tsv with its smallest input beside
 * it, and the run goes on); ASSAY_EXPLAINED=FILE instead of the target's own list of explained disagreements.
 */
#ifndef ASSAY_FUZZ_H
#define ASSAY_FUZZ_H

#include "assay_mutators.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What your parser saw, in the order in which it keeps it. Only valid during the call that got it. */
typedef struct assay_view assay_view;

/* No value was looked at, or only its length is known. */
#define ASSAY_UNKNOWN_LENGTH ((size_t)-1)

/* A Data Element that is no sequence. `vr`: its two letters; several by a slash where the parser leaves it open
 * ("OB/OW"); NULL when it does not know. `value` NULL: only the length is compared; length ASSAY_UNKNOWN_LENGTH: not
 * even that. */
void assay_view_element(assay_view* view, uint16_t group, uint16_t element, const char* vr, const void* value,
                        size_t length);
void assay_view_begin_sequence(assay_view* view, uint16_t group, uint16_t element, const char* vr);
void assay_view_begin_item(assay_view* view); /* inside a sequence */
/* Pixel Data in fragments (PS3.5 A.4); the first is the Basic Offset Table. */
void assay_view_begin_fragments(assay_view* view, uint16_t group, uint16_t element, const char* vr);
void assay_view_fragment(assay_view* view, const void* value, size_t length);
void assay_view_end(assay_view* view); /* of the sequence, item or fragments begun last and still open */
/* The parser refuses this input. `why` is short and the same for the same cause: it is part of the kind. What was told
 * before stays unused. May be said at any time, with containers still open. */
void assay_view_reject(assay_view* view, const char* why);

typedef void (*assay_reader)(const uint8_t* data, size_t size, assay_view* view);

enum {
  ASSAY_NATIVE_NUMBERS = 1,  /* values of numbers come in this machine's byte order, not in that of the input */
  ASSAY_WITHOUT_PADDING = 2, /* values come without trailing spaces and NULs */
  ASSAY_WITHOUT_META = 4     /* of a file, group 0002 is not told */
};

typedef struct assay_differential {
  enum assay_format format; /* ASSAY_FORMAT_FILE or one of the Data Sets */
  const char* product;      /* your parser's name, for reports */
  const char* explained;    /* a file of disagreements that have their explanation, or NULL */
  unsigned flags;
} assay_differential;

/* Reads the input with both and compares. Returns how many disagreements without explanation there are; in the mode
 * "abort" it does not return when there are any. A file is compared when it is one and its File Meta Information is
 * sound and names a registered Transfer Syntax (PS3.10 7.1): who reads broken ones has to guess, and each guesses
 * otherwise. */
size_t assay_differential_run(const assay_differential* what, const uint8_t* data, size_t size, assay_reader read);

/* What ASSAY_DIFFERENTIAL_TARGET uses instead of the mutators as they are: of a file it mostly leaves alone what stands
 * before the Data Set, and now and then writes the whole in another Transfer Syntax. */
size_t assay_differential_mutate(enum assay_format format, uint8_t* data, size_t size, size_t max_size, unsigned seed);
size_t assay_differential_cross_over(enum assay_format format, const uint8_t* first, size_t first_size,
                                     const uint8_t* second, size_t second_size, uint8_t* out, size_t max_size,
                                     unsigned seed);

#ifdef __cplusplus
}
#endif

#define ASSAY_FUZZ_TARGET(format, parse)                                 \
  ASSAY_CUSTOM_MUTATOR(format)                                           \
  ASSAY_C int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);  \
  ASSAY_C int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { \
    parse(data, size);                                                   \
    return 0;                                                            \
  }

#define ASSAY_DIFFERENTIAL_TARGET(what, read)                                                                         \
  ASSAY_C size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {            \
    return assay_differential_mutate((what).format, data, size, max_size, seed);                                      \
  }                                                                                                                   \
  ASSAY_C size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size, const uint8_t* second,            \
                                           size_t second_size, uint8_t* out, size_t max_size, unsigned int seed) {    \
    return assay_differential_cross_over((what).format, first, first_size, second, second_size, out, max_size, seed); \
  }                                                                                                                   \
  ASSAY_C int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);                                               \
  ASSAY_C int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {                                              \
    assay_differential_run(&(what), data, size, read);                                                                \
    return 0;                                                                                                         \
  }

#endif
