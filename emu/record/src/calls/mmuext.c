/* SPDX-License-Identifier: MIT
 *
 * mmuext_op, all commands.
 */
#include "calls.h"

enum argument { NONE, FRAME, FRAME_OR_0, VA };

static const struct command {
    const char *name; /* NULL: it is said by its number */
    enum argument arg1, arg2;
    unsigned int level; /* of the table that it makes of its frame */
} commands[] = {
    [MMUEXT_PIN_L1_TABLE] = { "pin L1", FRAME, NONE, 1 },
    [MMUEXT_PIN_L2_TABLE] = { "pin L2", FRAME, NONE, 2 },
    [MMUEXT_PIN_L3_TABLE] = { "pin L3", FRAME, NONE, 3 },
    [MMUEXT_PIN_L4_TABLE] = { "pin L4", FRAME, NONE, 4 },
    [MMUEXT_UNPIN_TABLE] = { "unpin", FRAME, NONE, 0 },
    [MMUEXT_NEW_BASEPTR] = { "new_baseptr", FRAME, NONE, 4 },
    [MMUEXT_TLB_FLUSH_LOCAL] = { "tlb_flush_local", NONE, NONE, 0 },
    [MMUEXT_INVLPG_LOCAL] = { "invlpg_local", VA, NONE, 0 },
    /* Which vCPUs are flushed is of no concern to memory, but see below. */
    [MMUEXT_TLB_FLUSH_MULTI] = { "tlb_flush_all", NONE, NONE, 0 },
    [MMUEXT_INVLPG_MULTI] = { "invlpg_all", VA, NONE, 0 },
    [MMUEXT_TLB_FLUSH_ALL] = { "tlb_flush_all", NONE, NONE, 0 },
    [MMUEXT_INVLPG_ALL] = { "invlpg_all", VA, NONE, 0 },
    [MMUEXT_FLUSH_CACHE] = { "flush_cache", NONE, NONE, 0 },
    [MMUEXT_SET_LDT] = { "mmuext 13", VA, NONE, 0 },
    [MMUEXT_NEW_USER_BASEPTR] = { "new_user_baseptr", FRAME_OR_0, NONE, 4 },
    [MMUEXT_CLEAR_PAGE] = { "clear_page", FRAME, NONE, 0 },
    [MMUEXT_COPY_PAGE] = { "copy_page", FRAME, FRAME, 0 },
    [MMUEXT_FLUSH_CACHE_GLOBAL] = { "flush_cache_global", NONE, NONE, 0 },
    [MMUEXT_MARK_SUPER] = { "mark_super", FRAME, NONE, 0 },
    [MMUEXT_UNMARK_SUPER] = { "unmark_super", FRAME, NONE, 0 },
};

/* Those whose set of vCPUs cannot be read are refused. */
static bool has_bad_mask(const struct record *r, const struct mmuext_op *op)
{
    uint64_t word;

    return (op->cmd == MMUEXT_TLB_FLUSH_MULTI ||
            op->cmd == MMUEXT_INVLPG_MULTI) &&
           !record__read(r, &word, op->arg2.src_mfn, sizeof(word));
}

static const struct command *command_of(const struct record *r,
                                        const struct mmuext_op *op)
{
    static const struct command unknown = { NULL, FRAME, NONE, 0 };
    static const struct command refused[] = {
        { "tlb_flush_multi", NONE, VA, 0 },
        { "invlpg_multi", VA, VA, 0 },
    };

    if (has_bad_mask(r, op))
        return &refused[op->cmd == MMUEXT_INVLPG_MULTI];
    return op->cmd < sizeof(commands) / sizeof(commands[0]) &&
                   commands[op->cmd].name
               ? &commands[op->cmd]
               : &unknown;
}

static void say_ldt(struct record *r, const struct mmuext_op *op)
{
    const uint64_t bytes = (uint64_t)op->arg2.nr_ents * 8;

    for (uint64_t at = 0; at < bytes && at < 16 * XM_PAGE_SIZE;
         at += XM_PAGE_SIZE) {
        const struct xm_walk w = xm_walk(r->cpu, op->arg1.linear_addr + at, 0);

        if (w.ok && !w.m2p)
            record__say_content(r, w.mfn, 0);
    }
}

void record__prepare_mmuext(struct record *r, struct record_call *c)
{
    record__read_list(r, c, c->arg[0], (uint32_t)c->arg[1] & ~XM_PREEMPTED,
                      sizeof(struct mmuext_op));
    for (uint32_t i = 0; i < c->count; i++) {
        const struct mmuext_op *op = (struct mmuext_op *)record__data(r, c) + i;
        const unsigned int level = command_of(r, op)->level;

        if (level != 0)
            record__say_content(r, op->arg1.mfn, level);
        if (op->cmd == MMUEXT_NEW_BASEPTR)
            record__carry(r, op->arg1.mfn);
        if (op->cmd == MMUEXT_SET_LDT)
            say_ldt(r, op);
    }
}

static void put_argument(struct record *r, enum argument kind, uint64_t value)
{
    if (kind == NONE)
        return;
    record__char(&r->out, ' ');
    if (kind == VA)
        record__put_va(r, value);
    else if (kind == FRAME_OR_0 && value == 0)
        record__char(&r->out, '0');
    else
        record__put_frame(r, value);
}

static void put_op(struct record *r, const struct mmuext_op *op)
{
    const struct command *k = command_of(r, op);

    if (k->name) {
        record__string(&r->out, k->name);
    } else {
        record__string(&r->out, "mmuext ");
        record__decimal(&r->out, op->cmd);
    }
    put_argument(r, k->arg1, op->arg1.mfn);
    put_argument(r, k->arg2, op->arg2.src_mfn);
    if (op->cmd == MMUEXT_SET_LDT) {
        record__char(&r->out, ' ');
        record__number(&r->out, op->arg2.nr_ents);
    }
}

static void put_ops(struct record *r, const struct record_call *c,
                    uint32_t from, uint32_t to, int64_t rc)
{
    const struct mmuext_op *op = record__data(r, c);
    const xm_domid foreign = (xm_domid)c->arg[3];
    const bool other = foreign != DOMID_SELF;
    const bool list = to - from > 1 || other;

    record__who(r);
    record__string(&r->out, list ? "mmuext" : "");
    if (other) {
        record__string(&r->out, " fd=");
        record__put_domain(r, foreign);
    }
    record__string(&r->out, list ? " { " : "");
    for (uint32_t i = from; i < to; i++) {
        record__string(&r->out, i == from ? "" : ", ");
        put_op(r, &op[i]);
    }
    record__string(&r->out, list ? " }" : "");
    record__put_result(r, rc);
}

static void note_op(struct record *r, const struct mmuext_op *op)
{
    if (op->cmd == MMUEXT_CLEAR_PAGE)
        record__note_cleared(r, op->arg1.mfn);
    else if (op->cmd == MMUEXT_COPY_PAGE)
        record__note_copy(r, op->arg1.mfn, op->arg2.src_mfn);
}

void record__say_mmuext(struct record *r, struct record_call *c, int64_t rc)
{
    const bool reached = c->count < c->asked && rc == -XEN_EFAULT;
    const int64_t last = reached ? 0 : rc;

    if (c->count == 0) {
        record__put_note(r, c, rc, "");
        return;
    }
    if (last != 0 && c->count > RECORD_OPS) {
        record__stop(r, "an mmuext_op of more than 128 operations was refused, "
                        "and how far it came is not known");
        return;
    }
    for (uint32_t i = 0; i < c->count; i += RECORD_OPS)
        put_ops(r, c, i, c->count - i < RECORD_OPS ? c->count : i + RECORD_OPS,
                last);
    if (last != rc)
        record__put_note(r, c, rc, ": the next operation cannot be read");
    for (uint32_t i = 0; last == 0 && i < c->count; i++)
        note_op(r, (struct mmuext_op *)record__data(r, c) + i);
}
