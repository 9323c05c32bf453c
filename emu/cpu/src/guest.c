/* SPDX-License-Identifier: MIT
 *
 * The domain's first memory: the kernel, its ramdisk, its command line, the
 * page of hypercall stubs.
 */
#include "internal.h"

#include <cpu/guest.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/elfnote.h>

#define PAGES_PER_MIB 256u
#define GRANT_FRAMES 4u /* as in the domains that traces run in */

/* The contents of a file. */
struct bytes {
    uint8_t *p;
    size_t n;
};

static bool say(char why[CPU_GUEST_WHY], const char *what, const char *reason)
{
    snprintf(why, CPU_GUEST_WHY, "%s: %s", what, reason);
    return false;
}

static bool read_file(const char *path, size_t limit, struct bytes *b,
                      char why[CPU_GUEST_WHY])
{
    FILE *f = fopen(path, "rb");
    long n = -1;

    if (!f)
        return say(why, path, strerror(errno));
    if (fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) > 0 &&
        (size_t)n <= limit && fseek(f, 0, SEEK_SET) == 0 &&
        (b->p = malloc((size_t)n)) != NULL)
        b->n = fread(b->p, 1, (size_t)n, f);
    fclose(f);
    if (n >= 0 && (size_t)n > limit)
        return say(why, path, "it is larger than the domain's memory");
    return b->n > 0 || say(why, path, "it is empty, or cannot be read");
}

static uint8_t *page(const struct pvcpu_guest *g, uint32_t pfn)
{
    return (uint8_t *)domain_page(&g->cpu, g->nr_pages, pfn);
}

static bool make_machine(struct pvcpu_guest *g,
                         const struct pvcpu_guest_config *config,
                         char why[CPU_GUEST_WHY])
{
    struct xm_config c = xm_config_default(domain_frames(g->nr_pages));
    void *ram;

    c.max_grant_frames = GRANT_FRAMES;
    c.faults = config->faults;
    if (config->xen && !xm_config_set_xen(&c, config->xen))
        return say(why, "Xen", "the model knows 4.13 to 4.22");
    g->ram_bytes = (size_t)c.nr_frames * XM_PAGE_SIZE;
    ram = mmap(NULL, g->ram_bytes, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    g->block = malloc(xm_machine_size(&c));
    g->scratch = malloc((size_t)c.nr_frames * 16u);
    g->domain = calloc(1, sizeof(*g->domain));
    g->cpu.ram = ram == MAP_FAILED ? NULL : ram;
    if (!g->cpu.ram || !g->block || !g->scratch || !g->domain)
        return say(why, "the machine", "there is not enough memory for it");
    g->cpu.machine = xm_machine_init(g->block, &c);
    g->cpu.domid = CPU_GUEST_DOMID;
    g->cpu.preempt_after = -1;
    g->host.domain = g->domain;
    return true;
}

static void copy_kernel(struct pvcpu_guest *g)
{
    const struct pv_kernel *k = &g->kernel;
    const uint64_t first = k->start - k->start % XM_PAGE_SIZE;

    for (uint64_t va = first; va < k->end; va += XM_PAGE_SIZE)
        pv_kernel_page(k, va,
                       page(g, (uint32_t)((va - k->virt_base) / XM_PAGE_SIZE)));
    if (k->hypercall_page)
        pvcpu__fill_hypercall_page(page(
            g, (uint32_t)((k->hypercall_page - k->virt_base) / XM_PAGE_SIZE)));
}

static void copy_ramdisk(struct pvcpu_guest *g, const struct bytes *ramdisk)
{
    for (size_t at = 0; at < ramdisk->n; at += XM_PAGE_SIZE)
        memcpy(page(g, g->layout.ramdisk + (uint32_t)(at / XM_PAGE_SIZE)),
               ramdisk->p + at,
               ramdisk->n - at < XM_PAGE_SIZE ? ramdisk->n - at : XM_PAGE_SIZE);
}

static void fill(struct pvcpu_guest *g, const struct pvcpu_guest_config *config)
{
    struct start_info *si = (struct start_info *)page(g, g->layout.start_info);
    const struct domain_setup setup = {
        .console = domain_mfn(g->nr_pages, g->layout.console),
        .store = domain_mfn(g->nr_pages, g->layout.store),
        .wall_clock = config->wall_clock,
        .name = config->name,
    };

    copy_kernel(g);
    if (config->command_line)
        snprintf((char *)si->cmd_line, sizeof(si->cmd_line), "%s",
                 config->command_line);
    domain_init(g->domain, &g->cpu, &setup);
    g->domain->has_tsc = true;
    si->store_evtchn = g->domain->store_port;
    si->console.domU.evtchn = g->domain->console_port;
    g->start = (struct pvcpu_start){
        .rip = g->kernel.entry,
        .rsp = g->kernel.virt_base +
               (uint64_t)(g->layout.stack + 1) * XM_PAGE_SIZE,
        .rsi =
            g->kernel.virt_base + (uint64_t)g->layout.start_info * XM_PAGE_SIZE,
    };
}

/* Xen: arch_set_info_guest() */
static bool can_begin(const struct pvcpu_guest *g)
{
    return pvcpu__canonical(g->kernel.entry) &&
           pvcpu__canonical(g->kernel.virt_base +
                            (uint64_t)(g->layout.stack + 1) * XM_PAGE_SIZE);
}

static bool build(struct pvcpu_guest *g,
                  const struct pvcpu_guest_config *config,
                  const struct bytes *ramdisk, char why[CPU_GUEST_WHY])
{
    const struct domain_image image = {
        .virt_base = g->kernel.virt_base,
        .kernel_end = g->kernel.end,
        .ramdisk_bytes = ramdisk->n,
        .ramdisk_unmapped = g->kernel.mod_start_pfn,
        .init_p2m = g->kernel.notes & 1u << XEN_ELFNOTE_INIT_P2M
                        ? g->kernel.init_p2m
                        : DOMAIN_P2M_MAPPED,
        .nr_pages = g->nr_pages,
        .nr_vcpus = config->nr_vcpus,
    };

    if (!domain_lay_out(&image, &g->layout)) {
        if (g->layout.wrong)
            return say(why, config->kernel, g->layout.wrong);
        snprintf(why, CPU_GUEST_WHY,
                 "%s: with its ramdisk and the first tables it takes %u MiB, "
                 "but the domain has %u: see --memory",
                 config->kernel, g->layout.used / PAGES_PER_MIB + 1,
                 config->mib);
        return false;
    }
    if (!can_begin(g))
        return say(why, config->kernel,
                   "Xen starts no vCPU at an address, or with a stack, that is "
                   "not canonical: see the notes ENTRY and VIRT_BASE");
    if (!make_machine(g, config, why))
        return false;
    if (!domain_build(&g->cpu, &image, &g->layout))
        return say(why, config->kernel,
                   "the model refuses the domain's first tables; please report "
                   "this");
    fill(g, config);
    copy_ramdisk(g, ramdisk);
    return true;
}

bool pvcpu_guest_open(struct pvcpu_guest *g,
                      const struct pvcpu_guest_config *config,
                      char why[CPU_GUEST_WHY])
{
    char of_kernel[PV_KERNEL_MESSAGE];
    struct bytes ramdisk = { 0 };
    bool ok;

    memset(g, 0, sizeof(*g));
    g->nr_pages = config->mib * PAGES_PER_MIB;
    if (!pv_kernel_open(&g->kernel, config->kernel, of_kernel))
        return say(why, config->kernel, of_kernel);
    ok = (!config->ramdisk ||
          read_file(config->ramdisk, (size_t)g->nr_pages * XM_PAGE_SIZE,
                    &ramdisk, why)) &&
         build(g, config, &ramdisk, why);
    free(ramdisk.p);
    if (!ok)
        pvcpu_guest_close(g);
    return ok;
}

void pvcpu_guest_close(struct pvcpu_guest *g)
{
    if (g->cpu.ram)
        munmap(g->cpu.ram, g->ram_bytes);
    free(g->block);
    free(g->scratch);
    free(g->domain);
    pv_kernel_close(&g->kernel);
    memset(g, 0, sizeof(*g));
}
