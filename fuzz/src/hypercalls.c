/* SPDX-License-Identifier: MIT
 *
 * Hypercalls by the names of their fields. In guest memory there are first the
 * structures, then the lists that fields point to: those of registers, then
 * those of the structures, as a trace writes them.
 */
#include "hypercalls.h"
#include "forms.h"
#include "grants.h"
#include "values.h"

#include <traces/trace.h>

#include <stdlib.h>
#include <string.h>
#include <xen/memory.h>
#include <xen/xen.h>

#include <xen/grant_table.h>

/* What is special about a call. */
#define AWAY 1u    /* never for actual Xen */
#define RETURNS 2u /* its lists hold frames afterwards */
#define MACHINE 4u /* it returns a number of the machine's own */
#define TAKES 8u   /* those frames come from Xen's allocator */

/* Programs name calls by their numbers here: new ones go to the end. */
static const struct {
    const char *name;
    uint32_t special;
} calls[] = {
    { "memory.populate", RETURNS | TAKES },
    { "memory.increase", RETURNS | TAKES },
    { "memory.decrease", 0 },
    { "memory.exchange", RETURNS | TAKES },
    { "grant.transfer", 0 },
    { "grant.copy", 0 },
    { "grant.map", 0 },
    { "grant.unmap", 0 },
    { "grant.replace", 0 },
    { "grant.setup_table", RETURNS },
    { "grant.set_version", 0 },
    { "grant.get_version", 0 },
    { "grant.get_status_frames", RETURNS },
    { "grant.query_size", 0 },
    { "grant.swap", 0 },
    { "grant.cache_flush", AWAY }, /* an answer of it gets lost at times */
    { "raw.mmu_update", 0 },
    { "raw.mmuext_op", 0 },
    { "raw.hypercall", 0 },
    { "multicall", 0 },
    { "vm_assist", 0 },
    { "set_gdt", 0 },
    { "update_descriptor", 0 },
    { "set_segment_base", AWAY }, /* the guest has its own there */
    { "memory.acquire_resource", RETURNS },
    { "memory.add_to_physmap", 0 },
    { "memory.remove_from_physmap", 0 },
    { "memory.get_vnumainfo", 0 },
    { "memory.memory_map", 0 },
    { "memory.machine_memory_map", AWAY },
    { "memory.machphys_mapping", AWAY },
    { "memory.maximum_ram_page", MACHINE },
    { "memory.current_reservation", MACHINE },
    { "memory.maximum_reservation", MACHINE },
    { "memory.maximum_gpfn", MACHINE },
    { "vcpu_op", AWAY }, /* vCPUs are for the guest to start and stop */
    { "vcpu.initialise", AWAY },
    { "vcpu.register_info", AWAY }, /* for as long as the domain lives */
    { "vcpu.register_runstate", AWAY },
    { "vcpu.register_time", AWAY },
    { "physdev.pirq_eoi", AWAY },
    { "domctl.destroy", AWAY },
    { "domctl.set_vcpu_context", AWAY },
    { "domctl.get_frame_info", AWAY },
    { "domctl.iomem_permission", AWAY },
};
#define NR_CALLS (sizeof(calls) / sizeof(calls[0]))

static uint32_t special(const struct fz_op *op)
{
    return calls[op->cmd % NR_CALLS].special;
}

bool fz_hypercall_by_name(const char *name, uint8_t *number)
{
    for (size_t i = 0; i < NR_CALLS; i++) {
        if (strcmp(calls[i].name, name) != 0)
            continue;
        *number = (uint8_t)i;
        return true;
    }
    return false;
}

const struct pvt_call_info *fz_hypercall(const struct fz_op *op)
{
    static const struct pvt_call_info *found[NR_CALLS];
    const size_t n = op->cmd % NR_CALLS;

    for (size_t i = 0; !found[n]; i++)
        if (strcmp(pvt_call_at(i)->name, calls[n].name) == 0)
            found[n] = pvt_call_at(i);
    return found[n];
}

bool fz_hypercall_tells_of_machine(const struct fz_op *op)
{
    return special(op) & MACHINE;
}

static uint32_t nr_elements(const struct fz_op *op)
{
    return fz_hypercall(op)->size ? op->slot : 0;
}

static uint32_t nr_fields(const struct pvt_call_info *info)
{
    uint32_t n = 0;

    while (n < PVT_CALL_FIELDS && info->fields[n].name)
        n++;
    return n;
}

/* NULL: it is no field of this call. */
static const struct pvt_field *field_of(const struct fz_op *ops,
                                        const struct fz_op *value)
{
    const struct pvt_call_info *info = fz_hypercall(ops);
    const uint32_t n = nr_fields(info);
    const struct pvt_field *f;

    if (value->cmd == FZ_ARGS_FIELD || n == 0)
        return NULL;
    f = &info->fields[value->cmd % n];
    return f->in_register || nr_elements(ops) != 0 ? f : NULL;
}

static uint32_t element_of(const struct fz_op *ops, const struct fz_op *value)
{
    return field_of(ops, value)->in_register ? 0
                                             : value->extra % nr_elements(ops);
}

/* Values that a trace writes as one: FIRST to FIRST + COUNT - 1. */
struct group {
    const struct pvt_field *field;
    uint32_t first, count, element;
    bool list;
    uint32_t offset; /* of the list */
};

static bool is_listed(const struct pvt_field *f, const struct fz_op *value)
{
    return f->kind == PVT_FIELD_LIST && (value->mode & FZ_LISTED);
}

static struct group group_at(const struct fz_op *ops, uint32_t used, uint32_t i)
{
    struct group g = { .field = field_of(ops, &ops[i]), .first = i };

    g.count = 1;
    if (!g.field)
        return g;
    g.element = element_of(ops, &ops[i]);
    g.list = is_listed(g.field, &ops[i]);
    while (g.list && i + g.count < used &&
           field_of(ops, &ops[i + g.count]) == g.field &&
           element_of(ops, &ops[i + g.count]) == g.element &&
           is_listed(g.field, &ops[i + g.count]))
        g.count++;
    return g;
}

struct groups {
    uint32_t count, size; /* bytes of memory */
    struct group groups[FZ_MAX_VALUES];
};

/* Those of registers, or of a structure. */
static void add_groups(struct groups *all, const struct fz_op *ops,
                       uint32_t used, bool in_register, uint32_t element)
{
    struct group g;

    for (uint32_t i = 1; i < used; i += g.count) {
        g = group_at(ops, used, i);
        if (!g.field || g.field->in_register != in_register ||
            g.element != element)
            continue;
        g.offset = all->size;
        all->size += g.list ? g.count * 8u : 0;
        all->groups[all->count++] = g;
    }
}

static struct groups all_groups(const struct fz_op *ops, uint32_t used)
{
    const uint32_t elements = nr_elements(ops);
    struct groups all = { .size =
                              (elements * fz_hypercall(ops)->size + 7) & ~7u };

    add_groups(&all, ops, used, true, 0);
    for (uint32_t i = 0; i < elements && all.count < used; i++)
        add_groups(&all, ops, used, false, i);
    return all;
}

static uint64_t value_for(const struct fz_world *w, const struct fz_call *c,
                          const struct pvt_field *f, const struct fz_op *op)
{
    return f->kind == PVT_FIELD_DOMAIN ? fz_value_domid(w, op)
                                       : fz_value(w, c->op.domid, op);
}

static void set_field(const struct pvt_call_info *info, struct fz_call *c,
                      const struct group *g, uint64_t value)
{
    const struct pvt_field *f = g->field;

    if (!f->in_register)
        memcpy(c->data + g->element * info->size + f->offset, &value, f->size);
    else if (f->offset == PVT_CALL_NUMBER)
        c->op.number = value;
    else
        c->op.arg[f->offset] = value;
}

static void set_group(const struct fz_world *w, const struct fz_op *ops,
                      struct fz_call *c, const struct group *g)
{
    const struct pvt_call_info *info = fz_hypercall(ops);

    if (!g->list) {
        set_field(info, c, g, value_for(w, c, g->field, &ops[g->first]));
        return;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        const uint64_t word = fz_value(w, c->op.domid, &ops[g->first + i]);

        memcpy(c->data + g->offset + i * 8, &word, sizeof(word));
    }
    set_field(info, c, g, c->op.args + g->offset);
}

static void preset(const struct pvt_call_info *info, uint8_t *structure)
{
    for (uint32_t i = 0; i < nr_fields(info); i++)
        if (info->fields[i].preset != 0)
            memcpy(structure + info->fields[i].offset, &info->fields[i].preset,
                   info->fields[i].size);
}

/* Where the structures are said to be, if not where they are. */
static const struct fz_op *args_of(const struct fz_op *ops, uint32_t used)
{
    for (uint32_t i = 1; i < used; i++)
        if (ops[i].cmd == FZ_ARGS_FIELD)
            return &ops[i];
    return NULL;
}

static void set_registers(const struct fz_world *w, const struct fz_op *ops,
                          struct fz_call *c)
{
    const struct pvt_call_info *info = fz_hypercall(ops);
    const struct fz_op *elsewhere = args_of(ops, c->used);

    c->op.number = info->hypercall;
    for (uint32_t i = 0; i < PVT_CALL_REGISTERS; i++) {
        const struct pvt_register *r = &info->registers[i];

        c->op.arg[i] = r->kind == PVT_REG_COUNT    ? nr_elements(ops)
                       : r->kind == PVT_REG_NUMBER ? r->number
                       : elsewhere ? fz_value(w, c->op.domid, elsewhere)
                                   : c->op.args;
    }
}

/*
 * A count may say more than there is: what lies behind is zero then, and not
 * what the call before has left there.
 */
static uint32_t memory_of(const struct fz_op *ops, const struct groups *all)
{
    const struct pvt_call_info *info = fz_hypercall(ops);

    for (uint32_t i = 0; i < PVT_CALL_REGISTERS; i++)
        if (info->registers[i].kind == PVT_REG_ARGS)
            return FZ_MAX_DATA;
    return all->size;
}

static bool is_known(const struct fz_op *args)
{
    return args->who % FZ_NR_VALUES == FZ_WINDOW;
}

bool fz_hypercall_stays_away(const struct fz_op *op)
{
    return special(op) & AWAY;
}

bool fz_hypercall_stays_within(const struct fz_op *ops, const struct fz_call *c)
{
    const struct pvt_call_info *info = fz_hypercall(ops);
    const struct fz_op *elsewhere = args_of(ops, c->used);

    if (info->size == 0)
        return true;
    if (elsewhere)
        return is_known(elsewhere);
    for (uint32_t i = 0; i < PVT_CALL_REGISTERS; i++)
        if (info->registers[i].kind == PVT_REG_COUNT &&
            c->op.arg[i] > nr_elements(ops))
            return false;
    return nr_elements(ops) != 0;
}

bool fz_resolve_hypercall(const struct fz_world *w, const struct fz_op *ops,
                          struct fz_call *c)
{
    const struct groups all = all_groups(ops, c->used);

    if (all.size > FZ_MAX_DATA)
        return false;
    fz_set_data(w, c, memory_of(ops, &all));
    memset(c->data, 0, c->op.data_size);
    set_registers(w, ops, c);
    for (uint32_t i = 0; i < nr_elements(ops); i++)
        preset(fz_hypercall(ops), c->data + i * fz_hypercall(ops)->size);
    for (uint32_t i = 0; i < all.count; i++)
        set_group(w, ops, c, &all.groups[i]);
    return true;
}

static void print_group(FILE *f, const struct fz_world *w,
                        const struct fz_op *ops, const struct fz_call *c,
                        const struct group *g)
{
    fprintf(f, " %s=%s", g->field->name, g->list ? "{" : "");
    for (uint32_t i = 0; i < g->count; i++) {
        const struct fz_op *value = &ops[g->first + i];

        fputs(i ? ", " : "", f);
        if (g->field->kind == PVT_FIELD_DOMAIN)
            fz_print_field_domain(f, w, value);
        else
            fz_print_field(f, w, c->op.domid, value);
    }
    fputs(g->list ? "}" : "", f);
}

void fz_print_hypercall(FILE *f, const struct fz_world *w,
                        const struct fz_op *ops, const struct fz_call *c)
{
    const struct groups all = all_groups(ops, c->used);
    const struct fz_op *elsewhere = args_of(ops, c->used);
    uint32_t at = 0;

    fputs(fz_hypercall(ops)->name, f);
    if (elsewhere) {
        fputs(" args=", f);
        fz_print_field(f, w, c->op.domid, elsewhere);
    }
    while (at < all.count && all.groups[at].field->in_register)
        print_group(f, w, ops, c, &all.groups[at++]);
    for (uint32_t i = 0; i < nr_elements(ops); i++) {
        fputs(i ? ", {" : " {", f);
        while (at < all.count && all.groups[at].element == i)
            print_group(f, w, ops, c, &all.groups[at++]);
        fputs(" }", f);
    }
}

bool fz_hypercall_list(const struct fz_op *ops, const struct fz_call *c,
                       uint32_t n, struct fz_list *list)
{
    const struct groups all = all_groups(ops, c->used);

    for (uint32_t i = 0; i < all.count; i++) {
        const struct group *g = &all.groups[i];

        if (!g->list || n-- != 0)
            continue;
        *list = (struct fz_list){ g->field, g->element, g->offset, g->count };
        return true;
    }
    return false;
}

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
         (special(ops) & TAKES) && fz_hypercall_list(ops, c, n, &list); n++)
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

    if (info->hypercall != __HYPERVISOR_memory_op || !(special(ops) & RETURNS))
        return c->op.number != __HYPERVISOR_memory_op ||
               c->op.arg[0] == info->registers[0].number;
    if (c->op.arg[0] != info->registers[0].number || nr_elements(ops) != 1 ||
        c->op.arg[1] != c->op.args)
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
    if (rc >= 0 && (special(ops) & RETURNS))
        note_frames(w, cpu, ops, c, answer);
    for (uint32_t i = 0;
         rc == 0 && is_map(ops) && i < nr_elements(ops) && i < FZ_HANDLES; i++)
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
    else if (special(ops) & TAKES)
        snprintf(name, 24, FZ_UNPLACED_NAME, 'a' + c->op.domid, c->at,
                 offset / 8u);
    return place < FZ_XEN || (special(ops) & TAKES);
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

    for (uint32_t i = 0; i < nr_fields(info); i++) {
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
    if (special(ops) & RETURNS)
        print_lists(f, w, ops, c, element, answer);
    fclose(f);
    return text;
}

void fz_print_answer(FILE *f, const struct fz_world *w, const struct fz_op *ops,
                     const struct fz_call *c, int64_t rc, const uint8_t *answer)
{
    uint32_t pending = 0; /* structures without anything to be said */
    bool any = false;

    for (uint32_t i = 0; rc >= 0 && i < nr_elements(ops); i++) {
        char *text = answer_text(w, ops, c, i, answer);

        pending++;
        for (; text && *text && pending; pending--) {
            fprintf(f, "%s {%s }", any ? "," : "", pending == 1 ? text : "");
            any = true;
        }
        free(text);
    }
}
