/* SPDX-License-Identifier: MIT
 *
 * Going back to a known state, in milliseconds: the machine is stopped where
 * nothing but memory matters, memory is made what it was, and it goes on.
 *
 * That place is a loop of dom0's vCPU 0 in ring 3 (park.S), on the boot tables.
 * What is not in memory then is the same each time: registers, which are
 * compared, and what Xen sets up once. Devices and
 * clocks do not go back: Xen finds its timers late, and goes on with them.
 * QEMU's translations of code stay, too. They follow what guests write, and
 * code that comes and goes in this way is written again before it is run.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STOPS 1000u        /* attempts to stop it in the loop */
#define UNUSED_EACH 64u    /* so often are unused pages looked at, too */
#define MAX_REGISTERS 512u /* characters */

struct shim_kept {
    struct shim_domain domains[SHIM_DOMAINS];
    struct pvt_known_frames known;
    uint8_t *ram;    /* a copy */
    uint8_t *pages;  /* enum kept_page of each */
    bool distrusted; /* frames of a domain may be anybody's since */
    uint32_t times;  /* that it went back */
    char registers[MAX_REGISTERS];
};

enum kept_page {
    KEPT_HOLE,   /* it was no memory yet */
    KEPT_COPY,   /* it may have changed */
    KEPT_UNUSED, /* its domain has no use for it: nobody writes there */
    KEPT_ALONE,  /* it does not go back */
};

static size_t nr_pages(const struct shim *s)
{
    return s->ram_size / XM_PAGE_SIZE;
}

/* The number behind KEY, as QEMU prints registers. */
static uint64_t register_of(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    return at ? strtoull(at + strlen(key), NULL, 16) : 0;
}

/*
 * The stack pointer, segments, control registers but CR2. Of a segment selector
 * and base: the rest depends on how ring 3 was entered.
 */
static void choose_registers(const char *text, char to[MAX_REGISTERS])
{
    static const struct {
        const char *name;
        size_t length;
    } parts[] = {
        { "RSP=", 20 }, { "ES =", 25 }, { "CS =", 25 },  { "SS =", 25 },
        { "DS =", 25 }, { "FS =", 25 }, { "GS =", 25 },  { "LDT=", 25 },
        { "TR =", 25 }, { "GDT=", 34 }, { "IDT=", 34 },  { "CR0=", 12 },
        { "CR3=", 20 }, { "CR4=", 12 }, { "EFER=", 21 },
    };

    *to = '\0';
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *at = strstr(text, parts[i].name);

        if (at)
            strncat(to, at, parts[i].length);
    }
}

/* 0: it has stopped in the loop; 1: elsewhere. */
static int stop_once(struct shim *s, char registers[MAX_REGISTERS])
{
    const struct shim_mailbox *m = shim__control(s)->mailbox;
    uint64_t rip;
    char *text;
    bool there;

    if (shim__qmp(s, "stop", NULL, NULL, NULL) != 0 ||
        shim__qmp(s, "human-monitor-command", "command-line", "info registers",
                  &text) != 0)
        return -1;
    rip = register_of(text, "RIP=");
    there =
        rip >= m->park && rip < m->park_end && register_of(text, "CPL=") == 3;
    choose_registers(text, registers);
    free(text);
    if (there)
        return 0;
    return shim__qmp(s, "cont", NULL, NULL, NULL) == 0 ? 1 : -1;
}

/* dom0's vCPU 0 is in the loop, and the machine stopped. */
static int park(struct shim *s, char registers[MAX_REGISTERS])
{
    struct shim_vcpu *v = shim__control(s);
    int rc = 1;

    if (shim__restore_vcpu(v) != 0)
        return -1;
    shim__post(v, SHIM_PARK);
    if (shim__await_parked(v) != 0)
        return -1;
    for (unsigned int i = 0; rc > 0 && i < STOPS; i++)
        rc = stop_once(s, registers);
    return rc > 0 ? shim__fail(s, "the machine does not stop in its loop") : rc;
}

static int leave(struct shim *s)
{
    struct shim_vcpu *v = shim__control(s);

    __atomic_store_n(&v->mailbox->released, v->mailbox->request,
                     __ATOMIC_RELEASE);
    return shim__qmp(s, "cont", NULL, NULL, NULL) == 0 ? shim__await(v) : -1;
}

/* The next page from FIRST on that is memory (or, HOLE, that is none). */
static size_t next_page(const struct shim *s, size_t first, bool hole)
{
    const off_t at = lseek(s->ram_file, (off_t)(first * XM_PAGE_SIZE),
                           hole ? SEEK_HOLE : SEEK_DATA);

    return at < 0 ? nr_pages(s) : (size_t)at / XM_PAGE_SIZE;
}

static int allocate(struct shim *s)
{
    struct shim_kept *k = calloc(1, sizeof(*k));

    shim__drop_kept(s);
    s->kept = k;
    if (!k)
        return shim__fail(s, "out of memory");
    k->pages = malloc(nr_pages(s));
    k->ram = mmap(NULL, s->ram_size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (k->ram == MAP_FAILED)
        k->ram = NULL;
    if (k->ram && k->pages)
        return 0;
    shim__drop_kept(s);
    return shim__fail(s, "no memory for a copy of the machine: %s",
                      strerror(errno));
}

void shim__drop_kept(struct shim *s)
{
    if (!s->kept)
        return;
    if (s->kept->ram)
        munmap(s->kept->ram, s->ram_size);
    free(s->kept->pages);
    free(s->kept);
    s->kept = NULL;
}

void shim__distrust_kept(struct shim *s)
{
    if (s->kept)
        s->kept->distrusted = true;
}

/* What of the copy is compared later. */
static void mark_pages(struct shim *s)
{
    const struct shim_mailbox *m = shim__control(s)->mailbox;
    uint8_t *const pages = s->kept->pages;

    for (uint32_t i = 0; i < SHIM_DOMAINS; i++) {
        const struct shim_domain *d = &s->domains[i];

        for (uint64_t pfn = d->first_unused; d->exists && pfn < d->nr_pages;
             pfn++)
            if ((pfn < d->first_pfn || pfn >= d->next_pfn) &&
                pages[d->p2m[pfn]] == KEPT_COPY)
                pages[d->p2m[pfn]] = KEPT_UNUSED;
    }
    /* The loop is told here to end. */
    pages[(size_t)((const uint8_t *)m - s->ram) / XM_PAGE_SIZE] = KEPT_ALONE;
}

int shim__keep(struct pvt_backend *b)
{
    struct shim *s = shim_of(b);
    struct shim_kept *k;

    if (allocate(s) != 0)
        return -1;
    for (uint32_t i = 0; i < SHIM_DOMAINS; i++)
        if (s->domains[i].exists && shim__rest(&s->domains[i]) != 0)
            return -1;
    if (park(s, s->kept->registers) != 0)
        return -1;
    k = s->kept;
    memcpy(k->domains, s->domains, sizeof(k->domains));
    k->known = b->known;
    memset(k->pages, KEPT_HOLE, nr_pages(s));
    for (size_t end, i = next_page(s, 0, false); i < nr_pages(s);
         i = next_page(s, end, false)) {
        end = next_page(s, i, true);
        memset(k->pages + i, KEPT_COPY, end - i);
        memcpy(k->ram + i * XM_PAGE_SIZE, s->ram + i * XM_PAGE_SIZE,
               (end - i) * XM_PAGE_SIZE);
    }
    mark_pages(s);
    return leave(s);
}

/* Was it different? */
static bool put_back(struct shim *s, size_t page)
{
    const size_t at = page * XM_PAGE_SIZE;

    if (memcmp(s->ram + at, s->kept->ram + at, XM_PAGE_SIZE) == 0)
        return false;
    memcpy(s->ram + at, s->kept->ram + at, XM_PAGE_SIZE);
    return true;
}

/* What has become memory since. To look at a hole would make it memory. */
static void mark_new_memory(struct shim *s)
{
    uint8_t *const pages = s->kept->pages;
    size_t i = 0;

    while (i < nr_pages(s)) {
        if (pages[i] != KEPT_HOLE) {
            i++;
            continue;
        }
        i = next_page(s, i, false);
        if (i < nr_pages(s) && pages[i] == KEPT_HOLE)
            pages[i] = KEPT_COPY;
    }
}

/* Those that D has given away since are in use. */
static void mark_given(struct shim *s, uint32_t domain)
{
    const struct shim_domain *d = &s->domains[domain];
    const struct shim_domain *before = &s->kept->domains[domain];

    for (uint64_t pfn = before->next_pfn; before->exists && pfn < d->next_pfn;
         pfn++)
        s->kept->pages[d->p2m[pfn]] = KEPT_COPY;
}

static int put_all_back(struct shim *s)
{
    struct shim_kept *k = s->kept;
    const bool look = k->distrusted || k->times++ % UNUSED_EACH == 0;
    bool wrong = false;

    mark_new_memory(s);
    for (uint32_t i = 0; i < SHIM_DOMAINS && !k->distrusted; i++)
        mark_given(s, i);
    for (size_t i = 0; i < nr_pages(s); i++) {
        if (k->pages[i] == KEPT_COPY)
            (void)put_back(s, i);
        else if (k->pages[i] == KEPT_UNUSED && look)
            wrong |= put_back(s, i) && !k->distrusted;
    }
    return wrong ? shim__fail(s, "somebody has written to a page that nobody "
                                 "has a use for")
                 : 0;
}

int shim__go_back(struct pvt_backend *b)
{
    struct shim *s = shim_of(b);
    char registers[MAX_REGISTERS];

    if (!s->kept)
        return shim__fail(s, "there is no state to go back to");
    if (park(s, registers) != 0)
        return -1;
    if (strcmp(registers, s->kept->registers) != 0)
        return shim__fail(s, "the processor is not as it was");
    if (put_all_back(s) != 0)
        return -1;
    memcpy(s->domains, s->kept->domains, sizeof(s->domains));
    b->known = s->kept->known;
    s->active = shim__control(s);
    return leave(s);
}
