/* SPDX-License-Identifier: MIT
 *
 * The page of `pinfold show`: its JSON unpacks and parses, and what it says of
 * each step adds up to the machine that the model had after it.
 */
#include <report/report.h>

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PAGE_BYTES (1u << 20)
#define NR_FRAMES 256u
#define MAX_STEPS 32u

/* What the model had after a step. */
struct seen {
    struct xm_frame frames[NR_FRAMES];
    uint64_t ram[NR_FRAMES][XM_ENTRIES];
};

static struct {
    struct report report;
    struct pvt_backend *model;
    FILE *page;
    struct report_html *html;
    struct seen *steps;
    uint32_t nr_steps;
    bool followed[NR_FRAMES];
} t;

static const char trace[] =
    "pvt 1\ntest t\n\"<!-- <script> & \\ -->\"\n"
    "init {\n  dom d0 privileged\n  page d0 l4 l3 l2 l1 a b\n"
    "  pte l4[0] = l3 P RW US\n  pte l3[0] = l2 P RW US\n"
    "  pte l2[0] = l1 P RW US\n  fill l1[3..9] = a P RW US\n}\nrun {\n"
    "  d0.0: pin L4 l4 -> 0\n"
    "  d0.0: mmu_update l4[300] := l4 P RW US -> -EINVAL\n"
    "  d0.0: mmu_update { l1[3] := b P US, l1[4] := 0 } -> 0\n"
    "  d0.0: pin L1 a -> -EINVAL\n"
    "  d0.0: mmu_update { l1[5] := 0, l1[6] := 0, l1[7] := 0, l1[8] := 0, "
    "l1[9] := 0 } -> 0\n"
    "  d0.0: pin L2 a -> 0\n"
    "  d0.0: new_user_baseptr l4 -> 0\n"
    "  d0.0: load 0xdead000 -> fault 0\n"
    "  d0.0: clear_page b -> 0\n"
    "  d0.0: unpin l4 -> 0\n"
    "  d0.0: new_user_baseptr 0 -> 0\n"
    "}\n";

static void observe(void *context, const struct pvt_observation *o)
{
    const struct xm_cpu *c = pvt_model_cpu(t.model);
    struct seen *s = &t.steps[t.nr_steps++];

    (void)context;
    report_follow(&t.report, o);
    ck_assert(!t.report.failed);
    if (o->step)
        ck_assert_int_eq(report_html_step(t.html, &t.report), 0);
    else
        ck_assert((t.html = report_html_begin(t.page, &t.report)) != NULL);
    for (xm_mfn mfn = 0; mfn < NR_FRAMES; mfn++)
        s->frames[mfn] = *xm_machine_frame(c->machine, mfn);
    memcpy(s->ram, c->ram, sizeof(s->ram));
}

/* The page of the trace above; the caller frees it. */
static char *make_page(void)
{
    const struct pvt_runner runner = { .model = t.model,
                                       .begin = observe,
                                       .observe = observe };
    static struct pvt_report report;
    struct pvt_error error;
    struct pvt_trace *parsed;
    char *page = NULL;
    size_t length;

    parsed = pvt_trace_parse(trace, strlen(trace), &error);
    ck_assert_msg(parsed != NULL, "%u: %s", error.line, error.text);
    /* The parser lets no such name pass, but the page must. */
    strcpy(parsed->name, "</script>");
    t.page = open_memstream(&page, &length);
    ck_assert_int_eq(pvt_run(&runner, parsed, &report), 0);
    ck_assert_msg(report.nr_differences == 0, "step %u: %s",
                  report.differences[0].step, report.differences[0].text);
    ck_assert_int_eq(report_html_end(t.html, &t.report, 3, "a </script>"), 0);
    report_html_close(t.html);
    fclose(t.page);
    pvt_trace_free(parsed);
    return page;
}

static void setup(void)
{
    memset(&t, 0, sizeof(t));
    t.steps = calloc(MAX_STEPS, sizeof(*t.steps));
    ck_assert_int_eq(pvt_model_open(NR_FRAMES, &t.model), 0);
    ck_assert_int_eq(report_open(&t.report, t.model), 0);
}

static void teardown(void)
{
    report_close(&t.report);
    t.model->ops->close(t.model);
    free(t.steps);
}

/* What the N digits of base64 from TEXT on stand for, lines aside. */
static size_t from_base64(const char *text, size_t n, uint8_t *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
                                 "stuvwxyz0123456789+/";
    uint32_t bits = 0, have = 0;
    size_t length = 0;

    for (size_t i = 0; i < n && text[i] != '='; i++) {
        const char *digit = strchr(digits, text[i]);

        if (text[i] == '\n')
            continue;
        ck_assert_msg(digit != NULL, "'%c' is no digit", text[i]);
        bits = bits << 6 | (uint32_t)(digit - digits);
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        to[length++] = (uint8_t)(bits >> have);
    }
    return length;
}

static json_t *parse_page(const char *page)
{
    static const char begin[] = "<script type=\"text/plain\" id=\"trace\">";
    static uint8_t packed[PAGE_BYTES], plain[PAGE_BYTES];
    z_stream z = { .next_in = packed,
                   .next_out = plain,
                   .avail_out = sizeof(plain) };
    const char *from = strstr(page, begin), *to;
    json_error_t error;
    json_t *j;

    ck_assert_ptr_nonnull(from);
    from += sizeof(begin) - 1;
    to = strstr(from, "</script>");
    ck_assert_ptr_nonnull(to);
    ck_assert_uint_lt((size_t)(to - from), sizeof(packed));
    z.avail_in = (uInt)from_base64(from, (size_t)(to - from), packed);
    ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
    ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(z.avail_in, 0);
    inflateEnd(&z);
    j = json_loadb((const char *)plain, z.total_out, 0, &error);
    ck_assert_msg(j != NULL, "%d:%d: %s", error.line, error.column, error.text);
    return j;
}

static int64_t at(json_t *list, size_t i)
{
    return json_integer_value(json_array_get(list, i));
}

/* The string that number I of LIST stands for, in STRINGS of PAGE. */
static const char *string_at(json_t *page, const char *strings, json_t *list,
                             size_t i)
{
    const char *text = json_string_value(
        json_array_get(json_object_get(page, strings), (size_t)at(list, i)));

    ck_assert_msg(text != NULL, "%s: no number %d", strings, (int)at(list, i));
    return text;
}

static struct xm_frame frame_of(const char *state)
{
    unsigned int owner, validated, partial;
    int linear, end = 0;
    struct xm_frame f;

    ck_assert_int_eq(sscanf(state, "%lx %lx %u %d %u %u%n", &f.count_info,
                            &f.type_info, &owner, &linear, &validated, &partial,
                            &end),
                     6);
    ck_assert_int_eq(state[end], '\0');
    f.owner = (xm_domid)owner;
    f.linear_count = (int16_t)linear;
    f.nr_validated = (uint16_t)validated;
    f.partial_set = (uint8_t)partial;
    return f;
}

/* Where the next step's changes are in a chunk. */
struct place {
    size_t f, e;
};

/* What step I of CHUNK says, on top of what was. */
static void apply(struct seen *s, json_t *page, json_t *chunk, uint32_t i,
                  struct place *p)
{
    json_t *f = json_object_get(chunk, "f"), *e = json_object_get(chunk, "e");
    int64_t frames = at(f, p->f++), entries = at(e, p->e++);
    char key[12];
    size_t k;
    json_t *c;

    for (; frames > 0; frames--, p->f += 2)
        s->frames[at(f, p->f)] =
            frame_of(string_at(page, "states", f, p->f + 1));
    for (; entries > 0; entries--, p->e += 3)
        s->ram[at(e, p->e)][at(e, p->e + 1)] =
            strtoull(string_at(page, "values", e, p->e + 2), NULL, 16);
    snprintf(key, sizeof(key), "%u", i);
    json_array_foreach(json_object_get(json_object_get(chunk, "n"), key), k, c)
    {
        t.followed[at(c, 0)] = true;
    }
}

static void compare(const struct seen *said, const struct seen *is, uint32_t n)
{
    for (xm_mfn mfn = 0; mfn < NR_FRAMES; mfn++) {
        const struct xm_frame *a = &said->frames[mfn], *b = &is->frames[mfn];

        if (report_is_free(b)) {
            ck_assert(a->count_info == 0 || report_is_free(a));
            continue;
        }
        ck_assert_msg(a->count_info == b->count_info &&
                          a->type_info == b->type_info && a->owner == b->owner,
                      "step %u, frame %u", n, (unsigned int)mfn);
        if (report_table_level(b))
            ck_assert(a->linear_count == b->linear_count &&
                      a->nr_validated == b->nr_validated &&
                      a->partial_set == b->partial_set);
        if (report_table_level(b) || t.followed[mfn])
            ck_assert_msg(memcmp(said->ram[mfn], is->ram[mfn], XM_PAGE_SIZE) ==
                              0,
                          "step %u, page %u", n, (unsigned int)mfn);
    }
}

static json_t *only_chunk(json_t *page)
{
    json_t *chunks = json_object_get(page, "chunks");

    ck_assert_uint_eq(json_array_size(chunks), 1);
    return json_array_get(chunks, 0);
}

START_TEST(every_step_of_the_page_is_the_machine)
{
    struct seen *said = calloc(1, sizeof(*said));
    char *page = make_page();
    json_t *j = parse_page(page), *chunk = only_chunk(j);
    struct place place = { 0 };

    ck_assert_uint_eq(t.nr_steps, 12);
    ck_assert_uint_eq(json_array_size(json_object_get(chunk, "a")), t.nr_steps);
    for (uint32_t i = 0; i < t.nr_steps; i++) {
        apply(said, j, chunk, i, &place);
        compare(said, &t.steps[i], i);
    }
    json_decref(j);
    free(page);
    free(said);
}
END_TEST

/* Answer, verdict and rule; others that spoke may follow. */
static void answers(json_t *page, size_t step, const char *expected)
{
    const char *is = string_at(page, "answers",
                               json_object_get(only_chunk(page), "a"), step);
    const size_t n = strlen(expected);

    ck_assert_msg(strncmp(is, expected, n) == 0 &&
                      (is[n] == '\t' || is[n] == '\0'),
                  "step %zu: '%s', expected '%s'", step, is, expected);
}

START_TEST(answers_and_reasons_are_in_the_page)
{
    char *page = make_page();
    json_t *j = parse_page(page), *chunk = only_chunk(j);
    json_t *about = json_object_get(j, "about");
    const char *calls = json_string_value(json_object_get(chunk, "t"));

    /* The first line is of what there was before. */
    ck_assert_msg(strncmp(calls, "\nd0.0: pin L4 l4\n", 17) == 0, "%s", calls);
    ck_assert_int_eq(at(json_object_get(chunk, "l"), 1), 13);
    answers(j, 1, "0 done 1\t0\t");
    answers(j, 2, "-EINVAL done 0\t1\tl4e.linear-writable");
    answers(j, 8, "fault 0 at 0xdead000\t2\t");
    ck_assert_str_eq(json_string_value(json_object_get(about, "name")),
                     "</script>");
    ck_assert_str_eq(json_string_value(json_object_get(about, "finding")),
                     "a </script>");
    ck_assert_int_eq(json_integer_value(json_object_get(about, "at")), 3);
    json_decref(j);
    free(page);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("report");
    TCase *c = tcase_create("page");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, every_step_of_the_page_is_the_machine);
    tcase_add_test(c, answers_and_reasons_are_in_the_page);
    suite_add_tcase(s, c);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
