/* SPDX-License-Identifier: MIT
 *
 * What is loaded, and where: Xen goes by the physical addresses, and by
 * VIRT_BASE and PADDR_OFFSET, not by the virtual addresses of the headers.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

/* Where a physical address of the headers comes to lie. */
static uint64_t virtual(const struct pv_kernel *k, uint64_t paddr)
{
    return paddr - k->paddr_offset + k->virt_base;
}

static bool add(struct loader *l, size_t i, const GElf_Phdr *p)
{
    struct pv_kernel *k = l->k;

    if (!elf__within(p->p_offset, p->p_filesz, k->size))
        return elf__fail(l,
                         "program header %zu: p_offset 0x%llx and p_filesz "
                         "0x%llx reach beyond the file's end (0x%zx bytes)",
                         i, (unsigned long long)p->p_offset,
                         (unsigned long long)p->p_filesz, k->size);
    if (p->p_filesz > p->p_memsz)
        return elf__fail(l,
                         "program header %zu: p_filesz 0x%llx is more than "
                         "p_memsz 0x%llx",
                         i, (unsigned long long)p->p_filesz,
                         (unsigned long long)p->p_memsz);
    if (p->p_memsz > PV_KERNEL_MAX || p->p_paddr + p->p_memsz < p->p_paddr)
        return elf__fail(l,
                         "program header %zu: p_memsz 0x%llx at p_paddr "
                         "0x%llx is more than 512 MiB, or beyond all memory",
                         i, (unsigned long long)p->p_memsz,
                         (unsigned long long)p->p_paddr);
    k->segments[k->nr_segments++] = (struct pv_segment){
        .header = (unsigned int)i,
        .bytes = (const uint8_t *)k->image + p->p_offset,
        .file_size = p->p_filesz,
        .size = p->p_memsz,
        .vaddr = p->p_vaddr,
        .paddr = p->p_paddr,
        .flags = p->p_flags,
    };
    return true;
}

static bool lay_out(struct loader *l)
{
    struct pv_kernel *k = l->k;
    uint64_t first = UINT64_MAX, end = 0;

    for (uint32_t i = 0; i < k->nr_segments; i++) {
        const struct pv_segment *s = &k->segments[i];

        first = s->paddr < first ? s->paddr : first;
        end = s->paddr + s->size > end ? s->paddr + s->size : end;
    }
    if (end <= first)
        return elf__fail(l, "no program header loads anything");
    if (end - first > PV_KERNEL_MAX)
        return elf__fail(l,
                         "the segments lie between the physical addresses "
                         "0x%llx and 0x%llx: more than 512 MiB",
                         (unsigned long long)first, (unsigned long long)end);
    k->start = virtual(k, first);
    k->end = virtual(k, end);
    if (k->start >= k->end || k->start < k->virt_base)
        return elf__fail(l,
                         "VIRT_BASE 0x%llx and PADDR_OFFSET 0x%llx put it at "
                         "0x%llx to 0x%llx, which is not behind VIRT_BASE",
                         (unsigned long long)k->virt_base,
                         (unsigned long long)k->paddr_offset,
                         (unsigned long long)k->start,
                         (unsigned long long)k->end);
    if (k->start % PAGE || k->virt_base % PAGE)
        return elf__fail(l,
                         "VIRT_BASE 0x%llx and where the kernel begins, "
                         "0x%llx, are to be multiples of 0x%x",
                         (unsigned long long)k->virt_base,
                         (unsigned long long)k->start, PAGE);
    return true;
}

bool elf__segments(struct loader *l)
{
    struct pv_kernel *k = l->k;
    size_t nr;

    if (elf_getphdrnum(l->elf, &nr) != 0 || nr == 0)
        return elf__fail(l, "has no program headers");
    k->segments = calloc(nr, sizeof(*k->segments));
    if (!k->segments)
        return elf__fail(l, "out of memory: free some");
    for (size_t i = 0; i < nr; i++) {
        GElf_Phdr p;

        if (!gelf_getphdr(l->elf, (int)i, &p))
            return elf__fail(l, "program header %zu: cannot be read: %s", i,
                             elf_errmsg(-1));
        /* Xen loads nothing that nobody may touch. */
        if (p.p_type == PT_LOAD && (p.p_flags & (PF_R | PF_W | PF_X)) &&
            !add(l, i, &p))
            return false;
    }
    return lay_out(l);
}

void pv_kernel_page(const struct pv_kernel *k, uint64_t vaddr, void *page)
{
    memset(page, 0, PAGE);
    for (uint32_t i = 0; i < k->nr_segments; i++) {
        const struct pv_segment *s = &k->segments[i];
        const uint64_t at = virtual(k, s->paddr);
        /* Both from the first byte of the later one. */
        const uint64_t skip = at < vaddr ? vaddr - at : 0;
        const uint64_t to = at < vaddr ? 0 : at - vaddr;
        uint64_t n;

        if (to >= PAGE || skip >= s->file_size)
            continue;
        n = s->file_size - skip;
        if (n > PAGE - to)
            n = PAGE - to;
        memcpy((uint8_t *)page + to, s->bytes + skip, n);
    }
}
