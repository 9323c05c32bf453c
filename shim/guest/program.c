/* SPDX-License-Identifier: MIT
 *
 * A trace that the shim runs by itself: as a host would, it fills its own
 * mailbox, step by step.
 */
#include "program.h"

#include "console.h"
#include "execute.h"

static struct program program;

bool shim_has_program(const struct start_info *si)
{
    const struct shim_program *head = (const void *)si->mod_start;

    return head && !(si->flags & SIF_MOD_START_PFN) &&
           si->mod_len >= sizeof(*head) && head->magic == SHIM_PROGRAM_MAGIC;
}

/* NULL, or what is wrong. */
static const char *check(const struct shim_program *head, uint64_t length)
{
    if (head->version != SHIM_PROGRAM_VERSION)
        return "the program is for another version of the shim: make it by "
               "the pinfold that the shim comes with";
    if (head->length > length || head->length < sizeof(*head))
        return "the program is cut off: hand all of the file over";
    if (shim_program_sum(head + 1, head->length - sizeof(*head)) !=
        head->checksum)
        return "the program is damaged: its checksum is another";
    return NULL;
}

static void find_parts(struct program *p, const struct shim_program *head)
{
    const char *at = (const char *)(head + 1);
    const struct shim_program_page *page;

    p->head = head;
    page = (const void *)(at + shim_program_round(head->name_length));
    p->pages = page;
    for (uint32_t i = 0; i < head->nr_pages; i++)
        page = shim_next_page(page);
    p->fills = (const void *)page;
    p->steps = (const void *)(p->fills + head->nr_fills);
    p->nr_symbols = SHIM_SYMBOL_PAGES + head->nr_pages;
}

static void fill(const struct program *p, const struct shim_program_step *s,
                 struct shim_mailbox *m)
{
    const struct shim_relocation *r = (const void *)(s + 1);
    const struct shim_program_bind *binds =
        (const void *)(r + s->nr_relocations);
    const uint8_t *data = (const void *)(binds + s->nr_binds);

    m->command = s->command;
    m->rc = 0;
    m->value = m->vector = m->error_code = m->cr2 = 0;
    for (uint32_t i = 0; i < 6; i++)
        m->arg[i] = s->arg[i];
    for (uint32_t i = 0; i < s->data_size; i++)
        m->data[i] = data[i];
    for (uint32_t i = 0; i < s->nr_relocations; i++, r++) {
        /* The program has the numbers of the packer: their difference. */
        const uint64_t add =
            (p->number[r->symbol] - SHIM_SYMBOL_NUMBER(r->symbol)) << r->shift;

        if (r->word < 6)
            m->arg[r->word] += add;
        else
            ((uint64_t *)m->data)[r->word - 6] += add;
    }
}

/* What a call returned gets its number. */
static void bind(struct program *p, const struct shim_program_step *s,
                 const struct shim_mailbox *m)
{
    const struct shim_program_bind *b =
        (const void *)((const struct shim_relocation *)(s + 1) +
                       s->nr_relocations);

    if (m->rc < 0)
        return;
    for (uint32_t i = 0; i < s->nr_binds; i++, b++) {
        uint64_t number = 0;

        if (p->number[b->symbol] != PROGRAM_UNKNOWN)
            continue;
        for (uint32_t k = b->size; k-- > 0;)
            number = number << 8 | m->data[b->offset + k];
        for (uint32_t k = 0; k <= b->extent; k++)
            p->number[b->symbol + k] = number + k;
    }
}

/* Into a page that a vCPU has registered Xen writes the time. */
static void hide(struct program *p, const struct shim_program_step *s,
                 const struct shim_mailbox *m)
{
    const struct shim_relocation *r = (const void *)(s + 1);

    if (s->command != SHIM_HYPERCALL || s->arg[0] != __HYPERVISOR_vcpu_op ||
        m->rc != 0)
        return;
    for (uint32_t i = 0; i < s->nr_relocations; i++)
        p->hidden[r[i].symbol] = true;
}

static const char *prepare(struct program *p, const struct start_info *si,
                           struct shim_mailbox *m)
{
    const struct shim_program *head = (const void *)si->mod_start;
    const char *wrong = check(head, si->mod_len);

    if (!wrong) {
        find_parts(p, head);
        wrong = shim_find_places(p, si, m);
    }
    return wrong;
}

void shim_run_program(const struct start_info *si, struct shim_mailbox *m)
{
    const char *wrong = prepare(&program, si, m);
    const struct shim_program_step *s = program.steps;

    if (wrong) {
        shim_print("pinfold shim: ");
        shim_print(wrong);
        shim_print("\n");
        shim_power_off();
    }
    shim_print_begin(&program);
    for (uint32_t i = 0; i < program.head->nr_steps; i++) {
        fill(&program, s, m);
        shim_execute(m);
        bind(&program, s, m);
        hide(&program, s, m);
        shim_print_step(&program, s, m);
        s = (const void *)((const char *)s + s->length);
    }
    shim_print_end();
    shim_power_off();
}
