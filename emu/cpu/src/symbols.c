/* SPDX-License-Identifier: MIT
 *
 * Names for addresses. Linux's own table is found by its contents, for nothing
 * says where it is (scripts/kallsyms.c of Linux 4.6 to 6.3 writes it so):
 *
 *   s32 offset[n] | u64 base | u32 n | names: length, then that many tokens |
 *   u32 marker[]: where each 256th name begins | token texts | u16 index[256]
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

/* Markers grow, from 0 on. Their number; *FIRST: where they begin. */
static size_t find_markers(const struct pvcpu_symbols *s, size_t *first)
{
    size_t at = s->token_texts, n = 0;
    uint32_t last = UINT32_MAX;

    while (at >= 4 && get32(s->bytes + at - 4) == 0)
        at -= 4; /* padding */
    while (at >= 4 && n < MAX_SYMBOLS / NAMES_A_MARKER) {
        const uint32_t v = get32(s->bytes + at - 4);

        if (v >= last)
            return 0;
        last = v;
        at -= 4;
        n++;
        if (v == 0) {
            *first = at;
            return n;
        }
    }
    return 0;
}

/* COUNT names from NAMES on take BYTES; *END, if it is not NULL, their end. */
static bool walk_names(const struct pvcpu_symbols *s, size_t names,
                       size_t limit, size_t count, size_t *end)
{
    size_t at = names;

    while (count-- > 0) {
        if (at >= limit)
            return false;
        at += s->bytes[at] + 1u;
    }
    *end = at;
    return at <= limit;
}

/* The count lies 8 bytes before the names, which end where markers begin. */
static bool find_names(struct pvcpu_symbols *s, size_t markers,
                       size_t nr_markers)
{
    const uint32_t second = nr_markers > 1 ? get32(s->bytes + markers + 4) : 0;

    for (size_t at = markers & ~(size_t)(ALIGN - 1); at > 16; at -= ALIGN) {
        const uint32_t n = get32(s->bytes + at - ALIGN);
        size_t end;

        if (n == 0 || n > MAX_SYMBOLS ||
            (n + NAMES_A_MARKER - 1) / NAMES_A_MARKER != nr_markers ||
            (second && (!walk_names(s, at, markers, NAMES_A_MARKER, &end) ||
                        end - at != second)))
            continue;
        if (walk_names(s, at, markers, n, &end) && markers - end < ALIGN) {
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
    size_t at = s->names;

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
        at += s->bytes[at] + 1u;
    }
    return true;
}

static bool find_kallsyms(struct pvcpu_symbols *s, size_t size)
{
    size_t markers, n;

    if (!find_tokens(s, size))
        return false;
    n = find_markers(s, &markers);
    return n != 0 && find_names(s, markers, n) && read_addresses(s);
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
    size_t n = 0;
    bool skip = true;

    for (unsigned int k = p[0]; k > 0; k--) {
        const char *t = (const char *)s->bytes + s->token_texts +
                        get16(s->bytes + s->token_index + 2u * *++p);

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
