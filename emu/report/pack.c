/* SPDX-License-Identifier: MIT
 *
 * A stream that packs what is written to it by gzip, for a page: in base64, of
 * which `base64 -d | zcat` makes the text again.
 */
#include "report.h"

#include <stdlib.h>
#include <zlib.h>

#define LINE_BYTES 57u /* 76 characters */

struct packing {
    FILE *f;
    z_stream z;
    uint8_t line[LINE_BYTES];
    unsigned int nr;
};

static void put_line(struct packing *p)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
                                 "stuvwxyz0123456789+/";

    for (unsigned int i = 0; i < p->nr; i += 3) {
        const unsigned int n = p->nr - i;
        const uint32_t bits = (uint32_t)p->line[i] << 16 |
                              (n > 1 ? (uint32_t)p->line[i + 1] << 8 : 0) |
                              (n > 2 ? (uint32_t)p->line[i + 2] : 0);

        putc(digits[bits >> 18], p->f);
        putc(digits[bits >> 12 & 63], p->f);
        putc(n > 1 ? digits[bits >> 6 & 63] : '=', p->f);
        putc(n > 2 ? digits[bits & 63] : '=', p->f);
    }
    putc('\n', p->f);
    p->nr = 0;
}

static int pack(struct packing *p, int flush)
{
    do {
        int rc;

        p->z.next_out = p->line + p->nr;
        p->z.avail_out = LINE_BYTES - p->nr;
        rc = deflate(&p->z, flush);
        p->nr = LINE_BYTES - p->z.avail_out;
        if (p->nr == LINE_BYTES || (rc == Z_STREAM_END && p->nr != 0))
            put_line(p);
        if (rc == Z_STREAM_END)
            break;
        if (rc == Z_STREAM_ERROR)
            return -1;
    } while (p->z.avail_in != 0 || flush == Z_FINISH || p->z.avail_out == 0);
    return ferror(p->f) ? -1 : 0;
}

static ssize_t write_some(void *cookie, const char *data, size_t size)
{
    struct packing *p = cookie;

    p->z.next_in = (Bytef *)data;
    p->z.avail_in = (uInt)size;
    return pack(p, Z_NO_FLUSH) == 0 ? (ssize_t)size : 0;
}

static int finish(void *cookie)
{
    struct packing *p = cookie;
    const int rc = pack(p, Z_FINISH);

    deflateEnd(&p->z);
    free(p);
    return rc;
}

FILE *report_pack(FILE *f)
{
    struct packing *p = calloc(1, sizeof(*p));
    FILE *packed = NULL;

    if (!p)
        return NULL;
    p->f = f;
    if (deflateInit2(&p->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 9,
                     Z_DEFAULT_STRATEGY) == Z_OK) {
        packed = fopencookie(
            p, "w",
            (cookie_io_functions_t){ .write = write_some, .close = finish });
        if (!packed)
            deflateEnd(&p->z);
    }
    if (!packed)
        free(p);
    return packed;
}
