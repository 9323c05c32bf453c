/* SPDX-License-Identifier: MIT
 *
 * pinfold fuzz --convert: a trace becomes a program, a program a trace.
 */
#include "cli.h"
#include "fuzz.h"
#include "replay.h"

#include <fuzz/import.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <traces/model.h>

static bool is_written(FILE *f, bool good, const char *file)
{
    if (f && !ferror(f) && fclose(f) == 0 && good)
        return true;
    fprintf(stderr, "pinfold fuzz: %s cannot be written: %s\n", file,
            strerror(errno));
    return false;
}

static int write_program(const struct fz_program *p, const char *file)
{
    FILE *f = fopen(file, "wb");

    return is_written(f, f && fz_write(f, p), file) ? CLI_AGREES
                                                    : CLI_ENVIRONMENT;
}

static int write_trace(const struct pvt_trace *t, const char *file)
{
    FILE *f = fopen(file, "w");

    if (f)
        pvt_trace_print(f, t);
    return is_written(f, f != NULL, file) ? CLI_AGREES : CLI_ENVIRONMENT;
}

static int import(const struct pvt_trace *t, const char *from, const char *to)
{
    struct pvt_backend *model = NULL;
    struct fz_session s = { 0 };
    struct pvt_error error = { .text = "out of memory: free some" };
    struct fz_program p = { 0 };
    int rc = CLI_USAGE;

    if (pvt_model_open(FUZZ_MODEL_FRAMES, &model) == 0 &&
        fz_open(&s, model, NULL) && fz_import(&s, t, &p, &error))
        rc = write_program(&p, to);
    else if (error.line)
        fprintf(stderr, "%s:%u:%u: %s\n", from, error.line, error.column,
                error.text);
    else
        fprintf(stderr, "pinfold fuzz: %s\n", error.text);
    if (s.model)
        fz_close(&s);
    if (model)
        model->ops->close(model);
    fz_free(&p);
    return rc;
}

int fuzz_convert(const char *from, const char *to)
{
    struct replay_set set = { 0 };
    int rc = replay_load(&set, from);

    if (rc == CLI_AGREES && set.count != 1) {
        fprintf(stderr, "pinfold fuzz: %s: convert one file at a time\n", from);
        rc = CLI_USAGE;
    }
    if (rc == CLI_AGREES)
        rc = set.traces[0].program ? write_trace(set.traces[0].trace, to)
                                   : import(set.traces[0].trace, from, to);
    replay_free(&set);
    return rc;
}
