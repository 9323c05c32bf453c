/* SPDX-License-Identifier: MIT
 *
 * grant_table_op. What the guest has written into its grant table is said
 * before each, by what it means.
 */
#include "calls.h"

#include <string.h>
#include <xen/grant_table.h>

static const struct operation {
    const char *name;
    uint32_t list; /* where the address of a list of frames is, 0: nowhere */
} operations[] = {
    [GNTTABOP_map_grant_ref] = { "grant.map", 0 },
    [GNTTABOP_unmap_grant_ref] = { "grant.unmap", 0 },
    [GNTTABOP_setup_table] = { "grant.setup_table",
                               offsetof(struct gnttab_setup_table,
                                        frame_list) },
    [GNTTABOP_transfer] = { "grant.transfer", 0 },
    [GNTTABOP_copy] = { "grant.copy", 0 },
    [GNTTABOP_query_size] = { "grant.query_size", 0 },
    [GNTTABOP_unmap_and_replace] = { "grant.replace", 0 },
    [GNTTABOP_set_version] = { "grant.set_version", 0 },
    [GNTTABOP_get_status_frames] = { "grant.get_status_frames",
                                     offsetof(struct gnttab_get_status_frames,
                                              frame_list) },
    [GNTTABOP_get_version] = { "grant.get_version", 0 },
    [GNTTABOP_swap_grant_ref] = { "grant.swap", 0 },
    [GNTTABOP_cache_flush] = { "grant.cache_flush", 0 },
};

static const struct operation *operation_of(const struct record_call *c)
{
    const uint64_t op = c->arg[0];

    return op < sizeof(operations) / sizeof(operations[0]) &&
                   operations[op].name
               ? &operations[op]
               : NULL;
}

/* -- what is granted ----------------------------------------------------------
 */

static void put_frame_number(struct record *r, uint64_t mfn)
{
    if (!record__is_named(r, mfn)) {
        record__number(&r->out, mfn);
        return;
    }
    record__string(&r->out, "number ");
    record__put_frame(r, mfn);
}

/* FLAGS, a domain and a frame, each in its bits. */
static void put_entry_v1(struct record *r, unsigned int i, uint64_t word)
{
    const xm_domid domid = (xm_domid)(word >> 16);

    (void)i;
    if (!record__is_named(r, word >> 32)) {
        record__number(&r->out, word);
        return;
    }
    record__string(&r->out, "grant ");
    record__number(&r->out, word & 0xffff);
    record__char(&r->out, ' ');
    record__number(&r->out, domid == r->domid ? r->domain : domid);
    record__char(&r->out, ' ');
    record__put_frame(r, word >> 32);
}

/* Two words an entry: flags and domain, then a frame. */
static void put_entry_v2(struct record *r, unsigned int i, uint64_t word)
{
    if (i % 2)
        put_frame_number(r, word);
    else
        record__number(&r->out, word);
}

static void for_grant_frames(struct record *r,
                             void (*visit)(struct record *r, xm_mfn mfn,
                                           uint32_t version))
{
    struct xm_machine *m = r->cpu->machine;
    struct xm_domain *d = xm_domain_find(m, r->domid);
    const xm_mfn *frames = xm_grant_shared_frames(m, d);

    for (uint32_t i = 0; i < d->grant.nr_frames; i++)
        visit(r, frames[i], d->grant.version);
}

static void say_grants(struct record *r, xm_mfn mfn, uint32_t version)
{
    record__say_words(r, mfn, version == 2 ? put_entry_v2 : put_entry_v1);
}

/* Xen marks what is in use. */
static void note_grants(struct record *r, xm_mfn mfn, uint32_t version)
{
    (void)version;
    record__note_page(r, mfn);
}

/* -- the calls
 * ------------------------------------------------------------------ */

static void prepare_grant(struct record *r, struct record_call *c)
{
    const struct operation *op = operation_of(c);

    for_grant_frames(r, say_grants);
    if (op)
        record__read_list(r, c, c->arg[1], (uint32_t)c->arg[2],
                          record__call_info(op->name)->size);
}

static bool by_entry(struct record *r, uint32_t handle)
{
    const struct record_handle *h = record__handle(r, handle);

    return h && h->by_entry;
}

static enum record_term map_terms(struct record *r, const char *field,
                                  const uint8_t *element)
{
    struct gnttab_map_grant_ref map;

    (void)r;
    memcpy(&map, element, sizeof(map));
    if (strcmp(field, "host_addr") == 0)
        return map.flags & GNTMAP_contains_pte ? RECORD_MADDR : RECORD_VA;
    return strcmp(field, "dom") == 0            ? RECORD_DOMAIN
           : strcmp(field, "handle") == 0       ? RECORD_FRESH_HANDLE
           : strcmp(field, "dev_bus_addr") == 0 ? RECORD_MADDR
                                                : RECORD_NUMBER;
}

static enum record_term unmap_terms(struct record *r, const char *field,
                                    const uint8_t *element)
{
    struct gnttab_unmap_grant_ref unmap;

    memcpy(&unmap, element, sizeof(unmap));
    if (strcmp(field, "host_addr") == 0 || strcmp(field, "new_addr") == 0)
        return by_entry(r, unmap.handle) ? RECORD_MADDR : RECORD_VA;
    return strcmp(field, "handle") == 0         ? RECORD_HANDLE
           : strcmp(field, "dev_bus_addr") == 0 ? RECORD_MADDR
                                                : RECORD_NUMBER;
}

static enum record_term replace_terms(struct record *r, const char *field,
                                      const uint8_t *element)
{
    struct gnttab_unmap_and_replace replace;

    memcpy(&replace, element, sizeof(replace));
    if (strcmp(field, "host_addr") == 0)
        return by_entry(r, replace.handle) ? RECORD_MADDR : RECORD_VA;
    return strcmp(field, "handle") == 0     ? RECORD_HANDLE
           : strcmp(field, "new_addr") == 0 ? RECORD_VA
                                            : RECORD_NUMBER;
}

static enum record_term copy_terms(struct record *r, const char *field,
                                   const uint8_t *element)
{
    struct gnttab_copy copy;

    (void)r;
    memcpy(&copy, element, sizeof(copy));
    if (strcmp(field, "source") == 0)
        return copy.flags & GNTCOPY_source_gref ? RECORD_NUMBER : RECORD_FRAME;
    if (strcmp(field, "dest") == 0)
        return copy.flags & GNTCOPY_dest_gref ? RECORD_NUMBER : RECORD_FRAME;
    return strcmp(field, "source_dom") == 0 || strcmp(field, "dest_dom") == 0
               ? RECORD_DOMAIN
               : RECORD_NUMBER;
}

static enum record_term other_terms(struct record *r, const char *field,
                                    const uint8_t *element)
{
    (void)r;
    (void)element;
    return strcmp(field, "dom") == 0 || strcmp(field, "domid") == 0
               ? RECORD_DOMAIN
           : strcmp(field, "mfn") == 0          ? RECORD_FRAME
           : strcmp(field, "dev_bus_addr") == 0 ? RECORD_MADDR
                                                : RECORD_NUMBER;
}

static record_terms *terms_of(uint64_t op)
{
    return op == GNTTABOP_map_grant_ref       ? map_terms
           : op == GNTTABOP_unmap_grant_ref   ? unmap_terms
           : op == GNTTABOP_unmap_and_replace ? replace_terms
           : op == GNTTABOP_copy              ? copy_terms
                                              : other_terms;
}

/* The list of a setup_table, empty before and with frames after it. */
static void put_list(struct record *r, const struct operation *op,
                     const uint8_t *element, bool answer)
{
    xm_vaddr list;
    uint32_t nr;

    memcpy(&list, element + op->list, sizeof(list));
    memcpy(&nr,
           element +
               (op->list == offsetof(struct gnttab_setup_table, frame_list)
                    ? offsetof(struct gnttab_setup_table, nr_frames)
                    : offsetof(struct gnttab_get_status_frames, nr_frames)),
           sizeof(nr));
    if (nr == 0 || nr > RECORD_LIST)
        return;
    record__string(&r->out, " frame_list={");
    for (uint32_t i = 0; i < nr; i++) {
        uint64_t mfn = 0;

        record__string(&r->out, i ? ", " : "");
        if (answer && record__read(r, &mfn, list + i * 8, sizeof(mfn)) &&
            mfn != 0 && !record__is_named(r, mfn))
            record__name_extent(r, mfn, 0);
        record__put_term(r, RECORD_FRAME, mfn);
    }
    record__char(&r->out, '}');
}

static int16_t status_of(const struct pvt_call_info *info,
                         const uint8_t *element)
{
    for (uint32_t i = 0; i < PVT_CALL_FIELDS && info->fields[i].name; i++)
        if (strcmp(info->fields[i].name, "status") == 0)
            return (int16_t)record__field(&info->fields[i], element);
    return GNTST_okay;
}

static void note_mapped(struct record *r, const uint8_t *after)
{
    struct gnttab_map_grant_ref map;

    memcpy(&map, after, sizeof(map));
    if (map.status == GNTST_okay)
        record__name_handle(r, map.handle, map.flags & GNTMAP_contains_pte);
}

/* ELEMENTS: what they were, and are now behind them in the data. */
static void put_structures(struct record *r, const struct record_call *c,
                           uint32_t from, uint32_t to, const uint8_t *after,
                           int64_t rc)
{
    const struct operation *op = operation_of(c);
    const struct pvt_call_info *info = record__call_info(op->name);
    const uint8_t *before = record__data(r, c);

    record__who(r);
    record__string(&r->out, op->name);
    for (uint32_t i = from; i < to; i++) {
        record__string(&r->out, i == from ? "" : ",");
        record__put_fields(r, info, before + i * info->size,
                           terms_of(c->arg[0]));
        if (op->list)
            put_list(r, op, before + i * info->size, false);
        record__string(&r->out, " }");
    }
    record__put_answer(r, rc);
    for (uint32_t i = from; after && i < to; i++) {
        const uint8_t *x = after + i * info->size;

        if (c->arg[0] == GNTTABOP_map_grant_ref)
            note_mapped(r, x);
        record__string(&r->out, i == from ? "" : ",");
        record__put_changed(r, info, before + i * info->size, x,
                            terms_of(c->arg[0]));
        if (op->list && status_of(info, x) == GNTST_okay)
            put_list(r, op, x, true);
        record__string(&r->out, " }");
    }
    record__char(&r->out, '\n');
}

static void say_grant(struct record *r, struct record_call *c, int64_t rc)
{
    const struct operation *op = operation_of(c);
    const uint32_t size = op ? record__call_info(op->name)->size : 0;
    struct record_call answer = { .kind = c->kind };

    if (!op || c->count == 0 || c->count < c->asked) {
        record__put_note(r, c, rc,
                         c->count ? ": its arguments cannot be read" : "");
        if (c->count)
            record__stop(r, "a list of grants was done in part");
        return;
    }
    record__read_list(r, &answer, c->arg[1], c->count, size);
    for (uint32_t i = 0; i < c->count; i += RECORD_LIST / 8)
        put_structures(r, c, i,
                       c->count - i < RECORD_LIST / 8 ? c->count
                                                      : i + RECORD_LIST / 8,
                       rc == 0 ? record__data(r, &answer) : NULL, rc);
    for_grant_frames(r, note_grants);
}

const struct record_kind record__calls_grant[] = {
    { __HYPERVISOR_grant_table_op, "grant_table_op", prepare_grant, say_grant },
    { 0, NULL, NULL, NULL },
};
