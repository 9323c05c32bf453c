/* SPDX-License-Identifier: MIT
 *
 * Programs as traces.
 */
#include <fuzz/trace.h>

enum fz_outcome fz_as_trace(struct fz_session *s, const struct fz_program *p,
                            char **text)
{
    enum fz_outcome rc;
    uint32_t at;
    size_t size;
    FILE *f;

    *text = NULL;
    f = open_memstream(text, &size);
    if (!f)
        return FZ_FAILED;
    s->thorough = true;
    rc = fz_run(s, p, &at, f);
    s->thorough = false;
    fclose(f);
    return rc;
}
