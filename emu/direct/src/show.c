/* SPDX-License-Identifier: MIT
 *
 * For a debugger: `call pinfold_show_walk(0x20000000000)`.
 */
#include "internal.h"

#include <inttypes.h>
#include <xen-model/pte.h>

static void show_flags(uint64_t e)
{
    static const struct {
        uint64_t bit;
        const char *name;
    } flags[] = {
        { XM_PTE_P, "P" },     { XM_PTE_RW, "RW" },
        { XM_PTE_US, "US" },   { XM_PTE_PWT, "PWT" },
        { XM_PTE_PCD, "PCD" }, { XM_PTE_A, "A" },
        { XM_PTE_D, "D" },     { XM_PTE_PSE, "PSE" },
        { XM_PTE_G, "G" },     { XM_PTE_GUEST_KERNEL, "(kernel)" },
        { 1ull << 63, "NX" },
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (e & flags[i].bit)
            fprintf(stderr, " %s", flags[i].name);
}

void pinfold_show_walk(uint64_t va)
{
    const struct xm_walk w = xm_walk(&direct.cpu, va, 0);
    char name[EXPLAIN_NAME];

    for (unsigned int level = 4; level >= 1 && level >= w.level; level--) {
        direct__name_frame(NULL, w.table[level], name);
        fprintf(stderr, "L%u %s[%u] =", level, name, xm_va_index(va, level));
        if (w.entry[level] == 0) {
            fputs(" 0\n", stderr);
            continue;
        }
        direct__name_frame(NULL, xm_pte_mfn(w.entry[level]), name);
        fprintf(stderr, " %s", name);
        show_flags(w.entry[level]);
        fputc('\n', stderr);
    }
    fprintf(stderr,
            w.ok ? "a load succeeds\n" : "a load faults, error code %u\n",
            w.error_code);
}

void pinfold_show_frame(uint64_t pfn)
{
    const struct explain_names names = { .frame = direct__name_frame };

    if (pfn >= direct.config.nr_pages) {
        fprintf(stderr, "the domain has %u pages\n", direct.config.nr_pages);
        return;
    }
    for (xm_mfn mfn = 0; mfn < xm_machine_config(direct.cpu.machine)->nr_frames;
         mfn++) {
        const struct xm_frame *f =
            xm_machine_frame_const(direct.cpu.machine, mfn);

        if (*xm_machine_m2p(direct.cpu.machine, mfn) == pfn &&
            f->owner == DIRECT_DOMID) {
            explain_frame(stderr, &direct.cpu, mfn, &names);
            return;
        }
    }
    fprintf(stderr, "pfn 0x%" PRIx64 " has no frame now\n", pfn);
}
