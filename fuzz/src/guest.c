/* SPDX-License-Identifier: MIT
 *
 * What a guest does itself: loads and stores, also of its user, privileged
 * instructions, any instruction that stores. And update_va_mapping anywhere.
 */
#include "guest.h"
#include "forms.h"
#include "grants.h"
#include "guards.h"
#include "values.h"

#include <inttypes.h>
#include <string.h>
#include <traces/trace.h>
#include <xen-decode/decode.h>

enum fz_act fz_act(const struct fz_op *op)
{
    return (enum fz_act)(op->cmd % FZ_NR_ACTS);
}

/* Value I behind the operation; NULL: it is not there. */
static const struct fz_op *value_at(const struct fz_op *ops,
                                    const struct fz_call *c, uint32_t i)
{
    return 1 + i < c->used ? &ops[1 + i] : NULL;
}

static bool is_address(const struct fz_op *value)
{
    return value && (value->who % FZ_NR_VALUES == FZ_NUMBER ||
                     value->who % FZ_NR_VALUES == FZ_WINDOW);
}

/* Anything else would be an exception that is not about tables. */
static bool is_accessible(xm_vaddr va)
{
    return va % 8 == 0 && (va >> 47 == 0 || va >> 47 == 0x1ffff);
}

/* Can a trace write that where an entry is wanted? */
static bool is_stored(const struct fz_op *value)
{
    switch (value ? value->who % FZ_NR_VALUES : FZ_NR_VALUES) {
    case FZ_NUMBER:
    case FZ_FRAME_NUMBER:
    case FZ_ENTRY:
    case FZ_GRANT_ENTRY:
    case FZ_HANDLE:
        return true;
    default:
        return false;
    }
}

static bool is_register(const struct fz_op *value)
{
    return value->cmd < PVT_NR_REGISTERS &&
           (is_stored(value) || is_address(value));
}

static bool resolve_instruction(const struct fz_world *w,
                                const struct fz_op *ops, struct fz_call *c)
{
    struct xm_insn insn;

    c->code = (struct pvt_code){ .length = 0 };
    for (uint32_t i = 1; i < c->used; i++) {
        const uint64_t value = fz_value(w, c->op.domid, &ops[i]);
        const uint32_t n = c->code.length + 8 <= PVT_MAX_CODE
                               ? 8
                               : PVT_MAX_CODE - c->code.length;

        if (ops[i].cmd == FZ_CODE_FIELD) {
            memcpy(c->code.code + c->code.length, &value, n);
            c->code.length += n;
        } else if (is_register(&ops[i]) &&
                   !(c->code.given & 1u << ops[i].cmd)) {
            c->code.registers[ops[i].cmd] = value;
            c->code.given |= 1u << ops[i].cmd;
        } else {
            return false;
        }
    }
    c->code.registers[PVT_FLAGS] &= XM_FLAGS_STATUS | XM_FLAG_DF;
    c->op.code = &c->code;
    if (xm_decode(c->code.code, c->code.length, &insn) != XM_DECODED)
        return false;
    c->code.length = insn.length;
    return true;
}

bool fz_resolve_guest(const struct fz_world *w, const struct fz_op *ops,
                      struct fz_call *c)
{
    static const enum pvt_call calls[FZ_NR_ACTS] = {
        [FZ_ACT_LOAD] = PVT_LOAD,
        [FZ_ACT_STORE] = PVT_STORE,
        [FZ_ACT_LOAD_SEGMENT] = PVT_LOAD_SEGMENT,
        [FZ_ACT_WRITE_CR3] = PVT_WRITE_CR3,
        [FZ_ACT_READ_CR3] = PVT_READ_CR3,
        [FZ_ACT_INVLPG] = PVT_INVLPG,
        [FZ_ACT_EXECUTE] = PVT_EXECUTE,
        [FZ_ACT_UPDATE_VA_MAPPING] = PVT_UPDATE_VA_MAPPING,
    };
    const struct fz_op *const first = value_at(ops, c, 0),
                              *const second = value_at(ops, c, 1),
                              *const third = value_at(ops, c, 2);
    const enum fz_act act = fz_act(ops);
    const bool accesses = act <= FZ_ACT_LOAD_SEGMENT;

    c->op.call = calls[act];
    c->op.user = accesses && (ops->mode & FZ_USER);
    c->op.unflushed = act <= FZ_ACT_STORE && (ops->mode & FZ_UNFLUSHED);
    c->op.va = is_address(first) ? fz_value(w, c->op.domid, first) : 0;
    switch (act) {
    case FZ_ACT_LOAD:
    case FZ_ACT_INVLPG:
        return is_address(first) && is_accessible(c->op.va);
    case FZ_ACT_STORE:
        c->op.val = is_stored(second) ? fz_value(w, c->op.domid, second) : 0;
        return is_address(first) && is_stored(second) &&
               is_accessible(c->op.va);
    case FZ_ACT_LOAD_SEGMENT:
        c->op.val = ops->slot;
        return true;
    case FZ_ACT_WRITE_CR3:
        c->op.val = is_stored(first) ? fz_value(w, c->op.domid, first) : 0;
        return is_stored(first);
    case FZ_ACT_UPDATE_VA_MAPPING:
        c->op.val = is_stored(second) ? fz_value(w, c->op.domid, second) : 0;
        c->op.flags = third ? fz_value(w, c->op.domid, third) : 0;
        return is_address(first) && is_stored(second);
    case FZ_ACT_EXECUTE:
        return resolve_instruction(w, ops, c);
    default: /* READ_CR3 */
        return true;
    }
}

static void print_stored(FILE *f, const struct fz_world *w,
                         const struct fz_call *c, const struct fz_op *value)
{
    const enum fz_value kind = value->who % FZ_NR_VALUES;
    char name[24];

    if (kind == FZ_ENTRY) {
        fputs(fz_frame_name(fz_frame(w, value->target), name), f);
        pvt_flags_print(f, fz_unpack_flags(value->flags));
        return;
    }
    if (kind == FZ_FRAME_NUMBER ||
        (kind == FZ_HANDLE && fz_knows_handle(w, c->op.domid, value)))
        fputs("number ", f);
    fz_print_field(f, w, c->op.domid, value);
}

static void print_instruction(FILE *f, const struct fz_world *w,
                              const struct fz_op *ops, const struct fz_call *c)
{
    fputs("execute \"", f);
    for (uint32_t i = 0; i < c->code.length; i++)
        fprintf(f, "%s%02x", i ? " " : "", c->code.code[i]);
    fputc('"', f);
    for (uint32_t i = 1; i < c->used; i++) {
        if (ops[i].cmd == FZ_CODE_FIELD)
            continue;
        fprintf(f, " %s=", pvt_register_name(ops[i].cmd));
        print_stored(f, w, c, &ops[i]);
    }
}

void fz_print_guest(FILE *f, const struct fz_world *w, const struct fz_op *ops,
                    const struct fz_call *c)
{
    static const char *const names[FZ_NR_ACTS] = {
        [FZ_ACT_LOAD] = "load",
        [FZ_ACT_STORE] = "store",
        [FZ_ACT_LOAD_SEGMENT] = "load_segment",
        [FZ_ACT_WRITE_CR3] = "write_cr3",
        [FZ_ACT_READ_CR3] = "read_cr3",
        [FZ_ACT_INVLPG] = "invlpg",
        [FZ_ACT_UPDATE_VA_MAPPING] = "update_va_mapping",
    };
    const enum fz_act act = fz_act(ops);

    if (act == FZ_ACT_EXECUTE) {
        print_instruction(f, w, ops, c);
        return;
    }
    fputs(names[act], f);
    if (act == FZ_ACT_LOAD_SEGMENT) {
        fprintf(f, " 0x%x", ops->slot);
    } else if (act != FZ_ACT_READ_CR3) {
        fputc(' ', f);
        print_stored(f, w, c, &ops[1]);
    }
    if (act == FZ_ACT_STORE || act == FZ_ACT_UPDATE_VA_MAPPING) {
        fputs(" := ", f);
        print_stored(f, w, c, &ops[2]);
    }
    if (act == FZ_ACT_UPDATE_VA_MAPPING) {
        const enum fz_fd fd = fz_fd(w, ops->fd & 15u);

        if (c->op.flags)
            fprintf(f, " flush=0x%" PRIx64, c->op.flags);
        if (fd != FZ_FD_NONE)
            fprintf(f, " fd=%s", fz_domain_text(fd));
    }
    fputs(c->op.user ? " user" : "", f);
    fputs(c->op.unflushed ? " unflushed" : "", f);
}
