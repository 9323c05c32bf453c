/* SPDX-License-Identifier: MIT
 *
 * The processor that the guest sees: QEMU's qemu64 with what Xen 4.17 takes
 * away from a PV guest, Xen's own leaves, and a time stamp counter that counts
 * nanoseconds of virtual time. cpuid says the same with and without Xen's
 * prefix, as on a processor with CPUID faulting.
 */
#include "internal.h"

#include <string.h>

#define XEN_FIRST 0x40000000u
#define XEN_LAST 0x40000005u
#define PRESERVE_AD 1u
#define TSC_KHZ 1000000u

/* clang-format off */
enum {
    FPU = 1 << 0, DE = 1 << 2, TSC = 1 << 4, MSR = 1 << 5,
    PAE = 1 << 6, MCE = 1 << 7, CX8 = 1 << 8, APIC = 1 << 9,
    MCA = 1 << 14, CMOV = 1 << 15, PAT = 1 << 16, CLFLUSH = 1 << 19,
    MMX = 1 << 23, FXSR = 1 << 24, SSE = 1 << 25, SSE2 = 1 << 26,
};
/* clang-format on */
#define FEATURES_AMD                                                           \
    (FPU | DE | TSC | MSR | PAE | MCE | CX8 | APIC | MCA | CMOV | PAT)
#define FEATURES_1 (FEATURES_AMD | CLFLUSH | MMX | FXSR | SSE | SSE2)
#define FEATURES_1_ECX (1u << 0 | 1u << 13 | 1u << 31) /* SSE3, CX16, Xen */
#define FEATURES_EXTENDED                                                      \
    (FEATURES_AMD | MMX | FXSR | 1u << 11 | 1u << 20 | 1u << 29)
#define FEATURES_EXTENDED_ECX (1u << 0) /* LAHF */

struct leaf {
    uint32_t a, b, c, d;
};

static struct leaf words(const char text[17])
{
    struct leaf l;

    memcpy(&l, text, sizeof(l));
    return l;
}

/* In the order ebx, edx, ecx. */
static struct leaf vendor(uint32_t last, const char text[13])
{
    struct leaf l = { .a = last };

    memcpy(&l.b, text, 4);
    memcpy(&l.d, text + 4, 4);
    memcpy(&l.c, text + 8, 4);
    return l;
}

static struct leaf xens(struct pvcpu *p, uint32_t leaf, uint32_t sub)
{
    const struct xm_config *config = xm_machine_config(p->c->machine);

    switch (leaf - XEN_FIRST) {
    case 0: /* in the order ebx, ecx, edx */
        return (struct leaf){ XEN_LAST, 0x566e6558, 0x65584d4d, 0x4d4d566e };
    case 1:
        return (struct leaf){ .a = 4u << 16 | config->xen_minor };
    case 2:
        return (struct leaf){ 1, XEN_FIRST, PRESERVE_AD, 0 };
    case 3:
        return sub == 0   ? (struct leaf){ 0, 2, TSC_KHZ, 0 }
               : sub == 1 ? (struct leaf){ 0, 0, 0x80000000u, 1 }
               : sub == 2 ? (struct leaf){ .a = TSC_KHZ }
                          : (struct leaf){ 0 };
    case 5:
        return (struct leaf){ .b = 36 };
    default:
        return (struct leaf){ 0 };
    }
}

static struct leaf look_up(struct pvcpu *p, uint32_t leaf, uint32_t sub)
{
    const uint32_t family = 0x00060fb1; /* qemu64 */

    if (leaf >= XEN_FIRST && leaf <= XEN_LAST)
        return xens(p, leaf, sub);
    switch (leaf) {
    case 0:
        return vendor(0xd, "AuthenticAMD");
    case 1:
        return (struct leaf){ family, p->current << 24 | 8u << 8,
                              FEATURES_1_ECX, FEATURES_1 };
    case 0x80000000:
        return vendor(0x80000021, "AuthenticAMD");
    case 0x80000001:
        return (struct leaf){ family, 0, FEATURES_EXTENDED_ECX,
                              FEATURES_EXTENDED };
    case 0x80000002:
        return words("Pinfold's virtua");
    case 0x80000003:
        return words("l processor\0\0\0\0\0");
    case 0x80000008:
        return (struct leaf){ .a = 0x3028 };
    default:
        return (struct leaf){ 0 };
    }
}

void pvcpu__do_cpuid(struct pvcpu *p)
{
    const struct leaf l = look_up(p, (uint32_t)pvcpu__get(p, UC_X86_REG_RAX),
                                  (uint32_t)pvcpu__get(p, UC_X86_REG_RCX));

    pvcpu__set(p, UC_X86_REG_RAX, l.a);
    pvcpu__set(p, UC_X86_REG_RBX, l.b);
    pvcpu__set(p, UC_X86_REG_RCX, l.c);
    pvcpu__set(p, UC_X86_REG_RDX, l.d);
}

int pvcpu__on_cpuid(uc_engine *uc, void *context)
{
    (void)uc;
    pvcpu__do_cpuid(context);
    return 1;
}

int pvcpu__on_rdtsc(uc_engine *uc, void *context)
{
    struct pvcpu *p = context;
    const uint64_t now = pvcpu__now(p);

    (void)uc;
    pvcpu__set(p, UC_X86_REG_RAX, (uint32_t)now);
    pvcpu__set(p, UC_X86_REG_RDX, now >> 32);
    return 1;
}

int pvcpu__on_rdtscp(uc_engine *uc, void *context)
{
    pvcpu__set(context, UC_X86_REG_RCX, 0);
    return pvcpu__on_rdtsc(uc, context);
}
