/* SPDX-License-Identifier: MIT
 *
 * Which words of a step depend on which name. Name number n has the number
 * base + n in the first trial, one more in the second, n more in the third:
 * so a word that holds number << shift tells shift, and then n. The fourth
 * has it checked with numbers of another kind.
 */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of frames that 32 bits can hold. */
#define OTHER_BASE 0x51000001ull
#define OTHER_STEP 5u

/* Behind those that a shim can find: what only Xen knows. */
enum { UNKNOWN_XEN = 0, UNKNOWN_FREE, UNKNOWN_MMIO, NR_UNKNOWN };

static uint32_t nr_symbols(const struct packer *p)
{
    return SHIM_SYMBOL_PAGES + SHIM_BOOT_PAGES + p->t->nr_pages;
}

static uint64_t number(uint32_t trial, uint32_t symbol)
{
    switch (trial) {
    case 0:
        return SHIM_SYMBOL_NUMBER(symbol);
    case 1:
        return SHIM_SYMBOL_NUMBER(symbol) + 1;
    case 2:
        return SHIM_SYMBOL_NUMBER(symbol) + symbol;
    default:
        return OTHER_BASE + OTHER_STEP * (uint64_t)symbol;
    }
}

uint32_t pack__symbol(uint32_t page)
{
    return SHIM_SYMBOL_PAGES + SHIM_BOOT_PAGES + page;
}

static void set_known(const struct packer *p, uint32_t k,
                      struct pvt_known_frames *to)
{
    const uint32_t unknown = nr_symbols(p);

    *to = (struct pvt_known_frames){
        .boot_l4 = number(k, SHIM_SYMBOL_PAGES),
        .boot_l3 = number(k, SHIM_SYMBOL_PAGES + 1),
        .boot_l2 = number(k, SHIM_SYMBOL_PAGES + 2),
        .shared_info = number(k, SHIM_SYMBOL_SHARED_INFO),
        .m2p = number(k, SHIM_SYMBOL_M2P),
        .nr_frames = number(k, SHIM_SYMBOL_NR_FRAMES),
        .args =
            number(k, SHIM_SYMBOL_SELF) + offsetof(struct shim_mailbox, data),
        .xen = number(k, unknown + UNKNOWN_XEN),
        .free = number(k, unknown + UNKNOWN_FREE),
        .mmio = number(k, unknown + UNKNOWN_MMIO),
    };
}

bool pack__open(struct packer *p)
{
    bool good = true;

    p->boxes = aligned_alloc(_Alignof(struct shim_mailbox),
                             PACK_TRIALS * sizeof(*p->boxes));
    if (p->boxes)
        memset(p->boxes, 0, PACK_TRIALS * sizeof(*p->boxes));
    p->resolved = malloc(sizeof(*p->resolved));
    p->relocations = calloc(6 + SHIM_DATA_SIZE / 8, sizeof(*p->relocations));
    p->binds = calloc(PVT_MAX_DATA / 8, sizeof(*p->binds));
    for (uint32_t k = 0; k < PACK_TRIALS; k++) {
        p->pages[k] = calloc(p->t->nr_pages + 1u, sizeof(*p->pages[k]));
        good = good && p->pages[k] && p->boxes;
        for (uint32_t i = 0; good && i < p->t->nr_pages; i++)
            p->pages[k][i] = number(k, pack__symbol(i));
        set_known(p, k, &p->known[k]);
        p->places[k] = (struct pvt_places){ &p->known[k], p->pages[k] };
        if (good)
            p->boxes[k].self = number(k, SHIM_SYMBOL_SELF);
    }
    return good && p->resolved && p->relocations && p->binds;
}

void pack__close(struct packer *p)
{
    for (uint32_t k = 0; k < PACK_TRIALS; k++)
        free(p->pages[k]);
    free(p->boxes);
    free(p->resolved);
    free(p->relocations);
    free(p->binds);
}

bool pack__relocate(struct packer *p, unsigned int line, unsigned int column,
                    const uint64_t words[PACK_TRIALS],
                    struct shim_relocation *r, bool *found)
{
    static const char *const unknown[NR_UNKNOWN] = {
        [UNKNOWN_XEN] = "xen",
        [UNKNOWN_FREE] = "free",
        [UNKNOWN_MMIO] = "mmio",
    };
    const uint64_t one = words[1] - words[0], all = words[2] - words[0];
    uint32_t symbol, shift;

    *found = one != 0 || all != 0 || words[3] != words[0];
    if (!*found)
        return true;
    shift = one ? (uint32_t)__builtin_ctzll(one) : 0;
    symbol = (uint32_t)(all >> shift);
    if (one != 1ull << shift || symbol >= nr_symbols(p) + NR_UNKNOWN ||
        words[3] - words[0] != (number(3, symbol) - number(0, symbol)) << shift)
        return pack__refuse(p, line, column,
                            "a word is made of the numbers of several pages: "
                            "that takes a host");
    if (symbol >= nr_symbols(p))
        return pack__refuse(p, line, column,
                            "a frame is called '%s', and no domain can tell "
                            "which that is: it takes a host that sees all of "
                            "memory (pinfold replay --on xen)",
                            unknown[symbol - nr_symbols(p)]);
    *r = (struct shim_relocation){ .symbol = symbol, .shift = shift };
    if (symbol < SHIM_SYMBOL_PAGES)
        p->uses |= 1u << symbol;
    return true;
}
