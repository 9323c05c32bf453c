/* SPDX-License-Identifier: MIT
 *
 * A fuzz target: command lines of pinfold, an argument a line. They are read,
 * by whatever sub-command they name, and nothing is done. A line that is taken
 * says nothing; help goes to stdout, a refusal to stderr; and the same line
 * means the same every time.
 */
#include "target.h"

#include "../../emu/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGUMENTS 32
#define MAX_SIZE 4096u

struct outcome {
    int rc;
    char *out, *err;
    size_t out_size, err_size;
};

/* Cuts TEXT into arguments behind the program's name. */
static int split(char *text, char *argv[MAX_ARGUMENTS + 2])
{
    static char program[] = "pinfold";
    int argc = 0;
    char *line;

    argv[argc++] = program;
    while (argc <= MAX_ARGUMENTS && (line = strsep(&text, "\n")) != NULL)
        argv[argc++] = line;
    argv[argc] = NULL;
    return argc;
}

static struct outcome parse(const uint8_t *data, size_t size)
{
    FILE *const was_out = stdout, *const was_err = stderr;
    struct outcome o = { .rc = 0 };
    char *text = strndup((const char *)data, size), *argv[MAX_ARGUMENTS + 2];
    struct cli_line line;
    int argc;

    if (!text)
        abort();
    argc = size ? split(text, argv) : split(NULL, argv);
    stdout = open_memstream(&o.out, &o.out_size);
    stderr = open_memstream(&o.err, &o.err_size);
    if (!stdout || !stderr)
        abort();
    o.rc = cli_parse(argc, argv, &line);
    fclose(stdout);
    fclose(stderr);
    stdout = was_out;
    stderr = was_err;
    if (o.rc == 0 && (!line.command || !line.options))
        abort();
    free(line.options);
    free(text);
    return o;
}

/* A whole line at least. */
static bool is_said(const char *text, size_t size)
{
    return size > 1 && text[size - 1] == '\n';
}

static void check(const struct outcome *o)
{
    bool good = false;

    if (o->rc == 0)
        good = o->out_size == 0 && o->err_size == 0;
    else if (o->rc == 1 + CLI_AGREES)
        good = is_said(o->out, o->out_size) && o->err_size == 0;
    else if (o->rc == 1 + CLI_USAGE)
        good = is_said(o->err, o->err_size) && o->out_size == 0;
    if (good)
        return;
    fprintf(stderr, "%d, says '%s' and '%s'\n", o->rc, o->out, o->err);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome first, second;

    if (size > MAX_SIZE)
        return 0;
    first = parse(data, size);
    second = parse(data, size);
    check(&first);
    if (first.rc != second.rc || strcmp(first.out, second.out) != 0 ||
        strcmp(first.err, second.err) != 0)
        abort();
    free(first.out);
    free(first.err);
    free(second.out);
    free(second.err);
    return 0;
}
