/* SPDX-License-Identifier: MIT
 *
 * pinfold-bench counts | times: runs the subjects. `counts` is for callgrind:
 *
 *   valgrind --tool=callgrind --toggle-collect=bench_measured \
 *       --dump-after=bench_subject_done --combine-dumps=yes ...
 *
 * collects one part a subject, in the order of the lines printed: key and
 * units. `times` prints key and nanoseconds for one unit, the best of several
 * runs, and what does not depend on the clock but is no number of instructions
 * either.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct bench_family *const families[] = { &bench_mmu_update,
                                                       &bench_pin, &bench_tree,
                                                       &bench_update_va_mapping,
                                                       &bench_fuzz };

/* Names that callgrind looks for: the two must stay functions. */
void bench_measured(const struct bench_subject *s, struct bench_machine *m);
void bench_subject_done(void);

__attribute__((noipa)) void bench_measured(const struct bench_subject *s,
                                           struct bench_machine *m)
{
    s->run(m);
}

__attribute__((noipa)) void bench_subject_done(void)
{
    __asm__ volatile("");
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Twice: the second run finds what the first one left. */
static void count(const struct bench_subject *s)
{
    struct bench_machine m;

    bench_open(&m, s->nr_frames);
    if (s->prepare)
        s->prepare(&m);
    for (int i = 0; i < 2; i++) {
        if (s->before)
            s->before(&m);
        if (i == 0)
            s->run(&m);
        else
            bench_measured(s, &m);
    }
    bench_close(&m);
    bench_subject_done();
    printf("%s\t%u\n", s->key, s->units);
}

static void clock_subject(const struct bench_subject *s)
{
    struct bench_machine m;
    double best = 0;

    if (s->timed == 0)
        return;
    bench_open(&m, s->nr_frames);
    if (s->prepare)
        s->prepare(&m);
    for (uint32_t i = 0; i < s->timed; i++) {
        double t;

        if (s->before)
            s->before(&m);
        t = now();
        bench_measured(s, &m);
        t = now() - t;
        if (i == 0 || t < best)
            best = t;
    }
    bench_close(&m);
    printf("%s\t%.3f\n", s->key, best / s->units);
}

int main(int argc, char **argv)
{
    const bool counts = argc == 2 && strcmp(argv[1], "counts") == 0;
    const bool times = argc == 2 && strcmp(argv[1], "times") == 0;

    if (!counts && !times) {
        fprintf(stderr, "usage: pinfold-bench counts|times\n");
        return 2;
    }
    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
        for (size_t i = 0; i < families[f]->count; i++)
            (counts ? count : clock_subject)(&families[f]->subjects[i]);
    if (times)
        bench_memory();
    return 0;
}
