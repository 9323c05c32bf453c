/* SPDX-License-Identifier: MIT
 *
 * Parsing of calls by field names, and of what their fields hold afterwards:
 *
 *     NAME [ "args=" VA ] [ FIELD=VALUE... ] [ { FIELD=VALUE... } , ... ]
 */
#include "parser.h"

#include <stdlib.h>
#include <string.h>

const struct pvt_call_info *call_by_word(const struct parser *p)
{
    const struct pvt_call_info *c;

    for (size_t i = 0; (c = pvt_call_at(i)) != NULL; i++)
        if (parse_is_word(p, c->name))
            return c;
    return NULL;
}

/* The pages behind FIRST up to the one called LAST, in this order. */
static bool count_behind(struct parser *p, uint32_t first, const char *last,
                         uint32_t *behind)
{
    const struct pvt_page *pages = p->t->pages;
    uint32_t page;

    if (pages[first].of_range)
        return range_take_extent(p, first, last, behind);
    if (!names_find(p, last, &page) || page < first ||
        pages[page].domain != pages[first].domain ||
        pages[page].new != pages[first].new)
        return false;
    *behind = page - first;
    return true;
}

/* FRAME ".." FRAME: pages that follow each other, here and in memory. */
static bool parse_extent(struct parser *p, struct pvt_value *v)
{
    char last[PVT_MAX_NAME + 1];

    v->kind = PVT_VALUE_FRAME;
    parse_advance(p);
    if (!parse_name(p, "the last page of the extent", last))
        return false;
    if (v->slot.frame.kind != PVT_FRAME_PAGE ||
        !count_behind(p, v->slot.frame.page, last, &v->extent))
        return parse_fail(p, "an extent is from a page to one that is declared "
                             "behind it, of the same kind; or from the lower "
                             "to the higher number of a range");
    parse_advance(p);
    return true;
}

/* A frame was read: alone, its entry at an index, or with flags. */
static bool parse_frame_value(struct parser *p, struct pvt_value *v)
{
    struct pvt_entry *e = &v->entry;
    uint64_t index;

    if (!parse_frame(p, &v->slot.frame))
        return false;
    if (parse_peek(p) == TOK_DOTS)
        return parse_extent(p, v);
    if (parse_skip_char(p, '[')) {
        v->kind = PVT_VALUE_SLOT;
        if (!parse_number(p, "a slot", XM_ENTRIES - 1, &index))
            return false;
        v->slot.index = (uint32_t)index;
        return parse_char(p, ']') &&
               (!parse_skip_char(p, '+') ||
                parse_number(p, "an offset", 4095, &v->number));
    }
    *e = (struct pvt_entry){ .has_frame = true, .frame = v->slot.frame };
    if (!parse_flags(p, e))
        return false;
    v->kind = e->flags || e->raw ? PVT_VALUE_ENTRY : PVT_VALUE_FRAME;
    return true;
}

static bool parse_value(struct parser *p, enum pvt_field_kind kind,
                        struct pvt_value *v)
{
    *v = (struct pvt_value){ .kind = PVT_VALUE_NUMBER };
    if (kind == PVT_FIELD_DOMAIN) {
        v->kind = PVT_VALUE_DOMAIN;
        return parse_fd(p, &v->domain);
    }
    if (parse_peek(p) == TOK_NUMBER && p->tok.negative) {
        v->number = -p->tok.number; /* of a status, cut to its size */
        parse_advance(p);
        return true;
    }
    if (parse_peek(p) == TOK_NUMBER)
        return parse_number(p, "a value", UINT64_MAX, &v->number);
    if (parse_is_word(p, "grant") || parse_is_word(p, "number")) {
        v->kind = PVT_VALUE_ENTRY;
        return parse_entry(p, &v->entry);
    }
    if (parse_is_word(p, "window")) {
        v->kind = PVT_VALUE_VA;
        return parse_va(p, &v->va);
    }
    return parse_frame_value(p, v);
}

static bool add_value(struct parser *p, enum pvt_field_kind kind,
                      struct pvt_assign *a)
{
    struct pvt_value *values =
        parse_grow(p, a->values, a->count, sizeof(*values));

    if (!values)
        return false;
    a->values = values;
    if (a->count == PVT_MAX_DATA / 8)
        return parse_fail(p, "a list has at most %u words", PVT_MAX_DATA / 8);
    return parse_value(p, kind, &values[a->count++]);
}

static bool parse_list(struct parser *p, struct pvt_assign *a)
{
    a->braces = true;
    if (!parse_char(p, '{'))
        return false;
    do {
        if (!add_value(p, PVT_FIELD_WORD, a))
            return false;
    } while (parse_skip_char(p, ','));
    return parse_char(p, '}');
}

static const struct pvt_field *find_field(struct parser *p,
                                          const struct pvt_call_info *c,
                                          bool in_register, uint32_t *index)
{
    for (uint32_t i = 0; i < PVT_CALL_FIELDS && c->fields[i].name; i++) {
        if (c->fields[i].in_register != in_register ||
            !parse_skip_word(p, c->fields[i].name))
            continue;
        *index = i;
        return &c->fields[i];
    }
    return NULL;
}

/* FIELD=VALUE; false without an error if no field of that kind follows. */
static bool parse_assign_field(struct parser *p, const struct pvt_call_info *c,
                               bool in_register, uint32_t element,
                               struct pvt_assigns *to, bool *found)
{
    const struct pvt_field *f;
    struct pvt_assign *assigns, *a;
    uint32_t field = 0;

    f = find_field(p, c, in_register, &field);
    *found = f != NULL;
    if (!f)
        return true;
    if (to->count == PVT_MAX_ASSIGNS)
        return parse_fail(p, "a call has at most %u fields", PVT_MAX_ASSIGNS);
    assigns = parse_grow(p, to->assigns, to->count, sizeof(*assigns));
    if (!assigns)
        return false;
    to->assigns = assigns;
    a = &assigns[to->count++];
    *a = (struct pvt_assign){ .element = element, .field = field };
    if (!parse_char(p, '='))
        return false;
    if (f->kind == PVT_FIELD_LIST && parse_is_char(p, '{'))
        return parse_list(p, a);
    return add_value(p, f->kind, a);
}

static bool unknown_field(struct parser *p, const struct pvt_call_info *c)
{
    char names[160] = "";
    size_t n = 0;

    for (uint32_t i = 0; i < PVT_CALL_FIELDS && c->fields[i].name; i++)
        if (n < sizeof(names))
            n += (size_t)snprintf(names + n, sizeof(names) - n, " %s",
                                  c->fields[i].name);
    return parse_fail(p, "%s has no such field here; its fields are:%s",
                      c->name, names);
}

bool parse_fields(struct parser *p, const struct pvt_call_info *c,
                  struct pvt_assigns *to, uint32_t *elements)
{
    bool found;

    do {
        if (!parse_assign_field(p, c, true, 0, to, &found))
            return false;
    } while (found);
    while (parse_is_char(p, '{')) {
        p->braces = true;
        parse_advance(p);
        do {
            if (!parse_assign_field(p, c, false, *elements, to, &found))
                return false;
        } while (found);
        if (!parse_is_char(p, '}'))
            return unknown_field(p, c);
        p->line = p->tok.line;
        p->braces = false;
        parse_advance(p);
        ++*elements;
        if (!parse_skip_char(p, ','))
            break;
    }
    return true;
}

bool parse_hypercall(struct parser *p, struct pvt_step *s)
{
    s->call = PVT_HYPERCALL;
    s->info = call_by_word(p);
    parse_advance(p);
    if (parse_skip_word(p, "args")) {
        s->has_args = true;
        if (!parse_char(p, '=') || !parse_va(p, &s->va))
            return false;
    }
    if (!parse_fields(p, s->info, &s->in, &s->elements))
        return false;
    return parse_peek(p) == TOK_ARROW || unknown_field(p, s->info);
}

void call_free(struct pvt_assigns *a)
{
    for (uint32_t i = 0; i < a->count; i++)
        free(a->assigns[i].values);
    free(a->assigns);
}
