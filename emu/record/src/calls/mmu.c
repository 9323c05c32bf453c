/* SPDX-License-Identifier: MIT
 *
 * The calls that change entries: mmu_update, update_va_mapping.
 */
#include "calls.h"

#include <string.h>

#define PT_OWNER_SHIFT 16
#define COMMAND 3u /* in ptr; what has more is refused */

static xm_mfn table_of(const struct mmu_update *u)
{
    return u->ptr >> XM_PAGE_SHIFT;
}

static unsigned int slot_of(const struct mmu_update *u)
{
    return (u->ptr & (XM_PAGE_SIZE - 1)) / 8;
}

static void prepare_updates(struct record *r, struct record_call *c)
{
    record__read_list(r, c, c->arg[0], (uint32_t)c->arg[1] & ~XM_PREEMPTED,
                      sizeof(struct mmu_update));
    for (uint32_t i = 0; i < c->count; i++) {
        const struct mmu_update *u =
            (struct mmu_update *)record__data(r, c) + i;
        const unsigned int level = record__live_level(r, table_of(u));

        /* A table of the level below becomes one. */
        if (level > 1 && (u->val & XM_PTE_P))
            record__say_content(r, xm_pte_mfn(u->val), level - 1);
    }
}

static void put_owner(struct record *r, const char *name, xm_domid domid)
{
    record__string(&r->out, name);
    record__put_domain(r, domid);
}

static void put_update(struct record *r, const struct mmu_update *u)
{
    static const char *const commands[] = { "", "machphys ", "preserve_ad ",
                                            "no_translate " };
    const unsigned int level = record__live_level(r, table_of(u));

    if ((u->ptr & 7) > COMMAND) {
        record__string(&r->out, "cmd=");
        record__decimal(&r->out, u->ptr & 7);
        record__char(&r->out, ' ');
    } else {
        record__string(&r->out, commands[u->ptr & 3]);
    }
    record__put_frame(r, table_of(u));
    if ((u->ptr & 7) == MMU_MACHPHYS_UPDATE) {
        record__string(&r->out, " := ");
        record__number(&r->out, u->val);
        return;
    }
    record__char(&r->out, '[');
    record__decimal(&r->out, record__slot(r, level, slot_of(u)));
    record__string(&r->out, "] := ");
    record__put_entry(r, u->val);
}

static void note_update(struct record *r, const struct mmu_update *u,
                        int64_t rc)
{
    /* Of a list that was refused, what is in tables is known. */
    if ((u->ptr & 7) != MMU_MACHPHYS_UPDATE &&
        (rc == 0 || record__live_level(r, table_of(u)) != 0))
        record__note_word(r, table_of(u), slot_of(u));
}

static void put_updates(struct record *r, const struct record_call *c,
                        uint32_t from, uint32_t to, int64_t rc)
{
    const struct mmu_update *u = record__data(r, c);
    const uint32_t foreign = (uint32_t)c->arg[3];
    const char *separator = to - from == 1 ? " " : " { ";

    record__who(r);
    record__string(&r->out, "mmu_update");
    if ((foreign & 0xffff) != DOMID_SELF)
        put_owner(r, " fd=", (xm_domid)foreign);
    if (foreign >> PT_OWNER_SHIFT)
        put_owner(r, " pt=", (xm_domid)((foreign >> PT_OWNER_SHIFT) - 1));
    for (uint32_t i = from; i < to; i++) {
        record__string(&r->out, separator);
        put_update(r, &u[i]);
        separator = ",\n    ";
    }
    record__string(&r->out, to - from == 1 ? "" : " }");
    record__put_result(r, rc);
}

static void say_updates(struct record *r, struct record_call *c, int64_t rc)
{
    const bool reached = c->count < c->asked && rc == -XEN_EFAULT;
    const int64_t last = reached ? 0 : rc;

    if (c->count == 0) {
        record__put_note(r, c, rc, "");
        return;
    }
    if (last != 0 && c->count > RECORD_UPDATES) {
        record__stop(r, "an mmu_update of more than 512 requests was refused, "
                        "and how far it came is not known");
        return;
    }
    for (uint32_t i = 0; i < c->count; i += RECORD_UPDATES)
        put_updates(r, c, i,
                    c->count - i < RECORD_UPDATES ? c->count
                                                  : i + RECORD_UPDATES,
                    last);
    if (last != rc)
        record__put_note(r, c, rc, ": the next request cannot be read");
    for (uint32_t i = 0; i < c->count; i++)
        note_update(r, (struct mmu_update *)record__data(r, c) + i, last);
}

static void say_va_mapping(struct record *r, struct record_call *c, int64_t rc)
{
    const bool masked = c->arg[2] >> 3 != 0;
    const int64_t entry_rc = masked && rc == -XEN_EFAULT ? 0 : rc;
    struct xm_walk w;

    record__who(r);
    record__string(&r->out, "update_va_mapping ");
    record__put_va(r, c->arg[0]);
    record__string(&r->out, " := ");
    record__put_entry(r, c->arg[1]);
    if (c->arg[2]) {
        /* Which vCPUs are flushed is of no concern to memory. */
        record__string(&r->out, " flush=");
        record__number(&r->out,
                       masked ? (c->arg[2] & UVMF_FLUSHTYPE_MASK) | UVMF_ALL
                              : c->arg[2]);
    }
    if (c->number == __HYPERVISOR_update_va_mapping_otherdomain)
        put_owner(r, " fd=", (xm_domid)c->arg[3]);
    record__put_result(r, entry_rc);
    if (entry_rc != rc)
        record__put_note(r, c, rc, ": the mask of vCPUs cannot be read");
    w = xm_walk(r->cpu, c->arg[0], 0);
    if (entry_rc == 0 && w.level == 1)
        record__note_word(r, w.table[1], xm_va_index(c->arg[0], 1));
}

const struct record_kind record__calls_mmu[] = {
    { __HYPERVISOR_mmu_update, "mmu_update", prepare_updates, say_updates },
    { __HYPERVISOR_mmuext_op, "mmuext_op", record__prepare_mmuext,
      record__say_mmuext },
    { __HYPERVISOR_update_va_mapping, "update_va_mapping", NULL,
      say_va_mapping },
    { __HYPERVISOR_update_va_mapping_otherdomain,
      "update_va_mapping_otherdomain", NULL, say_va_mapping },
    { 0, NULL, NULL, NULL },
};
