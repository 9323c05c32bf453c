/* SPDX-License-Identifier: MIT
 *
 * The steps of the run section: who calls what, and what is answered.
 */
#include "parser.h"

#include <stdlib.h>
#include <string.h>

#define FRAME PVT_ARG_FRAME
#define VA PVT_ARG_VA
#define NONE PVT_ARG_NONE

/* pin comes first, with its level as a word of its own. */
const struct term_command term_commands[] = {
    { "unpin", MMUEXT_UNPIN_TABLE, FRAME, NONE, true },
    { "new_baseptr", MMUEXT_NEW_BASEPTR, FRAME, NONE, false },
    { "new_user_baseptr", MMUEXT_NEW_USER_BASEPTR, FRAME, NONE, false },
    { "tlb_flush_local", MMUEXT_TLB_FLUSH_LOCAL, NONE, NONE, false },
    { "tlb_flush_all", MMUEXT_TLB_FLUSH_ALL, NONE, NONE, false },
    { "tlb_flush_multi", MMUEXT_TLB_FLUSH_MULTI, NONE, VA, false },
    { "invlpg_local", MMUEXT_INVLPG_LOCAL, VA, NONE, false },
    { "invlpg_all", MMUEXT_INVLPG_ALL, VA, NONE, false },
    { "invlpg_multi", MMUEXT_INVLPG_MULTI, VA, VA, false },
    { "flush_cache", MMUEXT_FLUSH_CACHE, NONE, NONE, false },
    { "flush_cache_global", MMUEXT_FLUSH_CACHE_GLOBAL, NONE, NONE, false },
    { "clear_page", MMUEXT_CLEAR_PAGE, FRAME, NONE, false },
    { "copy_page", MMUEXT_COPY_PAGE, FRAME, FRAME, false },
    { "mark_super", MMUEXT_MARK_SUPER, FRAME, NONE, false },
    { "unmark_super", MMUEXT_UNMARK_SUPER, FRAME, NONE, false },
    { NULL, 0, NONE, NONE, false },
};

const struct term_command *term_command(uint32_t command)
{
    const struct term_command *c = term_commands;

    while (c->name && c->command != command)
        c++;
    return c->name ? c : NULL;
}

static bool parse_update(struct parser *p, struct pvt_update *u)
{
    uint64_t command;

    *u = (struct pvt_update){ .command = MMU_NORMAL_PT_UPDATE };
    if (parse_skip_word(p, "machphys")) {
        u->command = MMU_MACHPHYS_UPDATE;
        return parse_frame(p, &u->slot.frame) && parse_assign(p) &&
               parse_number(p, "an M2P entry", UINT64_MAX, &u->entry.raw);
    }
    if (parse_skip_word(p, "preserve_ad")) {
        u->command = MMU_PT_UPDATE_PRESERVE_AD;
    } else if (parse_skip_word(p, "no_translate")) {
        u->command = MMU_PT_UPDATE_NO_TRANSLATE;
    } else if (parse_skip_word(p, "cmd")) {
        if (!parse_char(p, '='))
            return false;
        if (parse_peek(p) == TOK_NUMBER && p->tok.number == MMU_MACHPHYS_UPDATE)
            return parse_fail(p, "command 1 is written machphys FRAME := "
                                 "NUMBER");
        if (!parse_number(p, "a command", 7, &command))
            return false;
        u->command = (uint32_t)command;
    }
    return parse_slot(p, &u->slot) && parse_assign(p) &&
           parse_entry(p, &u->entry);
}

static bool parse_arg(struct parser *p, enum pvt_arg_kind kind,
                      struct pvt_arg *a)
{
    a->kind = kind;
    return kind == NONE ? true
           : kind == VA ? parse_va(p, &a->va)
                        : parse_frame(p, &a->frame);
}

/* Of a command by number: what it is, its look tells. */
static bool parse_optional_arg(struct parser *p, struct pvt_arg *a)
{
    if (parse_peek(p) == TOK_NUMBER || parse_is_word(p, "window"))
        return parse_arg(p, VA, a);
    if (parse_peek(p) == TOK_WORD && !parse_is_word(p, "fd"))
        return parse_arg(p, FRAME, a);
    return true;
}

/* One extended operation; *FD says whether fd= may follow. */
static bool parse_ext(struct parser *p, struct pvt_ext *e, bool *fd)
{
    static const char *const levels[] = { "L1", "L2", "L3", "L4" };
    uint64_t number;

    *e = (struct pvt_ext){ .by_number = parse_skip_word(p, "mmuext") };
    *fd = true;
    if (e->by_number) {
        if (!parse_number(p, "a command number", UINT32_MAX, &number))
            return false;
        e->command = (uint32_t)number;
        return parse_optional_arg(p, &e->arg1) &&
               (e->arg1.kind == NONE || parse_optional_arg(p, &e->arg2));
    }
    if (parse_skip_word(p, "pin")) {
        for (uint32_t i = 0; i < 4; i++) {
            if (parse_skip_word(p, levels[i])) {
                e->command = MMUEXT_PIN_L1_TABLE + i;
                return parse_arg(p, FRAME, &e->arg1);
            }
        }
        return parse_expected(p, "L1, L2, L3 or L4");
    }
    for (const struct term_command *c = term_commands; c->name; c++) {
        if (!parse_skip_word(p, c->name))
            continue;
        e->command = c->command;
        *fd = c->fd;
        return parse_arg(p, c->arg1, &e->arg1) &&
               parse_arg(p, c->arg2, &e->arg2);
    }
    return parse_expected(p, "a call");
}

static bool parse_batch(struct parser *p, struct pvt_step *s)
{
    bool fd;

    s->batch = p->braces = true;
    do {
        void *bigger;

        if (s->count == PVT_MAX_BATCH)
            return parse_fail(p, "a batch has at most %u requests",
                              PVT_MAX_BATCH);
        bigger = s->call == PVT_MMU_UPDATE
                     ? parse_grow(p, s->updates, s->count, sizeof(*s->updates))
                     : parse_grow(p, s->exts, s->count, sizeof(*s->exts));
        if (!bigger)
            return false;
        if (s->call == PVT_MMU_UPDATE) {
            s->updates = bigger;
            if (!parse_update(p, &s->updates[s->count]))
                return false;
        } else {
            s->exts = bigger;
            if (!parse_ext(p, &s->exts[s->count], &fd))
                return false;
        }
        s->count++;
    } while (parse_skip_char(p, ','));
    if (!parse_is_char(p, '}'))
        return parse_expected(p, "',' or '}'");
    p->line = p->tok.line;
    p->braces = false;
    parse_advance(p);
    return true;
}

static bool parse_mmu_update(struct parser *p, struct pvt_step *s)
{
    s->call = PVT_MMU_UPDATE;
    if (!parse_optional_fd(p, &s->fd))
        return false;
    if (parse_skip_word(p, "pt")) {
        s->has_pt = true;
        if (!parse_char(p, '=') || !parse_domid(p, &s->pt))
            return false;
    }
    if (parse_skip_char(p, '{'))
        return parse_batch(p, s);
    s->updates = calloc(1, sizeof(*s->updates));
    if (!s->updates)
        return parse_fail(p, "out of memory: free some");
    s->count = 1;
    return parse_update(p, &s->updates[0]);
}

/* "mmuext { ... }" and "mmuext fd=... { ... }" begin like "mmuext NUMBER". */
static bool parse_mmuext(struct parser *p, struct pvt_step *s)
{
    const struct lexer lexer = p->lexer;
    const struct token tok = p->tok;
    bool fd;

    s->call = PVT_MMUEXT_OP;
    if (parse_skip_word(p, "mmuext")) {
        if (!parse_optional_fd(p, &s->fd))
            return false;
        if (parse_skip_char(p, '{'))
            return parse_batch(p, s);
        if (s->fd.kind != PVT_FD_NONE)
            return parse_expected(p, "'{'");
        p->lexer = lexer;
        p->tok = tok;
    }
    s->exts = calloc(1, sizeof(*s->exts));
    if (!s->exts)
        return parse_fail(p, "out of memory: free some");
    s->count = 1;
    return parse_ext(p, &s->exts[0], &fd) &&
           (!fd || parse_optional_fd(p, &s->fd));
}

static bool parse_flush(struct parser *p, uint64_t *flush)
{
    static const struct {
        const char *name;
        uint64_t value;
    } names[] = { { "none", UVMF_NONE },
                  { "tlb", UVMF_TLB_FLUSH },
                  { "tlb-all", UVMF_TLB_FLUSH | UVMF_ALL },
                  { "invlpg", UVMF_INVLPG },
                  { "invlpg-all", UVMF_INVLPG | UVMF_ALL } };

    if (!parse_skip_word(p, "flush"))
        return true;
    if (!parse_char(p, '='))
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (parse_skip_word(p, names[i].name)) {
            *flush = names[i].value;
            return true;
        }
    }
    if (parse_peek(p) != TOK_NUMBER)
        return parse_expected(p, "none, tlb, tlb-all, invlpg, invlpg-all or a "
                                 "number");
    return parse_number(p, "flags", UINT64_MAX, flush);
}

static bool parse_call(struct parser *p, struct pvt_step *s)
{
    bool found;

    if (parse_skip_word(p, "mmu_update"))
        return parse_mmu_update(p, s);
    if (parse_skip_word(p, "update_va_mapping")) {
        s->call = PVT_UPDATE_VA_MAPPING;
        return parse_va(p, &s->va) && parse_assign(p) &&
               parse_entry(p, &s->entry) && parse_flush(p, &s->flush) &&
               parse_optional_fd(p, &s->fd);
    }
    if (!parse_access(p, s, &found))
        return false;
    if (found)
        return true;
    if (parse_skip_word(p, "execute"))
        return parse_instruction(p, s);
    if (call_by_word(p))
        return parse_hypercall(p, s);
    return parse_mmuext(p, s);
}

static bool parse_result(struct parser *p, const struct pvt_step *s,
                         struct pvt_expect *e)
{
    char name[PVT_MAX_NAME + 1];
    uint64_t done;

    if (pvt_is_access(s->call))
        return parse_access_result(p, s, e);
    if (parse_skip_word(p, "crash")) { /* it does not return */
        e->kind = PVT_EXPECT_FAULT;
        e->vector = PVT_CRASH;
        return !parse_skip_word(p, "by") || parse_rule(p, &e->by);
    }
    e->kind = PVT_EXPECT_RC;
    e->any = s->call == PVT_HYPERCALL && parse_skip_word(p, "any");
    if (e->any) {
        /* nothing more to be said of it */
    } else if (parse_peek(p) == TOK_NUMBER && !p->tok.negative &&
               (p->tok.number == 0 ||
                (s->call == PVT_HYPERCALL && p->tok.number <= INT64_MAX))) {
        e->rc = (int64_t)p->tok.number;
        parse_advance(p);
    } else {
        if (parse_peek(p) != TOK_WORD || p->tok.text[0] != '-' ||
            p->tok.length > PVT_MAX_NAME)
            return parse_expected(p, "0, an error as -EINVAL, or crash");
        memcpy(name, p->tok.text + 1, p->tok.length - 1);
        name[p->tok.length - 1] = 0;
        e->rc = -(int64_t)xm_errno_by_name(name);
        if (e->rc > 0)
            return parse_fail(p, "Xen has no error called '%s'", name);
        parse_advance(p);
    }
    if (parse_is_word(p, "done") && s->call != PVT_MMU_UPDATE &&
        s->call != PVT_MMUEXT_OP)
        return parse_fail(p, "only mmu_update and mmuext_op count what is "
                             "done: leave it out");
    e->has_done = parse_skip_word(p, "done");
    if (e->has_done) {
        if (!parse_number(p, "a count", UINT32_MAX, &done))
            return false;
        e->done = (uint32_t)done;
    }
    if (parse_skip_word(p, "by") && !parse_rule(p, &e->by))
        return false;
    return s->call != PVT_HYPERCALL ||
           parse_fields(p, s->info, &e->out, &e->elements);
}

/* d0.1: domain and vCPU are one word. */
static bool parse_who(struct parser *p, struct pvt_step *s)
{
    char name[PVT_MAX_NAME + 1], *dot;

    if (!parse_name(p, "a step, which begins with DOMAIN.VCPU,", name))
        return false;
    dot = strrchr(name, '.');
    if (!dot || dot[1] < '0' || dot[1] >= '0' + (char)XM_MAX_VCPUS || dot[2])
        return parse_fail(p,
                          "a step begins with DOMAIN.VCPU: the vCPU is from "
                          "0 to %u",
                          XM_MAX_VCPUS - 1);
    *dot = 0;
    s->vcpu = (uint32_t)(dot[1] - '0');
    for (s->domain = 0; s->domain < p->t->nr_domains; s->domain++) {
        if (strcmp(p->t->domains[s->domain].name, name) == 0) {
            parse_advance(p);
            return parse_char(p, ':');
        }
    }
    return parse_fail(p, "no domain is called '%s': declare it in init", name);
}

bool parse_step(struct parser *p)
{
    struct pvt_trace *t = p->t;
    struct pvt_step *steps =
                        parse_grow(p, t->steps, t->nr_steps, sizeof(*steps)),
                    *s;

    if (!steps)
        return false;
    t->steps = steps;
    s = &steps[t->nr_steps++];
    *s = (struct pvt_step){ .line = p->tok.line, .column = p->tok.column };
    if (!parse_who(p, s) || !parse_call(p, s))
        return false;
    if (parse_peek(p) != TOK_ARROW)
        return parse_expected(p, "'->' and what the call answers");
    parse_advance(p);
    return parse_result(p, s, &s->expect);
}
