/* SPDX-License-Identifier: MIT
 *
 * pinfold replay: finding and reading the traces.
 */
#include "replay.h"

#include "cli.h"
#include "fuzz.h"

#include <fuzz/trace.h>
#include <packed/packed.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int out_of_memory(void)
{
    fputs("pinfold replay: out of memory: free some, or replay fewer traces\n",
          stderr);
    return CLI_ENVIRONMENT;
}

static bool ends_in(const char *file, const char *end)
{
    const size_t length = strlen(file), n = strlen(end);

    return length > n && strcmp(file + length - n, end) == 0;
}

static bool is_named_trace(const char *file)
{
    return ends_in(file, ".pvt") || ends_in(file, ".pvt.zst");
}

/* A program of a fuzzer: no text has such bytes, and a trace has its name. */
static bool is_program(const char *file, const uint8_t *bytes, size_t size)
{
    if (is_named_trace(file) || packed_is(bytes, size))
        return false;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] < '\t')
            return true;
    return false;
}

/* Written as a trace by running it on the model. */
static struct pvt_trace *load_program(const uint8_t *bytes, size_t size,
                                      struct pvt_error *error)
{
    struct pvt_backend *model = NULL;
    struct fz_session s = { 0 };
    struct pvt_trace *t = NULL;
    struct fz_program p;
    char *text = NULL;

    *error = (struct pvt_error){ .text = "out of memory: free some" };
    if (fz_read(&p, bytes, size) &&
        pvt_model_open(FUZZ_MODEL_FRAMES, &model) == 0 &&
        fz_open(&s, model, NULL) && fz_as_trace(&s, &p, &text) != FZ_FAILED &&
        text)
        t = pvt_trace_parse(text, strlen(text), error);
    if (s.model)
        fz_close(&s);
    if (model)
        model->ops->close(model);
    fz_free(&p);
    free(text);
    return t;
}

#define MAX_PROGRAM (1u << 20)

static struct pvt_trace *read_trace(const char *file, struct pvt_error *error)
{
    uint8_t *bytes = malloc(MAX_PROGRAM);
    FILE *f = bytes ? fopen(file, "rb") : NULL;
    const size_t size = f ? fread(bytes, 1, MAX_PROGRAM, f) : 0;
    struct pvt_trace *t = is_program(file, bytes, size)
                              ? load_program(bytes, size, error)
                              : pvt_trace_read(file, error);

    if (f)
        fclose(f);
    free(bytes);
    return t;
}

static int load_file(struct replay_set *set, const char *file)
{
    struct pvt_error error;
    struct pvt_trace *t = read_trace(file, &error);
    struct replay_trace *bigger;
    char *name;

    if (!t) {
        if (error.line)
            fprintf(stderr, "%s:%u:%u: %s\n", file, error.line, error.column,
                    error.text);
        else
            fprintf(stderr, "%s: %s\n", file, error.text);
        return CLI_USAGE;
    }
    if (t->cut_at)
        fprintf(stderr,
                "%s: cut off at byte %" PRIu64 ": its first %" PRIu32
                " steps are complete, what came behind them is lost\n",
                file, t->cut_at, t->nr_steps);
    name = strdup(file);
    bigger = realloc(set->traces, (set->count + 1u) * sizeof(*bigger));
    if (bigger)
        set->traces = bigger;
    if (!name || !bigger) {
        free(name);
        pvt_trace_free(t);
        return out_of_memory();
    }
    bigger[set->count++] = (struct replay_trace){ name, t };
    return CLI_AGREES;
}

static int is_trace(const struct dirent *e)
{
    return is_named_trace(e->d_name);
}

static int load_directory(struct replay_set *set, const char *path)
{
    struct dirent **entries;
    const int n = scandir(path, &entries, is_trace, alphasort);
    int rc = CLI_AGREES;

    if (n < 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        return CLI_USAGE;
    }
    if (n == 0) {
        fprintf(stderr, "%s: holds no .pvt or .pvt.zst file\n", path);
        rc = CLI_USAGE;
    }
    for (int i = 0; i < n; i++) {
        const size_t size = strlen(path) + strlen(entries[i]->d_name) + 2;
        char *file = malloc(size);
        int one;

        if (file) {
            snprintf(file, size, "%s/%s", path, entries[i]->d_name);
            one = load_file(set, file);
        } else {
            one = out_of_memory();
        }
        if (one > rc)
            rc = one;
        free(file);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

bool replay_is_trace(const char *path)
{
    struct stat st;

    return is_named_trace(path) ||
           (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

int replay_load(struct replay_set *set, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        return CLI_USAGE;
    }
    return S_ISDIR(st.st_mode) ? load_directory(set, path)
                               : load_file(set, path);
}

int replay_load_one(const char *command, struct replay_set *set,
                    const char *path)
{
    const int rc = replay_load(set, path);

    if (rc != CLI_AGREES || set->count == 1)
        return rc;
    fprintf(stderr, "pinfold %s: name one trace, not a directory\n", command);
    return CLI_USAGE;
}

void replay_free(struct replay_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        free(set->traces[i].file);
        pvt_trace_free(set->traces[i].trace);
    }
    free(set->traces);
}
