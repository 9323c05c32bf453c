/* SPDX-License-Identifier: MIT
 *
 * One hypercall, or a list of them, before and after it is made.
 */
#include "internal.h"

#include "calls/calls.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Calls that leave frames and tables alone. */
static const struct record_kind others[] = {
    { __HYPERVISOR_set_trap_table, "set_trap_table", NULL, NULL },
    { __HYPERVISOR_stack_switch, "stack_switch", NULL, NULL },
    { __HYPERVISOR_set_callbacks, "set_callbacks", NULL, NULL },
    { __HYPERVISOR_fpu_taskswitch, "fpu_taskswitch", NULL, NULL },
    { __HYPERVISOR_platform_op, "platform_op", NULL, NULL },
    { __HYPERVISOR_set_debugreg, "set_debugreg", NULL, NULL },
    { __HYPERVISOR_get_debugreg, "get_debugreg", NULL, NULL },
    { __HYPERVISOR_set_timer_op, "set_timer_op", NULL, NULL },
    { __HYPERVISOR_xen_version, "xen_version", NULL, NULL },
    { __HYPERVISOR_console_io, "console_io", NULL, NULL },
    { __HYPERVISOR_iret, "iret", NULL, NULL },
    { __HYPERVISOR_nmi_op, "nmi_op", NULL, NULL },
    { __HYPERVISOR_sched_op, "sched_op", NULL, NULL },
    { __HYPERVISOR_callback_op, "callback_op", NULL, NULL },
    { __HYPERVISOR_event_channel_op, "event_channel_op", NULL, NULL },
    { __HYPERVISOR_xenpmu_op, "xenpmu_op", NULL, NULL },
    { 0, NULL, NULL, NULL },
};

/* In a list of calls it is refused. */
static const struct record_kind multicall = { __HYPERVISOR_multicall,
                                              "multicall", NULL, NULL };
static const struct record_kind unknown = { 0, "", NULL, NULL };

static const struct record_kind *find_in(const struct record_kind *k,
                                         uint64_t number)
{
    while (k->name && k->number != number)
        k++;
    return k->name ? k : NULL;
}

static const struct record_kind *find_kind(uint64_t number)
{
    static const struct record_kind *const families[] = {
        record__calls_mmu,   record__calls_cpu,  record__calls_memory,
        record__calls_grant, record__calls_vcpu, others,
    };
    const struct record_kind *k = NULL;

    for (size_t i = 0; !k && i < sizeof(families) / sizeof(families[0]); i++)
        k = find_in(families[i], number);
    return k ? k : number == multicall.number ? &multicall : &unknown;
}

void record__stop(struct record *r, const char *why)
{
    record__string(&r->out, "  # The rest cannot be said: ");
    record__string(&r->out, why);
    record__string(&r->out, ".\n");
    r->stopped = true;
}

static struct record_call *add_call(struct record *r, uint64_t number,
                                    const uint64_t arg[6])
{
    struct record_call *c;

    if (r->nr_calls == r->room) {
        r->room = 2u * r->room + 1u;
        r->calls = realloc(r->calls, r->room * sizeof(*c));
        if (!r->calls)
            abort();
    }
    c = &r->calls[r->nr_calls++];
    *c = (struct record_call){ .kind = find_kind(number), .number = number };
    memcpy(c->arg, arg, sizeof(c->arg));
    return c;
}

static xm_vaddr result_of(xm_vaddr list, uint32_t i)
{
    return list + i * sizeof(struct multicall_entry) +
           offsetof(struct multicall_entry, result);
}

/* The entries of a list, as far as they will be executed. */
static void add_list(struct record *r, const uint64_t arg[6])
{
    const uint32_t count = (uint32_t)arg[1];
    struct multicall_entry e;
    uint64_t args[6];

    r->list = arg[0];
    for (uint32_t i = 0; i < count; i++) {
        struct record_call *c;

        if (!record__read(r, &e, r->list + i * sizeof(e), sizeof(e)))
            return;
        memcpy(args, e.args, sizeof(args));
        c = add_call(r, e.op, args);
        c->unknown_answer =
            !record__writable(r, result_of(r->list, i), sizeof(e.result));
        if (c->unknown_answer || e.op == __HYPERVISOR_iret)
            return;
    }
}

void record_before(struct record *r, uint64_t number, const uint64_t arg[6])
{
    if (r->stopped)
        return;
    r->nr_calls = 0;
    r->data_length = 0;
    r->list = 0;
    if (number == __HYPERVISOR_multicall)
        add_list(r, arg);
    else
        add_call(r, number, arg);
    for (uint32_t i = 0; i < r->nr_calls; i++)
        if (r->calls[i].kind->prepare)
            r->calls[i].kind->prepare(r, &r->calls[i]);
}

static void say(struct record *r, struct record_call *c, int64_t rc)
{
    if (c->kind->say)
        c->kind->say(r, c, rc);
    else
        record__put_note(r, c, rc, "");
}

/* What an entry of the list was answered; false: nobody knows. */
static bool answer_of(struct record *r, uint32_t i, int64_t *rc)
{
    uint64_t result;

    if (r->calls[i].unknown_answer ||
        !record__read(r, &result, result_of(r->list, i), sizeof(result)))
        return false;
    *rc = (int64_t)result;
    return true;
}

static bool has_crashed(const struct record *r)
{
    return xm_domain_find(r->cpu->machine, r->domid)->crashed;
}

static void say_list(struct record *r, int64_t rc)
{
    /* Refused before its first entry, or by one that cannot be reached. */
    for (uint32_t i = 0; i < r->nr_calls && !r->stopped; i++) {
        int64_t answer;

        if (answer_of(r, i, &answer)) {
            /* One that Xen goes on with has its number there. */
            r->fatal = has_crashed(r) && answer == (int64_t)r->calls[i].number;
            say(r, &r->calls[i], answer);
            if (r->fatal)
                return;
        } else {
            record__stop(r, "the answer of an entry of a list of calls could "
                            "not be stored, and nobody knows it");
        }
    }
    if (rc == 0)
        return;
    record__put_note(r, &(struct record_call){ .kind = &multicall }, rc,
                     ": the list ends here");
}

void record_after(struct record *r, struct xm_result result)
{
    if (r->stopped)
        return;
    if (r->list != 0 || r->nr_calls == 0) {
        say_list(r, result.rc);
    } else {
        r->fatal = has_crashed(r);
        say(r, &r->calls[0], result.rc);
    }
    r->stopped |= r->fatal;
    record__commit(&r->out);
}

/* By the word: what Xen makes of a smaller store is a new entry, too. */
static void say_store(struct record *r, xm_vaddr va)
{
    const struct xm_walk w = xm_walk(r->cpu, va, 0);
    const unsigned int slot = (va & (XM_PAGE_SIZE - 1)) / 8;

    if (!w.ok || w.m2p)
        return;
    record__who(r);
    record__string(&r->out, "store ");
    record__put_va(r, va);
    record__string(&r->out, " := ");
    record__put_entry(r, xm_ram_frame(r->cpu, w.mfn)[slot]);
    record__string(&r->out, " -> ok\n");
    record__note_word(r, w.mfn, slot);
}

void record_emulated(struct record *r, xm_vaddr va, uint64_t bytes)
{
    if (r->stopped)
        return;
    for (xm_vaddr at = va & ~7ull; at < va + bytes; at += 8)
        say_store(r, at);
    record__commit(&r->out);
}

void record_fatal_store(struct record *r, xm_vaddr va, uint64_t value)
{
    if (r->stopped)
        return;
    record__who(r);
    record__string(&r->out, "store ");
    record__put_va(r, va);
    record__string(&r->out, " := ");
    record__put_entry(r, value);
    record__string(&r->out, " -> crash\n");
    r->stopped = true;
    record__commit(&r->out);
}

void record_before_cr3(struct record *r, uint64_t value)
{
    const xm_mfn l4 = value >> XM_PAGE_SHIFT;

    if (r->stopped)
        return;
    record__say_content(r, l4, 4);
    record__carry(r, l4);
}

void record_after_cr3(struct record *r, uint64_t value, int rc)
{
    if (r->stopped)
        return;
    record__who(r);
    record__string(&r->out, "write_cr3 ");
    record__put_entry(r, value);
    record__string(&r->out, rc == 0 ? " -> ok\n" : " -> gp 0\n");
    record__commit(&r->out);
}
