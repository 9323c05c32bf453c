/* SPDX-License-Identifier: MIT
 *
 * pinfold diff: reading runs. JSON is what `pinfold replay --json` prints, here
 * or on another machine; it may be in the middle of a console's output.
 */
#include "diff.h"

#include "cli.h"

#include <report/report.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more in a list that grows by doubling; NULL: no memory. */
static void *grow(void *list, uint32_t count, size_t size)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return list;
    return realloc(list, (count ? 2u * (size_t)count : 1u) * size);
}

struct diff_run *diff_add_run(struct diff_set *set)
{
    struct diff_run *runs = grow(set->runs, set->count, sizeof(*runs));

    if (!runs)
        return NULL;
    set->runs = runs;
    runs[set->count] = (struct diff_run){ 0 };
    return &runs[set->count++];
}

struct diff_step *diff_add_step(struct diff_run *r)
{
    struct diff_step *steps = grow(r->steps, r->nr_steps, sizeof(*steps));

    if (!steps)
        return NULL;
    r->steps = steps;
    steps[r->nr_steps] = (struct diff_step){ 0 };
    return &steps[r->nr_steps++];
}

bool diff_add_frame(struct diff_step *s, struct diff_frame_change c)
{
    struct diff_frame_change *frames =
        grow(s->frames, s->nr_frames, sizeof(*frames));

    if (!frames)
        return false;
    s->frames = frames;
    frames[s->nr_frames++] = c;
    return true;
}

bool diff_add_entry(struct diff_step *s, struct diff_entry_change c)
{
    struct diff_entry_change *entries =
        grow(s->entries, s->nr_entries, sizeof(*entries));

    if (!entries)
        return false;
    s->entries = entries;
    entries[s->nr_entries++] = c;
    return true;
}

void diff_drop_last(struct diff_set *set)
{
    struct diff_run *r = &set->runs[--set->count];

    for (uint32_t k = 0; k < r->nr_steps; k++) {
        free(r->steps[k].call);
        free(r->steps[k].frames);
        free(r->steps[k].entries);
    }
    for (uint32_t k = 0; k < r->nr_pages; k++)
        free(r->pages[k].entries);
    diff_free_pages(r);
    free(r->pages);
    free(r->steps);
    free(r->file);
}

void diff_free(struct diff_set *set)
{
    while (set->count)
        diff_drop_last(set);
    free(set->runs);
}

void diff_set_answer(struct diff_step *s, enum pvt_call call,
                     const struct pvt_outcome *o)
{
    FILE *f;

    s->has_value = pvt_is_load(call) && !o->vector;
    s->value = o->value;
    if (s->has_value) {
        snprintf(s->answer, sizeof(s->answer), "a value");
        return;
    }
    f = fmemopen(s->answer, sizeof(s->answer), "w");
    if (!f)
        return;
    report_print_answer(f, call, o);
    fclose(f);
}

static uint64_t number(const json_t *j, const char *key)
{
    const json_t *value = json_object_get(j, key);

    return json_is_string(value) ? strtoull(json_string_value(value), NULL, 16)
                                 : (uint64_t)json_integer_value(value);
}

static uint32_t find_page(struct diff_run *r, const char *name)
{
    struct diff_page *pages;

    uint32_t page;

    if (diff_find_page(r, name, strlen(name), &page))
        return page;
    pages = grow(r->pages, r->nr_pages, sizeof(*pages));
    if (!pages)
        return UINT32_MAX;
    r->pages = pages;
    pages[r->nr_pages] = (struct diff_page){ .fixed = strstr(name, "boot.l") };
    snprintf(pages[r->nr_pages].name, sizeof(pages[0].name), "%s", name);
    r->nr_pages++;
    return diff_name_pages(r) ? r->nr_pages - 1 : UINT32_MAX;
}

/* All that a page holds: what is not listed is 0. */
static bool read_entries(struct diff_step *s, uint32_t page,
                         const json_t *entries)
{
    uint64_t words[XM_ENTRIES] = { 0 };
    const json_t *pair;
    size_t i;

    json_array_foreach(entries, i, pair)
    {
        const json_t *slot = json_array_get(pair, 0);
        const char *value = json_string_value(json_array_get(pair, 1));

        if (value && json_integer_value(slot) >= 0 &&
            json_integer_value(slot) < XM_ENTRIES)
            words[json_integer_value(slot)] = strtoull(value, NULL, 16);
    }
    for (uint32_t k = 0; k < XM_ENTRIES; k++)
        if (!diff_add_entry(s, (struct diff_entry_change){ page, k, words[k] }))
            return false;
    return true;
}

/* Of who sees no page_info there are numbers, and what the pages hold. */
static bool read_frames(struct diff_run *r, struct diff_step *s,
                        const json_t *frames)
{
    const json_t *j;
    size_t i;

    json_array_foreach(frames, i, j)
    {
        const char *name = json_string_value(json_object_get(j, "name"));
        const json_t *entries = json_object_get(j, "entries");
        const struct diff_frame_change c = {
            .page = find_page(r, name ? name : ""),
            .mfn = number(j, "mfn"),
            .has_frame = json_object_get(j, "type_info") != NULL,
            .hides_entries = !entries,
            .frame = { .count_info = number(j, "count_info"),
                       .type_info = number(j, "type_info"),
                       .linear_count = (int16_t)number(j, "linear_count"),
                       .nr_validated = (uint16_t)number(j, "nr_validated"),
                       .partial_set = (uint8_t)number(j, "partial_set") },
        };

        if (c.page == UINT32_MAX || !diff_add_frame(s, c) ||
            (entries && !read_entries(s, c.page, entries)))
            return false;
        r->has_entries |= entries != NULL;
        r->lists_entries |= entries != NULL;
    }
    return true;
}

static void read_answer(struct diff_step *s, const json_t *side)
{
    const json_t *faulted = json_object_get(side, "faulted");
    struct pvt_outcome o = { .rc = (int64_t)number(side, "rc"),
                             .done = PVT_DONE_UNTOUCHED,
                             .value = number(side, "value"),
                             .error_code = (uint32_t)number(side, "error_code"),
                             .cr2 = number(side, "cr2") };
    enum pvt_call call = PVT_HYPERCALL;

    if (json_object_get(side, "done")) {
        o.done = (uint32_t)number(side, "done");
        call = PVT_MMU_UPDATE;
    }
    if (faulted) {
        call = json_object_get(side, "value") ? PVT_LOAD : PVT_STORE;
        o.vector = (uint32_t)number(side, "vector");
        if (json_is_true(json_object_get(side, "crashed")))
            o.vector = PVT_CRASH;
    }
    diff_set_answer(s, call, &o);
}

static bool read_step(struct diff_run *r, const json_t *j)
{
    const char *text = json_string_value(json_object_get(j, "text"));
    const json_t *side = json_object_get(j, r->has_rules ? "model" : "xen");
    struct diff_step *s = diff_add_step(r);
    const char *rule = json_string_value(json_object_get(
        json_object_get(json_object_get(j, "model"), "rule"), "id"));
    char *end;

    if (!s)
        return false;
    s->call = strdup(text ? text : "?");
    if (!s->call)
        return false;
    end = strstr(s->call, " -> ");
    if (end) {
        s->any = strncmp(end + 4, "any", 3) == 0;
        s->any_value = strncmp(end + 4, "ok", 2) == 0;
        *end = '\0';
    }
    read_answer(s, side);
    if (r->has_rules && rule)
        snprintf(s->rule, sizeof(s->rule), "%s", rule);
    return read_frames(r, s, json_object_get(side, "page_info"));
}

static bool read_run(struct diff_set *set, const char *file, const json_t *all,
                     const json_t *j)
{
    const char *name = json_string_value(json_object_get(j, "name"));
    const char *xen = json_string_value(json_object_get(all, "xen"));
    struct diff_run *r = diff_add_run(set);
    const json_t *step;
    size_t i;

    if (!r)
        return false;
    snprintf(r->name, sizeof(r->name), "%s", name ? name : "?");
    snprintf(r->of, sizeof(r->of), "%s", xen ? xen : "model");
    r->has_rules = !xen;
    r->file = strdup(file);
    if (!r->file || !diff_add_step(r))
        return false;
    json_array_foreach(json_object_get(j, "steps"), i,
                       step) if (!read_step(r, step)) return false;
    return true;
}

/* The first object that has traces: it begins a line, others are not ours. */
static json_t *find_json(const char *text, json_error_t *error)
{
    const char *at = text;

    for (; at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
        json_t *j;

        if (*at != '{')
            continue;
        j = json_loads(at, JSON_DISABLE_EOF_CHECK, error);
        if (json_is_array(json_object_get(j, "traces")))
            return j;
        json_decref(j);
    }
    return NULL;
}

/*
 * The same of a guest that prints step by step, a line each, and ended before
 * the last: as if that had been all.
 */
static json_t *find_begun(char *text, json_error_t *error)
{
    static const char begin[] = "\"steps\":[", end[] = "]}}", rest[] = "]}]}";
    char *from = strstr(text, begin), *to = from, *copy;
    json_t *j = NULL;

    for (char *at = from; at; at = strstr(at + 1, end))
        to = at;
    if (!to)
        return NULL;
    to += to == from ? strlen(begin) : strlen(end);
    copy = malloc((size_t)(to - text) + sizeof(rest));
    if (copy) {
        memcpy(copy, text, (size_t)(to - text));
        memcpy(copy + (to - text), rest, sizeof(rest));
        j = find_json(copy, error);
        free(copy);
    }
    return j;
}

static char *read_file(const char *file)
{
    FILE *f = fopen(file, "rb"), *to = NULL;
    char *text = NULL, buffer[65536];
    size_t length, n;

    if (f)
        to = open_memstream(&text, &length);
    while (to && (n = fread(buffer, 1, sizeof(buffer), f)) > 0)
        fwrite(buffer, 1, n, to);
    if (!to || ferror(f)) {
        fprintf(stderr, "%s: cannot be read: %s\n", file, strerror(errno));
        if (to)
            fclose(to);
        free(text);
        text = NULL;
    } else if (fclose(to) != 0) {
        free(text);
        text = NULL;
    }
    if (f)
        fclose(f);
    return text;
}

/* Not found: it may be a trace under another name. */
static int load_json(struct diff_set *set, const char *file, bool *found)
{
    json_error_t error = { .text = "" };
    char *text = read_file(file);
    json_t *all, *j;
    size_t i;
    int rc = CLI_AGREES;

    *found = true;
    if (!text)
        return CLI_USAGE;
    all = find_json(text, &error);
    if (!all)
        all = find_begun(text, &error);
    *found = all || strstr(text, "\"page_info\"");
    if (!all && *found) {
        fprintf(stderr,
                "%s: line %d: what pinfold replay --json printed is not whole: "
                "%s\n",
                file, error.line, error.text);
        rc = CLI_USAGE;
    }
    json_array_foreach(json_object_get(all, "traces"), i, j)
    {
        /* What was not run says nothing. */
        if (json_object_get(j, "skipped") || rc != CLI_AGREES)
            continue;
        if (!read_run(set, file, all, j)) {
            fputs("pinfold diff: out of memory: free some\n", stderr);
            rc = CLI_ENVIRONMENT;
        }
    }
    json_decref(all);
    free(text);
    return rc;
}

int diff_load(struct diff_set *set, const char *file,
              const struct cli_xen_version *version)
{
    bool found = false;
    int rc = CLI_AGREES;

    if (!replay_is_trace(file))
        rc = load_json(set, file, &found);
    return found ? rc : diff_load_traces(set, file, version);
}
