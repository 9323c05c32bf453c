/* SPDX-License-Identifier: MIT
 *
 * Debug registers that stop. Unicorn has no such thing: while any vCPU has a
 * breakpoint enabled, a hook looks at each instruction before it runs and, if
 * data are watched, others at each access. Without one it costs nothing.
 * Mirrors do_debug() and what a processor does before it comes to that.
 *
 * A breakpoint in code stops before its instruction, unless that is resumed
 * with RF set. One on data stops behind the instruction that has accessed
 * them: what it was is kept until the next instruction.
 */
#include "decode.h"

#define FLAG_RF 0x10000ull
#define NOWHERE (~0ull)
#define DEBUG_TRAP 1u
#define DR7_ENABLES 0xffull
#define NR_BREAKPOINTS 4u

enum breakpoint { ON_CODE, ON_WRITE, ON_PORT, ON_ACCESS }; /* of DR7 */

static enum breakpoint kind(const struct domain_vcpu *v, unsigned int i)
{
    return v->debug[7] >> (16 + 4 * i) & 3;
}

static uint64_t bytes(const struct domain_vcpu *v, unsigned int i)
{
    static const uint8_t of[] = { 1, 2, 8, 4 };

    return of[v->debug[7] >> (18 + 4 * i) & 3];
}

static bool is_enabled(const struct domain_vcpu *v, unsigned int i)
{
    return v->debug[7] >> 2 * i & 3;
}

static bool watches(const struct domain_vcpu *v, unsigned int i)
{
    return is_enabled(v, i) &&
           (kind(v, i) == ON_WRITE || kind(v, i) == ON_ACCESS);
}

/* Those in code at VA; ALL: the ones that are not enabled, too. */
static uint32_t breaks_at(const struct domain_vcpu *v, xm_vaddr va, bool all)
{
    uint32_t found = 0;

    for (unsigned int i = 0; i < NR_BREAKPOINTS; i++)
        if ((all || is_enabled(v, i)) && kind(v, i) == ON_CODE &&
            v->debug[i] == va)
            found |= 1u << i;
    return found;
}

/* -- hooks ----------------------------------------------------------------- */

static bool is_iret(struct pvcpu *p, xm_vaddr va)
{
    struct pvcpu_insn d;

    return pvcpu__decode(p, va, &d) &&
           (d.insn.mnemonic == ZYDIS_MNEMONIC_IRET ||
            d.insn.mnemonic == ZYDIS_MNEMONIC_IRETD ||
            d.insn.mnemonic == ZYDIS_MNEMONIC_IRETQ);
}

/*
 * RF holds for one instruction. Unicorn may forget to clear it: so it counts
 * only where Xen has gone back to, or behind the guest's own iret.
 */
static bool is_resumed(struct pvcpu *p, xm_vaddr va)
{
    if (!(pvcpu__get(p, UC_X86_REG_RFLAGS) & FLAG_RF))
        return false;
    return p->debug.entered ? p->vcpu[p->current].resumes_at == va
                            : is_iret(p, p->debug.last);
}

static void on_code(uc_engine *uc, uint64_t va, uint32_t size, void *context)
{
    struct pvcpu *p = context;
    xm_vaddr *resumes_at = &p->vcpu[p->current].resumes_at;
    bool resumed = false;

    (void)size;
    if (p->returning)
        return;
    if (p->debug.hits || (breaks_at(pvcpu__domain_vcpu(p), va, false) &&
                          !(resumed = is_resumed(p, va)))) {
        p->exit = EXIT_DEBUG;
        (void)uc_emu_stop(uc);
        return;
    }
    if (!p->debug.entered)
        *resumes_at = resumed ? va : NOWHERE;
    p->debug.entered = false;
    p->debug.last = va;
}

/* By the place within its page; the address is not known here. */
static bool may_meet(uint64_t paddr, uint64_t size, xm_vaddr va, uint64_t n)
{
    const uint64_t mask = XM_PAGE_SIZE - 1;

    return ((va - paddr) & mask) < size || ((paddr - va) & mask) < n;
}

static void on_access(uc_engine *uc, uc_mem_type type, uint64_t paddr, int size,
                      int64_t value, void *context)
{
    struct pvcpu *p = context;
    const struct domain_vcpu *v = pvcpu__domain_vcpu(p);
    const bool write = type == UC_MEM_WRITE;

    (void)uc;
    (void)value;
    for (unsigned int i = 0; i < NR_BREAKPOINTS && !p->returning; i++) {
        const uint64_t n = bytes(v, i);
        const xm_vaddr va = v->debug[i] & ~(n - 1);

        if (watches(v, i) && (write || kind(v, i) == ON_ACCESS) &&
            may_meet(paddr, (uint64_t)size, va, n) &&
            pvcpu__accesses(p, pvcpu__get(p, UC_X86_REG_RIP), va, n, write))
            p->debug.hits |= 1u << i;
    }
    if (p->debug.hits)
        p->next_check = 0; /* the next block does not begin */
}

static void set_hook(struct pvcpu *p, enum pvcpu_debug_hook which, int type,
                     void *callback, bool wanted)
{
    if (p->debug.has[which] == wanted)
        return;
    if (!wanted)
        (void)uc_hook_del(p->uc, p->debug.hook[which]);
    else if (uc_hook_add(p->uc, &p->debug.hook[which], type, callback, p, 1,
                         0) != UC_ERR_OK)
        pvcpu__end(p, CPU_BROKEN, "Unicorn takes no more hooks");
    p->debug.has[which] = wanted;
    /* What has been translated does not know of it. */
    (void)uc_ctl_flush_tb(p->uc);
}

void pvcpu__follow_debug(struct pvcpu *p)
{
    const uint32_t n = xm_domain_find(p->c->machine, p->c->domid)->nr_vcpus;
    bool any = false, data = false;

    for (uint32_t i = 0; i < n; i++) {
        const struct domain_vcpu *v = &p->d->vcpu[i];

        any |= v->debug[7] & DR7_ENABLES;
        for (unsigned int k = 0; k < NR_BREAKPOINTS; k++)
            data |= watches(v, k);
    }
    set_hook(p, CPU_HOOK_CODE, UC_HOOK_CODE, (void *)on_code, any);
    set_hook(p, CPU_HOOK_ACCESS, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE,
             (void *)on_access, data);
}

/* -- #DB ------------------------------------------------------------------- */

void pvcpu__debug_trap(struct pvcpu *p, uint32_t bits)
{
    struct domain_vcpu *v = pvcpu__domain_vcpu(p);

    v->debug[6] |= bits | breaks_at(v, pvcpu__get(p, UC_X86_REG_RIP), true);
    pvcpu__inject(p, DEBUG_TRAP, CPU_NO_ERROR_CODE);
}

uint32_t pvcpu__port_breaks(struct pvcpu *p, uint32_t port, uint32_t size)
{
    const struct domain_vcpu *v = pvcpu__domain_vcpu(p);
    uint32_t found = 0;

    for (unsigned int i = 0; v->debug_extensions && i < NR_BREAKPOINTS; i++) {
        const uint64_t n = bytes(v, i), first = v->debug[i] & ~(n - 1);

        if ((v->debug_io >> 2 * i & 3) && first < port + size &&
            first + n > port)
            found |= 1u << i;
    }
    return found;
}

uint32_t pvcpu__take_hits(struct pvcpu *p)
{
    const uint32_t hits = p->debug.hits;

    p->debug.hits = 0;
    return hits;
}

/* An instruction that has faulted in the end has not been executed. */
bool pvcpu__debug_exit(struct pvcpu *p)
{
    bool behind;

    if (p->exit == EXIT_DEBUG) {
        pvcpu__debug_trap(p, pvcpu__take_hits(p));
        return true;
    }
    if (p->debug.hits == 0 || p->exit == EXIT_EXCEPTION)
        return false;
    behind = p->exit == EXIT_CHECK || p->exit == EXIT_PORT ||
             (p->exit == EXIT_NONE && (p->miss_access & XM_PF_FETCH));
    if (!behind) {
        p->debug.hits = 0;
        return false;
    }
    pvcpu__debug_trap(p, pvcpu__take_hits(p));
    return true;
}
