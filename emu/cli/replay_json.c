/* SPDX-License-Identifier: MIT
 *
 * pinfold replay --json: what both sides said, step by step. Values of 64
 * bits are strings in hexadecimal, because JSON's numbers lose bits.
 */
#include "replay.h"

#include <inttypes.h>
#include <stdlib.h>

static json_t *hex(uint64_t value)
{
    return json_sprintf("0x%" PRIx64, value);
}

json_t *replay_json_rule(const struct xm_rule_info *info)
{
    if (!info->id[0])
        return json_null();
    return json_pack("{ss ss ss}", "id", info->id, "reference", info->reference,
                     "sentence", info->sentence);
}

static json_t *json_page_info(const struct pvt_watched *w,
                              const struct xm_frame *f)
{
    json_t *j = json_pack("{ss so so so}", "name", w->name, "mfn", hex(w->mfn),
                          "count_info", hex(f->count_info), "type_info",
                          hex(f->type_info));

    /* Elsewhere these bytes hold a time stamp. */
    if (j && xm_pgt_level(f->type_info) != 0 &&
        (f->type_info & XM_PGT_COUNT_MASK) != 0) {
        json_object_set_new(j, "linear_count", json_integer(f->linear_count));
        json_object_set_new(j, "nr_validated", json_integer(f->nr_validated));
        json_object_set_new(j, "partial_set", json_integer(f->partial_set));
    }
    return j;
}

static json_t *json_side(const struct replay_stream *s,
                         const struct pvt_observation *o,
                         const struct pvt_outcome *out, bool model)
{
    const enum pvt_call call = o->step->call;
    json_t *frames = json_array(), *j = json_object();

    if (pvt_is_access(call) || out->vector == PVT_CRASH) {
        json_object_set_new(j, "faulted", json_boolean(out->vector != 0));
        if (out->vector == PVT_CRASH) {
            json_object_set_new(j, "crashed", json_true());
        } else if (out->vector) {
            json_object_set_new(j, "vector", json_integer(out->vector));
            json_object_set_new(j, "error_code", json_integer(out->error_code));
            json_object_set_new(j, "cr2", hex(out->cr2));
        } else if (pvt_is_load(call)) {
            json_object_set_new(j, "value", hex(out->value));
        }
    } else {
        json_object_set_new(j, "rc", json_integer(out->rc));
        if (call == PVT_MMU_UPDATE || call == PVT_MMUEXT_OP)
            json_object_set_new(j, "done", json_integer(out->done));
    }
    if (model)
        json_object_set_new(j, "rule",
                            replay_json_rule(xm_rule_info(out->why.rule)));
    for (uint32_t i = 0; i < o->nr_watched; i++)
        if (replay_stream_has_frame(s, o, i))
            json_array_append_new(
                frames,
                json_page_info(&o->watched[i], model ? &o->watched[i].model
                                                     : &o->watched[i].other));
    json_object_set_new(j, "page_info", frames);
    return j;
}

json_t *replay_json_text(const struct pvt_observation *o)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    json_t *j;

    if (!f)
        return json_null();
    pvt_step_print(f, o->trace, o->step);
    if (fclose(f) != 0)
        return json_null();
    j = json_string(text);
    free(text);
    return j;
}

json_t *replay_json_step(const struct replay_stream *s,
                         const struct pvt_observation *o)
{
    json_t *differences = json_array();
    json_t *j = json_pack("{si si so so}", "step", (int)o->number, "line",
                          (int)o->step->line, "text", replay_json_text(o),
                          "model", json_side(s, o, o->model, true));

    if (o->other)
        json_object_set_new(j, "xen", json_side(s, o, o->other, false));
    for (uint32_t i = 0; i < o->nr_differences && i < PVT_MAX_DIFFERENCES; i++)
        json_array_append_new(differences,
                              replay_json_difference(&o->differences[i]));
    json_object_set_new(j, "differences", differences);
    return j;
}

json_t *replay_json_difference(const struct pvt_difference *d)
{
    json_t *j = json_pack("{ss si ss so}", "kind", pvt_kind_name(d->kind),
                          "line", (int)d->line, "text", d->text, "rule",
                          replay_json_rule(xm_rule_info(d->rule)));
    char left[32], right[32];

    if (d->step != PVT_STEP_FINAL)
        json_object_set_new(j, "step", json_integer(d->step));
    if (d->frame[0]) {
        json_object_set_new(j, "frame", json_string(d->frame));
        json_object_set_new(j, "mfn", hex(d->mfn));
    }
    if (d->slot != PVT_NO_SLOT)
        json_object_set_new(j, "slot", json_integer(d->slot));
    if (d->detail[0])
        json_object_set_new(j, "detail", json_string(d->detail));
    if (d->kind != PVT_KIND_LOST)
        json_object_set_new(
            j, "values",
            json_pack("[{ssss}{ssss}]", "of", d->left_name, "value",
                      pvt_value_text(d->kind, d->left, left), "of",
                      d->right_name, "value",
                      pvt_value_text(d->kind, d->right, right)));
    return j;
}
