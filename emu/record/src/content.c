/* SPDX-License-Identifier: MIT
 *
 * What the trace's pages hold. The trace has all that calls do to a page, and
 * nothing of what the guest stores there itself; when a page is about to become
 * a table, the words in which the two differ are said. A word's place is that
 * in the trace's page: what was an L4 of the guest, and then is another table,
 * has slots elsewhere.
 */
#include "internal.h"

#include <stdlib.h>

#define TYPE_COUNT(f) ((f)->type_info & XM_PGT_COUNT_MASK)

static bool is_unknown(const struct record_content *c, unsigned int i)
{
    return c->unknown[i / 64] >> (i % 64) & 1;
}

static void set_unknown(struct record_content *c, unsigned int i)
{
    c->unknown[i / 64] |= 1ull << (i % 64);
}

static void set_known(struct record_content *c, unsigned int i, uint64_t word)
{
    c->unknown[i / 64] &= ~(1ull << (i % 64));
    c->words[i] = word;
}

static struct record_content *content_of(const struct record *r, xm_mfn mfn)
{
    struct record_frame *f = &r->frames[mfn];

    if (!f->content)
        f->content = calloc(1, sizeof(*f->content));
    if (!f->content)
        abort();
    return f->content;
}

unsigned int record__live_level(const struct record *r, xm_mfn mfn)
{
    const struct xm_frame *f = xm_machine_frame_const(r->cpu->machine, mfn);

    return f && TYPE_COUNT(f) ? xm_pgt_level(f->type_info) : 0;
}

/* An mmu_update of it stores a word and checks nothing. */
static bool is_plain(const struct record *r, xm_mfn mfn)
{
    const struct xm_frame *f = xm_machine_frame_const(r->cpu->machine, mfn);

    return record__is_named(r, mfn) && f && f->owner == r->domid &&
           (TYPE_COUNT(f) == 0 ||
            (f->type_info & XM_PGT_TYPE_MASK) == XM_PGT_WRITABLE);
}

/* Of an L4, what Xen and the agent have there. */
static bool is_theirs(unsigned int level, unsigned int slot)
{
    return level == 4 && xm_l4_slot_is_xen(slot);
}

struct batch {
    unsigned int level;
    uint32_t count;
    xm_mfn mfn;
};

static void put_update(struct record *r, struct batch *b, unsigned int slot)
{
    if (b->count++ == 0) {
        record__who(r);
        record__string(&r->out, "mmu_update { ");
    } else {
        record__string(&r->out, ",\n    ");
    }
    record__put_frame(r, b->mfn);
    record__char(&r->out, '[');
    record__decimal(&r->out, record__slot(r, b->level, slot));
    record__string(&r->out, "] := ");
}

static void end_updates(struct record *r, struct batch *b)
{
    if (b->count == 0)
        return;
    record__string(&r->out, " }");
    record__put_result(r, 0);
    b->count = 0;
}

/* Most pages hold what is known: all of one at a time. */
static bool is_as_known(const struct record_content *c, const uint64_t *words)
{
    static const struct record_content zero;

    if (!c)
        c = &zero;
    return memcmp(c->unknown, zero.unknown, sizeof(zero.unknown)) == 0 &&
           memcmp(c->words, words, sizeof(c->words)) == 0;
}

/* PUT: NULL, or what says a word. */
static void say(struct record *r, struct batch b,
                void (*put)(struct record *r, unsigned int i, uint64_t word))
{
    const uint64_t *words = xm_ram_frame(r->cpu, b.mfn);
    struct record_content *c = r->frames[b.mfn].content;

    if (b.level != 4 && is_as_known(c, words))
        return; /* an L4 has slots elsewhere */
    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        const unsigned int at = record__slot(r, b.level, i);

        if (is_theirs(b.level, i) ||
            (c ? words[i] == c->words[at] && !is_unknown(c, at)
               : words[i] == 0))
            continue;
        c = content_of(r, b.mfn);
        set_known(c, at, words[i]);
        put_update(r, &b, i);
        if (put)
            put(r, i, words[i]);
        else if (b.level == 0)
            record__number(&r->out, words[i]);
        else
            record__put_entry(r, words[i]);
        if (at == RECORD_AGENT_SLOT)
            c->carries = false;
    }
    end_updates(r, &b);
}

void record__say_words(struct record *r, xm_mfn mfn,
                       void (*put)(struct record *r, unsigned int i,
                                   uint64_t word))
{
    if (is_plain(r, mfn))
        say(r, (struct batch){ .mfn = mfn }, put);
}

void record__say_content(struct record *r, xm_mfn mfn, unsigned int level)
{
    const uint64_t *words;

    /* A table changes by calls only, which the trace has. */
    if (!is_plain(r, mfn))
        return;
    say(r, (struct batch){ .level = level, .mfn = mfn }, NULL);
    words = xm_ram_frame(r->cpu, mfn);
    for (unsigned int i = 0; level == 4 && i < XM_ENTRIES; i++)
        if (is_theirs(level, i))
            set_unknown(content_of(r, mfn), i);
    for (unsigned int i = 0; level > 1 && i < XM_ENTRIES; i++)
        if ((words[i] & XM_PTE_P) && !is_theirs(level, i))
            record__say_content(r, xm_pte_mfn(words[i]), level - 1);
}

void record__note_word(struct record *r, xm_mfn mfn, unsigned int slot)
{
    uint64_t word;

    if (!record__is_named(r, mfn))
        return;
    word = xm_ram_frame(r->cpu, mfn)[slot];
    if (word != 0 || r->frames[mfn].content)
        set_known(content_of(r, mfn),
                  record__slot(r, record__live_level(r, mfn), slot), word);
}

void record__note_page(struct record *r, xm_mfn mfn)
{
    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        record__note_word(r, mfn, i);
}

void record__note_copy(struct record *r, xm_mfn to, xm_mfn from)
{
    if (!record__is_named(r, to) || !record__is_named(r, from) || to == from)
        return;
    *content_of(r, to) = *content_of(r, from);
}

void record__note_cleared(struct record *r, xm_mfn mfn)
{
    if (record__is_named(r, mfn) && r->frames[mfn].content)
        *r->frames[mfn].content = (struct record_content){ .carries = false };
}

void record__carry(struct record *r, xm_mfn l4)
{
    struct record_content *c;

    if (!record__is_named(r, l4) ||
        (record__live_level(r, l4) != 4 && !is_plain(r, l4)))
        return;
    c = content_of(r, l4);
    if (c->carries)
        return;
    record__who(r);
    record__string(&r->out, "mmu_update ");
    record__put_frame(r, l4);
    record__string(&r->out, "[511] := d");
    record__decimal(&r->out, r->domain);
    record__string(&r->out, ".boot.l3 P RW US A");
    record__put_result(r, 0);
    c->carries = true;
    set_unknown(c, RECORD_AGENT_SLOT);
}
