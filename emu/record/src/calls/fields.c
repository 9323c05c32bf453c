/* SPDX-License-Identifier: MIT
 *
 * Calls as the format of traces has them in its tables: by the names of the
 * fields of Xen's structures.
 */
#include "calls.h"

#include <string.h>

const struct pvt_call_info *record__call_info(const char *name)
{
    const struct pvt_call_info *info;

    for (size_t i = 0; (info = pvt_call_at(i)) != NULL; i++)
        if (strcmp(info->name, name) == 0)
            return info;
    return NULL; /* NEVER: the names are those of the tables */
}

uint64_t record__field(const struct pvt_field *f, const uint8_t *element)
{
    uint64_t value = 0;

    memcpy(&value, element + f->offset, f->size);
    return value;
}

static void put_handle(struct record *r, uint32_t handle)
{
    const struct record_handle *h = record__handle(r, handle);

    if (h) {
        record__char(&r->out, 'h');
        record__hex(&r->out, h->name);
    } else {
        record__number(&r->out, handle);
    }
}

void record__put_term(struct record *r, enum record_term term, uint64_t value)
{
    switch (term) {
    case RECORD_NUMBER:
        record__number(&r->out, value);
        break;
    case RECORD_FRAME:
        if (record__is_named(r, value))
            record__put_frame(r, value);
        else
            record__number(&r->out, value);
        break;
    case RECORD_MADDR:
        record__put_maddr(r, value);
        break;
    case RECORD_VA:
        record__put_va(r, value);
        break;
    case RECORD_DOMAIN:
        record__put_domain(r, (xm_domid)value);
        break;
    case RECORD_FRESH_HANDLE:
    case RECORD_HANDLE:
        put_handle(r, (uint32_t)value);
        break;
    }
}

static void put_field(struct record *r, const struct pvt_field *f,
                      const uint8_t *element, record_terms *terms)
{
    const uint64_t value = record__field(f, element);
    /* A status is negative, and cut to its size. */
    const bool negative =
        strcmp(f->name, "status") == 0 && value >> (f->size * 8 - 1);

    record__char(&r->out, ' ');
    record__string(&r->out, f->name);
    record__char(&r->out, '=');
    if (negative)
        record__decimal(&r->out, (int16_t)value);
    else
        record__put_term(r, terms(r, f->name, element), value);
}

/* A handle that is 0 here may be another one elsewhere. */
static bool is_known_handle(struct record *r, const struct pvt_field *f,
                            const uint8_t *element, record_terms *terms,
                            enum record_term term)
{
    return terms(r, f->name, element) == term &&
           record__handle(r, (uint32_t)record__field(f, element));
}

void record__put_fields(struct record *r, const struct pvt_call_info *info,
                        const uint8_t *element, record_terms *terms)
{
    record__string(&r->out, " {");
    for (uint32_t i = 0; i < PVT_CALL_FIELDS && info->fields[i].name; i++) {
        const struct pvt_field *f = &info->fields[i];

        if (!f->in_register && f->kind != PVT_FIELD_LIST &&
            strcmp(f->name, "status") != 0 &&
            (f->kind == PVT_FIELD_DOMAIN || record__field(f, element) != 0 ||
             is_known_handle(r, f, element, terms, RECORD_HANDLE)))
            put_field(r, f, element, terms);
    }
}

void record__put_changed(struct record *r, const struct pvt_call_info *info,
                         const uint8_t *before, const uint8_t *after,
                         record_terms *terms)
{
    record__string(&r->out, " {");
    for (uint32_t i = 0; i < PVT_CALL_FIELDS && info->fields[i].name; i++) {
        const struct pvt_field *f = &info->fields[i];

        if (!f->in_register && f->kind != PVT_FIELD_LIST &&
            (strcmp(f->name, "status") == 0 ||
             record__field(f, before) != record__field(f, after) ||
             is_known_handle(r, f, after, terms, RECORD_FRESH_HANDLE)))
            put_field(r, f, after, terms);
    }
}
