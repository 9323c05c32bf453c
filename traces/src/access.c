/* SPDX-License-Identifier: MIT
 *
 * Steps that the guest executes itself, without Xen's help, and what becomes
 * of them:
 *   load VA [ "user" ] [ "unflushed" | "stale" ]    store VA := ENTRY ...
 *   load_segment SELECTOR [ "user" ]      write_cr3 ENTRY    read_cr3
 *   invlpg VA -> ok | value ENTRY | fault ERRORCODE [ at VA ] | gp ERRORCODE
 *   | crash
 */
#include "parser.h"

#include <inttypes.h>
#include <xen-model/descriptor.h>

static const struct {
    const char *name;
    uint32_t vector;
} exceptions[] = {
    { "fault", XM_EXCEPTION_PF },
    { "gp", XM_EXCEPTION_GP },
    { "np", XM_EXCEPTION_NP },
    { "crash", PVT_CRASH },
};
#define NR_EXCEPTIONS (sizeof(exceptions) / sizeof(exceptions[0]))

/* Anything else would be an exception that is not about tables. */
static bool parse_access_va(struct parser *p, struct pvt_va *va)
{
    const struct token at = p->tok;
    uint64_t address;

    if (!parse_va(p, va))
        return false;
    address = va->window ? va->offset : va->number;
    if (address % 8 == 0 &&
        (va->window || address >> 47 == 0 || address >> 47 == 0x1ffff))
        return true;
    p->tok = at;
    return parse_fail(p, "loads and stores need a canonical address that is "
                         "a multiple of 8");
}

static bool parse_options(struct parser *p, struct pvt_step *s)
{
    s->user = parse_skip_word(p, "user");
    s->stale = s->call == PVT_LOAD && parse_skip_word(p, "stale");
    s->unflushed = s->stale || (s->call != PVT_LOAD_SEGMENT &&
                                parse_skip_word(p, "unflushed"));
    return true;
}

static bool parse_selector(struct parser *p, struct pvt_step *s)
{
    return parse_number(p, "a selector", 0xffff, &s->entry.raw);
}

bool parse_access(struct parser *p, struct pvt_step *s, bool *found)
{
    *found = true;
    if (parse_skip_word(p, "load")) {
        s->call = PVT_LOAD;
        return parse_access_va(p, &s->va) && parse_options(p, s);
    }
    if (parse_skip_word(p, "store")) {
        s->call = PVT_STORE;
        return parse_access_va(p, &s->va) && parse_assign(p) &&
               parse_entry(p, &s->entry) && parse_options(p, s);
    }
    if (parse_skip_word(p, "load_segment")) {
        s->call = PVT_LOAD_SEGMENT;
        return parse_selector(p, s) && parse_options(p, s);
    }
    if (parse_skip_word(p, "write_cr3")) {
        s->call = PVT_WRITE_CR3;
        return parse_entry(p, &s->entry);
    }
    if (parse_skip_word(p, "read_cr3")) {
        s->call = PVT_READ_CR3;
        return true;
    }
    if (parse_skip_word(p, "invlpg")) {
        s->call = PVT_INVLPG;
        return parse_access_va(p, &s->va);
    }
    *found = false;
    return true;
}

/* The rule that spoke, and registers. */
static bool parse_rest(struct parser *p, const struct pvt_step *s,
                       struct pvt_expect *e)
{
    if (parse_skip_word(p, "by") && !parse_rule(p, &e->by))
        return false;
    return s->call != PVT_EXECUTE || parse_settings(p, &s->insn->out);
}

bool parse_access_result(struct parser *p, const struct pvt_step *s,
                         struct pvt_expect *e)
{
    uint64_t code;

    if (parse_skip_word(p, "ok")) {
        e->kind = PVT_EXPECT_OK;
        return parse_rest(p, s, e);
    }
    if (pvt_is_load(s->call) && parse_skip_word(p, "value")) {
        e->kind = PVT_EXPECT_VALUE;
        return parse_entry(p, &e->value) && parse_rest(p, s, e);
    }
    e->kind = PVT_EXPECT_FAULT;
    for (size_t i = 0; i < NR_EXCEPTIONS && !e->vector; i++)
        if (parse_skip_word(p, exceptions[i].name))
            e->vector = exceptions[i].vector;
    if (!e->vector)
        return parse_expected(p, pvt_is_load(s->call)
                                     ? "ok, value, fault, gp, np or crash"
                                     : "ok, fault, gp, np or crash");
    if (e->vector == PVT_CRASH)
        return parse_rest(p, s, e);
    if (!parse_number(p, "an error code", 0xffff, &code))
        return false;
    e->error_code = (uint32_t)code;
    e->has_at = e->vector == XM_EXCEPTION_PF && parse_skip_word(p, "at");
    return (!e->has_at || parse_va(p, &e->at)) && parse_rest(p, s, e);
}

void print_access(FILE *f, const struct pvt_trace *t, const struct pvt_step *s)
{
    static const char *const names[] = {
        [PVT_LOAD] = "load ",
        [PVT_STORE] = "store ",
        [PVT_LOAD_SEGMENT] = "load_segment ",
        [PVT_WRITE_CR3] = "write_cr3 ",
        [PVT_READ_CR3] = "read_cr3",
        [PVT_INVLPG] = "invlpg ",
    };

    fputs(names[s->call], f);
    if (s->call == PVT_LOAD || s->call == PVT_STORE || s->call == PVT_INVLPG)
        print_va(f, s->va);
    if (s->call == PVT_STORE)
        fputs(" := ", f);
    if (s->call == PVT_STORE || s->call == PVT_LOAD_SEGMENT ||
        s->call == PVT_WRITE_CR3)
        print_entry(f, t, &s->entry);
    fputs(s->user ? " user" : "", f);
    fputs(s->stale ? " stale" : s->unflushed ? " unflushed" : "", f);
}

void print_exception(FILE *f, const struct pvt_expect *e)
{
    for (size_t i = 0; i < NR_EXCEPTIONS; i++)
        if (exceptions[i].vector == e->vector)
            fputs(exceptions[i].name, f);
    if (e->vector != PVT_CRASH)
        fprintf(f, " %" PRIu32, e->error_code);
    if (e->has_at) {
        fputs(" at ", f);
        print_va(f, e->at);
    }
}
