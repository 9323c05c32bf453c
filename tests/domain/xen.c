/* SPDX-License-Identifier: MIT
 *
 * domain-xen HYPERVISOR KERNEL: the calls that have nothing to do with memory,
 * made by an unprivileged domain on actual Xen and by one here: each row must
 * be answered alike, and leave the same behind in its argument.
 */
#include "fixture.h"

#include <shim/host.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xen/callback.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define BYTES 192u
#define ARGS (~0ull) /* in place of a register: where the argument lies */

/* In `compared`: Xen's answer is 32 bits without their sign. */
#define UNSIGNED_ON_XEN (1u << 31)

struct row {
    const char *sentence;
    unsigned int number;
    uint64_t arg[3];
    uint32_t words[8]; /* of the argument */
    uint32_t compared; /* bytes of it that must be the same afterwards */
};

#define EVENT __HYPERVISOR_event_channel_op
#define ON(op, ...)                                                            \
    EVENT, { EVTCHNOP_##op, ARGS },                                            \
    {                                                                          \
        __VA_ARGS__                                                            \
    }
#define SELF DOMID_SELF

static const struct row rows[] = {
#include "xen_rows.inc"
};

struct side {
    int64_t rc;
    uint8_t bytes[BYTES];
};

static uint8_t here[BYTES];
static xm_vaddr args;

static bool read_here(void *to, xm_vaddr from, size_t n)
{
    if (from < args || from + n > args + BYTES)
        return false;
    memcpy(to, here + (from - args), n);
    return true;
}

static bool write_here(xm_vaddr to, const void *from, size_t n)
{
    if (to < args || to + n > args + BYTES)
        return false;
    memcpy(here + (to - args), from, n);
    return true;
}

static const struct xm_own_memory in_area = {
    .first = 1, .last = 0, .read = read_here, .write = write_here
};

static uint64_t argument(uint64_t a)
{
    return a == ARGS ? args : a;
}

static void by_us(const struct row *r, struct side *s)
{
    uint64_t arg[6] = { argument(r->arg[0]), argument(r->arg[1]),
                        argument(r->arg[2]) };

    memset(here, 0, sizeof(here));
    memcpy(here, r->words, sizeof(r->words));
    s->rc = xm_hypercall(&cpu, r->number, arg).rc;
    memcpy(s->bytes, here, BYTES);
}

static int by_xen(struct pvt_backend *b, const struct row *r, struct side *s)
{
    struct pvt_op op = { .call = PVT_HYPERCALL,
                         .domid = DOMID,
                         .number = r->number,
                         .arg = { argument(r->arg[0]), argument(r->arg[1]),
                                  argument(r->arg[2]) },
                         .args = args,
                         .data = s->bytes,
                         .data_size = BYTES };
    struct pvt_outcome out;

    memset(s->bytes, 0, BYTES);
    memcpy(s->bytes, r->words, sizeof(r->words));
    memset(&out, 0, sizeof(out));
    if (b->ops->execute(b, &op, &out) != 0)
        return -1;
    s->rc = out.rc;
    if ((r->compared & UNSIGNED_ON_XEN) && out.rc == (uint32_t)out.rc)
        s->rc = (int32_t)out.rc;
    return 0;
}

static void print(const char *who, const struct side *s)
{
    printf("  %-5s %" PRId64 " ", who, s->rc);
    for (unsigned int i = 0; i < 32; i += 4)
        printf(" %08x", s->bytes[i] | (unsigned int)s->bytes[i + 1] << 8 |
                            (unsigned int)s->bytes[i + 2] << 16 |
                            (unsigned int)s->bytes[i + 3] << 24);
    putchar('\n');
}

/* The shim is not made for events: none gets through to it. */
static int mask_events(struct pvt_backend *b, xm_mfn shared_info)
{
    union {
        uint64_t words[XM_ENTRIES];
        struct shared_info s;
    } page;
    const uint64_t *words = b->ops->page(b, shared_info);

    if (!words)
        return -1;
    memcpy(page.words, words, sizeof(page.words));
    memset(page.s.evtchn_mask, 0xff, sizeof(page.s.evtchn_mask));
    for (unsigned int i = 0; i < PVT_VCPUS; i++)
        page.s.vcpu_info[i].evtchn_upcall_mask = 1;
    return b->ops->write_page(b, shared_info, page.words);
}

int main(int argc, char **argv)
{
    const struct shim_config config = { .hypervisor = argc > 1 ? argv[1] : "",
                                        .kernel = argc > 2 ? argv[2] : "" };
    /* As the shim builds it: no backends. */
    const struct domain_setup bare = { .console = DOMAIN_NO_MFN,
                                       .store = DOMAIN_NO_MFN };
    struct pvt_known_frames known;
    unsigned int differences = 0, n = sizeof(rows) / sizeof(rows[0]);
    struct pvt_backend *b;
    char message[256];

    if (shim_open(&config, &b, message, sizeof(message)) != 0) {
        fprintf(stderr, "domain-xen: %s\n", message);
        return 3;
    }
    if (b->ops->use_domain(b, DOMID, false, 0, &known) != 0 ||
        mask_events(b, known.shared_info) != 0) {
        fprintf(stderr, "domain-xen: %s\n", b->message);
        return 3;
    }
    args = known.args;
    fixture_setup();
    domain_init(&domain, &cpu, &bare);
    xm_domain_find(cpu.machine, DOMID)->nr_vcpus = PVT_VCPUS + PVT_SPARE_VCPUS;
    cpu.own = &in_area;
    for (unsigned int i = 0; i < n; i++) {
        struct side xen, we;

        if (by_xen(b, &rows[i], &xen) != 0) {
            printf("%s: %s\n", rows[i].sentence, b->message);
            return 1;
        }
        by_us(&rows[i], &we);
        if (xen.rc == we.rc && memcmp(xen.bytes, we.bytes,
                                      rows[i].compared & ~UNSIGNED_ON_XEN) == 0)
            continue;
        differences++;
        printf("%s:\n", rows[i].sentence);
        print("Xen", &xen);
        print("here", &we);
    }
    printf("%u calls on %s: %u differences\n", n, b->version, differences);
    b->ops->close(b);
    fixture_teardown();
    return differences != 0;
}
