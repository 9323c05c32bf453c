/* SPDX-License-Identifier: MIT
 *
 * pinfold print --program: a trace as a program of the fuzzer.
 */
#include "fuzz.h"
#include "replay.h"

#include <fuzz/import.h>
#include <traces/model.h>

static void explain(const char *file, const struct pvt_error *error)
{
    if (error->line)
        fprintf(stderr, "%s:%u:%u: %s\n", file, error->line, error->column,
                error->text);
    else
        fprintf(stderr, "pinfold print: %s\n", error->text);
}

int print_program(const struct replay_trace *t, struct fz_program *p)
{
    struct pvt_error error = { .text = "out of memory: free some" };
    struct pvt_backend *model = NULL;
    struct fz_session s = { 0 };
    int rc = CLI_AGREES;

    if (pvt_model_open(FUZZ_MODEL_FRAMES, &model) != 0 ||
        !fz_open(&s, model, NULL) || !fz_import(&s, t->trace, p, &error)) {
        explain(t->file, &error);
        rc = error.line ? CLI_USAGE : CLI_ENVIRONMENT;
    }
    if (s.model)
        fz_close(&s);
    if (model)
        model->ops->close(model);
    return rc;
}
