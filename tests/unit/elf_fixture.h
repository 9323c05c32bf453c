/* SPDX-License-Identifier: MIT
 *
 * A made-up PV kernel: an ELF with two segments, notes and symbols, of which a
 * test changes one thing.
 *
 *   0x0000  ELF header, program headers (text, data, notes)
 *   0x1000  text, at physical 0x100000; starts with 0x90s
 *   0x2000  data, at physical 0x101000, half of it not in the file
 *   0x3000  notes
 *   0x4000  section headers: null, notes, symbols, strings, legacy, names
 *   0x5000  symbols    0x5800  their names
 *   0x5c00  text of __xen_guest    0x5e00  names of sections
 */
#ifndef TESTS_UNIT_ELF_FIXTURE_H
#define TESTS_UNIT_ELF_FIXTURE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_BASE 0xffffffff80000000ull /* VIRT_BASE */
#define ELF_TEXT (ELF_BASE + 0x100000) /* where text comes to lie */
#define ELF_SIZE 0x6000u

enum { SECTION_NOTES = 1, SECTION_SYMBOLS, SECTION_STRINGS, SECTION_LEGACY };

struct elf_file {
    union {
        uint8_t bytes[ELF_SIZE];
        Elf64_Ehdr header;
    };
    size_t notes; /* bytes of them so far */
};

static inline Elf64_Phdr *elf_program(struct elf_file *f, unsigned int i)
{
    return (Elf64_Phdr *)(void *)(f->bytes + sizeof(Elf64_Ehdr)) + i;
}

static inline Elf64_Shdr *elf_section(struct elf_file *f, unsigned int i)
{
    return (Elf64_Shdr *)(void *)(f->bytes + 0x4000) + i;
}

static inline Elf64_Sym *elf_symbol(struct elf_file *f, unsigned int i)
{
    return (Elf64_Sym *)(void *)(f->bytes + 0x5000) + i;
}

/* Everything but notes. */
void elf_make_bare(struct elf_file *f);
/* With the notes that Xen asks for. */
void elf_make(struct elf_file *f);
void elf_add_note(struct elf_file *f, uint32_t type, const void *desc,
                  size_t size);
void elf_add_number(struct elf_file *f, uint32_t type, uint64_t value);
void elf_add_string(struct elf_file *f, uint32_t type, const char *value);
/* The text of __xen_guest, and no notes. */
void elf_set_legacy(struct elf_file *f, const char *text);

#endif
