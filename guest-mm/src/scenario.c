/* SPDX-License-Identifier: MIT
 *
 * One method at work: what Xen says to it, then for each workload a process
 * that is made, mapped, protected, unmapped and ended. What is counted is
 * what the method does; the checks in between are not.
 */
#include "internal.h"

#define USER_VA (16ull << 39)

static void begin(struct mm *mm)
{
    mm->counts.hypercalls = 0;
    mm->counts.updates = 0;
    mm->counts.clock = mm_plat_clock(mm->plat);
}

static void end(struct mm *mm, struct mm_counts *c)
{
    mm->counts.clock = mm_plat_clock(mm->plat) - mm->counts.clock;
    *c = mm->counts;
}

/* The method's own view of three of the pages: FLAGS, or not there at all. */
static int check_lookup(struct mm *mm, const struct mm_space *s, uint64_t nr,
                        uint64_t flags)
{
    const uint32_t nr_data = mm->request->nr_data;
    const uint32_t first = mm->request->nr_pool - nr_data;
    const uint64_t sample[] = { 0, nr / 2, nr - 1 };

    for (unsigned i = 0; i < 3; i++) {
        const uint64_t mfn = mm->pool[first + sample[i] % nr_data];
        uint64_t e;
        int rc = mm_lookup(mm, s, USER_VA + sample[i] * MM_PAGE, &e);

        if (rc)
            return MM_CHECK(mm, rc);
        if ((e & (MM_P | MM_RW)) != flags || (flags && mm__pte_mfn(e) != mfn))
            return MM_CHECK(mm, -MM_EIO);
    }
    return 0;
}

/* The processor's view: two pages on one frame show the same word. */
static int check_access(struct mm *mm, uint64_t nr)
{
    const uint64_t twin = (nr - 1) % mm->request->nr_data;
    const uint64_t word = 0x70696e666f6c6400ull + nr;
    const uint64_t last = USER_VA + (nr - 1) * MM_PAGE;

    mm_plat_store64(mm->plat, last, word);
    if (mm_plat_load64(mm->plat, USER_VA + twin * MM_PAGE) != word)
        return MM_CHECK(mm, -MM_EIO);
    return 0;
}

/* A method must do without the address space being loaded, too. */
static int check_from_outside(struct mm *mm, const struct mm_space *s,
                              uint64_t nr)
{
    int rc = mm_space_load(mm, NULL);

    if (!rc)
        rc = check_lookup(mm, s, nr, MM_P | MM_RW);
    return rc ? rc : mm_space_load(mm, s);
}

static int run_workload(struct mm *mm, struct mm_space *s, uint64_t nr,
                        struct mm_workload_report *r)
{
    const uint64_t ro = MM_US | MM_A, rw = ro | MM_RW | MM_D;
    int rc;

    r->pages = nr;
    begin(mm);
    rc = mm_space_create(mm, s);
    if (!rc)
        rc = mm_space_load(mm, s);
    end(mm, &r->phase[MM_CREATE]);
    if (rc)
        return rc;

    begin(mm);
    rc = mm_map(mm, s, USER_VA, nr, rw);
    end(mm, &r->phase[MM_MAP]);
    r->table_frames = mm->nr_tables;
    r->book_frames = mm->nr_book;
    r->virtual_bytes = mm->virtual_bytes;
    if (rc || (rc = check_access(mm, nr)) ||
        (rc = check_from_outside(mm, s, nr)))
        return rc;

    begin(mm);
    rc = mm_protect(mm, s, USER_VA, nr, ro);
    end(mm, &r->phase[MM_PROTECT]);
    if (rc || (rc = check_lookup(mm, s, nr, MM_P)))
        return rc;

    begin(mm);
    rc = mm_unmap(mm, s, USER_VA, nr);
    end(mm, &r->phase[MM_UNMAP]);
    if (rc || (rc = check_lookup(mm, s, nr, 0)))
        return rc;

    begin(mm);
    rc = mm_space_destroy(mm, s);
    end(mm, &r->phase[MM_DESTROY]);
    return rc;
}

static int run(struct mm *mm, struct mm_space *s, struct mm_report *report)
{
    int rc = mm_space_create(mm, s);

    if (!rc)
        rc = mm__verdicts(mm, s, report->verdict);
    if (!rc)
        rc = mm_space_destroy(mm, s);
    for (unsigned i = 0; !rc && i < MM_NR_WORKLOADS; i++) {
        if (!mm->request->pages[i])
            return MM_CHECK(mm, -MM_EINVAL);
        rc = run_workload(mm, s, mm->request->pages[i], &report->workload[i]);
    }
    return rc;
}

void mm_scenario_run(struct mm_plat *p, const struct mm_request *request,
                     const uint64_t *pool, uint64_t *scratch,
                     struct mm_report *report)
{
    const uint64_t before = mm_plat_clock(p);
    struct mm_space s = { { 0, 0 } };
    struct mm mm;
    int rc;

    *report = (struct mm_report){ 0 };
    rc = mm_start(&mm, p, request, pool, scratch);
    report->setup = mm.counts;
    report->setup.clock = mm_plat_clock(p) - before;
    if (!rc)
        rc = run(&mm, &s, report);
    report->rc = rc;
    report->where = mm.error_line;
    report->why = mm.error_why;
    for (unsigned i = 0;
         mm.error && i < sizeof(report->file) - 1 && mm.error_file[i]; i++)
        report->file[i] = mm.error_file[i];
    mm_stop(&mm);
    if (rc && s.l4.mfn) /* it may be pinned; if not, nothing happens */
        (void)mm__ext_mfn(&mm, MMUEXT_UNPIN_TABLE, s.l4.mfn);
}
