/* SPDX-License-Identifier: MIT
 *
 * The pages of a trace by their names, in libc's hash table. It points to the
 * names, which move when there is no room for more pages: then it is made anew.
 */
#include "parser.h"

bool names_find(const struct parser *p, const char *name, uint32_t *page)
{
    struct hsearch_data *names = (struct hsearch_data *)&p->names;
    const ENTRY wanted = { .key = (char *)name };
    ENTRY *found;

    if (p->nr_named == 0 || !hsearch_r(wanted, FIND, &found, names))
        return false;
    *page = (uint32_t)(uintptr_t)found->data;
    return true;
}

bool names_add(struct parser *p)
{
    const uint32_t n = p->t->nr_pages;

    /* As parse_grow() has it: at a power of two there was no room left. */
    if (((n - 1) & (n - 2)) == 0) {
        names_free(p);
        if (!hcreate_r(4 * (size_t)n, &p->names))
            return parse_fail(p, "out of memory: free some");
    }
    while (p->nr_named < n) {
        const ENTRY entry = {
            .key = p->t->pages[p->nr_named].name,
            .data = (void *)(uintptr_t)p->nr_named,
        };
        ENTRY *entered;

        if (!hsearch_r(entry, ENTER, &entered, &p->names))
            return parse_fail(p, "out of memory: free some");
        p->nr_named++;
    }
    return true;
}

void names_free(struct parser *p)
{
    if (p->names.table)
        hdestroy_r(&p->names);
    p->names = (struct hsearch_data){ .table = NULL };
    p->nr_named = 0;
}
