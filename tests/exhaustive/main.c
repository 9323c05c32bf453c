/* SPDX-License-Identifier: MIT
 *
 * exhaustive [--on xen] [--sample N] [--seed S] [PART...]: all combinations of
 * what an operation on an entry or on a type depends on, on the model and on
 * the oracle, and with --on xen on actual Xen as well. With --sample about N
 * of the cases, chosen by the seed. Exit 0 if all agree, 1 if not, 2 for bad
 * usage, 3 if a machine cannot be had.
 */
#include "cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *name;
    void (*enumerate)(struct run *r);
} parts[] = {
    { "entries", enumerate_entries },
    { "transitions", enumerate_transitions },
    { "types", enumerate_types },
};
#define NR_PARTS (sizeof(parts) / sizeof(parts[0]))

struct options {
    bool on_xen;
    uint64_t sample, seed;
    bool part[NR_PARTS];
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int usage(const char *problem)
{
    fprintf(stderr,
            "exhaustive: %s\nusage: exhaustive [--on xen] [--sample N] "
            "[--seed S] [entries] [transitions] [types]\n",
            problem);
    return 2;
}

static bool number(const char *text, uint64_t *out)
{
    char *end;

    if (!text || *text == '\0' || *text == '-')
        return false;
    *out = strtoull(text, &end, 0);
    return *end == '\0';
}

static bool choose_part(struct options *o, const char *name)
{
    for (unsigned int i = 0; i < NR_PARTS; i++)
        if (strcmp(name, parts[i].name) == 0)
            return o->part[i] = true;
    return false;
}

/* What is wrong, or NULL. */
static const char *parse(struct options *o, char **argv)
{
    bool any = false;

    for (char **a = argv + 1; *a; a++) {
        if (strcmp(*a, "--on") == 0) {
            if (!*++a || strcmp(*a, "xen") != 0)
                return "--on takes the word xen";
            o->on_xen = true;
        } else if (strcmp(*a, "--sample") == 0) {
            if (!number(*++a, &o->sample) || o->sample == 0)
                return "--sample takes a number of cases";
        } else if (strcmp(*a, "--seed") == 0) {
            if (!number(*++a, &o->seed))
                return "--seed takes a number";
        } else if (choose_part(o, *a)) {
            any = true;
        } else {
            return "there is no such option or part";
        }
    }
    for (unsigned int i = 0; !any && i < NR_PARTS; i++)
        o->part[i] = true;
    return NULL;
}

static void run_parts(struct run *r, const struct options *o)
{
    for (unsigned int i = 0; i < NR_PARTS && !r->lost; i++) {
        const double started = now();
        const uint64_t number = r->number, executed = r->executed;
        const uint64_t differences = r->differences;

        if (!o->part[i])
            continue;
        parts[i].enumerate(r);
        if (r->counting)
            continue;
        printf("%-11s %9" PRIu64 " combinations, %9" PRIu64
               " executed, %" PRIu64 " differences, %.1f s\n",
               parts[i].name, r->number - number, r->executed - executed,
               r->differences - differences, now() - started);
        fflush(stdout);
    }
}

/* All that K's frames were brought into is undone: the counts still add up. */
static bool is_sound(struct run *r)
{
    const struct xm_violation v = run_check(r);

    if (v.found)
        printf("afterwards %s does not hold: %s (frame %#" PRIx64 ")\n",
               v.invariant, v.sentence, v.mfn);
    return !v.found;
}

int main(int argc, char **argv)
{
    struct options o = { .seed = (uint64_t)time(NULL) };
    const char *problem = parse(&o, argv);
    static struct run r;
    char message[512];
    bool good;

    (void)argc;
    if (problem)
        return usage(problem);
    if (run_open(&r, o.on_xen, message, sizeof(message)) != 0) {
        fprintf(stderr, "exhaustive: %s\n", message);
        return 3;
    }
    if (o.sample != 0) {
        r.counting = true;
        run_parts(&r, &o);
        r.counting = false;
        r.count = r.number;
        r.number = 0;
        r.sample = o.sample;
        r.seed = o.seed;
        printf("--seed %" PRIu64 "\n", o.seed);
    }
    run_parts(&r, &o);
    good = r.differences == 0 && !r.lost && is_sound(&r);
    printf("%" PRIu64 " combinations, %" PRIu64 " executed on the oracle, the "
           "model%s%s: %" PRIu64 " differences\n",
           r.number, r.executed, o.on_xen ? " and actual " : "",
           o.on_xen ? r.machine[0].backend->version : "", r.differences);
    run_close(&r);
    return good ? 0 : 1;
}
