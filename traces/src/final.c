/* SPDX-License-Identifier: MIT
 *
 * The final section: what must hold in the end.
 */
#include "parser.h"

#include <xen-model/frame.h>

const char *const term_types[8] = { "none", "L1",       "L2", "L3",
                                    "L4",   "seg_desc", NULL, "writable" };

static bool parse_equals(struct parser *p, struct pvt_final *f)
{
    return parse_frame(p, &f->slot.frame) && parse_char(p, '=');
}

static bool parse_type(struct parser *p, struct pvt_final *f)
{
    uint64_t count, type = 0;

    f->kind = PVT_FINAL_TYPE;
    if (!parse_equals(p, f))
        return false;
    while (type < 8 &&
           !(term_types[type] && parse_skip_word(p, term_types[type])))
        type++;
    if (type == 8)
        return parse_expected(p, "none, L1, L2, L3, L4, seg_desc or writable");
    f->type = type << XM_PGT_TYPE_SHIFT;
    if (parse_skip_word(p, "pinned"))
        f->type |= XM_PGT_PINNED;
    if (parse_skip_word(p, "validated"))
        f->type |= XM_PGT_VALIDATED;
    if (parse_skip_word(p, "partial"))
        f->type |= XM_PGT_PARTIAL;
    if (!parse_skip_word(p, "count"))
        return parse_expected(p, "'count' and the type count");
    if (!parse_number(p, "a count", INT32_MAX, &count))
        return false;
    f->number = (int64_t)count;
    return true;
}

static bool parse_count(struct parser *p, struct pvt_final *f, bool sign)
{
    const bool negative =
        sign && parse_peek(p) == TOK_NUMBER && p->tok.negative;
    uint64_t n;

    if (negative)
        p->tok.negative = false;
    if (!parse_number(p, "a count", INT32_MAX, &n))
        return false;
    f->number = negative ? -(int64_t)n : (int64_t)n;
    return true;
}

static bool parse_statement(struct parser *p, struct pvt_final *f)
{
    if (parse_skip_word(p, "type"))
        return parse_type(p, f);
    if (parse_skip_word(p, "general")) {
        f->kind = PVT_FINAL_GENERAL;
        return parse_equals(p, f) && parse_count(p, f, false);
    }
    if (parse_skip_word(p, "linear")) {
        f->kind = PVT_FINAL_LINEAR;
        return parse_equals(p, f) && parse_count(p, f, true);
    }
    if (parse_skip_word(p, "pte")) {
        f->kind = PVT_FINAL_PTE;
        return parse_slot(p, &f->slot) && parse_char(p, '=') &&
               parse_entry(p, &f->entry);
    }
    if (parse_skip_word(p, "m2p")) {
        f->kind = PVT_FINAL_M2P;
        return parse_equals(p, f) &&
               parse_number(p, "an M2P entry", UINT64_MAX, &f->value);
    }
    if (parse_skip_word(p, "invariants")) {
        f->kind = PVT_FINAL_INVARIANTS;
        return parse_skip_word(p, "hold") || parse_expected(p, "'hold'");
    }
    return parse_expected(p, "type, general, linear, pte, m2p, invariants or "
                             "'}'");
}

/* What is asked of a frame that does not exist has no answer. */
static bool parse_exists(struct parser *p, const struct pvt_final *f)
{
    const enum pvt_frame_kind kind = f->slot.frame.kind;

    if (f->kind != PVT_FINAL_INVARIANTS &&
        (kind == PVT_FRAME_ZERO || kind == PVT_FRAME_NONEXISTENT ||
         kind == PVT_FRAME_ALL_ONES)) {
        p->statement = false;
        return parse_fail(p, "the machine has no such frame to look at");
    }
    return true;
}

bool parse_final(struct parser *p)
{
    struct pvt_trace *t = p->t;

    if (!parse_skip_word(p, "final"))
        return true;
    t->has_final = true;
    if (!parse_char(p, '{'))
        return false;
    while (!parse_skip_char(p, '}')) {
        struct pvt_final f = { .line = p->tok.line }, *finals;

        if (p->tok.kind == TOK_END)
            return p->cut || parse_expected(p, "a statement of final or '}'");
        parse_begin(p);
        if (!parse_statement(p, &f) || !parse_exists(p, &f) ||
            !parse_end_of_statement(p))
            return false;
        finals = parse_grow(p, t->finals, t->nr_finals, sizeof(*finals));
        if (!finals)
            return false;
        t->finals = finals;
        finals[t->nr_finals++] = f;
    }
    return true;
}
