/* SPDX-License-Identifier: MIT
 *
 * Without a fuzzer: runs a target on files, and on those of directories.
 */
#include "target.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static unsigned int files;

static int run_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    char *text = NULL;
    size_t size = 0;
    FILE *copy = f ? open_memstream(&text, &size) : NULL;
    int c;

    if (!copy) {
        fprintf(stderr, "%s: cannot be read: %s\n", name, strerror(errno));
        if (f)
            fclose(f);
        return 2;
    }
    while ((c = getc(f)) != EOF)
        putc(c, copy);
    fclose(f);
    fclose(copy);
    LLVMFuzzerTestOneInput((const uint8_t *)text, size);
    free(text);
    files++;
    return 0;
}

static int run(const char *name)
{
    struct dirent **entries;
    struct stat st;
    int n, rc = 0;

    if (stat(name, &st) != 0 || !S_ISDIR(st.st_mode))
        return run_file(name);
    n = scandir(name, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s", name, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            rc |= run(path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return rc;
}

int main(int argc, char **argv)
{
    int rc = 0;

    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "Usage: %s FILE|DIRECTORY...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        rc |= run(argv[i]);
    printf("%u files\n", files);
    return rc;
}
