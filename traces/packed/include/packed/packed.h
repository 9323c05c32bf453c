/* SPDX-License-Identifier: MIT
 *
 * Text that is stored packed by zstd. It is written so that a file which is cut
 * off anywhere, for its writer was killed, still gives what was written up to
 * the last flush; and read by what it holds, whatever its name is.
 */
#ifndef PACKED_PACKED_H
#define PACKED_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PACKED_MAX_TEXT (256u << 20) /* of a trace, unpacked */

struct packed_text {
    char *text; /* no 0 at its end */
    size_t length;
    bool cut;      /* the file ends before what was packed does */
    uint64_t read; /* bytes of the file */
};

/* These first bytes of a file say that it is packed. */
bool packed_is(const void *bytes, size_t size);

/*
 * Reads all of F, packed or plain, if that is at most MAX bytes of text. False:
 * why not, in WHY, which has SIZE bytes. The caller frees t->text.
 */
bool packed_read(FILE *f, size_t max, struct packed_text *t, char *why,
                 size_t size);

/* A file of this name is written packed. */
bool packed_is_name(const char *file);

/*
 * A stream that packs what is written to it into FILE; NULL and errno as from
 * fopen(). What was written before an fflush() can be read from the file,
 * whatever happens afterwards.
 */
FILE *packed_create(const char *file);

/* The same into F, which is not closed with it. */
FILE *packed_into(FILE *f);

#endif
