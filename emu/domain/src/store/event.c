/* SPDX-License-Identifier: MIT
 *
 * Watches: who watches a path is told of changes there and below. They are kept
 * as: named relatively (1) | path, NUL | token, NUL.
 */
#include "store.h"

struct watch {
    struct text path, token;
    bool relative;
    uint32_t at, next;
};

static bool next_watch(const struct domain_store *s, uint32_t at,
                       struct watch *w)
{
    const uint8_t *p = &s->watches[at];

    if (at >= s->watch_bytes)
        return false;
    w->at = at;
    w->relative = p[0];
    w->path = domain__text((const char *)p + 1);
    w->token = domain__text((const char *)p + 1 + w->path.n + 1);
    w->next = at + 1 + w->path.n + 1 + w->token.n + 1;
    return true;
}

void domain__queue(struct domain_store *s, const struct xsd_sockmsg *header,
                   struct text a, struct text b)
{
    uint8_t *to = &s->queue[s->queued];

    __builtin_memcpy(to, header, sizeof(*header));
    to += sizeof(*header);
    if (a.n != 0)
        __builtin_memcpy(to, a.at, a.n);
    if (b.n != 0)
        __builtin_memcpy(to + a.n, b.at, b.n);
    s->queued += (uint32_t)sizeof(*header) + a.n + b.n;
}

static uint32_t fire(struct domain_store *s, const struct watch *w,
                     struct text path, xm_domid domid, bool emit)
{
    char home[32];
    uint8_t bytes[XENSTORE_ABS_PATH_MAX + 1];
    struct xsd_sockmsg header = { .type = XS_WATCH_EVENT };

    if (w->relative) {
        const uint32_t n = domain__home(domid, home);

        path = (struct text){ path.at + n, path.n - n };
    }
    header.len = path.n + 1 + w->token.n + 1;
    if (!emit)
        return (uint32_t)sizeof(header) + header.len;
    __builtin_memcpy(bytes, path.at, path.n);
    bytes[path.n] = '\0';
    domain__queue(s, &header, (struct text){ bytes, path.n + 1 },
                  (struct text){ w->token.at, w->token.n + 1 });
    return (uint32_t)sizeof(header) + header.len;
}

uint32_t domain__events(struct domain_store *s, struct text path, bool gone,
                        xm_domid domid, bool emit)
{
    uint32_t bytes = 0;
    struct watch w;

    for (uint32_t at = 0; next_watch(s, at, &w); at = w.next) {
        if (domain__is_below(w.path, path))
            bytes += fire(s, &w, path, domid, emit);
        else if (gone && domain__is_below(path, w.path))
            bytes += fire(s, &w, w.path, domid, emit);
    }
    return bytes;
}

static bool find_watch(const struct domain_store *s, struct text path,
                       struct text token, struct watch *w)
{
    for (uint32_t at = 0; next_watch(s, at, w); at = w->next)
        if (domain__same(w->path, path) && domain__same(w->token, token))
            return true;
    return false;
}

int domain__add_watch(struct domain_store *s, struct text path,
                      struct text token, bool relative)
{
    const uint32_t size = 1 + path.n + 1 + token.n + 1;
    uint8_t *to = &s->watches[s->watch_bytes];
    struct watch w;

    if (find_watch(s, path, token, &w))
        return XEN_EEXIST;
    if (s->nr_watches == DOMAIN_STORE_WATCHES ||
        s->watch_bytes + size > sizeof(s->watches))
        return XEN_ENOSPC;
    *to++ = relative;
    __builtin_memcpy(to, path.at, path.n);
    to[path.n] = '\0';
    to += path.n + 1;
    __builtin_memcpy(to, token.at, token.n);
    to[token.n] = '\0';
    s->watch_bytes += size;
    s->nr_watches++;
    return 0;
}

int domain__remove_watch(struct domain_store *s, struct text path,
                         struct text token)
{
    struct watch w;

    if (!find_watch(s, path, token, &w))
        return XEN_ENOENT;
    __builtin_memmove(&s->watches[w.at], &s->watches[w.next],
                      s->watch_bytes - w.next);
    s->watch_bytes -= w.next - w.at;
    s->nr_watches--;
    return 0;
}

void domain__first_event(struct domain_store *s, struct text path,
                         struct text token, bool relative, xm_domid domid)
{
    const struct watch w = { .token = token, .relative = relative };

    (void)fire(s, &w, path, domid, EMIT);
}
