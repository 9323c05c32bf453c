/* SPDX-License-Identifier: MIT
 *
 * A trace as a program. Each step is resolved several times, with different
 * numbers for the names: the words of the mailbox in which that shows are
 * those that the shim has to fill in, and how it shows tells with what.
 */
#include <shim/pack.h>

#include "internal.h"
#include "pack.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool pack__refuse(struct packer *p, unsigned int line, unsigned int column,
                  const char *format, ...)
{
    va_list args;

    p->error->line = line;
    p->error->column = column;
    va_start(args, format);
    vsnprintf(p->error->text, sizeof(p->error->text), format, args);
    va_end(args);
    return false;
}

static bool no_memory(struct packer *p)
{
    return pack__refuse(p, 0, 0, "out of memory: free some");
}

/* Up to the next multiple of 8. */
static void put(FILE *f, const void *bytes, size_t n)
{
    static const uint8_t zeros[8];

    if (n)
        fwrite(bytes, 1, n, f);
    fwrite(zeros, 1, -n & 7, f);
}

static bool put_pages(struct packer *p)
{
    const struct pvt_trace *t = p->t;

    for (uint32_t i = 0; i < SHIM_BOOT_PAGES + t->nr_pages; i++) {
        const struct pvt_page *page =
            i < SHIM_BOOT_PAGES ? NULL : &t->pages[i - SHIM_BOOT_PAGES];
        const struct pvt_frame_ref boot = { .kind = (enum pvt_frame_kind)(
                                                PVT_FRAME_BOOT_L4 + i) };
        struct shim_program_page to = {
            .kind = !page         ? SHIM_PAGE_BOOT
                    : page->value ? SHIM_PAGE_VALUE
                    : page->new   ? SHIM_PAGE_NEW
                                  : SHIM_PAGE_FRESH,
        };
        char name[PVT_MAX_NAME + 1] = "";
        FILE *f = page ? NULL : fmemopen(name, sizeof(name), "w");

        if (f) {
            pvt_frame_ref_print(f, t, boot);
            fclose(f);
        }
        if (page)
            snprintf(name, sizeof(name), "%s", page->name);
        to.name_length = (uint32_t)strlen(name);
        put(p->out, &to, sizeof(to));
        put(p->out, name, to.name_length);
        p->frames += to.kind == SHIM_PAGE_FRESH;
    }
    return true;
}

/* The last of a slot counts, as it does for the runner. */
static bool put_fills(struct packer *p)
{
    for (uint32_t i = 0; i < p->t->nr_fills; i++) {
        const struct pvt_fill *f = &p->t->fills[i];
        struct shim_program_fill to = {
            .page = pack__symbol(f->slot.frame.page),
            .first = (uint16_t)f->slot.index,
            .last = (uint16_t)f->last,
        };
        struct shim_relocation r;
        uint64_t words[PACK_TRIALS];
        bool found;

        for (uint32_t k = 0; k < PACK_TRIALS; k++)
            words[k] = pvt_entry_resolve(p->t, &f->entry, &p->places[k]);
        if (!pack__relocate(p, f->line, f->column, words, &r, &found))
            return false;
        to.value = words[0];
        to.has_symbol = found;
        if (found) {
            to.symbol = r.symbol;
            to.shift = r.shift;
        }
        put(p->out, &to, sizeof(to));
    }
    return true;
}

/* What a console shows of S before its answer. */
static char *text_of(const struct packer *p, const struct pvt_step *s,
                     uint32_t number)
{
    char *step = NULL, *text = NULL;
    size_t n;
    FILE *f = open_memstream(&step, &n);
    FILE *to;

    if (!f)
        return NULL;
    pvt_step_print(f, p->t, s);
    fclose(f);
    to = open_memstream(&text, &n);
    if (to) {
        fprintf(to, "{\"step\":%" PRIu32 ",\"line\":%u,\"text\":\"", number,
                s->line);
        for (const char *c = step; *c; c++)
            fprintf(to, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
        fputs("\",\"xen\":{", to);
        fclose(to);
    }
    free(step);
    return text;
}

static enum shim_program_answer answer_of(const struct pvt_step *s)
{
    if (pvt_is_access(s->call))
        return pvt_is_load(s->call) ? SHIM_ANSWER_VALUE : SHIM_ANSWER_FAULT;
    return s->call == PVT_MMU_UPDATE || s->call == PVT_MMUEXT_OP
               ? SHIM_ANSWER_DONE
               : SHIM_ANSWER_RC;
}

/* The words of the mailboxes that S fills, of each trial. */
static bool find_relocations(struct packer *p, const struct pvt_step *s,
                             struct shim_program_step *to,
                             struct shim_relocation *list)
{
    const uint32_t n = 6 + (to->data_size + 7) / 8;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t words[PACK_TRIALS];
        bool found;

        for (uint32_t k = 0; k < PACK_TRIALS; k++)
            words[k] = i < 6 ? p->boxes[k].arg[i]
                             : ((const uint64_t *)p->boxes[k].data)[i - 6];
        if (!pack__relocate(p, s->line, s->column, words,
                            &list[to->nr_relocations], &found))
            return false;
        if (found)
            list[to->nr_relocations++].word = i;
    }
    return true;
}

static uint32_t find_binds(const struct pvt_trace *t, const struct pvt_step *s,
                           struct shim_program_bind *list)
{
    struct pvt_bind b;
    uint32_t n = 0;

    for (uint32_t i = 0; s->info && pvt_step_bind(s, i, &b); i++)
        if (t->pages[b.page].new)
            list[n++] =
                (struct shim_program_bind){ pack__symbol(b.page), b.extent,
                                            b.offset, b.size };
    return n;
}

/* Fills the mailboxes of all trials. */
static bool fill(struct packer *p, const struct pvt_step *s,
                 struct shim_program_step *to)
{
    for (uint32_t k = 0; k < PACK_TRIALS; k++) {
        struct shim_mailbox *m = &p->boxes[k];
        const uint64_t self = m->self;
        int command;

        if (pvt_step_resolve(p->t, s, &p->places[k], p->resolved) != 0)
            return pack__refuse(p, s->line, s->column,
                                "the arguments are too long: make its lists "
                                "shorter");
        if (!pack__is_about_itself(p, s))
            return false;
        to->data_size = shim__filled(&p->resolved->op);
        *m = (struct shim_mailbox){ .self = self };
        command = shim__fill(m, &p->resolved->op);
        if (command < 0)
            return pack__refuse(p, s->line, s->column, "the batch is too long");
        to->command = (uint32_t)command;
    }
    memcpy(to->arg, p->boxes[0].arg, sizeof(to->arg));
    return true;
}

static bool put_step(struct packer *p, const struct pvt_step *s,
                     uint32_t number)
{
    struct shim_program_step to = { .answer = answer_of(s) };
    char *text = text_of(p, s, number);
    bool good = text != NULL;

    if (!good)
        return no_memory(p);
    good = pack__can_run_alone(p, s) && fill(p, s, &to) &&
           find_relocations(p, s, &to, p->relocations);
    if (good) {
        to.nr_binds = find_binds(p->t, s, p->binds);
        to.text_length = (uint32_t)strlen(text);
        to.length = (uint32_t)(sizeof(to) +
                               to.nr_relocations * sizeof(*p->relocations) +
                               to.nr_binds * sizeof(*p->binds)) +
                    shim_program_round(to.data_size) +
                    shim_program_round(to.text_length);
        put(p->out, &to, sizeof(to));
        put(p->out, p->relocations,
            to.nr_relocations * sizeof(*p->relocations));
        put(p->out, p->binds, to.nr_binds * sizeof(*p->binds));
        put(p->out, p->boxes[0].data, to.data_size);
        put(p->out, text, to.text_length);
    }
    free(text);
    return good;
}

static bool put_all(struct packer *p)
{
    const struct pvt_trace *t = p->t;
    const struct shim_program head = {
        .magic = SHIM_PROGRAM_MAGIC,
        .version = SHIM_PROGRAM_VERSION,
        .nr_pages = SHIM_BOOT_PAGES + t->nr_pages,
        .nr_fills = t->nr_fills,
        .nr_steps = t->nr_steps,
        .window =
            t->domains[0].has_window ? pack__symbol(t->domains[0].window) : 0,
        .name_length = (uint32_t)strlen(t->name),
    };

    put(p->out, &head, sizeof(head));
    put(p->out, t->name, head.name_length);
    if (!put_pages(p) || !put_fills(p))
        return false;
    for (uint32_t i = 0; i < t->nr_steps; i++)
        if (!put_step(p, &t->steps[i], i + 1))
            return false;
    return true;
}

/* What is known only now. */
static void finish(const struct packer *p, struct shim_packed *to)
{
    struct shim_program *head = to->bytes;

    head->uses = p->uses;
    head->length = (uint32_t)to->length;
    head->checksum =
        shim_program_sum(head + 1, (uint64_t)to->length - sizeof(*head));
}

bool shim_pack(const struct pvt_trace *t, struct shim_packed *to,
               struct pvt_error *error)
{
    struct packer p = { .t = t, .error = error };
    bool good;

    *to = (struct shim_packed){ 0 };
    *error = (struct pvt_error){ 0 };
    if (!pack__is_one_domain(&p))
        return false;
    if (!pack__open(&p) ||
        !(p.out = open_memstream((char **)&to->bytes, &to->length))) {
        pack__close(&p);
        return no_memory(&p);
    }
    good = put_all(&p);
    if (fclose(p.out) != 0 && good)
        good = no_memory(&p);
    if (good && to->length > UINT32_MAX)
        good = pack__refuse(&p, 0, 0, "it would be larger than 4 GiB");
    if (good)
        finish(&p, to);
    else
        free(to->bytes), to->bytes = NULL;
    to->frames = p.frames;
    pack__close(&p);
    return good;
}
