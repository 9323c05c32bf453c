/* SPDX-License-Identifier: MIT
 *
 * The symbols of code and data, for those who want names for addresses.
 */
#include "internal.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    const struct pv_symbol *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

static bool is_wanted(const GElf_Sym *s)
{
    const unsigned int type = GELF_ST_TYPE(s->st_info);

    return s->st_shndx != SHN_UNDEF && s->st_name != 0 &&
           (type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC);
}

static bool read_table(struct loader *l, Elf_Scn *section, const GElf_Shdr *h)
{
    const size_t number = elf_ndxscn(section);
    Elf_Data *data = elf_getdata(section, NULL);
    struct pv_kernel *k = l->k;
    size_t n;

    if (!data || h->sh_entsize != sizeof(Elf64_Sym))
        return elf__fail(l,
                         "section %zu: the symbols cannot be read: 0x%llx "
                         "bytes at 0x%llx, of 0x%llx each",
                         number, (unsigned long long)h->sh_size,
                         (unsigned long long)h->sh_offset,
                         (unsigned long long)h->sh_entsize);
    n = data->d_size / sizeof(Elf64_Sym);
    if (n == 0)
        return true;
    k->symbols = calloc(n, sizeof(*k->symbols));
    if (!k->symbols)
        return elf__fail(l, "out of memory: free some");
    for (size_t i = 0; i < n; i++) {
        const char *name;
        GElf_Sym s;

        if (!gelf_getsym(data, (int)i, &s) || !is_wanted(&s))
            continue;
        name = elf_strptr(l->elf, h->sh_link, s.st_name);
        if (!name)
            return elf__fail(l,
                             "section %zu: the name of symbol %zu, 0x%x, is "
                             "not in section %u",
                             number, i, s.st_name, h->sh_link);
        k->symbols[k->nr_symbols++] =
            (struct pv_symbol){ s.st_value, s.st_size, name };
    }
    qsort(k->symbols, k->nr_symbols, sizeof(*k->symbols), by_value);
    return true;
}

bool elf__symbols(struct loader *l)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(l->elf, section)) != NULL) {
        GElf_Shdr h;

        if (!gelf_getshdr(section, &h))
            return elf__fail(l, "section %zu: its header cannot be read: %s",
                             elf_ndxscn(section), elf_errmsg(-1));
        if (h.sh_type == SHT_SYMTAB)
            return read_table(l, section, &h); /* there is one at most */
    }
    return true;
}

const struct pv_symbol *pv_kernel_symbol(const struct pv_kernel *k,
                                         uint64_t vaddr)
{
    uint32_t low = 0, high = k->nr_symbols;
    const struct pv_symbol *s;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (k->symbols[middle].value <= vaddr)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    s = &k->symbols[low - 1];
    return s->size == 0 || vaddr - s->value < s->size ? s : NULL;
}
