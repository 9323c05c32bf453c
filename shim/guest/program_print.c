/* SPDX-License-Identifier: MIT
 *
 * What a program did, as one JSON, a step a line: what is there when the
 * domain crashes is whole up to there. Xen's page_info is not for guests: of
 * each page it has the number, and what is in it when that has changed.
 */
#include "program.h"

#include <xen/version.h>

#include "console.h"
#include "hypercall.h"
#include "view.h"

#define ENTRIES 512u
#define NEVER 0ull /* the sum of what cannot be seen */

static void print_pair(const char *before, int64_t n)
{
    shim_print(before);
    shim_print_decimal(n);
}

static void print_hex(const char *before, uint64_t n)
{
    shim_print(before);
    shim_print("\"");
    shim_print_hex(n);
    shim_print("\"");
}

void shim_print_begin(struct program *p)
{
    const char *name = (const char *)(p->head + 1);
    const int64_t version =
        hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0);
    xen_extraversion_t extra = "";

    (void)hypercall(__HYPERVISOR_xen_version, XENVER_extraversion,
                    (uintptr_t)extra, 0, 0, 0);
    print_pair("\n{\"xen\":\"Xen ", version >> 16);
    print_pair(".", version & 0xffff);
    shim_print(extra);
    shim_print("\",\"traces\":[{\"name\":\"");
    shim_print_n(name, p->head->name_length);
    shim_print("\",\"steps\":[\n");
}

static void print_answer(const struct shim_program_step *s,
                         const struct shim_mailbox *m)
{
    if (s->answer == SHIM_ANSWER_RC || s->answer == SHIM_ANSWER_DONE)
        print_pair("\"rc\":", m->rc);
    if (s->answer == SHIM_ANSWER_DONE)
        print_pair(",\"done\":", *(const uint32_t *)(m->data + SHIM_DONE_AT));
    if (s->answer == SHIM_ANSWER_RC || s->answer == SHIM_ANSWER_DONE)
        return;
    if (!m->vector) {
        shim_print("\"faulted\":false");
        if (s->answer == SHIM_ANSWER_VALUE)
            print_hex(",\"value\":", m->value);
        return;
    }
    print_pair("\"faulted\":true,\"vector\":", (int64_t)m->vector);
    print_pair(",\"error_code\":", (int64_t)m->error_code);
    print_hex(",\"cr2\":", m->cr2);
}

static uint64_t sum_of(const uint64_t *words)
{
    const uint64_t sum = shim_program_sum(words, ENTRIES * sizeof(words[0]));

    return sum == NEVER ? 1 : sum;
}

static void print_entries(const uint64_t *words)
{
    const char *before = "[";

    shim_print(",\"entries\":[");
    for (uint32_t i = 0; i < ENTRIES; i++) {
        if (!words[i])
            continue;
        print_pair(before, i);
        print_hex(",", words[i]);
        before = "],[";
    }
    shim_print(*before == ']' ? "]]" : "]");
}

/* WORDS: NULL, if Xen does not let it be seen. */
static void print_page(const struct shim_program_page *page, uint64_t mfn,
                       const uint64_t *words, bool first)
{
    shim_print(first ? "{\"name\":\"" : ",{\"name\":\"");
    shim_print_n(shim_page_name(page), page->name_length);
    print_hex("\",\"mfn\":", mfn);
    if (words)
        print_entries(words);
    shim_print("}");
}

/* True: it was printed. */
static bool look_at(struct program *p, uint32_t symbol,
                    const struct shim_program_page *page, bool first)
{
    const uint64_t mfn = p->number[symbol];
    const uint64_t *words = NULL;
    uint64_t sum;
    bool is_new;

    if (page->kind == SHIM_PAGE_VALUE || mfn == PROGRAM_UNKNOWN)
        return false;
    if (page->kind != SHIM_PAGE_BOOT && !p->hidden[symbol])
        words = shim_view(mfn, false);
    sum = words ? sum_of(words) : NEVER;
    is_new = sum != p->sum[symbol] || mfn != p->shown[symbol];
    if (is_new)
        print_page(page, mfn, words, first);
    if (words)
        shim_view_close();
    p->sum[symbol] = sum;
    p->shown[symbol] = mfn;
    return is_new;
}

void shim_print_step(struct program *p, const struct shim_program_step *s,
                     const struct shim_mailbox *m)
{
    const struct shim_program_page *page = p->pages;
    const char *text =
        (const char *)s + s->length - shim_program_round(s->text_length);
    bool first = true;

    if (s != p->steps)
        shim_print(",\n");
    shim_print_n(text, s->text_length);
    print_answer(s, m);
    shim_print(",\"page_info\":[");
    for (uint32_t i = 0; i < p->head->nr_pages; i++) {
        if (look_at(p, SHIM_SYMBOL_PAGES + i, page, first))
            first = false;
        page = shim_next_page(page);
    }
    shim_print("]}}");
}

void shim_print_end(void)
{
    shim_print("\n]}]}\n");
}
