/* SPDX-License-Identifier: MIT
 *
 * pinfold diff: the pages of a run by their names, in libc's hash table, and by
 * their frames, in chains: a frame may be several pages, one after the other,
 * of which the last counts. A big guest has tens of thousands.
 */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

bool diff_find_page(const struct diff_run *r, const char *name, size_t n,
                    uint32_t *page)
{
    char key[PVT_MAX_NAME + 1];
    ENTRY *found;

    if (r->nr_named == 0 || n >= sizeof(key))
        return false;
    memcpy(key, name, n);
    key[n] = '\0';
    if (!hsearch_r((ENTRY){ .key = key }, FIND, &found,
                   (struct hsearch_data *)&r->names))
        return false;
    *page = (uint32_t)(uintptr_t)found->data;
    return true;
}

static void drop_names(struct diff_run *r)
{
    if (r->names.table)
        hdestroy_r(&r->names);
    r->names = (struct hsearch_data){ .table = NULL };
    r->nr_named = r->nr_names = 0;
}

bool diff_name_pages(struct diff_run *r)
{
    /* It points to the names, which move with their list. */
    if (r->named != r->pages || r->nr_pages > r->nr_names) {
        drop_names(r);
        if (!hcreate_r(4 * (size_t)r->nr_pages + 4, &r->names))
            return false;
        r->named = r->pages;
        r->nr_names = 2 * r->nr_pages;
    }
    for (; r->nr_named < r->nr_pages; r->nr_named++) {
        const ENTRY entry = {
            .key = r->pages[r->nr_named].name,
            .data = (void *)(uintptr_t)r->nr_named,
        };
        ENTRY *entered;

        /* Of the same name, the first stays. */
        if (!hsearch_r(entry, ENTER, &entered, &r->names))
            return false;
    }
    return true;
}

static uint32_t *chain_of(const struct diff_run *r, xm_mfn mfn)
{
    return &r->chains[(mfn ^ mfn >> 32) & (r->nr_chains - 1)];
}

static uint32_t find_in_chain(const struct diff_run *r, uint32_t next,
                              xm_mfn mfn)
{
    while (next && r->pages[next - 1].mfn != mfn)
        next = r->pages[next - 1].next;
    return next - 1; /* UINT32_MAX of 0 */
}

uint32_t diff_page_at(const struct diff_run *r, xm_mfn mfn)
{
    return find_in_chain(r, *chain_of(r, mfn), mfn);
}

uint32_t diff_page_behind(const struct diff_run *r, uint32_t page)
{
    return find_in_chain(r, r->pages[page].next, r->pages[page].mfn);
}

bool diff_unplace_pages(struct diff_run *r)
{
    free(r->chains);
    for (r->nr_chains = 16; r->nr_chains < 2 * r->nr_pages;)
        r->nr_chains *= 2;
    r->chains = calloc(r->nr_chains, sizeof(*r->chains));
    for (uint32_t i = 0; i < r->nr_pages; i++)
        r->pages[i].known = false;
    return r->chains != NULL;
}

void diff_place_page(struct diff_run *r, uint32_t page, xm_mfn mfn)
{
    struct diff_page *p = &r->pages[page];
    uint32_t *at;

    if (p->known && p->mfn == mfn)
        return;
    if (p->known) {
        for (at = chain_of(r, p->mfn); *at != page + 1;)
            at = &r->pages[*at - 1].next;
        *at = p->next;
    }
    at = chain_of(r, mfn);
    p->next = *at;
    p->known = true;
    p->mfn = mfn;
    *at = page + 1;
}

void diff_free_pages(struct diff_run *r)
{
    drop_names(r);
    free(r->chains);
}
