/* SPDX-License-Identifier: MIT
 *
 * in and out. Unicorn has them done without asking whether the guest may, so
 * that they must not come to run: code is searched for them when Unicorn
 * translates it, and the run ends before each that was found.
 */
#include "decode.h"

#include <string.h>

/* e4..e7, ec..ef, 6c..6f: of in, out, ins and outs, and of much else. */
static bool may_be_port(uint8_t byte)
{
    return (byte & 0xf4u) == 0xe4u || (byte & 0xfcu) == 0x6cu;
}

static bool has_such_a_byte(struct pvcpu *p, xm_vaddr va, uint32_t size)
{
    uint8_t code[15];

    for (uint32_t at = 0; at < size;) {
        const unsigned int n = pvcpu__read_code(p, va + at, code);

        for (unsigned int i = 0; i < n && at + i < size; i++)
            if (may_be_port(code[i]))
                return true;
        if (n == 0)
            break;
        at += n;
    }
    return false;
}

static bool is_port(const struct pvcpu_insn *d)
{
    switch (d->insn.mnemonic) {
    case ZYDIS_MNEMONIC_IN:
    case ZYDIS_MNEMONIC_OUT:
        return true;
    default:
        return pvcpu__is_string_port(d);
    }
}

static uint32_t find(const struct pvcpu *p, xm_vaddr va)
{
    uint32_t i = 0;

    while (i < p->nr_ports && p->port[i].at != va)
        i++;
    return i;
}

void pvcpu__on_new_block(uc_engine *uc, uc_tb *block, uc_tb *before,
                         void *context)
{
    struct pvcpu *p = context;
    const xm_vaddr end = block->pc + block->size;
    struct pvcpu_insn d;

    (void)uc;
    (void)before;
    if (p->returning || !has_such_a_byte(p, block->pc, block->size))
        return;
    for (xm_vaddr va = block->pc; va < end; va += d.insn.length) {
        if (!pvcpu__decode(p, va, &d))
            return;
        if (!is_port(&d) || find(p, va) < p->nr_ports)
            continue;
        p->port_block = block->pc;
        p->port_block_end = end;
        p->next_check = 0; /* it ends before it begins */
        return;
    }
}

/* Before the instruction. */
static void on_port(uc_engine *uc, uint64_t va, uint32_t size, void *context)
{
    struct pvcpu *p = context;

    (void)va;
    (void)size;
    if (p->exit == EXIT_NONE) /* a breakpoint comes first */
        p->exit = EXIT_PORT;
    (void)uc_emu_stop(uc);
}

static void forget(struct pvcpu *p, uint32_t i)
{
    (void)uc_hook_del(p->uc, p->port[i].hook);
    memmove(&p->port[i], &p->port[i + 1],
            (--p->nr_ports - i) * sizeof(p->port[0]));
}

static void add(struct pvcpu *p, xm_vaddr va)
{
    if (p->nr_ports == CPU_MAX_PORTS) {
        forget(p, 0);
        (void)uc_ctl_flush_tb(p->uc); /* that one will be found again */
    }
    p->port[p->nr_ports].at = va;
    if (uc_hook_add(p->uc, &p->port[p->nr_ports].hook, UC_HOOK_CODE,
                    (void *)on_port, p, va, va) == UC_ERR_OK)
        p->nr_ports++;
    else
        pvcpu__end(p, CPU_BROKEN, "Unicorn takes no more hooks");
}

void pvcpu__stop_at_ports(struct pvcpu *p)
{
    struct pvcpu_insn d;

    for (xm_vaddr va = p->port_block; va < p->port_block_end;
         va += d.insn.length) {
        if (!pvcpu__decode(p, va, &d))
            break;
        if (is_port(&d) && find(p, va) == p->nr_ports)
            add(p, va);
    }
    if (p->port_block_end) /* it was translated without them */
        (void)uc_ctl_remove_cache(p->uc, p->port_block, p->port_block_end);
    p->port_block_end = 0;
}

void pvcpu__at_port(struct pvcpu *p)
{
    const xm_vaddr rip = pvcpu__get(p, UC_X86_REG_RIP);
    const uint32_t i = find(p, rip);
    struct pvcpu_insn d;

    if (pvcpu__decode(p, rip, &d) && is_port(&d)) {
        pvcpu__emulate_privileged(p, 0);
        return;
    }
    if (i < p->nr_ports) /* there is other code now */
        forget(p, i);
    (void)uc_ctl_remove_cache(p->uc, rip, rip + 1);
}
