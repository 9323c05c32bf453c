/* SPDX-License-Identifier: MIT
 *
 * Programs as traces.
 */
#include <fuzz/trace.h>

#include <stdlib.h>

/* How the program ended; *STEPS: their text. */
static enum fz_outcome run(struct fz_session *s, const struct fz_program *p,
                           char **steps)
{
    enum fz_outcome rc;
    uint32_t at;
    size_t size;
    FILE *f;

    *steps = NULL;
    f = open_memstream(steps, &size);
    if (!f)
        return FZ_FAILED;
    s->thorough = true;
    rc = fz_run(s, p, &at, f);
    s->thorough = false;
    fclose(f);
    return rc;
}

enum fz_outcome fz_as_trace(struct fz_session *s, const struct fz_program *p,
                            char **text)
{
    char *steps;
    const enum fz_outcome rc = run(s, p, &steps);
    size_t size;
    FILE *f;

    *text = NULL;
    f = steps ? open_memstream(text, &size) : NULL;
    if (f) {
        /* It begins with none of what calls have returned. */
        fz_world_forget(&s->world);
        fz_print_header(f, &s->world, p, "fuzz", "Made by pinfold fuzz.",
                        steps);
        fprintf(f, "%s}\n", steps);
        fclose(f);
    }
    free(steps);
    return f ? rc : FZ_FAILED;
}
