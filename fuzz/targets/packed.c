/* SPDX-License-Identifier: MIT
 *
 * A fuzz target: the reader of packed traces. Any bytes are a file; what can
 * be unpacked is parsed, with what is missing at its end. Plain bytes are also
 * packed, as a recorder does, which must give them back: all of them, and of a
 * file that is cut off what was written first.
 */
#include "target.h"

#include <packed/packed.h>
#include <traces/trace.h>

#include <stdlib.h>
#include <string.h>

#define MAX_TEXT (1u << 20)

static bool read_bytes(const void *bytes, size_t size, struct packed_text *t)
{
    char why[200] = "";
    FILE *f = fmemopen((void *)bytes, size, "rb");
    bool good;

    if (!f)
        abort();
    good = packed_read(f, MAX_TEXT, t, why, sizeof(why));
    fclose(f);
    if (good ? t->length > MAX_TEXT || t->read != size : !why[0])
        abort(); /* every refusal has a reason */
    return good;
}

static void parse(const struct packed_text *t)
{
    struct pvt_error error;
    struct pvt_trace *trace =
        t->cut ? pvt_trace_parse_cut(t->text, t->length, &error)
               : pvt_trace_parse(t->text, t->length, &error);

    if (!trace && (error.line == 0 || error.column == 0 || !error.text[0]))
        abort();
    pvt_trace_free(trace);
}

static void there_and_back(const char *text, size_t size)
{
    char *packed = NULL;
    size_t length = 0, flushed;
    FILE *to = open_memstream(&packed, &length), *f = to ? packed_into(to) : to;
    struct packed_text t;

    if (!f)
        abort();
    fwrite(text, 1, size / 2, f);
    if (fflush(f) != 0)
        abort();
    flushed = length;
    fwrite(text + size / 2, 1, size - size / 2, f);
    if (fclose(f) != 0 || fclose(to) != 0 || !read_bytes(packed, length, &t))
        abort();
    if (t.cut || t.length != size || memcmp(t.text, text, size) != 0)
        abort();
    free(t.text);
    if (flushed > 0) {
        if (!read_bytes(packed, flushed, &t) || !t.cut || t.length < size / 2 ||
            memcmp(t.text, text, t.length) != 0)
            abort();
        free(t.text);
    }
    free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packed_text t;

    if (size == 0)
        return 0;
    if (read_bytes(data, size, &t)) {
        parse(&t);
        free(t.text);
    }
    if (!packed_is(data, size))
        there_and_back((const char *)data, size);
    return 0;
}
