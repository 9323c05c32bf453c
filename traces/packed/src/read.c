/* SPDX-License-Identifier: MIT
 *
 * Reading packed text. Any bytes may come, small ones that unpack to very much
 * among them: the text is limited, and so is what zstd itself allocates (a
 * window of 128 MiB, its own limit).
 *
 * The decoder is given exactly what it asks for, mostly a block, so that the
 * place of damage is known.
 */
#include <packed/packed.h>

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#define CHUNK 65536u

struct reader {
    FILE *f;
    struct packed_text *t;
    size_t max, room;
    uint64_t frame; /* where the one begins that is being read */
    char *why;
    size_t why_size;
};

static bool fail(struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(struct reader *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(r->why, r->why_size, format, args);
    va_end(args);
    return false;
}

bool packed_is(const void *bytes, size_t size)
{
    uint32_t magic;

    if (size < sizeof(magic))
        return false;
    memcpy(&magic, bytes, sizeof(magic));
    return magic == ZSTD_MAGICNUMBER ||
           (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

/* Room for more text; one byte above the limit shows that it is passed. */
static bool grow(struct reader *r)
{
    const size_t most = r->max + 1;
    size_t room = r->room ? 2 * r->room : CHUNK;
    char *bigger;

    if (r->t->length > r->max)
        return fail(r, "holds more than %zu MiB of text: split the trace",
                    r->max >> 20);
    if (r->t->length < r->room)
        return true;
    if (room > most)
        room = most;
    bigger = realloc(r->t->text, room);
    if (!bigger)
        return fail(r, "out of memory: free some");
    r->t->text = bigger;
    r->room = room;
    return true;
}

static bool damaged(struct reader *r, size_t code)
{
    const unsigned long long at = r->t->read;
    unsigned long long from = at;
    int n;

    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return fail(r,
                    "byte %llu: takes more than 128 MiB to unpack: pack it "
                    "again, without zstd's --long and --ultra",
                    at);
    case ZSTD_error_dictionary_wrong:
        return fail(r,
                    "byte %llu: was packed with a dictionary: pack it again, "
                    "without zstd's -D",
                    at);
    case ZSTD_error_memory_allocation:
        return fail(r, "out of memory: free some");
    default:
        break;
    }
    /* A checksum tells of its whole frame, everything else of a block. */
    if (ZSTD_getErrorCode(code) == ZSTD_error_checksum_wrong)
        from = r->frame;
    n = snprintf(r->why, r->why_size,
                 "byte %llu: the packed data from there on is damaged (%s): "
                 "copy the file again from where it was written",
                 from, ZSTD_getErrorName(code));
    if (from != 0 && n > 0 && (size_t)n < r->why_size)
        snprintf(r->why + n, r->why_size - (size_t)n,
                 ", or keep what comes before with head -c %llu", from);
    return false;
}

/* SIZE bytes of the file, unpacked; *HINT: what comes next, 0: maybe nothing.
 */
static bool unpack(struct reader *r, ZSTD_DCtx *d, const void *bytes,
                   size_t size, size_t *hint)
{
    ZSTD_inBuffer in = { bytes, size, 0 };
    ZSTD_outBuffer out;

    do {
        if (!grow(r))
            return false;
        out = (ZSTD_outBuffer){ r->t->text + r->t->length,
                                r->room - r->t->length, 0 };
        *hint = ZSTD_decompressStream(d, &out, &in);
        if (ZSTD_isError(*hint))
            return damaged(r, *hint);
        r->t->length += out.pos;
    } while (in.pos < in.size || (out.pos == out.size && *hint != 0));
    r->t->read += size;
    return true;
}

/* FIRST: the bytes that have told that it is packed. */
static bool read_packed(struct reader *r, const char *first, size_t size)
{
    ZSTD_DCtx *d = ZSTD_createDCtx();
    char *chunk = malloc(CHUNK);
    bool good = d && chunk;
    size_t hint = 0;

    if (good)
        good = unpack(r, d, first, size, &hint);
    else
        fail(r, "out of memory: free some");
    while (good) {
        size_t want = hint, n;

        if (want == 0) {
            want = ZSTD_initDStream(d);
            r->frame = r->t->read;
        }
        if (want > CHUNK)
            want = CHUNK;
        n = fread(chunk, 1, want, r->f);
        if (n == 0)
            break;
        good = unpack(r, d, chunk, n, &hint);
    }
    r->t->cut = hint != 0;
    free(chunk);
    ZSTD_freeDCtx(d);
    return good;
}

static bool read_plain(struct reader *r, const char *first, size_t size)
{
    size_t n = size;

    if (!grow(r))
        return false;
    memcpy(r->t->text, first, size);
    do {
        r->t->length += n;
        r->t->read += n;
        if (!grow(r))
            return false;
        n = fread(r->t->text + r->t->length, 1, r->room - r->t->length, r->f);
    } while (n != 0);
    return true;
}

bool packed_read(FILE *f, size_t max, struct packed_text *t, char *why,
                 size_t size)
{
    struct reader r = {
        .f = f, .t = t, .max = max, .why = why, .why_size = size
    };
    char first[4];
    const size_t n = fread(first, 1, sizeof(first), f);
    bool good;

    *t = (struct packed_text){ .length = 0 };
    good = packed_is(first, n) ? read_packed(&r, first, n)
                               : read_plain(&r, first, n);
    if (good && ferror(f))
        good = fail(&r, "cannot be read: %s", strerror(errno));
    if (!good) {
        free(t->text);
        t->text = NULL;
        t->length = 0;
    }
    return good;
}
