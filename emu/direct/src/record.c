/* SPDX-License-Identifier: MIT
 *
 * A run as a trace, written while it goes on: a program that dies leaves what
 * it has done so far. The guest's frames have names there, "x23" is pfn 0x23,
 * so that the trace runs on any machine. The agent that executes it on actual
 * Xen lies behind slot 511 of the L4 it runs on: that entry is put into each.
 *
 * What the guest stores into its own pages matters where they become tables:
 * before a call that names a page, what has changed in it is stored.
 */
#include "internal.h"

#include <packed/packed.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xen-model/pte.h>
#include <xen/memory.h>

#define CARRY_SLOT 511u
#define CARRY "d1.boot.l3 P RW US A"
#define SAID_ALREADY 1ull /* not what the page holds: it has to be stored */
#define MAX_CALLS 64u     /* of a list */
#define END "}\n"
#define BUFFER (1u << 20) /* what one call adds, at least */

static struct {
    FILE *f;
    bool packed;
    uint64_t **said; /* by pfn: the page as the trace has made it; NULL: zero */
    uint8_t *carries;
    bool stopped;
} rec;

static uint64_t pfn_of(xm_mfn mfn)
{
    const struct xm_frame *f = xm_machine_frame_const(direct.cpu.machine, mfn);
    uint64_t pfn;

    if (!f || f->owner != DIRECT_DOMID)
        return UINT64_MAX;
    pfn = *xm_machine_m2p(direct.cpu.machine, mfn);
    return pfn < direct.config.nr_pages ? pfn : UINT64_MAX;
}

static void put_frame(xm_mfn mfn)
{
    const uint64_t pfn = pfn_of(mfn);

    if (pfn != UINT64_MAX)
        fprintf(rec.f, "x%" PRIx64, pfn);
    else if (mfn ==
             xm_domain_find(direct.cpu.machine, DIRECT_DOMID)->shared_info)
        fputs("d1.shared_info", rec.f);
    else
        fprintf(rec.f, "mfn:0x%" PRIx64, mfn);
}

static void put_flags(uint64_t e)
{
    static const struct {
        uint64_t bit;
        const char *name;
    } names[] = {
        { XM_PTE_P, "P" },     { XM_PTE_RW, "RW" },   { XM_PTE_US, "US" },
        { XM_PTE_PWT, "PWT" }, { XM_PTE_PCD, "PCD" }, { XM_PTE_A, "A" },
        { XM_PTE_D, "D" },     { XM_PTE_PSE, "PSE" }, { XM_PTE_G, "G" },
        { 1ull << 63, "NX" },
    };
    uint64_t rest = e & ~XM_PTE_MFN_MASK;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!(rest & names[i].bit))
            continue;
        fprintf(rec.f, " %s", names[i].name);
        rest &= ~names[i].bit;
    }
    if (rest)
        fprintf(rec.f, " raw 0x%" PRIx64, rest);
}

static void put_entry(uint64_t e)
{
    const xm_mfn mfn = xm_pte_mfn(e);

    if (pfn_of(mfn) == UINT64_MAX && !(e & XM_PTE_P)) {
        fprintf(rec.f, "0x%" PRIx64, e);
        return;
    }
    put_frame(mfn);
    put_flags(e);
}

static uint64_t *said_of(uint64_t pfn)
{
    if (!rec.said[pfn])
        rec.said[pfn] = calloc(1, XM_PAGE_SIZE);
    if (!rec.said[pfn])
        abort();
    return rec.said[pfn];
}

/* Where the guest can write the frame; 0: nowhere. */
static xm_vaddr writable_at(xm_mfn mfn)
{
    for (const struct direct_region *r = direct.regions; r; r = r->next)
        for (unsigned int i = 0; i < XM_ENTRIES; i++)
            if ((r->seen[i] & XM_PTE_RW) && xm_pte_mfn(r->seen[i]) == mfn)
                return r->va + i * (xm_vaddr)XM_PAGE_SIZE;
    return 0;
}

static void say_content(xm_mfn mfn)
{
    const struct xm_frame *f = xm_machine_frame_const(direct.cpu.machine, mfn);
    const uint64_t pfn = pfn_of(mfn);
    const uint64_t *words;
    xm_vaddr va;

    /* A table changes by calls only, which the trace has. */
    if (pfn == UINT64_MAX ||
        (xm_pgt_level(f->type_info) && (f->type_info & XM_PGT_COUNT_MASK)))
        return;
    va = writable_at(mfn);
    words = xm_ram_frame(&direct.cpu, mfn);
    for (unsigned int i = 0; va != 0 && i < XM_ENTRIES; i++) {
        if (words[i] == said_of(pfn)[i])
            continue;
        said_of(pfn)[i] = words[i];
        fprintf(rec.f,
                "  d1.0: store 0x%" PRIx64 " := ", va + i * sizeof(uint64_t));
        put_entry(words[i]);
        fputs(" -> ok\n", rec.f);
    }
    /* The tables below it will be looked at, too. */
    for (unsigned int i = 0; va != 0 && i < XM_ENTRIES; i++)
        if (words[i] & XM_PTE_P)
            say_content(xm_pte_mfn(words[i]));
}

/* Of what was an L4, the trace's page holds more than the guest has put there.
 */
static void note_l4(uint64_t pfn)
{
    uint64_t *said = said_of(pfn);

    for (unsigned int i = XM_L4_XEN_FIRST; i <= XM_L4_XEN_LAST; i++)
        said[i] = SAID_ALREADY;
}

static void carry(xm_mfn mfn)
{
    const uint64_t pfn = pfn_of(mfn);

    if (pfn == UINT64_MAX || rec.carries[pfn])
        return;
    fprintf(rec.f, "  d1.0: mmu_update x%" PRIx64 "[%u] := " CARRY " -> 0\n",
            pfn, CARRY_SLOT);
    rec.carries[pfn] = 1;
    said_of(pfn)[CARRY_SLOT] = SAID_ALREADY;
}

static void stop(const char *why)
{
    if (!rec.stopped)
        fprintf(rec.f, "# The rest cannot be said: %s.\n", why);
    rec.stopped = true;
}

/* -- what a call names, before it is made ---------------------------------- */

struct call {
    uint64_t number, arg[6];
    union {
        struct mmu_update updates[512];
        struct mmuext_op ops[64];
    } u;
};

static void prepare_update(const struct mmu_update *u)
{
    if (u->val & XM_PTE_P)
        say_content(xm_pte_mfn(u->val));
}

static void prepare_op(const struct mmuext_op *op)
{
    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        say_content(op->arg1.mfn);
        break;
    case MMUEXT_NEW_BASEPTR:
        say_content(op->arg1.mfn);
        carry(op->arg1.mfn);
        break;
    default:
        break;
    }
}

static bool prepare(struct call *c)
{
    switch (c->number) {
    case __HYPERVISOR_mmu_update:
        if (c->arg[1] > 512 ||
            !direct__read_guest(c->u.updates, c->arg[0],
                                c->arg[1] * sizeof(c->u.updates[0])))
            return false;
        for (uint64_t i = 0; i < c->arg[1]; i++)
            prepare_update(&c->u.updates[i]);
        return true;
    case __HYPERVISOR_mmuext_op:
        if (c->arg[1] > 64 ||
            !direct__read_guest(c->u.ops, c->arg[0],
                                c->arg[1] * sizeof(c->u.ops[0])))
            return false;
        for (uint64_t i = 0; i < c->arg[1]; i++)
            prepare_op(&c->u.ops[i]);
        return true;
    case __HYPERVISOR_update_va_mapping:
        if (c->arg[1] & XM_PTE_P)
            say_content(xm_pte_mfn(c->arg[1]));
        return true;
    case __HYPERVISOR_vm_assist:
        return true;
    default:
        return false;
    }
}

/* -- the lines of a call, with its answer ---------------------------------- */

static void put_result(long rc)
{
    fprintf(rec.f, " -> %s%s\n", rc < 0 ? "-" : "", xm_errno_name((int)rc));
}

static void put_updates(const struct call *c, long rc)
{
    static const char *const commands[] = { "", "machphys ", "preserve_ad ",
                                            "no_translate " };
    const uint64_t n = c->arg[1];

    fputs("  d1.0: mmu_update", rec.f);
    fputs(n == 1 ? " " : " { ", rec.f);
    for (uint64_t i = 0; i < n; i++) {
        const struct mmu_update *u = &c->u.updates[i];

        fputs(i ? ",\n    " : "", rec.f);
        fputs(commands[u->ptr & 3], rec.f);
        put_frame(u->ptr >> XM_PAGE_SHIFT);
        if ((u->ptr & 3) == MMU_MACHPHYS_UPDATE) {
            fprintf(rec.f, " := 0x%" PRIx64, u->val);
            continue;
        }
        fprintf(rec.f, "[%" PRIu64 "] := ", (u->ptr & 0xfff) / 8);
        put_entry(u->val);
    }
    fputs(n == 1 ? "" : " }", rec.f);
    put_result(rc);
}

static void put_op(const struct mmuext_op *op)
{
    static const char *const frames[] = {
        [MMUEXT_PIN_L1_TABLE] = "pin L1 ",
        [MMUEXT_PIN_L2_TABLE] = "pin L2 ",
        [MMUEXT_PIN_L3_TABLE] = "pin L3 ",
        [MMUEXT_PIN_L4_TABLE] = "pin L4 ",
        [MMUEXT_UNPIN_TABLE] = "unpin ",
        [MMUEXT_NEW_BASEPTR] = "new_baseptr ",
        [MMUEXT_NEW_USER_BASEPTR] = "new_user_baseptr ",
        [MMUEXT_CLEAR_PAGE] = "clear_page ",
    };

    switch (op->cmd) {
    case MMUEXT_TLB_FLUSH_LOCAL:
        fputs("tlb_flush_local", rec.f);
        break;
    case MMUEXT_TLB_FLUSH_ALL:
        fputs("tlb_flush_all", rec.f);
        break;
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_ALL:
        fprintf(rec.f, "%s 0x%" PRIx64,
                op->cmd == MMUEXT_INVLPG_ALL ? "invlpg_all" : "invlpg_local",
                (uint64_t)op->arg1.linear_addr);
        break;
    default:
        if (op->cmd >= sizeof(frames) / sizeof(frames[0]) || !frames[op->cmd]) {
            fprintf(rec.f, "mmuext %u", op->cmd);
            break;
        }
        fputs(frames[op->cmd], rec.f);
        if (op->cmd == MMUEXT_NEW_USER_BASEPTR && op->arg1.mfn == 0)
            fputc('0', rec.f);
        else
            put_frame(op->arg1.mfn);
        break;
    }
}

static void put_ops(const struct call *c, long rc)
{
    const uint64_t n = c->arg[1];

    fputs(n == 1 ? "  d1.0: " : "  d1.0: mmuext { ", rec.f);
    for (uint64_t i = 0; i < n; i++) {
        fputs(i ? ", " : "", rec.f);
        put_op(&c->u.ops[i]);
    }
    fputs(n == 1 ? "" : " }", rec.f);
    put_result(rc);
    for (uint64_t i = 0; i < n; i++)
        if (c->u.ops[i].cmd == MMUEXT_PIN_L4_TABLE &&
            pfn_of(c->u.ops[i].arg1.mfn) != UINT64_MAX)
            note_l4(pfn_of(c->u.ops[i].arg1.mfn));
}

static void put_call(const struct call *c, long rc)
{
    switch (c->number) {
    case __HYPERVISOR_mmu_update:
        put_updates(c, rc);
        break;
    case __HYPERVISOR_mmuext_op:
        put_ops(c, rc);
        break;
    case __HYPERVISOR_update_va_mapping:
        fprintf(rec.f,
                "  d1.0: update_va_mapping 0x%" PRIx64 " := ", c->arg[0]);
        put_entry(c->arg[1]);
        if (c->arg[2])
            fprintf(rec.f, " flush=0x%" PRIx64, c->arg[2]);
        put_result(rc);
        break;
    default:
        fprintf(rec.f, "  d1.0: vm_assist cmd=%" PRIu64 " type=%" PRIu64,
                c->arg[0], c->arg[1]);
        put_result(rc);
        break;
    }
}

static struct call calls[MAX_CALLS];
static uint32_t nr_calls;
static xm_vaddr list; /* of the calls, 0: there is one, and no list */

static bool prepare_list(const uint64_t arg[6])
{
    struct multicall_entry e;

    if (arg[1] > MAX_CALLS)
        return false;
    list = arg[0];
    for (nr_calls = 0; nr_calls < arg[1]; nr_calls++) {
        struct call *c = &calls[nr_calls];

        if (!direct__read_guest(&e, list + nr_calls * sizeof(e), sizeof(e)))
            return false;
        c->number = e.op;
        memcpy(c->arg, e.args, sizeof(c->arg));
        if (!prepare(c))
            return false;
    }
    return true;
}

void direct__record_before(uint64_t number, const uint64_t arg[6])
{
    bool good;

    if (!rec.f || rec.stopped)
        return;
    list = 0;
    if (number == __HYPERVISOR_multicall) {
        good = prepare_list(arg);
    } else {
        calls[0].number = number;
        memcpy(calls[0].arg, arg, sizeof(calls[0].arg));
        nr_calls = 1;
        good = prepare(&calls[0]);
    }
    if (!good)
        stop("a hypercall that recordings do not have yet, or a list that "
             "cannot be read");
}

void direct__record_after(long rc)
{
    if (!rec.f || rec.stopped)
        return;
    for (uint32_t i = 0; i < nr_calls; i++) {
        struct multicall_entry e;

        if (list != 0) {
            if (rc != 0 ||
                !direct__read_guest(&e, list + i * sizeof(e), sizeof(e))) {
                stop("a list of calls that was refused");
                return;
            }
            rc = 0;
        }
        put_call(&calls[i], list ? (long)e.result : rc);
    }
    /* Whatever comes next, the file is a trace up to here. */
    if (!rec.packed)
        fputs(END, rec.f);
    fflush(rec.f);
    if (!rec.packed)
        fseek(rec.f, -(long)strlen(END), SEEK_CUR);
}

/* -- the beginning --------------------------------------------------------- */

static void put_table(uint32_t pfn, unsigned int level)
{
    const uint64_t kernel = XM_PTE_GUEST_KERNEL;
    uint64_t *said = said_of(pfn);

    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        uint64_t e = direct__page(pfn)[i];

        if (e == 0 ||
            (level == 4 && i >= XM_L4_XEN_FIRST && i <= XM_L4_XEN_LAST))
            continue;
        said[i] = e;
        if (e & kernel)
            e &= ~(kernel | XM_PTE_US);
        fprintf(rec.f, "  pte x%" PRIx32 "[%u] = ", pfn, i);
        put_entry(e);
        fputc('\n', rec.f);
    }
}

int direct__record_begin(const char *file, uint32_t tables, uint32_t nr_tables)
{
    const uint32_t n = direct.config.nr_pages;

    rec.packed = packed_is_name(file);
    rec.f = rec.packed ? packed_create(file) : fopen(file, "w");
    rec.said = calloc(n, sizeof(*rec.said));
    rec.carries = calloc(n, 1);
    rec.stopped = false;
    if (!rec.f || !rec.said || !rec.carries)
        return direct__fail("%s cannot be written", file);
    setvbuf(rec.f, NULL, _IOFBF, BUFFER);
    fputs("pvt 1\ntest recorded\n\"A guest's run.\"\n\ninit {\n"
          "  dom d1 unprivileged\n",
          rec.f);
    for (uint32_t pfn = 0; pfn < n; pfn++)
        fprintf(rec.f, "%sx%" PRIx32, pfn % 16 ? " " : "\n  page d1 ", pfn);
    fputc('\n', rec.f);
    for (uint32_t i = 0; i < nr_tables; i++)
        put_table(tables + i, i < 3 ? 4 - i : 1);
    fprintf(rec.f, "  pte x%" PRIx32 "[%u] = " CARRY "\n}\nrun {\n", tables,
            CARRY_SLOT);
    fprintf(rec.f,
            "  d1.0: pin L4 x%" PRIx32 " -> 0\n  d1.0: new_baseptr x%" PRIx32
            " -> 0\n",
            tables, tables);
    rec.carries[tables] = 1;
    note_l4(tables);
    return 0;
}

void direct__record_end(void)
{
    if (!rec.f)
        return;
    fputs(END, rec.f);
    fclose(rec.f);
    for (uint32_t i = 0; i < direct.config.nr_pages; i++)
        free(rec.said[i]);
    free(rec.said);
    free(rec.carries);
    rec.f = NULL;
}
