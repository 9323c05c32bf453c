/* SPDX-License-Identifier: MIT
 *
 * The features that a kernel supports or requires, by their names.
 */
#include "internal.h"

#include <string.h>
#include <xen/features.h>

static const struct {
    const char *name;
    unsigned int bit;
} names[] = {
    { "writable_page_tables", XENFEAT_writable_page_tables },
    { "writable_descriptor_tables", XENFEAT_writable_descriptor_tables },
    { "auto_translated_physmap", XENFEAT_auto_translated_physmap },
    { "supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel },
    { "pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb },
    { "hvm_callback_vector", XENFEAT_hvm_callback_vector },
    { "dom0", XENFEAT_dom0 },
};

static int find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strlen(names[i].name) == length &&
            memcmp(names[i].name, name, length) == 0)
            return (int)names[i].bit;
    return -1;
}

/* Xen passes over names it does not know, unless they are required. */
bool elf__features(struct loader *l, const char *text, size_t size,
                   const char *where)
{
    const char *end = text + strnlen(text, size);

    while (text < end) {
        const char *bar = memchr(text, '|', (size_t)(end - text));
        const char *next = bar ? bar : end;
        const bool required = *text == '!';
        const char *name = text + required;
        const size_t length = (size_t)(next - name);
        const int bit = next >= name ? find(name, length) : -1;

        if (bit >= 0)
            l->k->supported |= 1u << bit;
        if (bit >= 0 && required)
            l->k->required |= 1u << bit;
        if (bit < 0 && required)
            return elf__fail(l, "%s: requires '%.*s', which Xen does not know",
                             where, length < 40 ? (int)length : 40, name);
        text = bar ? next + 1 : end;
    }
    return true;
}
