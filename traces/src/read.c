/* SPDX-License-Identifier: MIT
 *
 * Reading a trace from its file, plain or packed.
 */
#include <traces/trace.h>

#include <packed/packed.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Says behind an error that it may be because of what is missing. */
static void add_cut(struct pvt_error *error, uint64_t at)
{
    const size_t used = strlen(error->text);

    snprintf(error->text + used, sizeof(error->text) - used,
             " (the file is cut off at byte %llu)", (unsigned long long)at);
}

/* A recording that goes on, or whose writer was killed, has room at its end. */
static void take_room_off(struct packed_text *text)
{
    const size_t length = text->length;

    while (text->length != 0 && text->text[text->length - 1] == 0)
        text->length--;
    if (text->length == length)
        return;
    text->cut = true;
    text->read = text->length;
}

struct pvt_trace *pvt_trace_read(const char *file, struct pvt_error *error)
{
    struct packed_text text;
    struct pvt_trace *t;
    FILE *f = fopen(file, "rb");
    bool good;

    *error = (struct pvt_error){ .line = 0 };
    if (!f) {
        snprintf(error->text, sizeof(error->text), "cannot be read: %s",
                 strerror(errno));
        return NULL;
    }
    good = packed_read(f, PACKED_MAX_TEXT, &text, error->text,
                       sizeof(error->text));
    fclose(f);
    if (!good)
        return NULL;
    take_room_off(&text);
    if (text.cut)
        t = pvt_trace_parse_cut(text.text, text.length, error);
    else
        t = pvt_trace_parse(text.text, text.length, error);
    if (t && text.cut)
        t->cut_at = text.read;
    else if (text.cut)
        add_cut(error, text.read);
    free(text.text);
    return t;
}
