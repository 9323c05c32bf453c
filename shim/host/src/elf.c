/* SPDX-License-Identifier: MIT
 *
 * The shim's kernel as a domain builder sees it: segments, and the ELF notes
 * that say where it begins and where its hypercall page is.
 */
#include "internal.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>

static int read_file(struct shim *s, struct shim_image *image)
{
    FILE *f = fopen(s->config.kernel, "rb");
    long size;

    if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 ||
        fseek(f, 0, SEEK_SET) != 0) {
        if (f)
            fclose(f);
        return shim__fail(s, "%s: %s", s->config.kernel, strerror(errno));
    }
    image->size = (size_t)size;
    image->file = malloc(image->size + 1);
    if (!image->file || fread(image->file, 1, image->size, f) != image->size) {
        fclose(f);
        return shim__fail(s, "%s cannot be read", s->config.kernel);
    }
    fclose(f);
    return 0;
}

static size_t padded(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* Notes with a 64-bit number are all that matters here. */
static void read_notes(struct shim_image *image, size_t at, size_t size)
{
    const size_t end = at + size;

    while (at + sizeof(Elf64_Nhdr) <= end) {
        Elf64_Nhdr n;
        uint64_t value = 0;
        size_t desc;

        memcpy(&n, image->file + at, sizeof(n));
        desc = at + sizeof(n) + padded(n.n_namesz);
        at = desc + padded(n.n_descsz);
        if (at > end || n.n_descsz != sizeof(value))
            continue;
        memcpy(&value, image->file + desc, sizeof(value));
        if (n.n_type == XEN_ELFNOTE_ENTRY)
            image->entry = value;
        else if (n.n_type == XEN_ELFNOTE_HYPERCALL_PAGE)
            image->hypercall_page = value;
    }
}

static Elf64_Phdr program_header(const struct shim_image *image, unsigned int i)
{
    const Elf64_Ehdr *e = (const void *)image->file;
    Elf64_Phdr p;

    memcpy(&p, image->file + e->e_phoff + i * sizeof(p), sizeof(p));
    return p;
}

int shim__image_open(struct shim *s, struct shim_image *image)
{
    const Elf64_Ehdr *e;

    *image = (struct shim_image){ .file = NULL };
    if (read_file(s, image) != 0)
        return -1;
    e = (const void *)image->file;
    if (image->size < sizeof(*e) || memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 ||
        e->e_phoff + e->e_phnum * sizeof(Elf64_Phdr) > image->size)
        return shim__fail(s, "%s is no ELF file", s->config.kernel);
    for (unsigned int i = 0; i < e->e_phnum; i++) {
        const Elf64_Phdr p = program_header(image, i);

        if (p.p_offset + p.p_filesz > image->size)
            return shim__fail(s, "%s is cut short", s->config.kernel);
        if (p.p_type == PT_NOTE)
            read_notes(image, p.p_offset, p.p_filesz);
        if (p.p_type == PT_LOAD && p.p_vaddr + p.p_memsz > image->end)
            image->end = p.p_vaddr + p.p_memsz;
    }
    if (image->end <= SHIM_VIRT_BASE || image->entry <= SHIM_VIRT_BASE ||
        image->hypercall_page <= SHIM_VIRT_BASE)
        return shim__fail(s, "%s lacks a note of a PV kernel",
                          s->config.kernel);
    return 0;
}

void shim__image_copy(const struct shim_image *image,
                      const struct shim_domain *d)
{
    const Elf64_Ehdr *e = (const void *)image->file;

    for (unsigned int i = 0; i < e->e_phnum; i++) {
        const Elf64_Phdr p = program_header(image, i);

        for (size_t done = 0; p.p_type == PT_LOAD && done < p.p_filesz;) {
            const uint64_t at = p.p_vaddr + done - SHIM_VIRT_BASE;
            const size_t offset = at % XM_PAGE_SIZE;
            size_t n = XM_PAGE_SIZE - offset;

            if (n > p.p_filesz - done)
                n = p.p_filesz - done;
            memcpy((uint8_t *)shim__page(d->shim, d->p2m[at / XM_PAGE_SIZE]) +
                       offset,
                   image->file + p.p_offset + done, n);
            done += n;
        }
    }
}
