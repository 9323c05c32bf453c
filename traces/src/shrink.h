/* SPDX-License-Identifier: MIT
 *
 * What the files of shrinking share.
 */
#ifndef TRACES_SRC_SHRINK_H
#define TRACES_SRC_SHRINK_H

#include <traces/shrink.h>

struct shrinking {
    const struct pvt_shrink *s;
    struct pvt_trace *t;
    uint32_t trials;
    bool stopped; /* enough, or no memory */
};

/* Does the trace, as it is now, still show it? */
bool shrink_holds(struct shrinking *s);

/*
 * COUNT elements from FIRST of an array of *N, SIZE bytes each, are left out
 * for good if that holds. DESTROY, if any, frees what one of them holds.
 */
bool shrink_without(struct shrinking *s, void *array, uint32_t *n, size_t size,
                    uint32_t first, uint32_t count, void (*destroy)(void *));

/* plainer.c: flags, owners, ranges. True: something is plainer. */
bool shrink_make_plainer(struct shrinking *s);

/* requests.c: of one call. True: some are gone. */
bool shrink_requests(struct shrinking *s, struct pvt_step *step);

#endif
