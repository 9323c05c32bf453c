/* SPDX-License-Identifier: MIT */
#include "elf_fixture.h"

#include <string.h>
#include <xen/elfnote.h>

static const char names[] = "\0.note.Xen\0.symtab\0.strtab\0__xen_guest\0"
                            ".shstrtab";

static void make_header(struct elf_file *f)
{
    f->header = (Elf64_Ehdr){
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                     ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_entry = ELF_TEXT + 0x10,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_shoff = 0x4000,
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 3,
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = 6,
        .e_shstrndx = 5,
    };
}

static void make_segments(struct elf_file *f)
{
    *elf_program(f, 0) = (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = PF_R | PF_X,
        .p_offset = 0x1000,
        .p_vaddr = ELF_TEXT,
        .p_paddr = 0x100000,
        .p_filesz = 0x1000,
        .p_memsz = 0x1000,
        .p_align = 4096,
    };
    /* As Linux has it for what each CPU has a copy of: no virtual address. */
    *elf_program(f, 1) = (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = PF_R | PF_W,
        .p_offset = 0x2000,
        .p_vaddr = 0,
        .p_paddr = 0x101800,
        .p_filesz = 0x1000,
        .p_memsz = 0x2000,
        .p_align = 4096,
    };
    *elf_program(f, 2) = (Elf64_Phdr){
        .p_type = PT_NOTE,
        .p_flags = PF_R,
        .p_offset = 0x3000,
        .p_filesz = 0,
        .p_align = 4,
    };
    memset(f->bytes + 0x1000, 0x90, 0x1000);
    memset(f->bytes + 0x2000, 0xda, 0x1000);
}

static void make_symbols(struct elf_file *f)
{
    static const char strings[] = "\0start\0work\0end";
    static const struct {
        uint32_t name;
        uint64_t value, size;
        unsigned char type;
    } symbols[] = {
        { 0, 0, 0, STT_NOTYPE },
        { 7, ELF_TEXT + 0x100, 0x20, STT_FUNC }, /* not sorted */
        { 1, ELF_TEXT, 0, STT_NOTYPE },
        { 12, ELF_TEXT, 0, STT_FILE },
    };

    for (unsigned int i = 0; i < 4; i++)
        *elf_symbol(f, i) = (Elf64_Sym){
            .st_name = symbols[i].name,
            .st_info = ELF64_ST_INFO(STB_GLOBAL, symbols[i].type),
            .st_shndx = i ? 1 : SHN_UNDEF,
            .st_value = symbols[i].value,
            .st_size = symbols[i].size,
        };
    memcpy(f->bytes + 0x5800, strings, sizeof(strings));
}

static void make_sections(struct elf_file *f)
{
    *elf_section(f, SECTION_NOTES) = (Elf64_Shdr){
        .sh_name = 1,
        .sh_type = SHT_NOTE,
        .sh_offset = 0x3000,
        .sh_addralign = 4,
    };
    *elf_section(f, SECTION_SYMBOLS) = (Elf64_Shdr){
        .sh_name = 11,
        .sh_type = SHT_SYMTAB,
        .sh_offset = 0x5000,
        .sh_size = 4 * sizeof(Elf64_Sym),
        .sh_link = SECTION_STRINGS,
        .sh_entsize = sizeof(Elf64_Sym),
        .sh_addralign = 8,
    };
    *elf_section(f, SECTION_STRINGS) = (Elf64_Shdr){
        .sh_name = 19,
        .sh_type = SHT_STRTAB,
        .sh_offset = 0x5800,
        .sh_size = 16,
        .sh_addralign = 1,
    };
    *elf_section(f, SECTION_LEGACY) = (Elf64_Shdr){
        .sh_name = 0,
        .sh_type = SHT_PROGBITS,
        .sh_offset = 0x5c00,
        .sh_addralign = 1,
    };
    *elf_section(f, 5) = (Elf64_Shdr){
        .sh_name = 39,
        .sh_type = SHT_STRTAB,
        .sh_offset = 0x5e00,
        .sh_size = sizeof(names),
        .sh_addralign = 1,
    };
    memcpy(f->bytes + 0x5e00, names, sizeof(names));
}

void elf_make_bare(struct elf_file *f)
{
    *f = (struct elf_file){ .notes = 0 };
    make_header(f);
    make_segments(f);
    make_symbols(f);
    make_sections(f);
}

void elf_add_note(struct elf_file *f, uint32_t type, const void *desc,
                  size_t size)
{
    const Elf64_Nhdr n = { 4, (uint32_t)size, type };
    uint8_t *to = f->bytes + 0x3000 + f->notes;

    memcpy(to, &n, sizeof(n));
    memcpy(to + sizeof(n), "Xen", 4);
    memcpy(to + sizeof(n) + 4, desc, size);
    f->notes += sizeof(n) + 4 + ((size + 3) & ~(size_t)3);
    elf_program(f, 2)->p_filesz = f->notes;
    elf_section(f, SECTION_NOTES)->sh_size = f->notes;
}

void elf_add_number(struct elf_file *f, uint32_t type, uint64_t value)
{
    elf_add_note(f, type, &value, sizeof(value));
}

void elf_add_string(struct elf_file *f, uint32_t type, const char *value)
{
    elf_add_note(f, type, value, strlen(value) + 1);
}

void elf_make(struct elf_file *f)
{
    elf_make_bare(f);
    elf_add_string(f, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    elf_add_string(f, XEN_ELFNOTE_LOADER, "generic");
    elf_add_number(f, XEN_ELFNOTE_VIRT_BASE, ELF_BASE);
    elf_add_number(f, XEN_ELFNOTE_PADDR_OFFSET, 0);
}

void elf_set_legacy(struct elf_file *f, const char *text)
{
    elf_program(f, 2)->p_type = PT_NULL;
    elf_section(f, SECTION_NOTES)->sh_type = SHT_PROGBITS;
    elf_section(f, SECTION_LEGACY)->sh_name = 27;
    elf_section(f, SECTION_LEGACY)->sh_size = strlen(text) + 1;
    memcpy(f->bytes + 0x5c00, text, strlen(text) + 1);
}
