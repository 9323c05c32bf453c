/* SPDX-License-Identifier: MIT
 *
 * A fuzz target: any bytes are a program of operations (fuzz/program.h) for
 * the model alone. After every call all invariants must hold.
 */
#include "target.h"

#include <fuzz/session.h>

#include <stdio.h>
#include <stdlib.h>

#define MODEL_FRAMES 256u
#define MAX_SIZE 8192u

static struct fz_session sessions[1u << FZ_DOMAINS];

static struct fz_session *session(uint32_t domains)
{
    struct fz_session *s = &sessions[domains];
    struct pvt_backend *model;

    if (!s->model &&
        (pvt_model_open(MODEL_FRAMES, &model) != 0 || !fz_open(s, model, NULL)))
        abort();
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fz_program p;
    struct fz_session *s;
    uint32_t at;

    if (size > MAX_SIZE || !fz_read(&p, data, size))
        return 0;
    s = session(p.domains);
    if (fz_run(s, &p, &at, NULL) != FZ_AGREES) {
        fprintf(stderr, "operation %u: %s\n", at, s->message);
        abort();
    }
    fz_free(&p);
    return 0;
}
