/* SPDX-License-Identifier: MIT
 *
 * The domain as the toolstack leaves it before its kernel runs. There is no
 * kernel to copy: the guest is linked.
 */
#include "internal.h"

#include <domain/build.h>

#include <stdio.h>

uint64_t *direct__page(uint32_t pfn)
{
    return domain_page(&direct.cpu, direct.config.nr_pages, pfn);
}

static void finish_start_info(const struct domain_layout *l)
{
    struct start_info *si = (struct start_info *)direct__page(l->start_info);

    si->store_evtchn = direct.domain->store_port;
    si->console.domU.evtchn = direct.domain->console_port;
    if (direct.config.command_line)
        snprintf((char *)si->cmd_line, sizeof(si->cmd_line), "%s",
                 direct.config.command_line);
    direct.start_info =
        direct.config.virt_base + (uint64_t)l->start_info * XM_PAGE_SIZE;
}

int direct__build(void)
{
    const struct pinfold_config *c = &direct.config;
    const struct domain_image image = {
        .virt_base = c->virt_base,
        .kernel_end = c->virt_base + (uint64_t)c->image_pages * XM_PAGE_SIZE,
        .init_p2m = DOMAIN_P2M_MAPPED,
        .nr_pages = c->nr_pages,
        .nr_vcpus = 1,
        .privileged = c->privileged,
    };
    struct domain_layout l;

    if (!domain_lay_out(&image, &l) && l.wrong)
        return direct__fail("%s", l.wrong);
    if (l.used > c->nr_pages)
        return direct__fail("%u pages are too few: what is mapped at the "
                            "beginning takes %u",
                            c->nr_pages, l.used);
    if (!domain_build(&direct.cpu, &image, &l))
        return direct__fail("the model refuses the first tables: please "
                            "report this");
    direct.self = xm_domain_find(direct.cpu.machine, DIRECT_DOMID);
    if (direct__begin_events((uint32_t)domain_mfn(c->nr_pages, l.console),
                             (uint32_t)domain_mfn(c->nr_pages, l.store)) != 0)
        return -1;
    finish_start_info(&l);
    return direct__record_begin();
}
