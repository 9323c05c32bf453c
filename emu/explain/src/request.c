/* SPDX-License-Identifier: MIT
 *
 * What was asked, and which entry it is about: that of the request itself, or
 * one that Xen met when it validated a table. The latter is looked for in the
 * order in which Xen validates, and is thus the one that it met.
 */
#include "internal.h"

#include <xen-model/pte.h>
#include <xen-model/walk.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>

static const char *call_name(uint32_t number)
{
    static const char *const names[] = {
        [__HYPERVISOR_mmu_update] = "mmu_update",
        [__HYPERVISOR_set_gdt] = "set_gdt",
        [__HYPERVISOR_update_descriptor] = "update_descriptor",
        [__HYPERVISOR_memory_op] = "memory_op",
        [__HYPERVISOR_multicall] = "multicall",
        [__HYPERVISOR_update_va_mapping] = "update_va_mapping",
        [__HYPERVISOR_vm_assist] = "vm_assist",
        [__HYPERVISOR_update_va_mapping_otherdomain] =
            "update_va_mapping_otherdomain",
        [__HYPERVISOR_set_segment_base] = "set_segment_base",
        [__HYPERVISOR_grant_table_op] = "grant_table_op",
        [__HYPERVISOR_iret] = "iret",
        [__HYPERVISOR_vcpu_op] = "vcpu_op",
        [__HYPERVISOR_mmuext_op] = "mmuext_op",
        [__HYPERVISOR_physdev_op] = "physdev_op",
        [__HYPERVISOR_domctl] = "domctl",
    };

    return number < sizeof(names) / sizeof(names[0]) && names[number]
               ? names[number]
               : "hypercall";
}

struct search {
    struct xm_cpu *c;
    const struct explain_names *names;
    const struct xm_result *why;
    enum about about;
    unsigned int level; /* of the table in which the entry is */
    bool *visited;
    /* Found. */
    unsigned int slots[5];
    xm_mfn tables[5]; /* index = level, from there up to where it began */
};

/* l1e.flags is about entries of L1 tables; 0: about no entry. */
static unsigned int rule_level(const struct xm_rule_info *rule)
{
    const char *id = rule->id;

    return id[0] == 'l' && id[1] >= '1' && id[1] <= '4' && id[2] == 'e'
               ? (unsigned int)(id[1] - '0')
               : 0;
}

static bool is_it(const struct search *s, uint64_t entry)
{
    return s->about == ABOUT_ENTRY ? entry == s->why->seen[1]
                                   : xm_pte_mfn(entry) == s->why->seen[0];
}

static bool find(struct search *s, xm_mfn table, unsigned int level)
{
    const struct xm_machine *m = s->c->machine;
    const uint64_t *words;

    if (level == 0 || table >= xm_machine_config(m)->nr_frames ||
        s->visited[table])
        return false;
    s->visited[table] = true;
    words = xm_ram_frame(s->c, table);
    s->tables[level] = table;
    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        if (!(words[i] & XM_PTE_P) || (level == 4 && xm_l4_slot_is_xen(i)))
            continue;
        s->slots[level] = i;
        if (level == s->level ? is_it(s, words[i])
                              : find(s, xm_pte_mfn(words[i]), level - 1))
            return true;
    }
    return false;
}

static void print_entry(FILE *f, const struct explain_names *names,
                        uint64_t entry)
{
    uint64_t flags = entry & XM_PTE_FLAGS_MASK;
    char name[EXPLAIN_NAME];

    if (entry == 0) {
        fputc('0', f);
        return;
    }
    names->frame(names->context, xm_pte_mfn(entry), name);
    fputs(name, f);
    for (size_t i = 0; xm_pte_flags[i].name; i++) {
        if (flags & xm_pte_flags[i].bit)
            fprintf(f, " %s", xm_pte_flags[i].name);
        flags &= ~xm_pte_flags[i].bit;
    }
}

static void print_slot(FILE *f, const struct explain_names *names, xm_mfn table,
                       unsigned int slot)
{
    char name[EXPLAIN_NAME];

    names->frame(names->context, table, name);
    fprintf(f, "%s[%u]", name, slot);
}

/* Of what is no table, a value is no entry. */
static void set_entry(struct explanation *to, const struct search *s,
                      xm_mfn table, unsigned int slot, const char *sign,
                      uint64_t entry)
{
    FILE *f = fmemopen(to->entry, sizeof(to->entry), "w");

    if (!f)
        return;
    print_slot(f, s->names, table, slot);
    fprintf(f, " %s ", sign);
    if (to->level)
        print_entry(f, s->names, entry);
    else
        fprintf(f, "0x%" PRIx64, entry);
    fclose(f);
}

/* TABLE should become one of LEVEL: what in it, or below it, does not do? */
static void find_below(struct explanation *to, struct search *s, xm_mfn table,
                       unsigned int level)
{
    const uint64_t nr = xm_machine_config(s->c->machine)->nr_frames;
    FILE *f;

    if (s->level == 0 || s->level > level || s->about == ABOUT_NONE)
        return;
    s->visited = calloc(nr, sizeof(*s->visited));
    if (s->visited && find(s, table, level)) {
        to->level = s->level;
        set_entry(to, s, s->tables[s->level], s->slots[s->level], "=",
                  xm_ram_frame(s->c, s->tables[s->level])[s->slots[s->level]]);
        f = fmemopen(to->way, sizeof(to->way), "w");
        for (unsigned int i = level; f && i > s->level; i--) {
            fputs(i < level ? ", " : "", f);
            print_slot(f, s->names, s->tables[i], s->slots[i]);
        }
        if (f)
            fclose(f);
    }
    free(s->visited);
}

/* TABLE[SLOT] := ENTRY: that entry, or one of what it names. */
static void find_update(struct explanation *to, struct search *s, xm_mfn table,
                        unsigned int slot, uint64_t entry)
{
    const struct xm_frame *frame = xm_machine_frame_const(s->c->machine, table);
    const unsigned int level = frame ? xm_pgt_level(frame->type_info) : 0;

    to->level = level;
    set_entry(to, s, table, slot, ":=", entry);
    if (s->level && s->level < level)
        find_below(to, s, xm_pte_mfn(entry), level - 1);
}

static void request_of_list(FILE *f, struct explanation *to, struct search *s,
                            const struct xm_refused *refused)
{
    const uint64_t a = refused->asked[0], b = refused->asked[1];
    char name[EXPLAIN_NAME];

    if (refused->number == __HYPERVISOR_mmu_update) {
        const xm_mfn table = a >> XM_PAGE_SHIFT;
        const unsigned int slot = (a & (XM_PAGE_SIZE - 1)) / 8;

        fputc(' ', f);
        print_slot(f, s->names, table, slot);
        fputs(" := ", f);
        print_entry(f, s->names, b);
        if ((a & 7) == MMU_NORMAL_PT_UPDATE ||
            (a & 7) == MMU_PT_UPDATE_PRESERVE_AD)
            find_update(to, s, table, slot, b);
        return;
    }
    s->names->frame(s->names->context, b, name);
    if (a <= MMUEXT_PIN_L4_TABLE) {
        fprintf(f, " pin L%u %s", (unsigned int)a + 1, name);
        find_below(to, s, b, (unsigned int)a + 1);
    } else if (a == MMUEXT_UNPIN_TABLE) {
        fprintf(f, " unpin %s", name);
    } else if (a == MMUEXT_NEW_BASEPTR || a == MMUEXT_NEW_USER_BASEPTR) {
        fprintf(f, " %s %s",
                a == MMUEXT_NEW_BASEPTR ? "new_baseptr" : "new_user_baseptr",
                name);
        find_below(to, s, b, 4);
    } else {
        fprintf(f, " %" PRIu64 " 0x%" PRIx64, a, b);
    }
}

static void request_of_va(FILE *f, struct explanation *to, struct search *s,
                          const struct xm_refused *refused)
{
    const xm_vaddr va = refused->asked[0];
    const struct xm_walk w = xm_walk(s->c, va, 0);

    fprintf(f, " 0x%" PRIx64 " := ", va);
    print_entry(f, s->names, refused->asked[1]);
    if (w.ok || w.level == 1) {
        find_update(to, s, w.table[1], xm_va_index(va, 1), refused->asked[1]);
    } else if (w.level > 1) {
        to->level = w.level;
        set_entry(to, s, w.table[w.level], xm_va_index(va, w.level), "=",
                  w.entry[w.level]);
    }
}

void explain__request(struct explanation *to, struct xm_cpu *c,
                      const struct xm_refused *refused,
                      const struct explain_names *names)
{
    struct search s = { .c = c,
                        .names = names,
                        .why = &refused->why,
                        .about = explain__advice(refused->why.rule)->about,
                        .level = rule_level(to->rule) };
    FILE *f = fmemopen(to->request, sizeof(to->request), "w");

    if (!f)
        return;
    to->one_of_many = refused->call || (refused->request != XM_NO_REQUEST &&
                                        refused->request != 0);
    if (refused->call)
        fprintf(f, "call %" PRIu32 " of the multicall, ", refused->call);
    if (refused->request != XM_NO_REQUEST)
        fprintf(f, "request %" PRIu32 ", ", refused->request + 1);
    fputs(call_name(refused->number), f);
    if (refused->request != XM_NO_REQUEST)
        request_of_list(f, to, &s, refused);
    else if (refused->number == __HYPERVISOR_update_va_mapping ||
             refused->number == __HYPERVISOR_update_va_mapping_otherdomain)
        request_of_va(f, to, &s, refused);
    fclose(f);
}
