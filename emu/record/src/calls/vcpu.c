/* SPDX-License-Identifier: MIT
 *
 * vcpu_op. The vCPUs of a trace are there from the beginning: what one that is
 * initialised begins with, it is said to load by itself.
 */
#include "calls.h"

#include <xen/vcpu.h>

#define VCPUS 2u /* that traces have */

static xm_mfn base_of(const struct vcpu_guest_context *x, unsigned int cr)
{
    return x->ctrlreg[cr] ? xen_cr3_to_pfn(x->ctrlreg[cr]) : 0;
}

static uint32_t gdt_frames(const struct vcpu_guest_context *x)
{
    return (uint32_t)((x->gdt_ents + XM_ENTRIES - 1) / XM_ENTRIES);
}

static void prepare_vcpu(struct record *r, struct record_call *c)
{
    const struct vcpu_guest_context *x;

    if (c->arg[0] != VCPUOP_initialise)
        return;
    record__read_list(r, c, c->arg[2], 1, sizeof(*x));
    if (c->count == 0)
        return;
    x = record__data(r, c);
    record__say_content(r, base_of(x, 3), 4);
    record__carry(r, base_of(x, 3));
    if (x->ctrlreg[1])
        record__say_content(r, base_of(x, 1), 4);
    for (uint32_t i = 0; i < gdt_frames(x) && i < XM_MAX_GDT_FRAMES; i++)
        record__say_content(r, x->gdt_frames[i], 0);
}

static void who(struct record *r, uint64_t vcpu)
{
    record__string(&r->out, "  d");
    record__decimal(&r->out, r->domain);
    record__char(&r->out, '.');
    record__decimal(&r->out, (int64_t)vcpu);
    record__string(&r->out, ": ");
}

static void say_initialise(struct record *r, struct record_call *c, int64_t rc)
{
    const struct vcpu_guest_context *x = record__data(r, c);

    record__put_note(r, c, rc, ": initialise");
    if (rc != 0)
        return;
    if (c->arg[1] == 0 || c->arg[1] >= VCPUS) {
        record__stop(r, "a trace has two vCPUs, here is another one");
        return;
    }
    who(r, c->arg[1]);
    record__string(&r->out, "new_baseptr ");
    record__put_frame(r, base_of(x, 3));
    record__put_result(r, 0);
    if (x->ctrlreg[1]) {
        who(r, c->arg[1]);
        record__string(&r->out, "new_user_baseptr ");
        record__put_frame(r, base_of(x, 1));
        record__put_result(r, 0);
    }
    if (x->gdt_ents == 0)
        return;
    who(r, c->arg[1]);
    record__string(&r->out, "set_gdt");
    for (uint32_t i = 0; i < gdt_frames(x); i++) {
        record__string(&r->out, i ? ", " : " frames={");
        record__put_term(r, RECORD_FRAME, x->gdt_frames[i]);
    }
    record__string(&r->out, "} entries=");
    record__number(&r->out, x->gdt_ents);
    record__put_result(r, 0);
    for (uint32_t i = 0; i < gdt_frames(x); i++)
        record__note_page(r, x->gdt_frames[i]);
}

/* It holds a frame for ever. */
static void say_info(struct record *r, struct record_call *c, int64_t rc)
{
    struct vcpu_register_vcpu_info x;

    if (!record__read(r, &x, c->arg[2], sizeof(x))) {
        record__put_note(r, c, rc, "");
        return;
    }
    record__who(r);
    record__string(&r->out, "vcpu.register_info vcpu=");
    record__number(&r->out, c->arg[1]);
    record__string(&r->out, " { mfn=");
    record__put_term(r, RECORD_FRAME, x.mfn);
    record__string(&r->out, " offset=");
    record__number(&r->out, x.offset);
    record__string(&r->out, " }");
    record__put_result(r, rc);
}

static void say_vcpu(struct record *r, struct record_call *c, int64_t rc)
{
    if (c->arg[0] == VCPUOP_initialise && c->count != 0)
        say_initialise(r, c, rc);
    else if (c->arg[0] == VCPUOP_register_vcpu_info)
        say_info(r, c, rc);
    else
        record__put_note(r, c, rc, "");
}

const struct record_kind record__calls_vcpu[] = {
    { __HYPERVISOR_vcpu_op, "vcpu_op", prepare_vcpu, say_vcpu },
    { 0, NULL, NULL, NULL },
};
