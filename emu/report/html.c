/* SPDX-License-Identifier: MIT
 *
 * One page for a browser, with everything in it: the parts of page/, and the
 * trace as JSON, which holds for each step what it changed and no more, packed
 * by gzip in base64. It is made to be read at once: flat lists of numbers, as
 * few strings as can be. What comes again is said once, in one of three lists
 * of strings behind the steps, and is a number before:
 *   answers  what was answered, the verdict (0 done, 1 refused, 2 exception),
 *            the rule that decided, others that spoke; tabs in between,
 *   states   of a frame: count_info, type_info (hexadecimal, as JSON's numbers
 *            lose bits), owner, linear, validated, partial; spaces in between,
 *   values   of entries, in hexadecimal.
 *
 * Steps come in chunks, the first of which begins with what there was before
 * the first step. In a chunk, step by step:
 *   t calls, a line each,   l their lines in the trace,   a their answers,
 *   f how many frames changed, and for each its mfn and state,
 *   e how many entries, and for each mfn, slot and value,
 *   n names [mfn, name], by the number of the step in its chunk,
 *   b bases [domain, vCPU, base or null, user base or null], all of them.
 */
#include "report.h"

#include "page.h"

#include <jansson.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_STEPS 1024u

/* Strings that are said once, and their numbers. */
struct strings {
    json_t *list, *numbers;
};

struct report_html {
    FILE *f, *packed; /* packed goes to f */
    struct strings answers, states, values;
    json_t *lines, *answer_of, *frames, *entries, *names, *bases;
    FILE *calls; /* to call_text */
    char *call_text;
    size_t call_length;
    uint32_t nr; /* steps in the chunk */
    bool later;  /* there was one before */
};

static int put_json(FILE *f, json_t *j)
{
    const int rc = json_dumpf(j, f, JSON_COMPACT | JSON_ENCODE_ANY);

    json_decref(j);
    return rc != 0 || ferror(f) ? -1 : 0;
}

static json_t *number_of(struct strings *s, const char *text)
{
    json_t *number = json_object_get(s->numbers, text);

    if (!number) {
        number = json_integer((json_int_t)json_array_size(s->list));
        json_object_set_new(s->numbers, text, number);
        json_array_append_new(s->list, json_string(text));
    }
    return json_incref(number);
}

static void add(json_t *list, uint64_t number)
{
    json_array_append_new(list, json_integer((json_int_t)number));
}

static void add_frames(struct report_html *h, const struct report *r)
{
    char text[128];

    add(h->frames, r->nr_frame_changes);
    for (uint32_t i = 0; i < r->nr_frame_changes; i++) {
        const struct xm_frame *f = &r->frame_changes[i].is;

        snprintf(text, sizeof(text), "%" PRIx64 " %" PRIx64 " %u %d %u %u",
                 f->count_info, f->type_info, f->owner, f->linear_count,
                 f->nr_validated, f->partial_set);
        add(h->frames, r->frame_changes[i].mfn);
        json_array_append_new(h->frames, number_of(&h->states, text));
    }
}

static void add_entries(struct report_html *h, const struct report *r)
{
    char text[24];

    add(h->entries, r->nr_entry_changes);
    for (uint32_t i = 0; i < r->nr_entry_changes; i++) {
        const struct report_entry_change *c = &r->entry_changes[i];

        snprintf(text, sizeof(text), "%" PRIx64, c->is);
        add(h->entries, c->mfn);
        add(h->entries, c->slot);
        json_array_append_new(h->entries, number_of(&h->values, text));
    }
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

static void put_answer(FILE *f, const struct report *r)
{
    const enum xm_rule why = r->outcome.why.rule;
    const char *separator = "\t";

    report_print_answer(f, r->step->call, &r->outcome);
    fprintf(f, "\t%d\t%s", (int)report_verdict(r->step->call, &r->outcome),
            why != XM_R_NONE ? xm_rule_info(why)->id : "");
    for (unsigned int i = 1; i < XM_NR_RULES; i++)
        if (i != why && xm_rule_set_has(&r->outcome.fired, (enum xm_rule)i)) {
            fprintf(f, "%s%s", separator, xm_rule_info((enum xm_rule)i)->id);
            separator = " ";
        }
}

static int add_call(struct report_html *h, const struct report *r)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    if (!f)
        return -1;
    if (r->step) {
        report_print_call(h->calls, r->trace, r->step);
        put_answer(f, r);
    }
    fclose(f);
    putc('\n', h->calls);
    add(h->lines, r->step ? r->step->line : 0);
    json_array_append_new(h->answer_of, number_of(&h->answers, text));
    free(text);
    return 0;
}

static int begin_chunk(struct report_html *h)
{
    h->nr = 0;
    h->call_text = NULL;
    h->calls = open_memstream(&h->call_text, &h->call_length);
    h->lines = json_array();
    h->answer_of = json_array();
    h->frames = json_array();
    h->entries = json_array();
    h->names = json_object();
    h->bases = json_object();
    return h->calls ? 0 : -1;
}

/* And those of the chunk are free again. */
static int end_chunk(struct report_html *h)
{
    int rc;

    if (fclose(h->calls) != 0)
        return -1;
    if (h->later)
        fputs(",\n", h->packed);
    h->later = true;
    rc = put_json(h->packed,
                  json_pack("{ss% so so so so so so}", "t", h->call_text,
                            h->call_length, "l", h->lines, "a", h->answer_of,
                            "f", h->frames, "e", h->entries, "n", h->names, "b",
                            h->bases));
    free(h->call_text);
    h->call_text = NULL;
    h->lines = NULL;
    return rc;
}

int report_html_step(struct report_html *h, const struct report *r)
{
    char key[12];

    if (h->nr == CHUNK_STEPS && (end_chunk(h) != 0 || begin_chunk(h) != 0))
        return -1;
    if (add_call(h, r) != 0)
        return -1;
    add_frames(h, r);
    add_entries(h, r);
    snprintf(key, sizeof(key), "%" PRIu32, h->nr++);
    if (r->names_changed)
        json_object_set_new(h->names, key, names(r));
    if (r->vcpus_changed)
        json_object_set_new(h->bases, key, bases(r));
    return ferror(h->packed) ? -1 : 0;
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

static struct strings no_strings(void)
{
    return (struct strings){ json_array(), json_object() };
}

struct report_html *report_html_begin(FILE *f, const struct report *r)
{
    struct report_html *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    h->f = f;
    h->answers = no_strings();
    h->states = no_strings();
    h->values = no_strings();
    h->packed = report_pack(f);
    if (!h->packed || begin_chunk(h) != 0) {
        report_html_close(h);
        return NULL;
    }
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
    fputs("{\"chunks\":[\n", h->packed);
    if (report_html_step(h, r) == 0)
        return h;
    report_html_close(h);
    return NULL;
}

static void drop_strings(struct strings *s)
{
    json_decref(s->list);
    json_decref(s->numbers);
}

void report_html_close(struct report_html *h)
{
    if (!h)
        return;
    if (h->packed)
        fclose(h->packed);
    if (h->lines) { /* a chunk that was not ended */
        fclose(h->calls);
        free(h->call_text);
        json_decref(h->lines);
        json_decref(h->answer_of);
        json_decref(h->frames);
        json_decref(h->entries);
        json_decref(h->names);
        json_decref(h->bases);
    }
    drop_strings(&h->answers);
    drop_strings(&h->states);
    drop_strings(&h->values);
    free(h);
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
    const struct xm_config *config =
        xm_machine_config(pvt_model_cpu(r->model)->machine);
    FILE *f = h->packed;
    int rc = end_chunk(h);

    fputs("\n],\n\"answers\":", f);
    rc |= put_json(f, json_incref(h->answers.list));
    fputs(",\n\"states\":", f);
    rc |= put_json(f, json_incref(h->states.list));
    fputs(",\n\"values\":", f);
    rc |= put_json(f, json_incref(h->values.list));
    fputs(",\n\"about\":", f);
    rc |= put_json(f, json_pack("{ss ss si si sI ss}", "name", r->trace->name,
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
