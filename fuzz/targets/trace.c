/* SPDX-License-Identifier: MIT
 *
 * A fuzz target: the parser of traces. What it takes must print as a text that
 * parses to the same text again.
 */
#include "target.h"

#include <traces/trace.h>

#include <stdlib.h>
#include <string.h>

static char *print(const struct pvt_trace *t)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        abort();
    pvt_trace_print(f, t);
    fclose(f);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pvt_error error;
    struct pvt_trace *t = pvt_trace_parse((const char *)data, size, &error);
    struct pvt_trace *again;
    char *first, *second;

    if (!t) {
        if (error.line == 0 || error.column == 0 || !error.text[0])
            abort(); /* every refusal has a place and a reason */
        return 0;
    }
    first = print(t);
    again = pvt_trace_parse(first, strlen(first), &error);
    if (!again) {
        fprintf(stderr, "%u:%u: %s\n%s", error.line, error.column, error.text,
                first);
        abort();
    }
    second = print(again);
    if (strcmp(first, second) != 0)
        abort();
    free(first);
    free(second);
    pvt_trace_free(t);
    pvt_trace_free(again);
    return 0;
}
