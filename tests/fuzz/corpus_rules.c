/* SPDX-License-Identifier: MIT
 *
 * Which rules speak when the programs of a corpus run on the model: all but
 * those that a file lists, with the reason why no program reaches them.
 *
 *     corpus_rules FILE DIRECTORY
 *     corpus_rules -v DIRECTORY       the rules of each program
 */
#include <fuzz/session.h>
#include <xen-model/rule.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_FRAMES 256u

static struct fz_session sessions[1u << FZ_DOMAINS];
static struct xm_rule_set spoke;
static bool bad;

static void fail(const char *file, unsigned int line, const char *what,
                 const char *rule)
{
    printf("%s:%u: %s: %s\n", file, line, rule, what);
    bad = true;
}

static struct fz_session *session(uint32_t domains)
{
    struct fz_session *s = &sessions[domains];
    struct pvt_backend *model;

    if (!s->model && (pvt_model_open(MODEL_FRAMES, &model) != 0 ||
                      !fz_open(s, model, NULL))) {
        fputs("out of memory: free some\n", stderr);
        exit(2);
    }
    return s;
}

static void note(struct xm_rule_set *set, const struct pvt_outcome *o)
{
    for (size_t i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++)
        set->bits[i] |= o->fired.bits[i];
    xm_rule_set_add(set, o->why.rule);
}

static struct xm_rule_set run(const struct fz_program *p)
{
    struct xm_rule_set set = { { 0 } };
    struct fz_session *s = session(p->domains);
    enum fz_outcome rc = fz_begin(s, p);

    for (uint32_t at = fz_nr_pokes(p);
         rc == FZ_AGREES && !s->leaked && at < p->nr_ops; at += s->call.used) {
        rc = fz_step(s, p, at);
        if (rc == FZ_AGREES)
            note(&set, &s->out[0]);
        if (rc == FZ_NO_CALL)
            rc = FZ_AGREES;
    }
    return set;
}

static bool read_program(const char *file, struct fz_program *p)
{
    static uint8_t bytes[1u << 20];
    FILE *f = fopen(file, "rb");
    const size_t size = f ? fread(bytes, 1, sizeof(bytes), f) : 0;

    if (!f) {
        printf("%s: cannot be read: %s\n", file, strerror(errno));
        return false;
    }
    fclose(f);
    return fz_read(p, bytes, size);
}

static void print(const char *name, const struct xm_rule_set *set)
{
    fputs(name, stdout);
    for (uint32_t i = 1; i < XM_NR_RULES; i++)
        if (xm_rule_set_has(set, (enum xm_rule)i))
            printf(" %s", xm_rule_info((enum xm_rule)i)->id);
    putchar('\n');
}

static bool run_all(const char *directory, bool verbose)
{
    struct dirent **entries;
    const int n = scandir(directory, &entries, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        struct fz_program p = { 0 };
        struct xm_rule_set set;
        char file[4096];

        snprintf(file, sizeof(file), "%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && read_program(file, &p)) {
            set = run(&p);
            for (size_t k = 0; k < sizeof(set.bits) / sizeof(set.bits[0]); k++)
                spoke.bits[k] |= set.bits[k];
            if (verbose)
                print(file, &set);
        }
        fz_free(&p);
        free(entries[i]);
    }
    if (n < 0)
        printf("%s: cannot be read: %s\n", directory, strerror(errno));
    else
        free(entries);
    return n > 0;
}

/* The rules of FILE, "RULE REASON" a line, into SET. */
static void read_list(const char *file, struct xm_rule_set *set)
{
    char line[512], *reason;
    FILE *f = fopen(file, "r");

    if (!f)
        fail(file, 0, strerror(errno), "cannot be read");
    for (unsigned int n = 1; f && fgets(line, sizeof(line), f); n++) {
        enum xm_rule rule;

        if (line[0] == '#' || line[0] == '\n')
            continue;
        line[strcspn(line, "\n")] = 0;
        reason = strchr(line, ' ');
        if (reason)
            *reason++ = 0;
        rule = xm_rule_by_id(line);
        if (rule == XM_R_NONE)
            fail(file, n, "there is no such rule", line);
        else if (!reason || !*reason)
            fail(file, n, "say why no program reaches it", line);
        else if (xm_rule_set_has(&spoke, rule))
            fail(file, n, "a program reaches it: take it out here", line);
        else
            xm_rule_set_add(set, rule);
    }
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    struct xm_rule_set listed = { { 0 } };
    uint32_t reached = 0;

    if (argc != 3) {
        fprintf(stderr, "Usage: %s FILE|-v DIRECTORY\n", argv[0]);
        return 2;
    }
    if (strcmp(argv[1], "-v") == 0)
        return run_all(argv[2], true) ? 0 : 2;
    if (!run_all(argv[2], false))
        return 2;
    read_list(argv[1], &listed);
    for (uint32_t i = 1; i < XM_NR_RULES; i++) {
        const enum xm_rule rule = (enum xm_rule)i;

        reached += xm_rule_set_has(&spoke, rule);
        if (!xm_rule_set_has(&spoke, rule) && !xm_rule_set_has(&listed, rule))
            fail(argv[1], 0, "no program reaches it", xm_rule_info(rule)->id);
    }
    printf("%u of %u rules\n", reached, XM_NR_RULES - 1);
    return bad ? 1 : 0;
}
