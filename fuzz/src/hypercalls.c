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

#include <string.h>
#include <xen/xen.h>

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

bool fz_hypercall_returns_frames(const struct fz_op *op)
{
    return special(op) & RETURNS;
}

bool fz_hypercall_takes_frames(const struct fz_op *op)
{
    return special(op) & TAKES;
}

uint32_t fz_hypercall_elements(const struct fz_op *op)
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
    return f->in_register || fz_hypercall_elements(ops) != 0 ? f : NULL;
}

static uint32_t element_of(const struct fz_op *ops, const struct fz_op *value)
{
    return field_of(ops, value)->in_register
               ? 0
               : value->extra % fz_hypercall_elements(ops);
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
    const uint32_t elements = fz_hypercall_elements(ops);
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

        c->op.arg[i] = r->kind == PVT_REG_COUNT    ? fz_hypercall_elements(ops)
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
            c->op.arg[i] > fz_hypercall_elements(ops))
            return false;
    return fz_hypercall_elements(ops) != 0;
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
    for (uint32_t i = 0; i < fz_hypercall_elements(ops); i++)
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
    for (uint32_t i = 0; i < fz_hypercall_elements(ops); i++) {
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
