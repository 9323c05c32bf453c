/* SPDX-License-Identifier: MIT
 *
 * Unicorn tells neither the error code of an exception nor whether it was
 * `int n`, and it never forgets that there was one, so that a second #GP
 * becomes a double fault. All three lie in the context that it saves, at places
 * that differ from version to version. A scratch engine finds them: it makes
 * exceptions whose values are known, and looks for the words that follow.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define SOFTWARE 0x1000u /* int 0x20 */
#define LOAD 0x1800u     /* mov ds, ax */
#define RAM_BYTES 0x2000u
#define MAX_PROBES 8u

struct probe {
    bool software; /* int 0x20, else mov ds, SELECTOR */
    uint16_t selector;
};

static const struct probe probes[MAX_PROBES] = {
    { true, 0 }, { false, 0x1238 }, { false, 0x2340 }, { true, 0 },
    { true, 0 }, { false, 0x3458 }, { true, 0 },       { false, 0x4560 },
};

struct scratch {
    uc_engine *uc;
    uint32_t vector;
    size_t size;
    uint8_t *seen[MAX_PROBES]; /* the context after each probe */
    uc_context *context;
};

static void on_exception(uc_engine *uc, uint32_t vector, void *context)
{
    ((struct scratch *)context)->vector = vector;
    (void)uc_emu_stop(uc);
}

/* What the context holds: behind its header, whose size we need not know. */
static void remember(struct scratch *s, unsigned int i)
{
    (void)uc_context_save(s->uc, s->context);
    memcpy(s->seen[i], s->context, s->size);
}

static bool run(struct scratch *s, const struct probe *probe)
{
    const uint64_t rax = 0xabcd0000u | probe->selector;

    s->vector = ~0u;
    (void)uc_reg_write(s->uc, UC_X86_REG_RAX, &rax);
    (void)uc_emu_start(s->uc, probe->software ? SOFTWARE : LOAD, 0, 0, 0);
    return s->vector == (probe->software ? 0x20 : 13);
}

static uint32_t word(const struct scratch *s, unsigned int i, size_t at)
{
    uint32_t v;

    memcpy(&v, s->seen[i] + at, sizeof(v));
    return v;
}

/* The one place that reads VALUE[] after the probes; 0: none, or several. */
static size_t find(const struct scratch *s, const uint32_t *value,
                   const bool *counts)
{
    size_t found = 0;

    for (size_t at = 0; at + 4 <= s->size; at += 4) {
        bool all = true;

        for (unsigned int i = 0; i < MAX_PROBES; i++)
            all &= !counts[i] || word(s, i, at) == value[i];
        if (all && found)
            return 0;
        if (all)
            found = at;
    }
    return found;
}

/* -1 at first, then as contributory exceptions come: 13, and 8. */
static bool find_old_exception(struct scratch *s, struct pvcpu_places *places)
{
    static const uint32_t value[MAX_PROBES] = { ~0u, 13, 8 };
    static const bool counts[MAX_PROBES] = { true, true, true };

    remember(s, 0);
    if (!run(s, &probes[1]))
        return false;
    remember(s, 1);
    (void)run(s, &probes[1]);
    remember(s, 2);
    places->old_exception = find(s, value, counts);
    return s->vector == 8 && places->old_exception;
}

static void forget(struct scratch *s, const struct pvcpu_places *places)
{
    static const uint32_t none = ~0u;

    (void)uc_context_save(s->uc, s->context);
    memcpy((uint8_t *)s->context + places->old_exception, &none, sizeof(none));
    (void)uc_context_restore(s->uc, s->context);
}

static bool find_others(struct scratch *s, struct pvcpu_places *places)
{
    uint32_t code[MAX_PROBES], is_int[MAX_PROBES];
    bool has_code[MAX_PROBES], all[MAX_PROBES];

    for (unsigned int i = 0; i < MAX_PROBES; i++) {
        forget(s, places);
        if (!run(s, &probes[i]))
            return false;
        remember(s, i);
        is_int[i] = probes[i].software;
        code[i] = probes[i].selector;
        has_code[i] = !probes[i].software;
        all[i] = true;
    }
    places->error_code = find(s, code, has_code);
    places->is_int = find(s, is_int, all);
    return places->error_code && places->is_int;
}

static bool set_up(struct scratch *s)
{
    uc_hook hook;

    if (uc_open(UC_ARCH_X86, UC_MODE_64, &s->uc) != UC_ERR_OK ||
        uc_ctl_exits_enable(s->uc) != UC_ERR_OK ||
        uc_mem_map(s->uc, 0, RAM_BYTES, UC_PROT_ALL) != UC_ERR_OK ||
        uc_mem_write(s->uc, SOFTWARE, "\xcd\x20", 2) != UC_ERR_OK ||
        uc_mem_write(s->uc, LOAD, "\x8e\xd8", 2) != UC_ERR_OK ||
        uc_hook_add(s->uc, &hook, UC_HOOK_INTR, (void *)on_exception, s, 1,
                    0) != UC_ERR_OK ||
        uc_context_alloc(s->uc, &s->context) != UC_ERR_OK)
        return false;
    s->size = uc_context_size(s->uc);
    for (unsigned int i = 0; i < MAX_PROBES; i++) {
        s->seen[i] = malloc(s->size);
        if (!s->seen[i])
            return false;
    }
    return true;
}

bool pvcpu__calibrate(struct pvcpu_places *places, const char **why)
{
    struct scratch s = { 0 };
    bool ok = false;

    if (!set_up(&s))
        *why = "Unicorn cannot be started";
    else if (!find_old_exception(&s, places) || !find_others(&s, places))
        *why = "this version of Unicorn keeps exceptions in another way than "
               "2.1 does: use 2.1.4";
    else
        ok = true;
    for (unsigned int i = 0; i < MAX_PROBES; i++)
        free(s.seen[i]);
    if (s.context)
        (void)uc_context_free(s.context);
    if (s.uc)
        (void)uc_close(s.uc);
    return ok;
}

uint32_t pvcpu__take_exception(struct pvcpu *p, bool *is_int)
{
    static const uint32_t none = ~0u, zero = 0;
    uint8_t *const context = (uint8_t *)p->scratch;
    uint32_t error_code, software;

    (void)uc_context_save(p->uc, p->scratch);
    memcpy(&error_code, context + p->places.error_code, sizeof(error_code));
    memcpy(&software, context + p->places.is_int, sizeof(software));
    memcpy(context + p->places.old_exception, &none, sizeof(none));
    memcpy(context + p->places.error_code, &zero, sizeof(zero));
    (void)uc_context_restore(p->uc, p->scratch);
    *is_int = software != 0;
    return error_code;
}
