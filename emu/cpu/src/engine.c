/* SPDX-License-Identifier: MIT
 *
 * Unicorn as the processor of a PV guest: its physical memory is the machine's
 * RAM, its translations are the model's, and what it cannot do itself ends in
 * one of the hooks here. All but CPUID and the time stamp counter is left to
 * the loop, after Unicorn has returned: a register that is written in a hook
 * need not stay so.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define CR0_BITS 0x80050033ull /* PG, AM, WP, NE, ET, MP, PE */
#define TSS 0xe040u            /* Xen's selector, and the limit of its IDT: */
#define IDT_LIMIT 0xfffu       /* any program may read them */
/* PAE, OSFXSR, OSXMMEXCPT; and PCE, which Unicorn takes for its contrary. */
#define CR4_BITS 0x720ull
#define MSR_EFER 0xc0000080u
#define EFER_BITS                                                              \
    0xd01u /* NXE, LMA, LME, SCE: sysret is known, and refused                 \
            */
#define CODE_BUFFER (256u << 20)
#define CHUNK_FRAMES (1u << 18) /* of the M2P: 2 MiB */

#define CODE_64 0x00af9b000000ffffull
#define DATA_0 0x00cf93000000ffffull
#define USER_CODE_32 0x00cffb000000ffffull
#define USER_DATA 0x00cff3000000ffffull
#define USER_CODE_64 0x00affb000000ffffull

const char *pvcpu_version(void)
{
    static char text[32];
    unsigned int major, minor;
    const unsigned int all = uc_version(&major, &minor);

    snprintf(text, sizeof(text), "%u.%u.%u", major, minor, all >> 8 & 0xff);
    return text;
}

uint64_t pvcpu__now(const struct pvcpu *p)
{
    return p->counts.blocks * p->config.ns_per_block + p->skipped_ns;
}

static void on_syscall(uc_engine *uc, void *context)
{
    ((struct pvcpu *)context)->exit = EXIT_SYSCALL;
    (void)uc_emu_stop(uc);
}

/* Unicorn would take it for nothing at all. */
static void on_sysenter(uc_engine *uc, void *context)
{
    ((struct pvcpu *)context)->exit = EXIT_SYSENTER;
    (void)uc_emu_stop(uc);
}

static void on_exception(uc_engine *uc, uint32_t vector, void *context)
{
    struct pvcpu *p = context;

    p->exit = EXIT_EXCEPTION;
    p->vector = vector;
    (void)uc_emu_stop(uc);
}

static bool on_invalid(uc_engine *uc, void *context)
{
    (void)uc;
    ((struct pvcpu *)context)->exit = EXIT_EXCEPTION;
    ((struct pvcpu *)context)->vector = 6;
    return false;
}

static bool is_to_stop(const struct pvcpu *p)
{
    return p->config.stop && *p->config.stop;
}

/*
 * The only place where a run may be stopped: here the block has not begun. It
 * is not counted then, as this is called again when the run goes on. A guest
 * that changes its own code may take a millisecond for a block: who wants it to
 * stop does not wait for the next check.
 */
static void on_block(uc_engine *uc, uint64_t address, uint32_t size,
                     void *context)
{
    struct pvcpu *p = context;

    (void)address;
    (void)size;
    if (p->returning || (++p->counts.blocks <= p->next_check && !is_to_stop(p)))
        return;
    p->counts.blocks--;
    p->exit = EXIT_CHECK;
    (void)uc_emu_stop(uc);
}

static bool add_hooks(struct pvcpu *p)
{
    const struct {
        int type;
        void *callback;
        int insn; /* of UC_HOOK_INSN */
    } hooks[] = {
        { UC_HOOK_TLB_FILL, (void *)pvcpu__on_tlb_fill, 0 },
        { UC_HOOK_INTR, (void *)on_exception, 0 },
        { UC_HOOK_INSN_INVALID, (void *)on_invalid, 0 },
        { UC_HOOK_BLOCK, (void *)on_block, 0 },
        { UC_HOOK_EDGE_GENERATED, (void *)pvcpu__on_new_block, 0 },
        { UC_HOOK_INSN, (void *)on_syscall, UC_X86_INS_SYSCALL },
        { UC_HOOK_INSN, (void *)on_sysenter, UC_X86_INS_SYSENTER },
        { UC_HOOK_INSN, (void *)pvcpu__on_cpuid, UC_X86_INS_CPUID },
        { UC_HOOK_INSN, (void *)pvcpu__on_rdtsc, UC_X86_INS_RDTSC },
        { UC_HOOK_INSN, (void *)pvcpu__on_rdtscp, UC_X86_INS_RDTSCP },
    };
    uc_hook handle;
    uc_err e = UC_ERR_OK;

    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
        e |= hooks[i].insn
                 ? uc_hook_add(p->uc, &handle, hooks[i].type, hooks[i].callback,
                               p, 1, 0, hooks[i].insn)
                 : uc_hook_add(p->uc, &handle, hooks[i].type, hooks[i].callback,
                               p, 1, 0);
    return e == UC_ERR_OK;
}

/* The M2P is the model's own array, and goes on as Xen's does: absent. */
static uc_err map_m2p(struct pvcpu *p)
{
    const uint32_t frames = xm_machine_config(p->c->machine)->nr_frames;
    const uint64_t bytes = frames * 8ull & ~(XM_PAGE_SIZE - 1ull);

    return bytes == 0 ? UC_ERR_OK
                      : uc_mem_map_ptr(p->uc, CPU_PHYS_M2P, bytes, UC_PROT_READ,
                                       xm_machine_m2p(p->c->machine, 0));
}

static uint8_t *own_page(struct pvcpu *p, enum pvcpu_own_page page)
{
    return p->own + (size_t)page * XM_PAGE_SIZE;
}

static void fill_own_pages(struct pvcpu *p)
{
    static const uint8_t iretq[] = { 0x48, 0xcf };
    const uint32_t back = (uint32_t)CPU_RETURN_CODE;
    const uint16_t code_64 = FLAT_KERNEL_CS;
    /* mov SEGMENT, eax; jmp ... */
    static const uint8_t load[] = { 0x8e, 0, 0xe9 };
    static const uint8_t modrm[CPU_NR_SEGMENTS] = { 0xd8, 0xc0, 0xe0, 0xe8 };
    static const uint64_t gdt[] = {
        0, CODE_64, DATA_0, 0, USER_CODE_32, USER_DATA, USER_CODE_64, DATA_0,
    };

    uint8_t *from_32 =
        own_page(p, CPU_OWN_CODE) + (CPU_RETURN_FROM_32 - CPU_RETURN_CODE);

    memcpy(own_page(p, CPU_OWN_CODE), iretq, sizeof(iretq));
    *from_32++ = 0xea; /* a far jump */
    memcpy(from_32, &back, sizeof(back));
    memcpy(from_32 + sizeof(back), &code_64, sizeof(code_64));
    for (unsigned int i = 0; i < CPU_NR_SEGMENTS; i++) {
        const xm_vaddr from = CPU_LOAD_CODE(i);
        uint8_t *at = own_page(p, CPU_OWN_CODE) + (from - CPU_RETURN_CODE);
        const uint32_t distance =
            (uint32_t)(CPU_LANDING - from - sizeof(load) - sizeof(uint32_t));

        memcpy(at, load, sizeof(load));
        at[1] = modrm[i];
        memcpy(at + sizeof(load), &distance, sizeof(distance));
    }
    memcpy(own_page(p, CPU_OWN_GDT), gdt, sizeof(gdt));
    memset(own_page(p, CPU_OWN_ONES), 0xff, XM_PAGE_SIZE);
}

static bool map_memory(struct pvcpu *p)
{
    const uint64_t ram =
        (uint64_t)xm_machine_config(p->c->machine)->nr_frames * XM_PAGE_SIZE;

    if (posix_memalign((void **)&p->own, XM_PAGE_SIZE,
                       CPU_NR_OWN * XM_PAGE_SIZE) != 0)
        return false;
    memset(p->own, 0, CPU_NR_OWN * XM_PAGE_SIZE);
    fill_own_pages(p);
    return uc_mem_map_ptr(p->uc, 0, ram, UC_PROT_ALL, p->c->ram) == UC_ERR_OK &&
           map_m2p(p) == UC_ERR_OK &&
           uc_mem_map_ptr(p->uc, CPU_PHYS_OWN, CPU_NR_OWN * XM_PAGE_SIZE,
                          UC_PROT_ALL, p->own) == UC_ERR_OK;
}

static bool set_up(struct pvcpu *p)
{
    const uc_x86_msr efer = { .rid = MSR_EFER, .value = EFER_BITS };
    const uc_x86_mmr tr = { .selector = TSS }, idtr = { .limit = IDT_LIMIT };

    if (uc_open(UC_ARCH_X86, UC_MODE_64, &p->uc) != UC_ERR_OK ||
        uc_ctl_set_cpu_model(p->uc, UC_CPU_X86_QEMU64) != UC_ERR_OK ||
        uc_ctl_set_tcg_buffer_size(p->uc, CODE_BUFFER) != UC_ERR_OK ||
        uc_ctl_exits_enable(p->uc) != UC_ERR_OK ||
        uc_ctl_tlb_mode(p->uc, UC_TLB_VIRTUAL) != UC_ERR_OK || !map_memory(p) ||
        !add_hooks(p) || uc_context_alloc(p->uc, &p->scratch) != UC_ERR_OK)
        return false;
    (void)uc_reg_write(p->uc, UC_X86_REG_MSR, &efer);
    (void)uc_reg_write(p->uc, UC_X86_REG_TR, &tr);
    (void)uc_reg_write(p->uc, UC_X86_REG_IDTR, &idtr);
    pvcpu__set(p, UC_X86_REG_CR4, CR4_BITS);
    pvcpu__set(p, UC_X86_REG_CR0, CR0_BITS);
    return true;
}

struct pvcpu *pvcpu_open(const struct pvcpu_config *config, const char **why)
{
    struct pvcpu *p = calloc(1, sizeof(*p));
    unsigned int major, minor;

    uc_version(&major, &minor);
    if (!p) {
        *why = "there is no memory for it";
        return NULL;
    }
    p->config = *config;
    p->c = config->cpu;
    p->d = config->host->domain;
    p->others = (struct xm_others){ .context = p,
                                    .hypercall = pvcpu__other_hypercall,
                                    .left = pvcpu__left };
    p->c->others = &p->others;
    p->hash = 14695981039346656037ull;
    if (p->config.ns_per_block == 0)
        p->config.ns_per_block = CPU_NS_PER_BLOCK;
    if (major != 2 || minor < 1)
        *why = "Unicorn must be 2.1 or newer";
    else if (!pvcpu__calibrate(&p->places, why))
        ;
    else if (!set_up(p))
        *why = "Unicorn cannot be started";
    else
        return p;
    pvcpu_close(p);
    return NULL;
}

void pvcpu_close(struct pvcpu *p)
{
    if (!p)
        return;
    p->c->others = NULL;
    for (uint32_t i = 0; i < XM_MAX_VCPUS; i++)
        if (p->vcpu[i].context)
            (void)uc_context_free(p->vcpu[i].context);
    if (p->scratch)
        (void)uc_context_free(p->scratch);
    if (p->uc)
        (void)uc_close(p->uc);
    free(p->own);
    free(p);
    pvcpu__set_clock(0);
}
