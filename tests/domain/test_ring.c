/* SPDX-License-Identifier: MIT
 *
 * Rings of a guest that writes nonsense: whatever the indices, the lengths and
 * the bytes, nothing is read or written outside of them, nothing hangs, and
 * who is sane is served.
 */
#include "client.h"

#include <stdlib.h>
#include <time.h>

static uint64_t state;

static uint32_t any(uint32_t n)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 33) % n;
}

static uint64_t seed(void)
{
    const char *given = getenv("PINFOLD_SEED");
    const uint64_t s = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

    printf("PINFOLD_SEED=%llu\n", (unsigned long long)s);
    return s;
}

/* A header alone goes at once: Linux waits for that. */
START_TEST(header_first)
{
    const struct xsd_sockmsg header = { .type = XS_READ, .len = 5 };
    struct message m;

    push(&header, sizeof(header));
    ck_assert_uint_eq(store()->req_cons, store()->req_prod);
    ck_assert(!hear(&m));
    push("na", 2);
    ck_assert_uint_eq(store()->req_cons, store()->req_prod);
    push("me", 3);
    ck_assert(hear(&m));
    ck_assert_str_eq(m.body, "test");
    ck_assert(take(domain.store_port));
}
END_TEST

/* The guest takes nothing: requests wait, and none is lost. */
START_TEST(answers_wait)
{
    unsigned int asked = 0, heard = 0;
    struct message m;

    while (store()->req_prod - store()->req_cons == 0 && asked < 100000) {
        const struct xsd_sockmsg header = { .type = XS_READ, .len = 5 };

        push(&header, sizeof(header));
        push("name", 5);
        asked++;
    }
    ck_assert_uint_lt(asked, 100000);
    while (hear(&m)) {
        ck_assert_str_eq(m.body, "test");
        heard++;
    }
    ck_assert_uint_eq(heard, asked);
}
END_TEST

START_TEST(too_long)
{
    const struct xsd_sockmsg header = { .type = XS_READ, .len = 4097 };

    push(&header, sizeof(header));
    ck_assert(domain.store.broken);
}
END_TEST

START_TEST(wild_indices)
{
    struct message m;

    store()->req_prod = store()->req_cons + 1025;
    ck_assert_int_eq(event_op(EVTCHNOP_send, &domain.store_port), 0);
    ck_assert(domain.store.broken);
    ck_assert(!hear(&m));
    console()->out_prod = console()->out_cons + 2049;
    ck_assert_int_eq(event_op(EVTCHNOP_send, &domain.console_port), 0);
    ck_assert_uint_eq(nr_output, 0);
}
END_TEST

static void fill(void *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)to)[i] = (uint8_t)any(256);
}

/* Requests that are nearly valid, with paths of few letters. */
static void random_request(void)
{
    static const char letters[] = "datx/@-";
    char body[64];
    uint32_t n = 0;
    struct xsd_sockmsg header = { .type = any(24), .tx_id = any(6) };

    while (n < any(sizeof(body)))
        body[n++] = any(5) ? letters[any(7)] : '\0';
    if (any(2) && n > 5)
        memcpy(body, "data/", 5);
    if (n != 0)
        body[n - 1] = '\0';
    header.len = any(50) ? n : any(5000);
    push(&header, sizeof(header));
    push(body, n);
}

static void step(void)
{
    static const char typed[4096];

    switch (any(12)) {
    case 0:
        fill(store(), XM_PAGE_SIZE);
        break;
    case 1:
        fill(console(), XM_PAGE_SIZE);
        break;
    case 2:
        fill(shared(), sizeof(struct shared_info));
        break;
    case 3:
        store()->rsp_cons = store()->rsp_prod - any(1100);
        break;
    case 4:
        nr_output = 0;
        console()->out_prod = console()->out_cons + any(2100);
        (void)event_op(EVTCHNOP_send, &domain.console_port);
        break;
    case 5:
        (void)domain_console_input(&domain, &cpu, typed, any(sizeof(typed)));
        break;
    case 6:
        domain_set_time(&domain, &cpu, domain.now + any(1u << 30));
        break;
    case 7: {
        uint32_t argument[8] = { any(70), any(70), any(4) };

        (void)event_op(any(16), argument);
        break;
    }
    case 8:
        (void)call(any(45), any(16), any(3), any(2) ? 0 : 8);
        break;
    default:
        random_request();
        break;
    }
}

/* Frames that have nothing to do with it are as they were. */
static bool is_zero(xm_mfn mfn)
{
    const uint64_t *words = xm_ram_frame(&cpu, mfn);

    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        if (words[i] != 0)
            return false;
    return true;
}

START_TEST(nonsense)
{
    state = seed();
    for (unsigned int round = 0; round < 100; round++) {
        fixture_teardown();
        fixture_setup();
        for (unsigned int i = 0; i < 200; i++)
            step();
        for (xm_mfn mfn = 0; mfn < NR_FRAMES; mfn++)
            ck_assert_msg(mfn == SHARED || mfn == CONSOLE || mfn == STORE ||
                              is_zero(mfn),
                          "frame %u was written", (unsigned int)mfn);
    }
}
END_TEST

/* A run is a function of its inputs. */
START_TEST(twice_the_same)
{
    static struct domain first;
    const uint64_t s = seed();
    static uint8_t rings[2][XM_PAGE_SIZE];

    for (unsigned int run = 0; run < 2; run++) {
        fixture_teardown();
        fixture_setup();
        state = s;
        for (unsigned int i = 0; i < 300; i++)
            random_request();
        memcpy(rings[run], store(), XM_PAGE_SIZE);
        if (run == 0)
            first = domain;
    }
    ck_assert_int_eq(memcmp(rings[0], rings[1], XM_PAGE_SIZE), 0);
    ck_assert_int_eq(memcmp(&first, &domain, sizeof(domain)), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { header_first, answers_wait, too_long,
                                   wild_indices, nonsense,     twice_the_same,
                                   NULL };

    return run_tests("ring", tests);
}
