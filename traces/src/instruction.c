/* SPDX-License-Identifier: MIT
 *
 * Steps that execute one instruction of the guest kernel:
 *   execute "48 89 07" rdi=window[3]+8 rax=ENTRY -> ok rax=NUMBER
 * Parsing, printing, resolving, and comparing what it did to registers.
 */
#include "parser.h"
#include "run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xen-decode/decode.h>

static const char *const registers[PVT_NR_REGISTERS] = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",  "r8",
    "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "flags"
};

const char *pvt_register_name(uint32_t reg)
{
    return registers[reg];
}

bool parse_is_register(const struct parser *p)
{
    for (uint32_t i = 0; i < PVT_NR_REGISTERS; i++)
        if (parse_is_word(p, registers[i]))
            return true;
    return false;
}

/* REGISTER=VALUE..., each at most once. */
bool parse_settings(struct parser *p, struct pvt_settings *s)
{
    while (parse_is_register(p)) {
        struct pvt_setting *x = &s->settings[s->count];

        for (x->reg = 0; !parse_is_word(p, registers[x->reg]); x->reg++)
            ;
        for (uint32_t i = 0; i < s->count; i++)
            if (s->settings[i].reg == x->reg)
                return parse_fail(p, "%s is given twice", registers[x->reg]);
        s->count++;
        parse_advance(p);
        if (!parse_char(p, '='))
            return false;
        x->is_va = parse_is_word(p, "window");
        if (x->is_va ? !parse_va(p, &x->va) : !parse_entry(p, &x->entry))
            return false;
    }
    return true;
}

static int digit(char c)
{
    const char *const digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* "48 89 07": one instruction that stores memory. */
static bool parse_code(struct parser *p, struct pvt_instruction *i)
{
    const struct token t = p->tok;
    struct xm_insn insn;

    if (parse_peek(p) != TOK_STRING)
        return parse_expected(p,
                              "the bytes of an instruction, as \"48 89 07\"");
    for (size_t at = 0; at < t.length; at += 3) {
        const int high = digit(t.text[at]),
                  low = at + 1 < t.length ? digit(t.text[at + 1]) : -1;

        if (high < 0 || low < 0 ||
            (at + 2 < t.length && t.text[at + 2] != ' ') || at + 3 == t.length)
            return parse_fail(p, "bytes are two digits of 0..9 and a..f each, "
                                 "with a space between them");
        if (i->length == PVT_MAX_CODE)
            return parse_fail(p, "an instruction has at most %u bytes",
                              PVT_MAX_CODE);
        i->code[i->length++] = (uint8_t)(high << 4 | low);
    }
    switch (xm_decode(i->code, i->length, &insn)) {
    case XM_DECODE_INVALID:
        return parse_fail(p, "these bytes are no instruction");
    case XM_DECODE_NO_STORE:
        return parse_fail(p, "this instruction stores nothing to memory, as "
                             "far as the model knows");
    case XM_DECODED:
        break;
    }
    if (insn.length != i->length)
        return parse_fail(
            p, "the instruction ends after %u of the %" PRIu32 " bytes",
            insn.length, i->length);
    parse_advance(p);
    return true;
}

bool parse_instruction(struct parser *p, struct pvt_step *s)
{
    s->call = PVT_EXECUTE;
    s->insn = calloc(1, sizeof(*s->insn));
    if (!s->insn)
        return parse_fail(p, "out of memory: free some");
    return parse_code(p, s->insn) && parse_settings(p, &s->insn->in);
}

void print_settings(FILE *f, const struct pvt_trace *t,
                    const struct pvt_settings *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        const struct pvt_setting *x = &s->settings[i];

        fprintf(f, " %s=", registers[x->reg]);
        if (x->is_va)
            print_va(f, x->va);
        else
            print_entry(f, t, &x->entry);
    }
}

void print_instruction(FILE *f, const struct pvt_trace *t,
                       const struct pvt_instruction *i)
{
    fputs("execute \"", f);
    for (uint32_t k = 0; k < i->length; k++)
        fprintf(f, "%s%02x", k ? " " : "", i->code[k]);
    fputc('"', f);
    print_settings(f, t, &i->in);
}

static uint64_t setting(const struct run *r, const struct pvt_setting *x)
{
    return x->is_va ? run_va(x->va) : run_entry(r, &x->entry);
}

void run_resolve_instruction(const struct run *r,
                             const struct pvt_instruction *i,
                             struct pvt_code *to)
{
    *to = (struct pvt_code){ .length = i->length };
    memcpy(to->code, i->code, i->length);
    for (uint32_t k = 0; k < i->in.count; k++) {
        to->registers[i->in.settings[k].reg] = setting(r, &i->in.settings[k]);
        to->given |= 1u << i->in.settings[k].reg;
    }
    to->registers[PVT_FLAGS] &= XM_FLAGS_STATUS | XM_FLAG_DF;
}

/* The register that is not as it should be, by its name. */
static void differ(struct run *r, uint32_t reg, const char *left_name,
                   uint64_t left, const char *right_name, uint64_t right)
{
    struct pvt_difference *d;

    if (left == right)
        return;
    d = run_differ(r, PVT_KIND_REGISTER, left_name, left, right_name, right);
    snprintf(d->detail, sizeof(d->detail), "%s", registers[reg]);
}

/* What the model knows, it knows for both. */
void run_compare_registers(struct run *r, const struct pvt_code *code,
                           const struct pvt_outcome *a,
                           const struct pvt_outcome *b)
{
    for (uint32_t i = 0; i < PVT_NR_REGISTERS; i++) {
        const uint64_t known = i == PVT_FLAGS ? a->known_flags : ~0ull;

        if (i == XM_RSP && !(code->given & 1u << XM_RSP))
            continue;
        differ(r, i, "model", a->registers[i] & known,
               run_side_name(r, SIDE_OTHER), b->registers[i] & known);
    }
}

void run_expect_registers(struct run *r, const struct pvt_settings *s,
                          enum side side, const struct pvt_outcome *got)
{
    for (uint32_t i = 0; i < s->count; i++)
        differ(r, s->settings[i].reg, "expected", setting(r, &s->settings[i]),
               run_side_name(r, side), got->registers[s->settings[i].reg]);
}
