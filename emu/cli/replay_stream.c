/* SPDX-License-Identifier: MIT
 *
 * pinfold replay --json, written while the traces run: a step a line, so that a
 * recording of a whole boot needs no memory for it.
 */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

/* A frame as it was last said. */
struct replay_seen {
    xm_mfn mfn;
    struct xm_frame model, other;
};

static void put(json_t *j)
{
    (void)json_dumpf(j, stdout, JSON_ENCODE_ANY);
    json_decref(j);
}

void replay_stream_begin(const char *xen)
{
    fputs("{\"xen\": ", stdout);
    put(xen ? json_string(xen) : json_null());
    fputs(",\n\"traces\": [", stdout);
}

bool replay_stream_trace(struct replay_stream *s, const char *file,
                         const struct pvt_trace *t)
{
    /* The boot tables of each domain are watched as well as its pages. */
    const size_t most = t->nr_pages + 3u * t->nr_domains;

    s->seen = NULL;
    s->steps = 0;
    if (t->nr_pages > PVT_MANY_PAGES) {
        s->seen = calloc(most, sizeof(*s->seen));
        if (!s->seen)
            return false;
    }
    printf("%s\n{\"file\": ", s->traces++ ? "," : "");
    put(json_string(file));
    fputs(", \"name\": ", stdout);
    put(json_string(t->name));
    fputs(", \"sentence\": ", stdout);
    put(json_string(t->sentence));
    fputs(", \"steps\": [", stdout);
    return true;
}

static bool is_news(const struct pvt_watched *w, const struct replay_seen *was)
{
    return w->mfn != was->mfn || !pvt_frames_agree(&w->model, &was->model) ||
           !pvt_frames_agree(&w->other, &was->other);
}

/* All frames are news in the first step; later those that it has changed. */
bool replay_stream_has_frame(const struct replay_stream *s,
                             const struct pvt_observation *o, uint32_t i)
{
    return !s->seen || s->steps == 0 || is_news(&o->watched[i], &s->seen[i]);
}

void replay_stream_step(struct replay_stream *s,
                        const struct pvt_observation *o)
{
    fputs(s->steps ? ",\n" : "\n", stdout);
    put(replay_json_step(s, o));
    s->steps++;
    for (uint32_t i = 0; s->seen && i < o->nr_watched; i++)
        s->seen[i] =
            (struct replay_seen){ o->watched[i].mfn, o->watched[i].model,
                                  o->watched[i].other };
}

void replay_stream_end_trace(struct replay_stream *s,
                             const struct pvt_report *report, bool failed)
{
    json_t *differences = json_array();

    for (uint32_t i = 0; i < report->nr_differences && i < PVT_MAX_DIFFERENCES;
         i++)
        json_array_append_new(differences,
                              replay_json_difference(&report->differences[i]));
    fputs("]", stdout);
    if (report->skipped || failed) {
        printf(", \"%s\": ", failed ? "failed" : "skipped");
        put(json_string(report->message));
    }
    fputs(", \"differences\": ", stdout);
    put(differences);
    putchar('}');
    free(s->seen);
    s->seen = NULL;
}

bool replay_stream_end(const struct replay_totals *n)
{
    fputs("],\n\"summary\": ", stdout);
    put(json_pack("{si si si si}", "traces", (int)n->traces, "skipped",
                  (int)n->skipped, "steps", (int)n->steps, "differences",
                  (int)n->differences));
    fputs("}\n", stdout);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fputs("pinfold replay: the output cannot be written\n", stderr);
    return false;
}
