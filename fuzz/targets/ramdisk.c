/* SPDX-License-Identifier: MIT
 *
 * A fuzz target: traces packed for a guest that replays them by itself. What
 * is refused has a reason. What is packed is read here as that guest reads it,
 * in a domain where every name has another number than the packer tried: pages
 * and calls must then be those that the trace has there.
 */
#include "target.h"

#include <shim/mailbox.h>
#include <shim/pack.h>
#include <shim/program.h>
#include <traces/resolve.h>

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define SELF 0xffffffff80345000ull /* the mailbox */
#define FIRST_FRAME 0x12340ull
#define FRAME_STEP 3u

/* The domain, and what is read in it. */
struct replay {
    const struct pvt_trace *t;
    const uint8_t *at, *end;
    uint32_t nr_symbols;
    struct pvt_known_frames known;
    xm_mfn *pages;
    struct pvt_places places;
    struct pvt_resolved resolved;
    struct shim_mailbox want, got;
};

#define fail(...)                                                              \
    do {                                                                       \
        fprintf(stderr, __VA_ARGS__);                                          \
        fputc('\n', stderr);                                                   \
        abort();                                                               \
    } while (0)

static uint64_t number(uint32_t symbol)
{
    return symbol == SHIM_SYMBOL_SELF ? SELF
                                      : FIRST_FRAME + FRAME_STEP * symbol;
}

static void find_places(struct replay *r)
{
    const uint32_t nr = r->t->nr_pages;

    r->known = (struct pvt_known_frames){
        .boot_l4 = number(SHIM_SYMBOL_PAGES),
        .boot_l3 = number(SHIM_SYMBOL_PAGES + 1),
        .boot_l2 = number(SHIM_SYMBOL_PAGES + 2),
        .shared_info = number(SHIM_SYMBOL_SHARED_INFO),
        .m2p = number(SHIM_SYMBOL_M2P),
        .nr_frames = number(SHIM_SYMBOL_NR_FRAMES),
        .args = SELF + offsetof(struct shim_mailbox, data),
    };
    r->pages = calloc(nr + 1u, sizeof(*r->pages));
    if (!r->pages)
        fail("no memory");
    for (uint32_t i = 0; i < nr; i++)
        r->pages[i] = number(SHIM_SYMBOL_PAGES + SHIM_BOOT_PAGES + i);
    r->places = (struct pvt_places){ &r->known, r->pages };
    r->want.self = r->got.self = SELF;
}

/* The next SIZE bytes, and up to a multiple of 8. */
static const void *take(struct replay *r, uint64_t size)
{
    const void *p = r->at;
    const uint64_t n = (size + 7) & ~7ull;

    if (n > (uint64_t)(r->end - r->at))
        fail("a part of %" PRIu64 " bytes is cut off", size);
    r->at += n;
    return p;
}

static uint64_t relocated(const struct replay *r, uint64_t word,
                          uint32_t symbol, uint32_t shift)
{
    if (symbol >= r->nr_symbols || shift > 63)
        fail("symbol %u << %u: there are %u", symbol, shift, r->nr_symbols);
    return word + ((number(symbol) - SHIM_SYMBOL_NUMBER(symbol)) << shift);
}

static void check_pages(struct replay *r, const struct shim_program *head)
{
    for (uint32_t i = 0; i < head->nr_pages; i++) {
        const struct shim_program_page *page = take(r, sizeof(*page));
        const char *name = take(r, page->name_length);
        const struct pvt_page *from =
            i < SHIM_BOOT_PAGES ? NULL : &r->t->pages[i - SHIM_BOOT_PAGES];

        if ((page->kind == SHIM_PAGE_BOOT) != !from ||
            (from && (page->kind == SHIM_PAGE_FRESH) == from->new))
            fail("page %u is of another kind", i);
        if (from && (strlen(from->name) != page->name_length ||
                     memcmp(from->name, name, page->name_length) != 0))
            fail("page %u has another name", i);
    }
}

static void check_fills(struct replay *r, const struct shim_program *head)
{
    for (uint32_t i = 0; i < head->nr_fills; i++) {
        const struct shim_program_fill *f = take(r, sizeof(*f));
        const struct pvt_fill *from = &r->t->fills[i];
        const uint64_t want = pvt_entry_resolve(r->t, &from->entry, &r->places);
        const uint64_t got = f->has_symbol
                                 ? relocated(r, f->value, f->symbol, f->shift)
                                 : f->value;

        if (got != want)
            fail("line %u: 0x%" PRIx64 " in place of 0x%" PRIx64, from->line,
                 got, want);
        if (f->page >= r->nr_symbols || f->last > 511 || f->first > f->last)
            fail("line %u: there are no such slots", from->line);
    }
}

/* As the guest fills its mailbox. */
static void fill(struct replay *r, const struct shim_program_step *s)
{
    const struct shim_relocation *list =
        take(r, s->nr_relocations * sizeof(*list));
    const struct shim_program_bind *binds =
        take(r, s->nr_binds * sizeof(*binds));

    memcpy(r->got.arg, s->arg, sizeof(s->arg));
    if (s->data_size > sizeof(r->got.data))
        fail("%u bytes of data", s->data_size);
    memset(r->got.data, 0, sizeof(r->got.data));
    memcpy(r->got.data, take(r, s->data_size), s->data_size);
    for (uint32_t i = 0; i < s->nr_relocations; i++) {
        uint64_t *word = list[i].word < 6
                             ? &r->got.arg[list[i].word]
                             : (uint64_t *)r->got.data + (list[i].word - 6);

        if (list[i].word >= 6u + (s->data_size + 7u) / 8u)
            fail("word %u: there are fewer", list[i].word);
        *word = relocated(r, *word, list[i].symbol, list[i].shift);
    }
    for (uint32_t i = 0; i < s->nr_binds; i++)
        if (binds[i].symbol >= r->nr_symbols ||
            binds[i].extent >= r->nr_symbols - binds[i].symbol ||
            binds[i].size > 8 || binds[i].size > s->data_size ||
            binds[i].offset > s->data_size - binds[i].size)
            fail("it returns a number that is nowhere");
}

static void check_text(struct replay *r, const struct shim_program_step *s,
                       const struct pvt_step *from)
{
    const char *text = take(r, s->text_length);
    json_error_t error;
    char *all;
    json_t *j;

    if (asprintf(&all, "%.*s}}", (int)s->text_length, text) < 0)
        fail("no memory");
    j = json_loads(all, JSON_REJECT_DUPLICATES, &error);
    if (!j || json_integer_value(json_object_get(j, "line")) != from->line)
        fail("%s is no JSON of line %u: %s", all, from->line, error.text);
    json_decref(j);
    free(all);
}

static void check_step(struct replay *r, const struct pvt_step *from)
{
    const uint8_t *began = r->at;
    const struct shim_program_step *s = take(r, sizeof(*s));
    int command;

    fill(r, s);
    check_text(r, s, from);
    memset(r->want.arg, 0, sizeof(r->want.arg));
    memset(r->want.data, 0, sizeof(r->want.data));
    if (pvt_step_resolve(r->t, from, &r->places, &r->resolved) != 0)
        fail("line %u: too long, and yet packed", from->line);
    command = shim__fill(&r->want, &r->resolved.op);
    if (command < 0 || s->command != (uint32_t)command ||
        memcmp(r->got.arg, r->want.arg, sizeof(r->got.arg)) != 0 ||
        memcmp(r->got.data, r->want.data, sizeof(r->got.data)) != 0)
        fail("line %u: another call", from->line);
    if (s->length != (uint64_t)(r->at - began))
        fail("line %u: %u bytes that are %zu", from->line, s->length,
             (size_t)(r->at - began));
}

static void check(const struct pvt_trace *t, const struct shim_packed *packed)
{
    static struct replay r;
    const struct shim_program *head = packed->bytes;

    memset(&r, 0, sizeof(r));
    r.t = t;
    r.at = packed->bytes;
    r.end = r.at + packed->length;
    find_places(&r);
    head = take(&r, sizeof(*head));
    if (head->magic != SHIM_PROGRAM_MAGIC || head->length != packed->length ||
        head->checksum != shim_program_sum(head + 1, (size_t)(r.end - r.at)))
        fail("the guest would refuse it");
    r.nr_symbols = SHIM_SYMBOL_PAGES + head->nr_pages;
    if (head->nr_pages != SHIM_BOOT_PAGES + t->nr_pages ||
        head->nr_fills != t->nr_fills || head->nr_steps != t->nr_steps ||
        head->window >= r.nr_symbols)
        fail("there is more or less in it than in the trace");
    (void)take(&r, head->name_length);
    check_pages(&r, head);
    check_fills(&r, head);
    for (uint32_t i = 0; i < t->nr_steps; i++)
        check_step(&r, &t->steps[i]);
    if (r.at != r.end)
        fail("%zu bytes behind its end", (size_t)(r.end - r.at));
    free(r.pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pvt_error error;
    struct pvt_trace *t = pvt_trace_parse((const char *)data, size, &error);
    struct shim_packed packed;

    if (!t)
        return 0;
    if (shim_pack(t, &packed, &error))
        check(t, &packed);
    else if (!error.text[0])
        fail("a refusal without a reason");
    free(packed.bytes);
    pvt_trace_free(t);
    return 0;
}
