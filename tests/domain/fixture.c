/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

struct domain domain;
struct domain_host host;
struct xm_cpu cpu;
char output[8192];
size_t nr_output;

static struct xm_others others;

static bool read_own(void *to, xm_vaddr from, size_t n)
{
    if (from < 0x1000) /* as if nothing were mapped there */
        return false;
    memcpy(to, (const void *)(uintptr_t)from, n);
    return true;
}

static bool write_own(xm_vaddr to, const void *from, size_t n)
{
    if (to < 0x1000)
        return false;
    memcpy((void *)(uintptr_t)to, from, n);
    return true;
}

static const struct xm_own_memory own = {
    .first = 1, .last = 0, .read = read_own, .write = write_own
};

static void note_output(void *context, const char *bytes, size_t n)
{
    (void)context;
    ck_assert_uint_le(nr_output + n, sizeof(output));
    memcpy(output + nr_output, bytes, n);
    nr_output += n;
}

void fixture_setup(void)
{
    const struct xm_config config = xm_config_default(NR_FRAMES);
    const struct domain_setup setup = { .console = CONSOLE,
                                        .store = STORE,
                                        .wall_clock = 1234567890123456789ull,
                                        .name = "test" };
    struct xm_domain *d;

    cpu = (struct xm_cpu){
        .machine = xm_machine_init(malloc(xm_machine_size(&config)), &config),
        .ram = calloc(NR_FRAMES, XM_PAGE_SIZE),
        .own = &own,
        .domid = DOMID,
        .preempt_after = -1,
    };
    d = xm_domain_create(cpu.machine, DOMID, false);
    d->nr_vcpus = 2;
    d->vcpu[0].initialised = d->vcpu[0].up = true;
    d->vcpu[1].initialised = d->vcpu[1].up = true;
    d->shared_info = SHARED;
    *xm_machine_frame(cpu.machine, SHARED) = (struct xm_frame){
        .count_info = XM_PGC_ALLOCATED | XM_PGC_XEN_HEAP | 1,
        .type_info = XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1,
        .owner = DOMID,
    };
    for (xm_mfn mfn = CONSOLE; mfn <= INFO; mfn++)
        xm_frame_assign(cpu.machine, mfn, DOMID);
    host = (struct domain_host){ .domain = &domain, .output = note_output };
    others =
        (struct xm_others){ .context = &host, .hypercall = domain_hypercall };
    cpu.others = &others;
    domain_init(&domain, &cpu, &setup);
    nr_output = 0;
}

void fixture_teardown(void)
{
    free(cpu.machine);
    free(cpu.ram);
}

struct shared_info *shared(void)
{
    return (struct shared_info *)xm_ram_frame(&cpu, SHARED);
}

struct xencons_interface *console(void)
{
    return (struct xencons_interface *)xm_ram_frame(&cpu, CONSOLE);
}

struct xenstore_domain_interface *store(void)
{
    return (struct xenstore_domain_interface *)xm_ram_frame(&cpu, STORE);
}

long call(unsigned int number, uint64_t a1, uint64_t a2, uint64_t a3)
{
    uint64_t arg[6] = { a1, a2, a3 };
    const long rc = xm_hypercall(&cpu, number, arg).rc;

    domain_serve(&host, &cpu);
    return rc;
}

long event_op(unsigned int command, void *argument)
{
    return call(__HYPERVISOR_event_channel_op, command,
                (uint64_t)(uintptr_t)argument, 0);
}

uint32_t bind_virq(uint32_t virq, uint32_t vcpu)
{
    struct evtchn_bind_virq b = { .virq = virq, .vcpu = vcpu };

    ck_assert_int_eq(event_op(EVTCHNOP_bind_virq, &b), 0);
    return b.port;
}

bool pending(uint32_t port)
{
    return shared()->evtchn_pending[port / 64] >> (port % 64) & 1;
}

bool take(uint32_t port)
{
    const bool was = pending(port);

    shared()->evtchn_pending[port / 64] &= ~(1ul << (port % 64));
    return was;
}

int run_tests(const char *name, const TTest *const *tests)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
    for (; *tests; tests++)
        tcase_add_test(t, *tests);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
