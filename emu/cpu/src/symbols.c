/* SPDX-License-Identifier: MIT
 *
 * Names for addresses. Linux's own table is found by its contents, for nothing
 * says where it is (scripts/kallsyms.c of Linux 4.6 to 6.3 writes it so):
 *
 *   s32 offset[n] | u64 base | u32 n | names: length, then that many tokens |
 *   u32 marker[]: where each 256th name begins | in newer ones, the order of
 *   the names | token texts | u16 index[256]
 *
 * Each part is aligned to 8 bytes. A digit's token is that digit, so that ten
 * of the texts are known.
 */
#include <cpu/symbols.h>

#include <stdlib.h>
#include <string.h>

#define TOKENS 256u
#define NAMES_A_MARKER 256u
#define MAX_SYMBOLS 1000000u
#define ALIGN 8u

struct pvcpu_symbols {
    const struct pv_kernel *kernel;
    const uint8_t *bytes;                   /* the image */
    size_t names, token_texts, token_index; /* offsets in it */
    uint64_t *address;                      /* of kallsyms, sorted */
    uint32_t *name; /* where each begins, from names on */
    size_t nr;
};

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint16_t get16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static size_t up(size_t n)
{
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* The index behind the texts that begin at TEXTS; 0: it does not fit. */
static size_t find_index(const uint8_t *b, size_t size, size_t texts)
{
    size_t at = texts;
    uint16_t offset[TOKENS];

    for (unsigned int i = 0; i < TOKENS; i++) {
        const uint8_t *end = memchr(b + at, 0, size - at);

        if (!end || at - texts > UINT16_MAX)
            return 0;
        offset[i] = (uint16_t)(at - texts);
        at = (size_t)(end - b) + 1;
    }
    at = up(at);
    return at + sizeof(offset) <= size &&
                   memcmp(b + at, offset, sizeof(offset)) == 0
               ? at
               : 0;
}

/* The texts begin 48 tokens before the digit 0, at a multiple of 8. */
static bool find_tokens(struct pvcpu_symbols *s, size_t size)
{
    static const char digits[] =
        "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";
    const uint8_t *b = s->bytes, *at = b;

    while ((at = memmem(at, size - (size_t)(at - b), digits, sizeof(digits))) !=
           NULL) {
        const size_t zero = (size_t)(at - b);
        const size_t least = zero > 4096 ? zero - 4096 : 0;

        for (size_t texts = zero & ~(size_t)(ALIGN - 1); texts > least;
             texts -= ALIGN) {
            const size_t index = find_index(b, size, texts);

            if (index && texts + get16(b + index + 2 * '0') == zero) {
                s->token_texts = texts;
                s->token_index = index;
                return true;
            }
        }
        at++;
    }
    return false;
}

/* A name's length, in tokens, is in one byte, or in two of 7 bits. */
static size_t length_of(const uint8_t *p, size_t *bytes)
{
    *bytes = p[0] & 0x80 ? 2 : 1;
    return p[0] & 0x80 ? (p[0] & 0x7fu) | (size_t)p[1] << 7 : p[0];
}

/* Where COUNT names from NAMES on end; 0: behind the tokens. */
static size_t behind_names(const struct pvcpu_symbols *s, size_t names,
                           size_t count)
{
    size_t at = names, bytes;

    while (count-- > 0 && at + 1 < s->token_texts) {
        const size_t n = length_of(s->bytes + at, &bytes);

        at += bytes + n;
    }
    return at <= s->token_texts ? at : 0;
}

/* N names begin here if the markers behind them say so. */
static bool are_names(const struct pvcpu_symbols *s, size_t names, size_t n)
{
    const size_t second = behind_names(s, names, NAMES_A_MARKER);
    size_t markers;

    if (n <= NAMES_A_MARKER || n > MAX_SYMBOLS || second == 0)
        return false;
    markers = up(behind_names(s, names, n));
    return markers != 0 && markers + 8 <= s->token_texts &&
           get32(s->bytes + markers) == 0 &&
           get32(s->bytes + markers + 4) == second - names;
}

/* Their number lies 8 bytes before them. */
static bool find_names(struct pvcpu_symbols *s)
{
    for (size_t at = s->token_texts & ~(size_t)(ALIGN - 1); at > 2 * ALIGN;
         at -= ALIGN) {
        const uint32_t n = get32(s->bytes + at - ALIGN);

        if (get32(s->bytes + at - 4) == 0 && are_names(s, at, n)) {
            s->names = at;
            s->nr = n;
            return true;
        }
    }
    return false;
}

/* Offsets below 0 count from the base, others are addresses (of each CPU). */
static bool read_addresses(struct pvcpu_symbols *s)
{
    const size_t offsets = up(s->nr * 4) + 2 * ALIGN;
    const uint8_t *table;
    uint64_t base;
    size_t at = s->names, bytes;

    if (offsets > s->names)
        return false;
    table = s->bytes + s->names - offsets;
    memcpy(&base, s->bytes + s->names - 2 * ALIGN, sizeof(base));
    s->address = calloc(s->nr, sizeof(*s->address));
    s->name = calloc(s->nr, sizeof(*s->name));
    if (!s->address || !s->name)
        return false;
    for (size_t i = 0; i < s->nr; i++) {
        const int32_t v = (int32_t)get32(table + 4 * i);

        s->address[i] = v < 0 ? base - 1 - (uint64_t)(int64_t)v : (uint64_t)v;
        s->name[i] = (uint32_t)(at - s->names);
        at += length_of(s->bytes + at, &bytes);
        at += bytes;
    }
    return true;
}

static bool find_kallsyms(struct pvcpu_symbols *s, size_t size)
{
    return find_tokens(s, size) && find_names(s) && read_addresses(s);
}

struct pvcpu_symbols *pvcpu_symbols_open(const struct pv_kernel *k)
{
    struct pvcpu_symbols *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->kernel = k;
    s->bytes = k->image;
    if (k->nr_symbols != 0 || find_kallsyms(s, k->size))
        return s;
    pvcpu_symbols_close(s);
    return NULL;
}

void pvcpu_symbols_close(struct pvcpu_symbols *s)
{
    if (!s)
        return;
    free(s->address);
    free(s->name);
    free(s);
}

/* The first character is the symbol's type. */
static void expand(const struct pvcpu_symbols *s, size_t i,
                   char name[CPU_SYMBOL_NAME])
{
    const uint8_t *p = s->bytes + s->names + s->name[i];
    size_t n = 0, bytes;
    bool skip = true;

    for (size_t k = length_of(p, &bytes); k > 0; k--) {
        const char *t = (const char *)s->bytes + s->token_texts +
                        get16(s->bytes + s->token_index + 2u * p[bytes]);

        p++;
        for (; *t; t++) {
            if (!skip && n < CPU_SYMBOL_NAME - 1)
                name[n++] = *t;
            skip = false;
        }
    }
    name[n] = '\0';
}

bool pvcpu_symbol(const struct pvcpu_symbols *s, uint64_t va,
                  char name[CPU_SYMBOL_NAME], uint64_t *offset)
{
    const struct pv_symbol *symbol;
    size_t best = SIZE_MAX;

    if (!s)
        return false;
    if (s->kernel->nr_symbols) {
        symbol = pv_kernel_symbol(s->kernel, va);
        if (!symbol)
            return false;
        strncpy(name, symbol->name, CPU_SYMBOL_NAME - 1);
        name[CPU_SYMBOL_NAME - 1] = '\0';
        *offset = va - symbol->value;
        return true;
    }
    for (size_t i = 0; i < s->nr; i++)
        if (s->address[i] <= va &&
            (best == SIZE_MAX || s->address[i] > s->address[best]))
            best = i;
    if (best == SIZE_MAX)
        return false;
    expand(s, best, name);
    *offset = va - s->address[best];
    return true;
}
