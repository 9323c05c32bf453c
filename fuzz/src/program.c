/* SPDX-License-Identifier: MIT
 *
 * Programs, in memory and in files.
 */
#include "forms.h"
#include "grants.h"
#include "hypercalls.h"

#include <fuzz/program.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ALL_DOMAINS ((1u << FZ_DOMAINS) - 1u)

bool fz_append(struct fz_program *p, const struct fz_op *op)
{
    if (p->nr_ops == p->room) {
        const uint32_t room = p->room ? 2 * p->room : 64;
        struct fz_op *ops = realloc(p->ops, room * sizeof(*ops));

        if (!ops)
            return false;
        p->ops = ops;
        p->room = room;
    }
    p->ops[p->nr_ops++] = *op;
    return true;
}

bool fz_copy(struct fz_program *to, const struct fz_program *from)
{
    *to = (struct fz_program){ .domains = from->domains };
    for (uint32_t i = 0; i < from->nr_ops; i++)
        if (!fz_append(to, &from->ops[i]))
            return false;
    return true;
}

void fz_free(struct fz_program *p)
{
    free(p->ops);
    *p = (struct fz_program){ 0 };
}

uint32_t fz_nr_pokes(const struct fz_program *p)
{
    uint32_t n = 0;

    while (n < p->nr_ops && fz_op_kind(&p->ops[n]) == FZ_POKE)
        n++;
    return n;
}

struct header {
    char magic[8];
    uint32_t domains, reserved;
};

bool fz_read(struct fz_program *p, const uint8_t *bytes, size_t size)
{
    struct header h = { .domains = 1 };
    struct fz_op op;

    if (size >= sizeof(h)) {
        memcpy(&h, bytes, sizeof(h));
        bytes += sizeof(h);
        size -= sizeof(h);
    }
    *p = (struct fz_program){ .domains = h.domains & ALL_DOMAINS };
    if (p->domains == 0)
        p->domains = 1;
    for (; size >= sizeof(op); bytes += sizeof(op), size -= sizeof(op)) {
        memcpy(&op, bytes, sizeof(op));
        if (!fz_append(p, &op))
            return false;
    }
    return true;
}

bool fz_write(FILE *f, const struct fz_program *p)
{
    struct header h = { .domains = p->domains };

    memcpy(h.magic, FZ_MAGIC, sizeof(h.magic));
    return fwrite(&h, sizeof(h), 1, f) == 1 &&
           (p->nr_ops == 0 ||
            fwrite(p->ops, sizeof(*p->ops), p->nr_ops, f) == p->nr_ops);
}

/* The last poke of a slot is the one that counts, and the only one. */
static bool is_overwritten(const struct fz_world *w, const struct fz_program *p,
                           uint32_t i, uint32_t end)
{
    for (uint32_t k = i + 1; k < end; k++)
        if (fz_mfn(w, p->ops[k].table) == fz_mfn(w, p->ops[i].table) &&
            p->ops[k].slot % XM_ENTRIES == p->ops[i].slot % XM_ENTRIES)
            return true;
    return false;
}

static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Is NAME a word of TEXT? */
static bool names(const char *text, const char *name)
{
    const size_t n = strlen(name);

    for (const char *at = text; (at = strstr(at, name)) != NULL; at++)
        if ((at == text || !is_of_word(at[-1])) && !is_of_word(at[n]))
            return true;
    return false;
}

/* Frames without a place: each name occurs once, where a call returns it. */
static void declare_unplaced(FILE *f, const char *steps)
{
    for (const char *at = steps; (at = strchr(at, '_')) != NULL; at++) {
        const char *first = at;
        uint32_t op, word;
        int end = 0;
        char domain;

        while (first != steps && isdigit((unsigned char)first[-1]))
            first--;
        if (first == at || first == steps || first - steps < 2 ||
            is_of_word(first[-2]) ||
            sscanf(first - 1, FZ_UNPLACED_NAME "%n", &domain, &op, &word,
                   &end) != 3)
            continue;
        fprintf(f, "  new d%d %.*s\n", domain - 'a', end, first - 1);
    }
}

/* Frames and handles that are known when calls have returned them. */
static void declare_returned(FILE *f, const struct fz_program *p,
                             const char *steps)
{
    char name[24];

    for (uint32_t d = 0; d < FZ_DOMAINS; d++) {
        for (uint32_t i = FZ_FIRST_PAGES; i < FZ_PAGES; i++)
            if (names(steps, fz_frame_name(d * FZ_PAGES + i, name)))
                fprintf(f, "  new d%u %s\n", d, name);
        fz_frame_name(fz_own_frame(d, FZ_GRANT_TABLE), name);
        if (names(steps, name))
            fprintf(f, "  new d%u %s\n", d, name);
    }
    declare_unplaced(f, steps);
    for (uint32_t i = 0; i < p->nr_ops; i++) {
        snprintf(name, sizeof(name), FZ_HANDLE_NAME, i);
        if (names(steps, name))
            fprintf(f, "  value %s\n", name);
    }
}

static void set_up_grants(FILE *f, const char *steps)
{
    char frame[24];

    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        if (names(steps, fz_frame_name(fz_own_frame(d, FZ_GRANT_TABLE), frame)))
            fprintf(f,
                    "  d%u.0: grant.setup_table { dom=self nr_frames=1 "
                    "frame_list={0} } -> 0 { status=0 frame_list={%s} }\n",
                    d, fz_frame_name(fz_own_frame(d, FZ_GRANT_TABLE), frame));
}

void fz_print_header(FILE *f, const struct fz_world *w,
                     const struct fz_program *p, const char *name,
                     const char *sentence, const char *steps)
{
    const uint32_t pokes = fz_nr_pokes(p);
    char frame[24];

    fprintf(f, "pvt 1\ntest %s\n\"%s\"\n\ninit {\n", name, sentence);
    for (uint32_t d = 0; d < FZ_DOMAINS; d++) {
        if (!fz_has_domain(w, d))
            continue;
        fprintf(f, "  dom d%u %sprivileged\n  page d%u", d, d ? "un" : "", d);
        for (uint32_t i = 0; i < FZ_FIRST_PAGES; i++)
            fprintf(f, " %s", fz_frame_name(d * FZ_PAGES + i, frame));
        fprintf(f, "\n  window %s\n", fz_frame_name(d * FZ_PAGES, frame));
    }
    declare_returned(f, p, steps);
    for (uint32_t i = 0; i < pokes; i++) {
        const struct fz_op *op = &p->ops[i];

        const uint32_t page = fz_frame(w, op->table);

        if (!fz_is_page(page) || fz_is_window(page) ||
            is_overwritten(w, p, i, pokes))
            continue;
        fprintf(f, "  pte %s[%u] = ", fz_frame_name(page, frame),
                op->slot % XM_ENTRIES);
        fz_print_entry(f, w, op);
        fputc('\n', f);
    }
    fputs("}\nrun {\n", f);
    set_up_grants(f, steps);
}
