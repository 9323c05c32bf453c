/* SPDX-License-Identifier: MIT
 *
 * Names of frames and of handles. A frame has its name for as long as it is the
 * domain's; when Xen gives it out once more it is another frame.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

struct record_frame *record__frame(const struct record *r, xm_mfn mfn)
{
    return mfn < r->nr_frames ? &r->frames[mfn] : NULL;
}

bool record__is_named(const struct record *r, xm_mfn mfn)
{
    return mfn < r->nr_frames && r->frames[mfn].name != RECORD_NO_NAME;
}

/* What is in a frame that Xen gives out, nobody knows. */
static void name_frame(struct record *r, xm_mfn mfn)
{
    struct record_frame *f = &r->frames[mfn];

    f->name = RECORD_NEW | r->nr_new++;
    f->order = 0;
    if (!f->content)
        f->content = malloc(sizeof(*f->content));
    if (!f->content)
        abort();
    *f->content = (struct record_content){ .carries = false };
    memset(f->content->unknown, 0xff, sizeof(f->content->unknown));
}

void record__name_extent(struct record *r, xm_mfn mfn, unsigned int order)
{
    if (mfn + (1ull << order) > r->nr_frames)
        return;
    for (uint64_t i = 0; i < 1ull << order; i++)
        name_frame(r, mfn + i);
    r->frames[mfn].order = (uint8_t)order;
}

struct record_handle *record__handle(struct record *r, uint32_t handle)
{
    for (uint32_t i = 0; i < r->nr_handles; i++)
        if (r->handles[i].handle == handle)
            return &r->handles[i];
    return NULL;
}

void record__name_handle(struct record *r, uint32_t handle, bool by_entry)
{
    struct record_handle *h = record__handle(r, handle);

    if (!h) {
        h = realloc(r->handles, (r->nr_handles + 1u) * sizeof(*h));
        if (!h)
            abort();
        r->handles = h;
        h += r->nr_handles++;
    }
    *h = (struct record_handle){ handle, r->nr_values++, by_entry };
}
