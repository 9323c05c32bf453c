/* SPDX-License-Identifier: MIT
 *
 * Packed kernels, by the libraries of those who have made the formats. All of
 * them may be followed by something else: in a bzImage by the size of what was
 * packed.
 */
#include "internal.h"

#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define LZ4_BLOCK (8u << 20) /* of the legacy format, unpacked, at most */
#define XZ_MEMORY (256u << 20)

/* What is being unpacked. */
struct output {
    struct loader *l;
    const char *by;
    uint8_t *bytes;
    size_t length, room;
};

static bool damaged(const struct output *o, size_t at, const char *how)
{
    return elf__fail(o->l,
                     "the kernel is packed by %s, and damaged at byte "
                     "0x%zx of that: %s",
                     o->by, at, how);
}

static bool too_large(const struct output *o)
{
    return elf__fail(o->l,
                     "the kernel is packed by %s and unpacks to more than "
                     "%zu MiB",
                     o->by, o->l->max >> 20);
}

/* Room for WANT bytes more, or for any if that is 0. */
static bool grow(struct output *o, size_t want)
{
    /* One byte more than allowed shows that there is more. */
    const size_t most = o->l->max + 1;
    size_t room = o->room ? 2 * o->room : 1u << 16;
    uint8_t *bigger;

    if (o->length > o->l->max || want > most - o->length)
        return too_large(o);
    if (o->length < o->room && o->room - o->length >= want)
        return true;
    if (room < o->length + want)
        room = o->length + want;
    if (room > most)
        room = most;
    bigger = realloc(o->bytes, room);
    if (!bigger)
        return elf__fail(o->l, "out of memory: free some");
    o->bytes = bigger;
    o->room = room;
    return true;
}

static bool unpack_gzip(struct output *o, const uint8_t *bytes, size_t size)
{
    z_stream z = { .next_in = (Bytef *)bytes, .avail_in = (uInt)size };
    bool good = true;
    int rc = Z_OK;

    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return elf__fail(o->l, "out of memory: free some");
    while (rc != Z_STREAM_END && good) {
        good = grow(o, 0);
        if (!good)
            break;
        z.next_out = o->bytes + o->length;
        z.avail_out = (uInt)(o->room - o->length);
        rc = inflate(&z, Z_NO_FLUSH);
        o->length = o->room - z.avail_out;
        /* No progress without an error: the input ends. */
        if (rc != Z_OK && rc != Z_STREAM_END)
            good = damaged(o, size - z.avail_in,
                           rc == Z_BUF_ERROR ? "it ends too early"
                           : z.msg           ? z.msg
                                             : "it makes no sense");
    }
    inflateEnd(&z);
    return good;
}

static bool unpack_xz(struct output *o, const uint8_t *bytes, size_t size)
{
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_ret rc = lzma_stream_decoder(&z, XZ_MEMORY, 0);
    bool good = rc == LZMA_OK;

    if (!good)
        return elf__fail(o->l, "out of memory: free some");
    z.next_in = bytes;
    z.avail_in = size;
    while (rc != LZMA_STREAM_END && good) {
        good = grow(o, 0);
        if (!good)
            break;
        z.next_out = o->bytes + o->length;
        z.avail_out = o->room - o->length;
        rc = lzma_code(&z, LZMA_RUN);
        o->length = o->room - z.avail_out;
        if (rc == LZMA_MEMLIMIT_ERROR)
            good = damaged(o, size - z.avail_in,
                           "it takes more than 256 MiB to unpack");
        else if (rc != LZMA_OK && rc != LZMA_STREAM_END)
            good = damaged(o, size - z.avail_in,
                           rc == LZMA_BUF_ERROR ? "it ends too early"
                                                : "it makes no sense");
    }
    lzma_end(&z);
    return good;
}

/* A magic number, and blocks with their sizes before them. */
static bool unpack_lz4(struct output *o, const uint8_t *bytes, size_t size)
{
    size_t at = 4;

    while (at < size) {
        uint32_t block;
        int n;

        if (size - at < sizeof(block))
            return damaged(o, at, "it ends too early");
        memcpy(&block, bytes + at, sizeof(block));
        if (size - at == sizeof(block) && block == (uint32_t)o->length)
            return true; /* the size of the whole, behind it */
        at += sizeof(block);
        if (block == 0 || block > size - at)
            return damaged(o, at, "a block reaches beyond its end");
        if (!grow(o, LZ4_BLOCK < o->l->max + 1 - o->length
                         ? LZ4_BLOCK
                         : o->l->max + 1 - o->length))
            return false;
        n = LZ4_decompress_safe(
            (const char *)bytes + at, (char *)o->bytes + o->length, (int)block,
            (int)(o->room - o->length < LZ4_BLOCK ? o->room - o->length
                                                  : LZ4_BLOCK));
        if (n < 0)
            return damaged(o, at, "a block makes no sense, or is too large");
        o->length += (size_t)n;
        at += block;
    }
    return true;
}

static bool unpack_zstd(struct output *o, const uint8_t *bytes, size_t size)
{
    ZSTD_DCtx *d = ZSTD_createDCtx();
    ZSTD_inBuffer in = { bytes, size, 0 };
    bool good = d != NULL;
    size_t left = 1;

    if (!good)
        elf__fail(o->l, "out of memory: free some");
    while (left != 0 && good) {
        ZSTD_outBuffer out;
        const size_t before = in.pos;

        good = grow(o, 0);
        if (!good)
            break;
        out = (ZSTD_outBuffer){ o->bytes + o->length, o->room - o->length, 0 };
        left = ZSTD_decompressStream(d, &out, &in);
        o->length += out.pos;
        if (ZSTD_isError(left))
            good = damaged(o, in.pos, ZSTD_getErrorName(left));
        else if (left != 0 && in.pos == before && out.pos == 0)
            good = damaged(o, in.pos, "it ends too early");
    }
    ZSTD_freeDCtx(d);
    return good;
}

static const struct {
    const char *by, *magic;
    size_t length;
    bool (*unpack)(struct output *o, const uint8_t *bytes, size_t size);
} formats[] = {
    { "gzip", "\x1f\x8b", 2, unpack_gzip },
    { "xz",
      "\xfd"
      "7zXZ",
      6, unpack_xz },
    { "lz4", "\x02\x21\x4c\x18", 4, unpack_lz4 },
    { "zstd", "\x28\xb5\x2f\xfd", 4, unpack_zstd },
    { "bzip2", "BZh", 3, NULL },
    { "lzma", "\x5d\x00\x00", 3, NULL },
    { "lzop", "\x89LZO", 4, NULL },
};

bool elf__unpack(struct loader *l, const uint8_t *bytes, size_t size)
{
    struct output o = { .l = l, .by = "nothing" };
    bool good = true;
    size_t i = 0;

    while (i < sizeof(formats) / sizeof(*formats) &&
           (size < formats[i].length ||
            memcmp(bytes, formats[i].magic, formats[i].length) != 0))
        i++;
    if (i < sizeof(formats) / sizeof(*formats)) {
        o.by = formats[i].by;
        if (!formats[i].unpack)
            return elf__fail(l,
                             "the kernel is packed by %s, which is not read "
                             "here: unpack it first",
                             o.by);
        good = formats[i].unpack(&o, bytes, size);
        if (good && o.length > l->max)
            good = too_large(&o);
    } else {
        good = size <= l->max
                   ? grow(&o, size)
                   : elf__fail(l, "is larger than %zu MiB", l->max >> 20);
        if (good)
            memcpy(o.bytes, bytes, size);
        o.length = size;
    }
    if (!good) {
        free(o.bytes);
        return false;
    }
    l->k->image = o.bytes;
    l->k->size = o.length;
    return true;
}
