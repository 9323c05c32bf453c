/* SPDX-License-Identifier: MIT
 *
 * Operations as lines of a trace.
 */
#include "decrease.h"
#include "forms.h"
#include "grants.h"
#include "guest.h"
#include "hypercalls.h"
#include "segments.h"

#include <fuzz/call.h>

#include <traces/trace.h>

#include <inttypes.h>
#include <xen-model/pte.h>

void fz_print_entry(FILE *f, const struct fz_world *w, const struct fz_op *op)
{
    const uint64_t flags = fz_unpack_flags(op->flags);
    const uint32_t place = fz_entry_frame(w, op);
    char name[24];

    if (fz_has_raw(op)) {
        pvt_number_print(f, fz_raw(op));
        return;
    }
    if (fz_has_descriptor(op)) {
        pvt_number_print(f, fz_descriptor(op));
        return;
    }
    if (fz_has_grant(op)) {
        fz_print_grant_entry(f, w, op);
        return;
    }
    if (place == FZ_ZERO) {
        pvt_number_print(f, flags);
        return;
    }
    fputs(fz_frame_name(place, name), f);
    pvt_flags_print(f, flags);
}

static void print_fd(FILE *f, const char *key, enum fz_fd fd)
{
    if (fd != FZ_FD_NONE)
        fprintf(f, " %s=%s", key, fz_domain_text(fd));
}

static void print_slot(FILE *f, const struct fz_world *w,
                       const struct fz_op *op)
{
    char name[24];

    fprintf(f, "%s[%u]", fz_frame_name(fz_frame(w, op->table), name),
            op->slot % XM_ENTRIES);
}

static void print_update(FILE *f, const struct fz_world *w,
                         const struct fz_op *op)
{
    static const char *const commands[] = { "", "cmd=1 ", "preserve_ad ",
                                            "no_translate " };

    fputs(commands[op->cmd & 3u], f);
    print_slot(f, w, op);
    fputs(" := ", f);
    fz_print_entry(f, w, op);
}

static void print_ext(FILE *f, const struct fz_world *w, const struct fz_op *op)
{
    static const char *const names[] = {
        [MMUEXT_PIN_L1_TABLE] = "pin L1",
        [MMUEXT_PIN_L2_TABLE] = "pin L2",
        [MMUEXT_PIN_L3_TABLE] = "pin L3",
        [MMUEXT_PIN_L4_TABLE] = "pin L4",
        [MMUEXT_UNPIN_TABLE] = "unpin",
        [MMUEXT_NEW_BASEPTR] = "new_baseptr",
        [MMUEXT_TLB_FLUSH_LOCAL] = "tlb_flush_local",
        [MMUEXT_INVLPG_LOCAL] = "invlpg_local",
        [MMUEXT_TLB_FLUSH_ALL] = "tlb_flush_all",
        [MMUEXT_INVLPG_ALL] = "invlpg_all",
        [MMUEXT_NEW_USER_BASEPTR] = "new_user_baseptr",
        [MMUEXT_SET_LDT] = "mmuext 13",
        [MMUEXT_CLEAR_PAGE] = "clear_page",
        [MMUEXT_COPY_PAGE] = "copy_page",
    };
    char name[24], address[40];
    const char *target = fz_frame_name(fz_frame(w, op->target), name);

    fputs(names[op->cmd], f);
    switch (op->cmd) {
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_TLB_FLUSH_ALL:
        break;
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_ALL:
        fprintf(f, " %s", fz_address_text(op, address));
        break;
    case MMUEXT_SET_LDT:
        fprintf(f, " %s %u", fz_address_text(op, address), fz_ldt_entries(op));
        break;
    case MMUEXT_COPY_PAGE:
        fprintf(f, " %s", target);
        fprintf(f, " %s", fz_frame_name(fz_frame(w, op->table), name));
        break;
    default:
        fprintf(f, " %s", target);
        break;
    }
}

static void print_batch(FILE *f, const struct fz_world *w,
                        const struct fz_op *ops, const struct fz_call *c)
{
    const bool updates = fz_op_kind(ops) == FZ_MMU_UPDATE;
    const enum fz_fd owner = fz_fd(w, ops->fd & 15u);
    /* The short forms of mmuext know no owner, but for pins. */
    const bool braces = c->used > 1 || (!updates && owner != FZ_FD_NONE &&
                                        ops->cmd > MMUEXT_UNPIN_TABLE);

    if (updates || braces) {
        fputs(updates ? "mmu_update" : "mmuext", f);
        print_fd(f, "fd", owner);
        if (updates)
            print_fd(f, "pt", fz_fd_of_tables(w, ops));
        fputs(braces ? " { " : " ", f);
    }
    for (uint32_t i = 0; i < c->used; i++) {
        fputs(i ? ", " : "", f);
        if (updates)
            print_update(f, w, &ops[i]);
        else
            print_ext(f, w, &ops[i]);
    }
    if (braces)
        fputs(" }", f);
    else if (!updates)
        print_fd(f, "fd", owner);
}

/* A value that may be an entry: by the name of its frame. */
static void print_value(FILE *f, const struct fz_world *w, uint64_t value)
{
    const uint32_t place =
        value & XM_PTE_P ? fz_place(w, xm_pte_mfn(value)) : FZ_NR_FRAMES;
    char name[24];

    if (place > FZ_NONEXISTENT) {
        fputs("value ", f);
        pvt_number_print(f, value);
        return;
    }
    fprintf(f, "value %s", fz_frame_name(place, name));
    pvt_flags_print(f, value & XM_PTE_FLAGS_MASK);
}

/* An entry of a frame with a name, or of another: these have other numbers on
 * other machines. */
static bool has_name(const struct fz_world *w, const struct pvt_outcome *out)
{
    return (out->value & XM_PTE_P) &&
           fz_place(w, xm_pte_mfn(out->value)) <= FZ_NONEXISTENT;
}

static bool is_of_frame(const struct fz_world *w, const struct pvt_outcome *out)
{
    return (out->value & XM_PTE_P) &&
           xm_pte_mfn(out->value) < fz_mfn(w, FZ_NONEXISTENT);
}

void fz_print_result(FILE *f, const struct fz_world *w, const struct fz_op *op,
                     const struct fz_call *c, const struct pvt_outcome *out,
                     const uint8_t *answer)
{
    const enum fz_kind kind = fz_op_kind(op);

    fputs(" -> ", f);
    if (out->vector == PVT_CRASH)
        fputs("crash", f);
    else if (out->vector)
        fprintf(f, "%s %u",
                out->vector == XM_EXCEPTION_PF   ? "fault"
                : out->vector == XM_EXCEPTION_NP ? "np"
                                                 : "gp",
                out->error_code);
    else if (c->op.call == PVT_LOAD &&
             (has_name(w, out) || (kind == FZ_LOAD && !is_of_frame(w, out))))
        print_value(f, w, out->value);
    else if (pvt_is_access(c->op.call))
        fputs("ok", f);
    else if (kind == FZ_CALL && out->rc > 0 &&
             fz_hypercall_tells_of_machine(op))
        fputs("any", f);
    else if (out->rc > 0)
        fprintf(f, "%" PRId64, out->rc);
    else
        fprintf(f, "%s%s", out->rc ? "-" : "", xm_errno_name((int)out->rc));
    if (out->why.rule != XM_R_NONE)
        fprintf(f, " by %s", xm_rule_info(out->why.rule)->id);
    if ((kind == FZ_GRANT_MAP || kind == FZ_GRANT_UNMAP) && out->rc == 0)
        fz_print_status(f, w, op, c, answer);
    if (kind == FZ_CALL)
        fz_print_answer(f, w, op, c, out->rc, answer);
    fputc('\n', f);
}

/* Traces do not say that: a comment for the reader. */
void fz_print_stops(FILE *f, const struct fz_call *c)
{
    if (c->delay != 0)
        fprintf(f, "  # a timer strikes after %" PRIu64 " ns", c->delay);
    else if (c->stops != 0)
        fprintf(f, "  # stops where Xen looks, up to %" PRIu32 " times",
                c->stops);
    else
        return;
    fprintf(f, "%s\n",
            c->op.number == __HYPERVISOR_multicall ? ", as a multicall" : "");
}

void fz_print_call(FILE *f, const struct fz_world *w, const struct fz_op *ops,
                   const struct fz_call *c)
{
    const enum fz_fd owner = fz_fd(w, ops->fd & 15u);
    char address[40];

    fprintf(f, "  d%u.%u: ", c->op.domid, c->op.vcpu);
    switch (fz_op_kind(ops)) {
    case FZ_MMU_UPDATE:
    case FZ_MMUEXT:
        print_batch(f, w, ops, c);
        break;
    case FZ_UPDATE_VA_MAPPING:
        fprintf(f, "update_va_mapping %s := ", fz_address_text(ops, address));
        fz_print_entry(f, w, ops);
        if (c->op.flags)
            fprintf(f, " flush=0x%" PRIx64, c->op.flags);
        print_fd(f, "fd", owner);
        break;
    case FZ_LOAD:
        fprintf(f, "load %s", fz_address_text(ops, address));
        break;
    case FZ_STORE:
        fprintf(f, "store %s := ", fz_address_text(ops, address));
        fz_print_entry(f, w, ops);
        break;
    case FZ_EXECUTE:
        fprintf(f, "execute \"%s\" rdi=", fz_form(ops->cmd)->text);
        fputs(fz_address_text(ops, address), f);
        fputs(" rax=", f);
        if (fz_form(ops->cmd)->takes == FZ_TAKES_FLAGS)
            pvt_number_print(f, fz_unpack_flags(ops->flags));
        else
            fz_print_entry(f, w, ops);
        fprintf(f, " rcx=%u", fz_form(ops->cmd)->takes == FZ_TAKES_COUNT);
        break;
    case FZ_VM_ASSIST:
        fprintf(f, "vm_assist cmd=%" PRIu64 " type=%" PRIu64, c->op.arg[0],
                c->op.arg[1]);
        break;
    case FZ_SET_GDT:
        fz_print_gdt(f, w, ops);
        break;
    case FZ_UPDATE_DESCRIPTOR:
        fz_print_descriptor(f, w, ops);
        break;
    case FZ_LOAD_SEGMENT:
        fprintf(f, "load_segment 0x%x", ops->slot);
        break;
    case FZ_DECREASE:
        fz_print_decrease(f, w, ops);
        break;
    case FZ_GRANT_MAP:
        fz_print_map(f, w, ops);
        break;
    case FZ_GRANT_UNMAP:
        fz_print_unmap(f, w, ops);
        break;
    case FZ_CALL:
        fz_print_hypercall(f, w, ops, c);
        break;
    case FZ_GUEST:
        fz_print_guest(f, w, ops, c);
        break;
    default: /* POKE is a line of init */
        break;
    }
}
