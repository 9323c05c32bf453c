/* SPDX-License-Identifier: MIT
 *
 * The terms of a trace: frames, slots, entries, addresses, domains, rules.
 */
#include "parser.h"

#include <xen-model/pte.h>

#include <string.h>

const char *const term_frames[] = {
    [PVT_FRAME_ZERO] = "0",
    [PVT_FRAME_PAGE] = "",
    [PVT_FRAME_BOOT_L4] = "boot.l4",
    [PVT_FRAME_BOOT_L3] = "boot.l3",
    [PVT_FRAME_BOOT_L2] = "boot.l2",
    [PVT_FRAME_SHARED_INFO] = "shared_info",
    [PVT_FRAME_XEN] = "xen",
    [PVT_FRAME_FREE] = "free",
    [PVT_FRAME_MMIO] = "mmio",
    [PVT_FRAME_M2P] = "m2p",
    [PVT_FRAME_NONEXISTENT] = "nonexistent",
    [PVT_FRAME_ALL_ONES] = "all-ones",
    [PVT_FRAME_MFN] = "mfn",
};

static const char *const other_reserved[] = {
    "window",    "raw",   "machphys", "preserve_ad", "no_translate", "cmd",
    "fd",        "pt",    "flush",    "mmuext",      "by",           "done",
    "unflushed", "stale", "grant",    "number",      "user",
};

bool term_is_reserved(const char *name)
{
    const char *dot = strchr(name, '.');

    for (size_t i = 0; i < sizeof(term_frames) / sizeof(*term_frames); i++)
        if (strcmp(name, term_frames[i]) == 0 ||
            (i >= PVT_FRAME_BOOT_L4 && i <= PVT_FRAME_SHARED_INFO && dot &&
             strcmp(dot + 1, term_frames[i]) == 0))
            return true;
    for (size_t i = 0; xm_pte_flags[i].name; i++)
        if (strcmp(name, xm_pte_flags[i].name) == 0)
            return true;
    for (size_t i = 0; i < sizeof(other_reserved) / sizeof(*other_reserved);
         i++)
        if (strcmp(name, other_reserved[i]) == 0)
            return true;
    return false;
}

static bool find_page(struct parser *p, struct pvt_frame_ref *r)
{
    char name[PVT_MAX_NAME + 1];
    int found;

    if (!parse_name(p, "a frame", name))
        return false;
    found = page_find(p, name, &r->page);
    if (found == 1) {
        r->kind = PVT_FRAME_PAGE;
        parse_advance(p);
    }
    return found ? found == 1
                 : parse_fail(
                       p,
                       "no page is called '%s': declare it in init, before "
                       "this line",
                       name);
}

/* boot.l4 is that of the first domain, d1.boot.l4 of d1. */
static bool skip_frame_of(struct parser *p, const char *name, uint32_t *domain)
{
    char full[2 * PVT_MAX_NAME];

    *domain = 0;
    if (parse_skip_word(p, name))
        return true;
    for (uint32_t i = 0; i < p->t->nr_domains; i++) {
        snprintf(full, sizeof(full), "%s.%s", p->t->domains[i].name, name);
        if (parse_skip_word(p, full)) {
            *domain = i;
            return true;
        }
    }
    return false;
}

bool parse_frame(struct parser *p, struct pvt_frame_ref *r)
{
    *r = (struct pvt_frame_ref){ .kind = PVT_FRAME_ZERO };
    if (parse_peek(p) == TOK_NUMBER) {
        if (p->tok.number != 0)
            return parse_fail(p, "a frame by its number is written mfn:NUMBER");
        parse_advance(p);
        return true;
    }
    if (parse_skip_word(p, "mfn")) {
        r->kind = PVT_FRAME_MFN;
        return parse_char(p, ':') &&
               parse_number(p, "a frame number", (1ull << 52) - 1, &r->mfn);
    }
    for (size_t i = PVT_FRAME_BOOT_L4; i <= PVT_FRAME_SHARED_INFO; i++) {
        if (skip_frame_of(p, term_frames[i], &r->domain)) {
            r->kind = (enum pvt_frame_kind)i;
            return true;
        }
    }
    for (size_t i = PVT_FRAME_XEN; i < PVT_FRAME_MFN; i++) {
        if (parse_skip_word(p, term_frames[i])) {
            r->kind = (enum pvt_frame_kind)i;
            return true;
        }
    }
    return find_page(p, r);
}

bool parse_slot(struct parser *p, struct pvt_slot *s)
{
    uint64_t index;

    if (!parse_frame(p, &s->frame) || !parse_char(p, '[') ||
        !parse_number(p, "a slot", XM_ENTRIES - 1, &index))
        return false;
    s->index = (uint32_t)index;
    return parse_char(p, ']');
}

static bool skip_flag(struct parser *p, uint64_t *flags)
{
    for (size_t i = 0; xm_pte_flags[i].name; i++) {
        if (parse_skip_word(p, xm_pte_flags[i].name)) {
            *flags |= xm_pte_flags[i].bit;
            return true;
        }
    }
    return false;
}

bool parse_flags(struct parser *p, struct pvt_entry *e)
{
    while (skip_flag(p, &e->flags))
        ;
    return !parse_skip_word(p, "raw") ||
           parse_number(p, "the raw bits", UINT64_MAX, &e->raw);
}

/* An entry of a grant table: "grant" FLAGS DOM FRAME. */
static bool parse_grant(struct parser *p, struct pvt_entry *e)
{
    *e = (struct pvt_entry){ .kind = PVT_ENTRY_GRANT, .has_frame = true };
    return parse_number(p, "the flags of a grant", UINT16_MAX, &e->raw) &&
           parse_domid(p, &e->domid) && parse_frame(p, &e->frame);
}

bool parse_entry(struct parser *p, struct pvt_entry *e)
{
    if (parse_skip_word(p, "grant"))
        return parse_grant(p, e);
    if (parse_skip_word(p, "number")) {
        *e = (struct pvt_entry){ .kind = PVT_ENTRY_NUMBER, .has_frame = true };
        return parse_frame(p, &e->frame);
    }
    *e = (struct pvt_entry){ .has_frame = false };
    if (parse_peek(p) == TOK_NUMBER)
        return parse_number(p, "an entry", UINT64_MAX, &e->raw);
    if (parse_peek(p) != TOK_WORD)
        return parse_expected(p, "an entry: a number, or a frame and flags");
    e->has_frame = true;
    if (!parse_frame(p, &e->frame))
        return false;
    if (e->frame.kind == PVT_FRAME_MFN && e->frame.mfn >> 40)
        return parse_fail(p, "the frame number of an entry has 40 bits");
    if (!parse_flags(p, e))
        return false;
    /* Options of the call and the next statement begin with a word too. */
    if (parse_peek(p) == TOK_WORD && !parse_is_word(p, "flush") &&
        !parse_is_word(p, "fd") && !parse_is_word(p, "by") &&
        !parse_is_word(p, "unflushed") && !parse_is_word(p, "stale") &&
        !parse_is_word(p, "user") && !parse_is_register(p))
        return parse_expected(p, "a flag (P RW US PWT PCD A D PSE PAT G "
                                 "AVAIL0..2 GK B53..B62 NX) or raw NUMBER");
    return true;
}

bool parse_va(struct parser *p, struct pvt_va *va)
{
    *va = (struct pvt_va){ .window = parse_skip_word(p, "window") };
    if (!va->window)
        return parse_number(p, "an address", UINT64_MAX, &va->number);
    if (!parse_char(p, '[') ||
        !parse_number(p, "a page of the window", XM_ENTRIES - 1, &va->number) ||
        !parse_char(p, ']'))
        return false;
    if (parse_skip_char(p, '+'))
        return parse_number(p, "an offset into the page", XM_PAGE_SIZE - 1,
                            &va->offset);
    return true;
}

bool parse_domid(struct parser *p, xm_domid *domid)
{
    char name[PVT_MAX_NAME + 1];
    uint64_t number;

    if (parse_peek(p) == TOK_NUMBER) {
        if (!parse_number(p, "a domain id", 0xffff, &number))
            return false;
        *domid = (xm_domid)number;
        return true;
    }
    if (!parse_name(p, "a domain", name))
        return false;
    for (uint32_t i = 0; i < p->t->nr_domains; i++) {
        if (strcmp(p->t->domains[i].name, name) == 0) {
            *domid = p->t->domains[i].domid;
            parse_advance(p);
            return true;
        }
    }
    return parse_fail(p, "no domain is called '%s': declare it in init", name);
}

bool parse_optional_fd(struct parser *p, struct pvt_fd *fd)
{
    return !parse_skip_word(p, "fd") || (parse_char(p, '=') && parse_fd(p, fd));
}

bool parse_fd(struct parser *p, struct pvt_fd *fd)
{
    fd->kind = parse_skip_word(p, "self")  ? PVT_FD_SELF
               : parse_skip_word(p, "io")  ? PVT_FD_IO
               : parse_skip_word(p, "xen") ? PVT_FD_XEN
                                           : PVT_FD_ID;
    return fd->kind != PVT_FD_ID || parse_domid(p, &fd->id);
}

bool parse_rule(struct parser *p, enum xm_rule *rule)
{
    char name[PVT_MAX_NAME + 1];

    if (!parse_name(p, "the id of a rule", name))
        return false;
    *rule = xm_rule_by_id(name);
    if (*rule == XM_R_NONE)
        return parse_fail(p,
                          "no rule has the id '%s': `pinfold rules` lists "
                          "them",
                          name);
    parse_advance(p);
    return true;
}
