/* SPDX-License-Identifier: MIT
 *
 * One input of a fuzzer, on a guest.
 */
#include <pinfold/fuzz.h>

#include <stdlib.h>
#include <string.h>

#define MAX_VARIABLES 16u

static struct {
    void *at, *saved;
    size_t bytes;
} variables[MAX_VARIABLES];
static unsigned int nr_variables;
static uint64_t expected;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void finding(const char *what)
{
    fprintf(stderr, "pinfold: %s\n", what);
    if (*pinfold_last_rule())
        pinfold_explain(stderr);
    abort();
}

void pinfold_fuzz_remember(void *at, size_t bytes)
{
    void *saved = malloc(bytes);

    if (nr_variables == MAX_VARIABLES || !saved)
        finding("too many variables to remember");
    variables[nr_variables].at = at;
    variables[nr_variables].saved = saved;
    variables[nr_variables++].bytes = bytes;
}

void pinfold_fuzz_expect_refusals(unsigned int n)
{
    expected += n;
}

static void begin(void)
{
    pinfold_fuzz_begin();
    if (!pinfold_check())
        finding(pinfold_error());
    for (unsigned int i = 0; i < nr_variables; i++)
        memcpy(variables[i].saved, variables[i].at, variables[i].bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool begun;
    struct pinfold_bytes in = { .next = bytes, .left = size };

    if (!begun)
        begin();
    begun = true;
    pinfold_reset();
    for (unsigned int i = 0; i < nr_variables; i++)
        memcpy(variables[i].at, variables[i].saved, variables[i].bytes);
    expected = 0;
    pinfold_fuzz_guest(&in);
    if (pinfold_counts().refused > expected)
        finding("Xen refused what the guest did");
    if (pinfold_counts().given_cached != 0)
        finding("a frame was given back while it may still be cached");
    if (!pinfold_check())
        finding(pinfold_error());
    return 0;
}
