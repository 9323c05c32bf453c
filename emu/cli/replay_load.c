/* SPDX-License-Identifier: MIT
 *
 * pinfold replay: finding and reading the traces.
 */
#include "replay.h"

#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int out_of_memory(void)
{
    fputs("pinfold replay: out of memory: free some, or replay fewer traces\n",
          stderr);
    return CLI_ENVIRONMENT;
}

static int load_file(struct replay_set *set, const char *file)
{
    struct pvt_error error;
    struct pvt_trace *t = pvt_trace_read(file, &error);
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
    const size_t length = strlen(e->d_name);

    return length > 4 && strcmp(e->d_name + length - 4, ".pvt") == 0;
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
        fprintf(stderr, "%s: holds no .pvt file\n", path);
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

void replay_free(struct replay_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        free(set->traces[i].file);
        pvt_trace_free(set->traces[i].trace);
    }
    free(set->traces);
}
