/* SPDX-License-Identifier: MIT
 *
 * What one domain cannot do by itself.
 */
#include "pack.h"

#include <xen/xen.h>

bool pack__is_one_domain(struct packer *p)
{
    const struct pvt_trace *t = p->t;
    const struct pvt_domain *d = &t->domains[0];

    if (t->nr_domains > 1)
        return pack__refuse(p, t->domains[1].line, t->domains[1].column,
                            "a second domain: a program is run by one");
    if (d->privileged)
        return pack__refuse(p, d->line, d->column,
                            "a privileged domain: on a machine that is in use "
                            "that is somebody else; write it for an "
                            "unprivileged one");
    if (t->nr_pages > SHIM_PROGRAM_PAGES - SHIM_BOOT_PAGES)
        return pack__refuse(
            p, t->pages[SHIM_PROGRAM_PAGES - SHIM_BOOT_PAGES].line,
            t->pages[SHIM_PROGRAM_PAGES - SHIM_BOOT_PAGES].column,
            "more than %u pages", SHIM_PROGRAM_PAGES - SHIM_BOOT_PAGES);
    return true;
}

bool pack__can_run_alone(struct packer *p, const struct pvt_step *s)
{
    const char *why = NULL;

    if (s->vcpu != 0)
        why = "another vCPU than 0, which alone runs a program";
    else if (s->stale)
        why = "a stale translation, of which the model has none";
    else if (s->expect.kind == PVT_EXPECT_FAULT &&
             s->expect.vector == PVT_CRASH)
        why = "the domain crashes here, and can tell nothing of it";
    return !why || pack__refuse(p, s->line, s->column, "%s", why);
}

static bool is_number(uint32_t domid)
{
    return domid != 0 && domid < DOMID_FIRST_RESERVED;
}

static bool value_is(const struct pvt_value *v)
{
    if (v->kind == PVT_VALUE_DOMAIN)
        return v->domain.kind == PVT_FD_ID && is_number(v->domain.id);
    return v->kind == PVT_VALUE_ENTRY && v->entry.kind == PVT_ENTRY_GRANT &&
           is_number(v->entry.domid);
}

static bool assigns_are(const struct pvt_step *s)
{
    for (uint32_t i = 0; i < s->in.count; i++)
        for (uint32_t k = 0; k < s->in.assigns[i].count; k++)
            if (value_is(&s->in.assigns[i].values[k]))
                return true;
    return false;
}

static bool updates_are(const struct pvt_step *s)
{
    for (uint32_t i = 0; s->updates && i < s->count; i++)
        if (s->updates[i].entry.kind == PVT_ENTRY_GRANT &&
            is_number(s->updates[i].entry.domid))
            return true;
    return false;
}

bool pack__is_about_itself(struct packer *p, const struct pvt_step *s)
{
    const struct pvt_op *op = &p->resolved->op;

    if (!is_number(op->foreigndom & 0xffff) && !is_number(op->other) &&
        !(s->has_pt && is_number(s->pt)) && !assigns_are(s) && !updates_are(s))
        return true;
    return pack__refuse(p, s->line, s->column,
                        "a domain by its number, which is another one "
                        "wherever the trace is run: write self, or 0");
}
