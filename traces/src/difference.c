/* SPDX-License-Identifier: MIT
 *
 * Records of what is not as it should be.
 */
#include "run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *pvt_kind_name(enum pvt_kind kind)
{
    static const char *const names[] = {
        [PVT_KIND_RC] = "rc",
        [PVT_KIND_DONE] = "done",
        [PVT_KIND_FAULT] = "fault",
        [PVT_KIND_ERROR_CODE] = "error code",
        [PVT_KIND_CR2] = "fault address",
        [PVT_KIND_VALUE] = "value",
        [PVT_KIND_REGISTER] = "register",
        [PVT_KIND_ENTRY] = "entry",
        [PVT_KIND_COUNT_INFO] = "count_info",
        [PVT_KIND_TYPE_INFO] = "type_info",
        [PVT_KIND_LINEAR] = "linear count",
        [PVT_KIND_NR_VALIDATED] = "nr_validated",
        [PVT_KIND_PARTIAL] = "partial_set",
        [PVT_KIND_M2P] = "m2p",
        [PVT_KIND_GENERAL] = "general count",
        [PVT_KIND_BY] = "rule",
        [PVT_KIND_INVARIANT] = "invariant",
        [PVT_KIND_SILENT] = "silent rule",
        [PVT_KIND_NOT_SILENT] = "rule of a neighbour",
        [PVT_KIND_ARGUMENT] = "argument",
        [PVT_KIND_GRANTS] = "grant table",
        [PVT_KIND_LOST] = "machine lost",
    };

    return names[kind];
}

const char *pvt_value_text(enum pvt_kind kind, uint64_t value, char buffer[32])
{
    const int64_t sign = (int64_t)value;

    if (kind == PVT_KIND_RC && sign <= 0 && sign > -1000 &&
        xm_errno_name((int)sign))
        snprintf(buffer, 32, "%s%s", sign ? "-" : "", xm_errno_name((int)sign));
    else if (kind == PVT_KIND_RC || kind == PVT_KIND_LINEAR ||
             kind == PVT_KIND_GENERAL || kind == PVT_KIND_NR_VALIDATED ||
             kind == PVT_KIND_PARTIAL)
        snprintf(buffer, 32, "%" PRId64, sign);
    else if (kind == PVT_KIND_FAULT)
        snprintf(buffer, 32, "%s",
                 value == XM_EXCEPTION_PF   ? "page fault"
                 : value == XM_EXCEPTION_GP ? "#GP"
                 : value == PVT_CRASH       ? "crash"
                 : value                    ? "#NP"
                                            : "no fault");
    else if (kind == PVT_KIND_BY || kind == PVT_KIND_SILENT ||
             kind == PVT_KIND_NOT_SILENT)
        snprintf(buffer, 32, "%s",
                 value ? xm_rule_info((enum xm_rule)value)->id : "no rule");
    else
        snprintf(buffer, 32, value < 10 ? "%" PRIu64 : "0x%" PRIx64, value);
    return buffer;
}

const char *run_side_name(const struct run *r, enum side side)
{
    return side == SIDE_MODEL ? "model" : r->sides[SIDE_OTHER]->version;
}

static void describe_step(const struct run *r, char *text, size_t size)
{
    char *printed = NULL;
    size_t length;
    FILE *f;

    if (!r->current) {
        snprintf(text, size, "%s", r->step == PVT_STEP_INIT ? "init" : "final");
        return;
    }
    f = open_memstream(&printed, &length);
    if (!f)
        return;
    pvt_step_print(f, r->trace, r->current);
    if (fclose(f) == 0)
        snprintf(text, size, "%s", printed);
    free(printed);
}

struct pvt_difference *run_differ(struct run *r, enum pvt_kind kind,
                                  const char *left_name, uint64_t left,
                                  const char *right_name, uint64_t right)
{
    struct pvt_report *report = r->report;
    uint32_t i = report->nr_differences++;
    struct pvt_difference *d;

    /* What is too much overwrites the last: the count tells. */
    if (i >= PVT_MAX_DIFFERENCES)
        i = PVT_MAX_DIFFERENCES - 1;
    d = &report->differences[i];
    *d = (struct pvt_difference){ .kind = kind,
                                  .step = r->step,
                                  .line = r->line,
                                  .slot = PVT_NO_SLOT,
                                  .left_name = left_name,
                                  .right_name = right_name,
                                  .left = left,
                                  .right = right,
                                  .rule = r->rule };
    describe_step(r, d->text, sizeof(d->text));
    return d;
}
