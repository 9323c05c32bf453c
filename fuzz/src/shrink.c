/* SPDX-License-Identifier: MIT
 *
 * Ever smaller pieces are left out, then what is left is made plainer.
 */
#include <fuzz/shrink.h>

#include <traces/shrink.h>
#include <xen-model/pte.h>

#include <string.h>

struct shrink {
    struct fz_program *p;
    bool (*holds)(void *context, const struct fz_program *p);
    void *context;
    uint32_t budget;
    bool good; /* there was memory */
};

/* *P becomes CANDIDATE, if that still holds. */
static bool attempt(struct shrink *s, struct fz_program *candidate)
{
    if (s->budget == 0)
        return false;
    s->budget--;
    if (!s->holds(s->context, candidate))
        return false;
    fz_free(s->p);
    *s->p = *candidate;
    *candidate = (struct fz_program){ 0 };
    return true;
}

static bool without(struct shrink *s, uint32_t first, uint32_t count)
{
    struct fz_program candidate;
    bool shorter = false;

    s->good &= fz_copy(&candidate, s->p);
    if (s->good) {
        memmove(&candidate.ops[first], &candidate.ops[first + count],
                (candidate.nr_ops - first - count) * sizeof(*candidate.ops));
        candidate.nr_ops -= count;
        shorter = attempt(s, &candidate);
    }
    fz_free(&candidate);
    return shorter;
}

static uint32_t count_ops(void *context)
{
    const struct shrink *s = context;

    return s->budget && s->good ? s->p->nr_ops : 0;
}

static bool without_ops(void *context, uint32_t first, uint32_t count)
{
    struct shrink *s = context;

    return s->budget && s->good && without(s, first, count);
}

typedef void plainer(struct fz_program *p, uint32_t i);

static void unjoin(struct fz_program *p, uint32_t i)
{
    p->ops[i].mode &= (uint8_t)~FZ_JOINED;
}

static void first_vcpu(struct fz_program *p, uint32_t i)
{
    p->ops[i].who &= 3u;
}

static void usual_flags(struct fz_program *p, uint32_t i)
{
    p->ops[i].flags =
        fz_pack_flags(XM_PTE_P | (p->ops[i].flags & XM_PTE_RW) | XM_PTE_US);
}

static void first_slot(struct fz_program *p, uint32_t i)
{
    p->ops[i].slot = 0;
}

static void no_extra(struct fz_program *p, uint32_t i)
{
    p->ops[i].extra = 0;
}

static void no_multicall(struct fz_program *p, uint32_t i)
{
    p->ops[i].mode &= (uint8_t)~FZ_MULTICALL;
}

static void no_stops(struct fz_program *p, uint32_t i)
{
    p->ops[i].reserved = 0;
}

static void half_the_stops(struct fz_program *p, uint32_t i)
{
    p->ops[i].reserved /= 2;
}

static void one_stop_less(struct fz_program *p, uint32_t i)
{
    if (p->ops[i].reserved != 0)
        p->ops[i].reserved--;
}

static void no_owner(struct fz_program *p, uint32_t i)
{
    p->ops[i].fd = 0;
}

static plainer *const plainers[] = { unjoin,       first_vcpu, usual_flags,
                                     first_slot,   no_extra,   no_owner,
                                     no_multicall, no_stops,   half_the_stops,
                                     one_stop_less };

static void simplify(struct shrink *s)
{
    for (uint32_t i = 0; i < s->p->nr_ops && s->budget && s->good; i++) {
        for (size_t k = 0; k < sizeof(plainers) / sizeof(plainers[0]); k++) {
            struct fz_program candidate;

            s->good &= fz_copy(&candidate, s->p);
            if (s->good) {
                plainers[k](&candidate, i);
                if (memcmp(&candidate.ops[i], &s->p->ops[i],
                           sizeof(s->p->ops[i])) != 0)
                    (void)attempt(s, &candidate);
            }
            fz_free(&candidate);
        }
    }
}

static void fewer_domains(struct shrink *s)
{
    for (uint32_t d = FZ_DOMAINS; d-- > 0;) {
        struct fz_program candidate;

        if (s->p->domains == 1u << d || !(s->p->domains >> d & 1))
            continue;
        s->good &= fz_copy(&candidate, s->p);
        candidate.domains &= ~(1u << d);
        if (s->good)
            (void)attempt(s, &candidate);
        fz_free(&candidate);
    }
}

bool fz_shrink(struct fz_program *p,
               bool (*holds)(void *context, const struct fz_program *p),
               void *context, uint32_t budget)
{
    struct shrink s = { p, holds, context, budget, true };
    const struct pvt_parts ops = { count_ops, without_ops, &s };

    (void)pvt_parts_reduce(&ops);
    fewer_domains(&s);
    simplify(&s);
    while (pvt_parts_pass(&ops, 1))
        ;
    return s.good;
}
