/* SPDX-License-Identifier: MIT
 *
 * Xen's ELF notes: in segments of notes, else in sections of notes, else there
 * may be an old kernel's section. Xen: elf_xen_parse().
 */
#include "internal.h"

#include <string.h>

static const struct note {
    const char *name;
    size_t offset;
    enum { NONE, NUMBER, FLAG, STRING, OTHER } kind;
} notes[] = {
#define NOTE(note, kind, field)                                                \
    [XEN_ELFNOTE_##note] = { #note, offsetof(struct pv_kernel, field), kind }
    NOTE(ENTRY, NUMBER, entry),
    NOTE(HYPERCALL_PAGE, NUMBER, hypercall_page),
    NOTE(VIRT_BASE, NUMBER, virt_base),
    NOTE(PADDR_OFFSET, NUMBER, paddr_offset),
    NOTE(XEN_VERSION, STRING, xen_version),
    NOTE(GUEST_OS, STRING, guest_os),
    NOTE(GUEST_VERSION, STRING, guest_version),
    NOTE(LOADER, STRING, loader),
    NOTE(PAE_MODE, OTHER, pae),
    NOTE(FEATURES, OTHER, supported),
    NOTE(BSD_SYMTAB, OTHER, bsd_symtab),
    NOTE(HV_START_LOW, NUMBER, hv_start_low),
    NOTE(L1_MFN_VALID, OTHER, l1_masks),
    NOTE(SUSPEND_CANCEL, FLAG, suspend_cancel),
    NOTE(INIT_P2M, NUMBER, init_p2m),
    NOTE(MOD_START_PFN, FLAG, mod_start_pfn),
    NOTE(SUPPORTED_FEATURES, OTHER, supported),
    NOTE(PHYS32_ENTRY, NUMBER, phys32_entry),
#undef NOTE
};
#define NR_NOTES (sizeof(notes) / sizeof(*notes))

const char *pv_note_name(uint32_t type)
{
    return type < NR_NOTES ? notes[type].name : NULL;
}

void elf__string(char to[PV_KERNEL_STRING], const void *text, size_t size)
{
    const size_t length = strnlen(text, size);
    const size_t n = length < PV_KERNEL_STRING ? length : PV_KERNEL_STRING - 1;

    memcpy(to, text, n);
    to[n] = 0;
}

static bool is_string(const uint8_t *bytes, size_t size, const char *text)
{
    return strnlen((const char *)bytes, size) == strlen(text) &&
           memcmp(bytes, text, strlen(text)) == 0;
}

/* As Xen sees them: a list of 64-bit pairs, and any rest is passed over. */
static void l1_masks(struct pv_kernel *k, const uint8_t *bytes, size_t size)
{
    const size_t pair = sizeof(k->l1_masks[0]);

    for (k->nr_l1_masks = 0; k->nr_l1_masks < PV_KERNEL_L1_MASKS &&
                             (k->nr_l1_masks + 1) * pair <= size;
         k->nr_l1_masks++)
        memcpy(&k->l1_masks[k->nr_l1_masks], bytes + k->nr_l1_masks * pair,
               pair);
}

static bool other(struct loader *l, uint32_t type, const uint8_t *bytes,
                  size_t size, uint64_t number)
{
    struct pv_kernel *k = l->k;

    switch (type) {
    case XEN_ELFNOTE_PAE_MODE:
        if (is_string(bytes, size, "yes"))
            k->pae = PV_PAE_EXTENDED_CR3;
        else if (memmem(bytes, strnlen((const char *)bytes, size), "bimodal",
                        7))
            k->pae = PV_PAE_BIMODAL;
        return true;
    case XEN_ELFNOTE_BSD_SYMTAB:
        k->bsd_symtab = is_string(bytes, size, "yes");
        return true;
    case XEN_ELFNOTE_L1_MFN_VALID:
        l1_masks(k, bytes, size);
        return true;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        k->supported |= (uint32_t)number;
        return true;
    default:
        return elf__features(l, (const char *)bytes, size, "note FEATURES");
    }
}

bool elf__note(struct loader *l, uint32_t type, const uint8_t *bytes,
               size_t size, const char *what, size_t number)
{
    const struct note *n = type < NR_NOTES ? &notes[type] : &notes[0];
    char *to = (char *)l->k + n->offset;
    uint64_t value = 0;

    if (n->kind == NONE)
        return true; /* of another version, or of a dump */
    if (n->kind == NUMBER || n->kind == FLAG ||
        type == XEN_ELFNOTE_SUPPORTED_FEATURES) {
        if (size != 1 && size != 2 && size != 4 && size != 8)
            return elf__fail(l,
                             "%s %zu: the note %s holds %zu bytes, and a "
                             "number has 1, 2, 4 or 8",
                             what, number, n->name, size);
        memcpy(&value, bytes, size);
    }
    l->k->notes |= 1u << type;
    if (n->kind == NUMBER)
        memcpy(to, &value, sizeof(value));
    else if (n->kind == FLAG)
        *(bool *)to = value != 0;
    else if (n->kind == STRING)
        elf__string(to, bytes, size);
    else
        return other(l, type, bytes, size, value);
    return true;
}

/* The notes in SIZE bytes of the file from OFFSET on; *FOUND: some are Xen's.
 */
static bool read_notes(struct loader *l, uint64_t offset, uint64_t size,
                       const char *what, size_t number, bool *found)
{
    Elf_Data *data;
    size_t at = 0, next, name, desc;
    GElf_Nhdr n;

    if (!elf__within(offset, size, l->k->size))
        return elf__fail(l,
                         "%s %zu: its notes, 0x%llx bytes at 0x%llx, reach "
                         "beyond the file's end (0x%zx bytes)",
                         what, number, (unsigned long long)size,
                         (unsigned long long)offset, l->k->size);
    if (size == 0)
        return true;
    data = elf_getdata_rawchunk(l->elf, (int64_t)offset, size, ELF_T_NHDR);
    if (!data)
        return elf__fail(l, "%s %zu: its notes cannot be read: %s", what,
                         number, elf_errmsg(-1));
    for (; at < size; at = next) {
        const uint8_t *bytes = data->d_buf;

        next = gelf_getnote(data, at, &n, &name, &desc);
        if (next == 0)
            return elf__fail(l,
                             "%s %zu: the note at its byte 0x%zx reaches "
                             "beyond its end (0x%llx bytes)",
                             what, number, at, (unsigned long long)size);
        if (n.n_namesz != 4 || memcmp(bytes + name, "Xen", 4) != 0)
            continue;
        *found = true;
        if (!elf__note(l, n.n_type, bytes + desc, n.n_descsz, what, number))
            return false;
    }
    return true;
}

static bool segment_notes(struct loader *l, size_t nr, bool *found)
{
    for (size_t i = 0; i < nr; i++) {
        GElf_Phdr p;

        /* Old linkers left p_offset 0: Xen passes over those. */
        if (gelf_getphdr(l->elf, (int)i, &p) && p.p_type == PT_NOTE &&
            p.p_offset != 0 &&
            !read_notes(l, p.p_offset, p.p_filesz, "program header", i, found))
            return false;
    }
    return true;
}

static bool section_notes(struct loader *l, bool *found)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(l->elf, section)) != NULL) {
        GElf_Shdr s;

        if (gelf_getshdr(section, &s) && s.sh_type == SHT_NOTE &&
            !read_notes(l, s.sh_offset, s.sh_size, "section",
                        elf_ndxscn(section), found))
            return false;
    }
    return true;
}

static bool legacy_section(struct loader *l, bool *found)
{
    Elf_Scn *section = NULL;
    size_t names;

    if (elf_getshdrstrndx(l->elf, &names) != 0)
        return true;
    while ((section = elf_nextscn(l->elf, section)) != NULL) {
        const char *name;
        GElf_Shdr s;

        if (!gelf_getshdr(section, &s))
            continue;
        name = elf_strptr(l->elf, names, s.sh_name);
        if (!name || strcmp(name, "__xen_guest") != 0)
            continue;
        if (s.sh_type == SHT_NOBITS ||
            !elf__within(s.sh_offset, s.sh_size, l->k->size))
            return elf__fail(l,
                             "section %zu, __xen_guest: its 0x%llx bytes at "
                             "0x%llx are not in the file (0x%zx bytes)",
                             elf_ndxscn(section), (unsigned long long)s.sh_size,
                             (unsigned long long)s.sh_offset, l->k->size);
        *found = true;
        return elf__legacy(l, (const char *)l->k->image + s.sh_offset,
                           s.sh_size);
    }
    return true;
}

bool elf__notes(struct loader *l)
{
    bool found = false;
    size_t nr;

    if (elf_getphdrnum(l->elf, &nr) != 0)
        nr = 0;
    if (!segment_notes(l, nr, &found) ||
        (!found && !section_notes(l, &found)) ||
        (!found && !legacy_section(l, &found)))
        return false;
    return found || elf__fail(l, "has no note of Xen's and no section "
                                 "__xen_guest: it is no PV kernel");
}
