/* SPDX-License-Identifier: MIT
 *
 * What the parts of `pinfold replay` share.
 */
#ifndef EMU_CLI_REPLAY_H
#define EMU_CLI_REPLAY_H

#include "cli.h"
#include "xen.h"

#include <traces/runner.h>

#include <jansson.h>

struct replay_options {
    bool on_xen, json, verbose;
    struct cli_xen_version version; /* of the model alone */
    uint32_t faults;                /* a bit each, 1 << enum xm_fault */
    struct shim_config xen;
    int nr_paths;
    char **paths;
};

struct replay_trace {
    char *file;
    struct pvt_trace *trace;
};

struct replay_set {
    uint32_t count;
    struct replay_trace *traces;
};

struct replay_totals {
    uint32_t traces, skipped, steps, differences;
    uint32_t again; /* that agreed the second time only */
};

/* replay_load.c: is PATH, by its name, a trace; or a directory? */
bool replay_is_trace(const char *path);
/* All traces of PATH, a file or a directory; CLI_ codes. */
int replay_load(struct replay_set *set, const char *path);
/* The same for COMMAND, which takes one trace. */
int replay_load_one(const char *command, struct replay_set *set,
                    const char *path);
void replay_free(struct replay_set *set);

/* print_program.c: as a program, which the caller frees; CLI_ codes. */
struct fz_program;
int print_program(const struct replay_trace *t, struct fz_program *p);

/* replay_text.c */
void replay_print_step(const struct pvt_observation *o);
/* Of a long or big trace: how long it took, and what was looked at when. */
void replay_print_effort(FILE *f, const char *file, const struct pvt_trace *t,
                         const struct pvt_report *r, bool on_xen,
                         double seconds);
void replay_print_differences(FILE *f, const char *file,
                              const struct pvt_trace *t,
                              const struct pvt_report *r);

/* replay_stream.c: --json. XEN: NULL, or its version. */
struct replay_stream {
    uint32_t traces, steps;   /* so many are written; steps of the last */
    struct replay_seen *seen; /* of a big trace, what was said of its frames */
};
void replay_stream_begin(const char *xen);
/* False: out of memory, and nothing is written. */
bool replay_stream_trace(struct replay_stream *s, const char *file,
                         const struct pvt_trace *t);
void replay_stream_step(struct replay_stream *s,
                        const struct pvt_observation *o);
/* Is the I-th that is watched to be in the step of O? */
bool replay_stream_has_frame(const struct replay_stream *s,
                             const struct pvt_observation *o, uint32_t i);
void replay_stream_end_trace(struct replay_stream *s,
                             const struct pvt_report *report, bool failed);
bool replay_stream_end(const struct replay_totals *n);

/* replay_json.c */
json_t *replay_json_step(const struct replay_stream *s,
                         const struct pvt_observation *o);
/* The step as it is written. */
json_t *replay_json_text(const struct pvt_observation *o);
json_t *replay_json_rule(const struct xm_rule_info *info);
json_t *replay_json_difference(const struct pvt_difference *d);

#endif
