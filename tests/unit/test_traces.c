/* SPDX-License-Identifier: MIT
 *
 * The text of traces, over the whole suite: printing is canonical, and no
 * prefix and no damaged byte makes the parser stumble. Every place of some
 * traces is tried, and two of each line of the others.
 */
#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <traces/trace.h>

static const char *suite;
static struct dirent **files;
static int nr_files;

static char *read_file(int i, size_t *length)
{
    char path[4096], *text = malloc(1u << 16);
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", suite, files[i]->d_name);
    f = fopen(path, "rb");
    ck_assert_msg(f && text, "cannot read %s", path);
    *length = fread(text, 1, 1u << 16, f);
    ck_assert(*length < 1u << 16);
    fclose(f);
    text[*length] = '\0';
    return text;
}

static char *print(const struct pvt_trace *t, size_t *length)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, length);

    ck_assert(f != NULL);
    pvt_trace_print(f, t);
    ck_assert(fclose(f) == 0);
    return text;
}

static void print_twice(int i)
{
    struct pvt_error error = { .line = 0 };
    struct pvt_trace *first, *second;
    size_t length, length1, length2;
    char *text = read_file(i, &length), *text1, *text2;

    first = pvt_trace_parse(text, length, &error);
    ck_assert_msg(first != NULL, "%s:%u: %s", files[i]->d_name, error.line,
                  error.text);
    text1 = print(first, &length1);
    second = pvt_trace_parse(text1, length1, &error);
    ck_assert_msg(second != NULL, "%s, printed, line %u: %s\n%s",
                  files[i]->d_name, error.line, error.text, text1);
    text2 = print(second, &length2);
    ck_assert_str_eq(text1, text2);
    ck_assert_uint_eq(first->nr_steps, second->nr_steps);
    ck_assert_uint_eq(first->nr_pages, second->nr_pages);
    pvt_trace_free(first);
    pvt_trace_free(second);
    free(text);
    free(text1);
    free(text2);
}

/* A refusal names a place inside the text; a trace can be printed. */
static void parse_anything(int i, const char *text, size_t length)
{
    struct pvt_error error = { .line = 0 };
    struct pvt_trace *t = pvt_trace_parse(text, length, &error);
    char *printed;

    if (!t) {
        ck_assert_msg(error.line > 0 && error.column > 0 && error.text[0],
                      "%s is refused without a place or a reason",
                      files[i]->d_name);
        return;
    }
    printed = print(t, &length);
    free(printed);
    pvt_trace_free(t);
}

/* The first part of a name: what a trace is about. */
static size_t subject(const char *name)
{
    return strcspn(name, "-");
}

/* One trace of each subject, and some more, are taken byte by byte. */
static bool is_taken_whole(int i)
{
    const char *name = files[i]->d_name;

    return i % 16 == 0 || subject(name) != subject(files[i - 1]->d_name) ||
           strncmp(name, files[i - 1]->d_name, subject(name)) != 0;
}

/*
 * The next place after N: the next byte, or, in most traces, by turns the end
 * of a line and some byte of the next one.
 */
static size_t next_place(int i, const char *text, size_t n)
{
    const size_t rest = strcspn(text + n, "\n");

    if (is_taken_whole(i) || rest == 0)
        return n + 1;
    if (n != 0 && text[n - 1] == '\n')
        return n + 1 + (n * 7 + (size_t)i) % rest;
    return n + rest + 1;
}

/* Said to be cut off in its run block: all steps but, maybe, the last. */
static void parse_cut(int i, const char *text, size_t length,
                      const struct pvt_trace *whole)
{
    struct pvt_error error = { .line = 0 };
    struct pvt_trace *t = pvt_trace_parse_cut(text, length, &error);
    unsigned int lines = 0;
    uint32_t begun = 0;

    ck_assert_msg(t != NULL, "%s, cut off at %zu: %u: %s", files[i]->d_name,
                  length, error.line, error.text);
    for (size_t n = 0; n < length; n++)
        lines += text[n] == '\n';
    while (begun < whole->nr_steps && whole->steps[begun].line <= lines)
        begun++;
    ck_assert_msg(t->nr_steps <= begun && t->nr_steps + 1 >= begun,
                  "%s, cut off at %zu: %u steps of %u", files[i]->d_name,
                  length, t->nr_steps, begun);
    if (t->nr_steps > 1)
        ck_assert(t->steps[t->nr_steps - 2].call ==
                  whole->steps[t->nr_steps - 2].call);
    pvt_trace_free(t);
}

/* Every text, cut off at each place. */
static void cut_off(int i)
{
    size_t length;
    char *text = read_file(i, &length);
    const char *run = strchr(strstr(text, "\nrun {") + 1, '\n');
    struct pvt_error error;
    struct pvt_trace *whole = pvt_trace_parse(text, length, &error);

    for (size_t n = 0; n < length; n = next_place(i, text, n)) {
        /* A copy of its own, so that reading on is caught. */
        char *prefix = malloc(n ? n : 1);

        ck_assert(prefix != NULL);
        memcpy(prefix, text, n);
        parse_anything(i, prefix, n);
        if (n > (size_t)(run - text) && (text[n - 1] == '\n' || n % 8 == 0))
            parse_cut(i, prefix, n, whole);
        free(prefix);
    }
    pvt_trace_free(whole);
    free(text);
}

static void damage_bytes(int i)
{
    static const char damage[] = { 0,   '\n', ' ', '{', '}',    '[',
                                   '"', '-',  '9', 'x', '\x80', '=' };
    size_t length;
    char *text = read_file(i, &length);

    for (size_t n = 0; n < length; n = next_place(i, text, n)) {
        const char kept = text[n];

        text[n] = damage[(n * 7 + (size_t)i) % sizeof(damage)];
        parse_anything(i, text, length);
        text[n] = kept;
    }
    free(text);
}

/* A process for each share: with the sanitizer, one a trace takes longer. */
#define SHARES 16

START_TEST(canonical_text_is_a_fixed_point)
{
    for (int i = _i; i < nr_files; i += SHARES)
        print_twice(i);
}
END_TEST

START_TEST(prefixes)
{
    for (int i = _i; i < nr_files; i += SHARES)
        cut_off(i);
}
END_TEST

START_TEST(damaged_bytes)
{
    for (int i = _i; i < nr_files; i += SHARES)
        damage_bytes(i);
}
END_TEST

/* A step that spans lines is there as a whole, or not at all. */
START_TEST(cut_inside_a_step)
{
    static const char text[] =
        "pvt 1\ntest t\n\"T.\"\ninit {\n dom d0 privileged\n page d0 a b\n}\n"
        "run {\n"
        " d0.0: pin L1 a -> 0\n"
        " d0.0: mmu_update { a[0] := b P US,\n"
        "   a[1] := b P US } -> 0\n"
        " d0.0: raw.mmu_update { ptr=a[1]\n"
        "   val=0 } -> 0\n"
        "}\n";
    static const uint32_t steps[] = { 0, 1, 1, 2, 2, 3, 3 };
    const char *end = strstr(text, "run {\n") + 6;

    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct pvt_error error = { .line = 0 };
        struct pvt_trace *t =
            pvt_trace_parse_cut(text, (size_t)(end - text), &error);

        ck_assert_msg(t != NULL, "%zu: %s", i, error.text);
        ck_assert_uint_eq(t->nr_steps, steps[i]);
        pvt_trace_free(t);
        end += strcspn(end, "\n") + 1;
    }
}
END_TEST

static int is_trace(const struct dirent *e)
{
    const size_t length = strlen(e->d_name);

    return length > 4 && strcmp(e->d_name + length - 4, ".pvt") == 0;
}

int main(int argc, char **argv)
{
    Suite *s = suite_create("traces");
    TCase *c = tcase_create("text");
    SRunner *r = srunner_create(s);
    int failed;

    suite = argc == 2 ? argv[1] : ".";
    nr_files = scandir(suite, &files, is_trace, alphasort);
    if (nr_files <= 0) {
        fprintf(stderr, "no traces in %s\n", suite);
        return EXIT_FAILURE;
    }
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, canonical_text_is_a_fixed_point, 0, SHARES);
    tcase_add_loop_test(c, prefixes, 0, SHARES);
    tcase_add_loop_test(c, damaged_bytes, 0, SHARES);
    tcase_add_test(c, cut_inside_a_step);
    suite_add_tcase(s, c);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    for (int i = 0; i < nr_files; i++)
        free(files[i]);
    free(files);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
