/* SPDX-License-Identifier: MIT
 *
 * Reading a kernel: its file, its header, and whether all of it fits together.
 * Xen: elf_init(), elf_xen_note_check(), elf_xen_addr_calc_check().
 */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool elf__fail(struct loader *l, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(l->why, PV_KERNEL_MESSAGE, format, args);
    va_end(args);
    return false;
}

static bool has(const struct loader *l, uint32_t note)
{
    return l->k->notes & 1u << note;
}

/* libelf hands out what fits into the file: what does not is told here. */
static bool check_table(struct loader *l, const char *what, uint64_t offset,
                        uint64_t number, uint64_t size, uint64_t entry)
{
    if (number == 0)
        return true;
    if (size != entry)
        return elf__fail(l,
                         "ELF header: %s headers have 0x%llx bytes, not "
                         "0x%llx",
                         what, (unsigned long long)entry,
                         (unsigned long long)size);
    if (!elf__within(offset, number * size, l->k->size))
        return elf__fail(l,
                         "ELF header: %llu %s headers at 0x%llx reach beyond "
                         "the file's end (0x%zx bytes)",
                         (unsigned long long)number, what,
                         (unsigned long long)offset, l->k->size);
    return true;
}

static bool check_header(struct loader *l)
{
    GElf_Ehdr *h = &l->header;

    if (!l->elf || elf_kind(l->elf) != ELF_K_ELF)
        return elf__fail(l, "is neither an ELF file nor a bzImage");
    if (gelf_getclass(l->elf) != ELFCLASS64)
        return elf__fail(l, "ELF header: a 32-bit file: only 64-bit kernels "
                            "are known here");
    if (!gelf_getehdr(l->elf, h))
        return elf__fail(l, "ELF header: cannot be read: %s", elf_errmsg(-1));
    if (h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_machine != EM_X86_64)
        return elf__fail(l,
                         "ELF header: for machine %u, %s-endian, not for "
                         "x86-64 (%u)",
                         h->e_machine,
                         h->e_ident[EI_DATA] == ELFDATA2LSB ? "little" : "big",
                         EM_X86_64);
    if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
        return elf__fail(l, "ELF header: type %u is no executable (%u or %u)",
                         h->e_type, ET_EXEC, ET_DYN);
    return check_table(l, "program", h->e_phoff, h->e_phnum, sizeof(Elf64_Phdr),
                       h->e_phentsize) &&
           check_table(l, "section", h->e_shoff, h->e_shnum, sizeof(Elf64_Shdr),
                       h->e_shentsize);
}

/* Who it was made for. */
static bool check_notes(struct loader *l)
{
    const struct pv_kernel *k = l->k;

    if (strncmp(k->loader, "generic", 7) != 0 &&
        strncmp(k->guest_os, "linux", 5) != 0)
        return elf__fail(l,
                         "note LOADER is 'generic' (or GUEST_OS 'linux') in "
                         "what Xen loads, not '%s' (and '%s')",
                         k->loader, k->guest_os);
    if (strncmp(k->xen_version, "xen-3.0", 7) != 0)
        return elf__fail(l,
                         "note XEN_VERSION is 'xen-3.0' in what Xen loads, "
                         "not '%s'",
                         k->xen_version);
    return true;
}

/* What the notes leave out has defaults. */
static bool complete(struct loader *l)
{
    struct pv_kernel *k = l->k;

    if (has(l, XEN_ELFNOTE_PADDR_OFFSET) && !has(l, XEN_ELFNOTE_VIRT_BASE))
        return elf__fail(l, "note PADDR_OFFSET is there, VIRT_BASE is not");
    if (!has(l, XEN_ELFNOTE_PADDR_OFFSET) && k->legacy)
        k->paddr_offset = k->virt_base;
    if (!has(l, XEN_ELFNOTE_ENTRY))
        k->entry = l->header.e_entry;
    return true;
}

static bool check_places(struct loader *l)
{
    const struct pv_kernel *k = l->k;

    if (k->entry < k->start || k->entry > k->end)
        return elf__fail(l, "%s 0x%llx is not in the kernel (0x%llx to 0x%llx)",
                         has(l, XEN_ELFNOTE_ENTRY) ? "note ENTRY" : "e_entry",
                         (unsigned long long)k->entry,
                         (unsigned long long)k->start,
                         (unsigned long long)k->end);
    if (has(l, XEN_ELFNOTE_HYPERCALL_PAGE) &&
        (k->hypercall_page % 4096 || k->hypercall_page < k->virt_base ||
         k->hypercall_page >= k->end))
        return elf__fail(l,
                         "note HYPERCALL_PAGE 0x%llx is no page of the kernel "
                         "(0x%llx to 0x%llx)",
                         (unsigned long long)k->hypercall_page,
                         (unsigned long long)k->virt_base,
                         (unsigned long long)k->end);
    if (has(l, XEN_ELFNOTE_INIT_P2M) && k->init_p2m >= k->start &&
        k->init_p2m < k->end)
        return elf__fail(l,
                         "note INIT_P2M 0x%llx lies in the kernel (0x%llx to "
                         "0x%llx)",
                         (unsigned long long)k->init_p2m,
                         (unsigned long long)k->start,
                         (unsigned long long)k->end);
    return true;
}

bool pv_kernel_read(struct pv_kernel *k, const void *bytes, size_t size,
                    size_t max, char why[PV_KERNEL_MESSAGE])
{
    struct loader l = { .k = k, .why = why, .max = max };
    const uint8_t *from = bytes;

    *k = (struct pv_kernel){ .notes = 0 };
    if (!elf__bzimage(&l, &from, &size) || !elf__unpack(&l, from, size))
        return false;
    elf_version(EV_CURRENT);
    k->elf = l.elf = elf_memory(k->image, k->size);
    if (check_header(&l) && elf__notes(&l) && check_notes(&l) && complete(&l) &&
        elf__segments(&l) && check_places(&l) && elf__symbols(&l))
        return true;
    pv_kernel_close(k);
    return false;
}

bool pv_kernel_open(struct pv_kernel *k, const char *file,
                    char why[PV_KERNEL_MESSAGE])
{
    FILE *f = fopen(file, "rb");
    uint8_t *bytes = NULL, *bigger;
    size_t size = 0, room = 1u << 20, n;
    bool good = false;

    *k = (struct pv_kernel){ .notes = 0 };
    for (; f && size <= PV_KERNEL_MAX; room *= 2) {
        bigger = realloc(bytes, room);
        if (!bigger)
            break;
        bytes = bigger;
        n = fread(bytes + size, 1, room - size, f);
        size += n;
        if (size < room)
            break;
    }
    if (!f || !bytes || ferror(f))
        snprintf(why, PV_KERNEL_MESSAGE, "cannot be read: %s", strerror(errno));
    else if (size > PV_KERNEL_MAX)
        snprintf(why, PV_KERNEL_MESSAGE, "is larger than 512 MiB");
    else
        good = pv_kernel_read(k, bytes, size, PV_KERNEL_MAX, why);
    free(bytes);
    if (f)
        fclose(f);
    return good;
}

void pv_kernel_close(struct pv_kernel *k)
{
    elf_end(k->elf);
    free(k->image);
    free(k->segments);
    free(k->symbols);
    *k = (struct pv_kernel){ .notes = 0 };
}
