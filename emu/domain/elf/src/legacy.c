/* SPDX-License-Identifier: MIT
 *
 * The section __xen_guest of old kernels: NAME=VALUE,NAME=VALUE,...
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WHERE "section __xen_guest"
#define MAX_NUMBER 31u

struct item {
    const char *name, *value;
    size_t name_length, length;
};

static bool is(const struct item *i, const char *name)
{
    return strlen(name) == i->name_length &&
           memcmp(name, i->name, i->name_length) == 0;
}

static bool number(struct loader *l, const struct item *i, uint64_t *value)
{
    char text[MAX_NUMBER + 1], *end = text;

    errno = 0;
    if (i->length > 0 && i->length <= MAX_NUMBER) {
        memcpy(text, i->value, i->length);
        text[i->length] = 0;
        *value = strtoull(text, &end, 0);
    }
    if (end == text || *end || errno || strlen(text) != i->length)
        return elf__fail(l, WHERE ": %.*s is a number, not '%.*s'",
                         (int)i->name_length, i->name,
                         i->length < 40 ? (int)i->length : 40, i->value);
    return true;
}

static bool numbers(struct loader *l, const struct item *i)
{
    static const struct {
        const char *name;
        size_t offset;
        uint32_t note;
    } fields[] = {
        { "VIRT_BASE", offsetof(struct pv_kernel, virt_base),
          XEN_ELFNOTE_VIRT_BASE },
        { "VIRT_ENTRY", offsetof(struct pv_kernel, entry), XEN_ELFNOTE_ENTRY },
        { "ELF_PADDR_OFFSET", offsetof(struct pv_kernel, paddr_offset),
          XEN_ELFNOTE_PADDR_OFFSET },
        { "HYPERCALL_PAGE", offsetof(struct pv_kernel, hypercall_page),
          XEN_ELFNOTE_HYPERCALL_PAGE },
    };

    for (size_t f = 0; f < sizeof(fields) / sizeof(*fields); f++) {
        uint64_t value = 0;

        if (!is(i, fields[f].name))
            continue;
        if (!number(l, i, &value))
            return false;
        memcpy((char *)l->k + fields[f].offset, &value, sizeof(value));
        l->k->notes |= 1u << fields[f].note;
    }
    return true;
}

static bool strings(struct loader *l, const struct item *i)
{
    static const struct {
        const char *name;
        size_t offset;
        uint32_t note;
    } fields[] = {
        { "LOADER", offsetof(struct pv_kernel, loader), XEN_ELFNOTE_LOADER },
        { "GUEST_OS", offsetof(struct pv_kernel, guest_os),
          XEN_ELFNOTE_GUEST_OS },
        { "GUEST_VER", offsetof(struct pv_kernel, guest_version),
          XEN_ELFNOTE_GUEST_VERSION },
        { "XEN_VER", offsetof(struct pv_kernel, xen_version),
          XEN_ELFNOTE_XEN_VERSION },
    };

    for (size_t f = 0; f < sizeof(fields) / sizeof(*fields); f++) {
        if (!is(i, fields[f].name))
            continue;
        elf__string((char *)l->k + fields[f].offset, i->value, i->length);
        l->k->notes |= 1u << fields[f].note;
    }
    return true;
}

static bool others(struct loader *l, const struct item *i)
{
    static const char extended[] = "yes[extended-cr3]";

    if (is(i, "BSD_SYMTAB"))
        l->k->bsd_symtab = true;
    if (is(i, "PAE") && i->length >= 3 && memcmp(i->value, "yes", 3) == 0)
        l->k->pae = i->length == strlen(extended) &&
                            memcmp(i->value, extended, i->length) == 0
                        ? PV_PAE_EXTENDED_CR3
                        : PV_PAE_YES;
    return !is(i, "FEATURES") ||
           elf__features(l, i->value, i->length, WHERE ": FEATURES");
}

bool elf__legacy(struct loader *l, const char *text, size_t size)
{
    const char *end = text + strnlen(text, size);
    struct pv_kernel *k = l->k;

    k->legacy = true;
    while (text < end) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma ? comma : end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        const struct item i = {
            .name = text,
            .name_length = (size_t)((equals ? equals : stop) - text),
            .value = equals ? equals + 1 : stop,
            .length = equals ? (size_t)(stop - equals - 1) : 0,
        };

        if (!numbers(l, &i) || !strings(l, &i) || !others(l, &i))
            return false;
        text = comma ? stop + 1 : end;
    }
    /* It is the number of a page there, counted from VIRT_BASE. */
    if (k->notes & 1u << XEN_ELFNOTE_HYPERCALL_PAGE)
        k->hypercall_page = (k->hypercall_page << 12) + k->virt_base;
    return true;
}
