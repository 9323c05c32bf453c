/* SPDX-License-Identifier: MIT
 *
 * What hypercalls return: frames and handles, which become those of the world,
 * and what a trace says of it.
 */
#include "forms.h"
#include "grants.h"
#include "hypercalls.h"

#include <traces/trace.h>

#include <stdlib.h>
#include <string.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/xen.h>

static uint64_t word_at(const uint8_t *data, uint32_t offset)
{
    uint64_t word;

    memcpy(&word, data + offset, sizeof(word));
    return word;
}

uint32_t fz_hypercall_frames(const struct fz_op *ops, const struct fz_call *c,
                             const uint8_t *answer, xm_mfn *frames)
{
    struct fz_list list;
    uint32_t count = 0;

    for (uint32_t n = 0;
         fz_hypercall_takes_frames(ops) && fz_hypercall_list(ops, c, n, &list);
         n++)
        for (uint32_t i = 0; i < list.words; i++) {
            const uint32_t offset = list.offset + i * 8u;

            if (word_at(answer, offset) != word_at(c->data, offset))
                frames[count++] = word_at(answer, offset);
        }
    return count;
}

/* Words of the list that a field of the only structure points to. */
static uint32_t words_of(const struct fz_op *ops, const struct fz_call *c,
                         const char *field)
{
    struct fz_list list;

    for (uint32_t n = 0; fz_hypercall_list(ops, c, n, &list); n++)
        if (strcmp(list.field->name, field) == 0)
            return list.words;
    return 0;
}

bool fz_hypercall_tells_frames(const struct fz_op *ops, const struct fz_call *c)
{
    const struct pvt_call_info *info = fz_hypercall(ops);
    struct xen_memory_exchange e;
    struct xen_memory_reservation r;

    if (info->hypercall != __HYPERVISOR_memory_op ||
        !fz_hypercall_returns_frames(ops))
        return c->op.number != __HYPERVISOR_memory_op ||
               c->op.arg[0] == info->registers[0].number;
    if (c->op.arg[0] != info->registers[0].number ||
        fz_hypercall_elements(ops) != 1 || c->op.arg[1] != c->op.args)
        return false;
    memcpy(&e, c->data,
           sizeof(e) < c->op.data_size ? sizeof(e) : c->op.data_size);
    memcpy(&r, c->data, sizeof(r));
    switch (c->op.arg[0]) {
    case XENMEM_exchange:
        return e.out.nr_extents <= words_of(ops, c, "out");
    case XENMEM_populate_physmap:
    case XENMEM_increase_reservation:
        return r.nr_extents <= words_of(ops, c, "extents");
    default:
        return true;
    }
}

/* A frame of a domain that the call has put there; its domain. */
static bool is_returned(const struct fz_world *w, const struct xm_cpu *cpu,
                        const struct fz_call *c, const uint8_t *answer,
                        uint32_t offset, uint32_t *domain)
{
    const xm_mfn mfn = word_at(answer, offset);
    const struct xm_frame *frame = xm_machine_frame_const(cpu->machine, mfn);

    if (!frame || mfn == word_at(c->data, offset) || mfn == 0)
        return false;
    *domain = frame->owner;
    return frame->owner < FZ_DOMAINS && fz_has_domain(w, frame->owner) &&
           fz_place(w, mfn) == FZ_NR_FRAMES;
}

static void note_frames(struct fz_world *w, const struct xm_cpu *cpu,
                        const struct fz_op *ops, const struct fz_call *c,
                        const uint8_t *answer)
{
    struct fz_list list;

    for (uint32_t n = 0; fz_hypercall_list(ops, c, n, &list); n++)
        for (uint32_t i = 0; i < list.words; i++) {
            const uint32_t offset = list.offset + i * 8u;
            uint32_t domain;

            if (is_returned(w, cpu, c, answer, offset, &domain))
                (void)fz_world_add(w, domain, word_at(answer, offset));
        }
}

static bool is_map(const struct fz_op *op)
{
    return fz_hypercall(op)->hypercall == __HYPERVISOR_grant_table_op &&
           fz_hypercall(op)->registers[0].number == GNTTABOP_map_grant_ref;
}

static struct gnttab_map_grant_ref map_at(const uint8_t *answer, uint32_t i)
{
    struct gnttab_map_grant_ref map;

    memcpy(&map, answer + i * sizeof(map), sizeof(map));
    return map;
}

void fz_note_hypercall(struct fz_world *w, const struct xm_cpu *cpu,
                       const struct fz_op *ops, const struct fz_call *c,
                       int64_t rc, const uint8_t *answer)
{
    if (rc >= 0 && fz_hypercall_returns_frames(ops))
        note_frames(w, cpu, ops, c, answer);
    for (uint32_t i = 0; rc == 0 && is_map(ops) &&
                         i < fz_hypercall_elements(ops) && i < FZ_HANDLES;
         i++)
        fz_add_handle(w, ops, c, i, map_at(answer, i));
}

/* Of a frame that the call has put there; false: it has not, or it has none. */
static bool name_returned(const struct fz_world *w, const struct fz_op *ops,
                          const struct fz_call *c, uint32_t offset,
                          const uint8_t *answer, char name[24])
{
    const uint32_t place = fz_place(w, word_at(answer, offset));

    if (word_at(answer, offset) == word_at(c->data, offset))
        return false;
    if (place < FZ_XEN)
        fz_frame_name(place, name);
    else if (fz_hypercall_takes_frames(ops))
        snprintf(name, 24, FZ_UNPLACED_NAME, 'a' + c->op.domid, c->at,
                 offset / 8u);
    return place < FZ_XEN || fz_hypercall_takes_frames(ops);
}

static void print_frames(FILE *f, const struct fz_world *w,
                         const struct fz_op *ops, const struct fz_call *c,
                         const struct fz_list *list, const uint8_t *answer)
{
    uint32_t count = list->words;
    char name[24];

    while (
        count != 0 &&
        !name_returned(w, ops, c, list->offset + count * 8u - 8u, answer, name))
        count--;
    if (count == 0)
        return;
    fprintf(f, " %s={", list->field->name);
    for (uint32_t n = 0; n < count; n++) {
        const uint32_t offset = list->offset + n * 8u;

        fputs(n ? ", " : "", f);
        if (name_returned(w, ops, c, offset, answer, name))
            fputs(name, f);
        else
            pvt_number_print(f, word_at(answer, offset));
    }
    fputs("}", f);
}

static void print_lists(FILE *f, const struct fz_world *w,
                        const struct fz_op *ops, const struct fz_call *c,
                        uint32_t element, const uint8_t *answer)
{
    struct fz_list list;

    for (uint32_t n = 0; fz_hypercall_list(ops, c, n, &list); n++)
        if (list.element == element && !list.field->in_register)
            print_frames(f, w, ops, c, &list, answer);
}

static void print_status(FILE *f, const struct fz_op *ops, uint32_t element,
                         const uint8_t *answer)
{
    const struct pvt_call_info *info = fz_hypercall(ops);
    int16_t status;

    for (uint32_t i = 0; i < PVT_CALL_FIELDS && info->fields[i].name; i++) {
        if (strcmp(info->fields[i].name, "status") != 0)
            continue;
        memcpy(&status, answer + element * info->size + info->fields[i].offset,
               sizeof(status));
        fprintf(f, " status=%d", status);
    }
}

static char *answer_text(const struct fz_world *w, const struct fz_op *ops,
                         const struct fz_call *c, uint32_t element,
                         const uint8_t *answer)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    print_status(f, ops, element, answer);
    if (is_map(ops) && element < FZ_HANDLES)
        fz_print_new_handle(f, w, ops, c, element, map_at(answer, element));
    if (fz_hypercall_returns_frames(ops))
        print_lists(f, w, ops, c, element, answer);
    fclose(f);
    return text;
}

void fz_print_answer(FILE *f, const struct fz_world *w, const struct fz_op *ops,
                     const struct fz_call *c, int64_t rc, const uint8_t *answer)
{
    uint32_t pending = 0; /* structures without anything to be said */
    bool any = false;

    for (uint32_t i = 0; rc >= 0 && i < fz_hypercall_elements(ops); i++) {
        char *text = answer_text(w, ops, c, i, answer);

        pending++;
        for (; text && *text && pending; pending--) {
            fprintf(f, "%s {%s }", any ? "," : "", pending == 1 ? text : "");
            any = true;
        }
        free(text);
    }
}
