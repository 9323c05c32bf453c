/* SPDX-License-Identifier: MIT
 *
 * Writing packed text: a stream of libc's, whose buffer is packed, and its
 * block ended, whenever it is flushed.
 */
#include <packed/packed.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define LEVEL 3
/* Text of a frame. Each has a checksum, which tells of damage in it alone. */
#define FRAME (4u << 20)
#define OUT 65536u

struct writer {
    ZSTD_CCtx *c;
    FILE *to;
    bool owned;
    size_t in_frame; /* bytes of text so far */
    char out[OUT];
};

/* Packs SIZE bytes, and hands on all that comes of it. */
static bool pack(struct writer *w, const char *text, size_t size,
                 ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = { text, size, 0 };
    ZSTD_outBuffer out;
    size_t left;

    do {
        out = (ZSTD_outBuffer){ w->out, sizeof(w->out), 0 };
        left = ZSTD_compressStream2(w->c, &out, &in, how);
        if (ZSTD_isError(left)) {
            errno = EIO;
            return false;
        }
        if (fwrite(w->out, 1, out.pos, w->to) != out.pos)
            return false;
    } while (left != 0);
    return fflush(w->to) == 0;
}

static ssize_t write_text(void *cookie, const char *text, size_t size)
{
    struct writer *w = cookie;
    const bool full = w->in_frame + size >= FRAME;

    if (!pack(w, text, size, full ? ZSTD_e_end : ZSTD_e_flush))
        return 0;
    w->in_frame = full ? 0 : w->in_frame + size;
    return (ssize_t)size;
}

static int close_writer(void *cookie)
{
    struct writer *w = cookie;
    bool good = w->in_frame == 0 || pack(w, "", 0, ZSTD_e_end);

    if (w->owned)
        good &= fclose(w->to) == 0;
    ZSTD_freeCCtx(w->c);
    free(w);
    return good ? 0 : EOF;
}

static FILE *open_writer(FILE *to, bool owned)
{
    const cookie_io_functions_t functions = { .write = write_text,
                                              .close = close_writer };
    struct writer *w = calloc(1, sizeof(*w));
    FILE *f = NULL;

    if (w) {
        w->c = ZSTD_createCCtx();
        w->to = to;
        w->owned = owned;
    }
    if (w && w->c) {
        ZSTD_CCtx_setParameter(w->c, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(w->c, ZSTD_c_checksumFlag, 1);
        f = fopencookie(w, "w", functions);
    }
    if (!f) {
        if (w)
            ZSTD_freeCCtx(w->c);
        free(w);
        errno = ENOMEM;
    }
    return f;
}

bool packed_is_name(const char *file)
{
    const size_t length = strlen(file);

    return length > 4 && strcmp(file + length - 4, ".zst") == 0;
}

FILE *packed_create(const char *file)
{
    FILE *to = fopen(file, "wb"), *f;

    if (!to)
        return NULL;
    f = open_writer(to, true);
    if (!f) {
        const int error = errno;

        fclose(to);
        errno = error;
    }
    return f;
}

FILE *packed_into(FILE *f)
{
    return open_writer(f, false);
}
