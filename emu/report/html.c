/* SPDX-License-Identifier: MIT
 *
 * One page for a browser, with everything in it: the parts of page/, and the
 * trace as JSON, which holds for each step what it changed and no more. Values
 * of 64 bits are strings in hexadecimal, because JSON's numbers lose bits. It
 * is packed by gzip, to a seventh of it in base64, which a browser reads sooner
 * than what is in plain text.
 *
 * The keys are short, for there is a record a step:
 *   t call, l line, a answer, v verdict (0 done, 1 refused, 2 exception),
 *   r the rule that decided, w others that spoke,
 *   f frames  [mfn, count_info, type_info, owner, linear, validated, partial],
 *   e entries [mfn, slot, value], n names [mfn, name],
 *   b bases   [domain, vCPU, base or null, user base or null], all of them.
 */
#include "report.h"

#include "page.h"

#include <jansson.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int put_json(FILE *f, json_t *j)
{
    const int rc = json_dumpf(j, f, JSON_COMPACT | JSON_ENCODE_ANY);

    json_decref(j);
    return rc != 0 || ferror(f) ? -1 : 0;
}

static json_t *hex(uint64_t value)
{
    return json_sprintf("%" PRIx64, value);
}

static json_t *frame_changes(const struct report *r)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < r->nr_frame_changes; i++) {
        const struct report_frame_change *c = &r->frame_changes[i];

        json_array_append_new(
            all, json_pack("[I o o i i i i]", (json_int_t)c->mfn,
                           hex(c->is.count_info), hex(c->is.type_info),
                           c->is.owner, c->is.linear_count, c->is.nr_validated,
                           c->is.partial_set));
    }
    return all;
}

static json_t *entry_changes(const struct report *r)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < r->nr_entry_changes; i++) {
        const struct report_entry_change *c = &r->entry_changes[i];

        json_array_append_new(all, json_pack("[I i o]", (json_int_t)c->mfn,
                                             (int)c->slot, hex(c->is)));
    }
    return all;
}

static json_t *names(const struct report *r)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < r->nr_names; i++)
        if (r->name[i].mfn < r->nr_frames)
            json_array_append_new(all,
                                  json_pack("[I s]", (json_int_t)r->name[i].mfn,
                                            r->name[i].name));
    return all;
}

static json_t *mfn_or_null(bool there, xm_mfn mfn)
{
    return there ? json_integer((json_int_t)mfn) : json_null();
}

static json_t *bases(const struct report *r)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < r->nr_vcpus; i++) {
        const struct report_vcpu *v = &r->vcpus[i];

        json_array_append_new(
            all, json_pack("[i i o o]", v->domid, (int)v->vcpu,
                           mfn_or_null(v->has_base, v->base),
                           mfn_or_null(v->has_user_base, v->user_base)));
    }
    return all;
}

static char *printed(const struct report *r, bool answer)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    if (!f)
        return NULL;
    if (answer)
        report_print_answer(f, r->step->call, &r->outcome);
    else
        report_print_call(f, r->trace, r->step);
    fclose(f);
    return text;
}

static void put_call(json_t *j, const struct report *r)
{
    const enum xm_rule why = r->outcome.why.rule;
    const int verdict = report_verdict(r->step->call, &r->outcome);
    char *call = printed(r, false), *answer = printed(r, true);
    json_t *others = json_array();

    json_object_set_new(j, "t", json_string(call ? call : ""));
    json_object_set_new(j, "a", json_string(answer ? answer : ""));
    json_object_set_new(j, "l", json_integer(r->step->line));
    free(call);
    free(answer);
    if (verdict)
        json_object_set_new(j, "v", json_integer(verdict));
    if (why != XM_R_NONE)
        json_object_set_new(j, "r", json_string(xm_rule_info(why)->id));
    for (unsigned int i = 1; i < XM_NR_RULES; i++)
        if (i != why && xm_rule_set_has(&r->outcome.fired, (enum xm_rule)i))
            json_array_append_new(
                others, json_string(xm_rule_info((enum xm_rule)i)->id));
    if (json_array_size(others))
        json_object_set(j, "w", others);
    json_decref(others);
}

int report_html_step(struct report_html *h, const struct report *r)
{
    json_t *j;

    if (!h->packed)
        return -1;
    j = json_object();
    if (r->step) {
        put_call(j, r);
        fputs(",\n", h->packed);
    }
    if (r->nr_frame_changes)
        json_object_set_new(j, "f", frame_changes(r));
    if (r->nr_entry_changes)
        json_object_set_new(j, "e", entry_changes(r));
    if (r->names_changed)
        json_object_set_new(j, "n", names(r));
    if (r->vcpus_changed)
        json_object_set_new(j, "b", bases(r));
    return put_json(h->packed, j);
}

/* Text of HTML; the names of traces are words, their sentences are not. */
static void put_text(FILE *f, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", f);
        else if (*text == '&')
            fputs("&amp;", f);
        else
            putc(*text, f);
    }
}

int report_html_begin(struct report_html *h, FILE *f, const struct report *r)
{
    *h = (struct report_html){ .f = f, .packed = report_pack(f) };
    if (!h->packed)
        return -1;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
          f);
    put_text(f, r->trace->name);
    fputs(" \xc2\xb7 Pinfold</title>\n<style>\n", f);
    fwrite(page_style, 1, page_style_size, f);
    fputs("</style>\n</head>\n", f);
    fwrite(page_body, 1, page_body_size, f);
    fputs("<script type=\"text/plain\" id=\"trace\">\n", f);
    fputs("{\"steps\":[\n", h->packed);
    return report_html_step(h, r);
}

static json_t *rules(void)
{
    json_t *all = json_object();

    for (unsigned int i = 1; i < XM_NR_RULES; i++) {
        const struct xm_rule_info *rule = xm_rule_info((enum xm_rule)i);

        json_object_set_new(
            all, rule->id,
            json_pack("[s s s s]",
                      rule->error ? xm_errno_name(rule->error) : "",
                      rule->reference, rule->sentence, rule->function));
    }
    return all;
}

int report_html_end(struct report_html *h, const struct report *r, uint32_t at,
                    const char *finding)
{
    FILE *f = h->packed;
    const struct xm_config *config =
        xm_machine_config(pvt_model_cpu(r->model)->machine);
    int rc;

    if (!f)
        return -1;
    fputs("\n],\n\"about\":", f);
    rc = put_json(f, json_pack("{ss ss si si sI ss}", "name", r->trace->name,
                               "sentence", r->trace->sentence, "at", (int)at,
                               "xen", (int)config->xen_minor, "frames",
                               (json_int_t)r->nr_frames, "finding", finding));
    fputs(",\n\"rules\":", f);
    rc |= put_json(f, rules());
    fputs("}\n", f);
    rc |= fclose(f);
    h->packed = NULL;
    f = h->f;
    fputs("</script>\n<script>\n", f);
    fwrite(page_script, 1, page_script_size, f);
    fputs("</script>\n</body>\n</html>\n", f);
    return rc != 0 || ferror(f) ? -1 : 0;
}
