/* SPDX-License-Identifier: MIT
 *
 * pinfold explain --json. What is not known is left out.
 */
#include "explain.h"

#include "replay.h"

#include <inttypes.h>

static void set_text(json_t *j, const char *key, const char *text)
{
    if (text[0])
        json_object_set_new(j, key, json_string(text));
}

static json_t *json_frame(const struct explain_frame *f)
{
    json_t *j = json_object(), *holders = json_array();

    json_object_set_new(j, "mfn", json_sprintf("0x%" PRIx64, f->mfn));
    json_object_set_new(j, "exists", json_boolean(f->exists));
    set_text(j, "name", f->name);
    set_text(j, "owner", f->owner);
    if (f->counted) {
        set_text(j, "type", f->type);
        json_object_set_new(j, "pinned", json_boolean(f->pinned));
        json_object_set_new(j, "type_count",
                            json_integer((json_int_t)f->type_count));
        json_object_set_new(j, "general_count",
                            json_integer((json_int_t)f->general_count));
    }
    for (uint32_t i = 0; i < f->nr_holders && i < EXPLAIN_MAX_HOLDERS; i++)
        json_array_append_new(holders,
                              json_pack("{ss sb}", "text", f->holders[i].text,
                                        "holds_type", (int)f->holders[i].type));
    json_object_set_new(j, "holders", holders);
    json_object_set_new(j, "nr_holders", json_integer(f->nr_holders));
    return j;
}

json_t *explain_json(const struct pvt_observation *o,
                     const struct explanation *e)
{
    json_t *j = json_pack("{si si so so}", "step", (int)o->number, "line",
                          (int)o->step->line, "text", replay_json_text(o),
                          "rule", replay_json_rule(e->rule));

    set_text(j, "request", e->request);
    set_text(j, "entry", e->entry);
    if (e->entry[0] && e->level)
        json_object_set_new(j, "level", json_integer(e->level));
    set_text(j, "way", e->way);
    if (e->frame.is)
        json_object_set_new(j, "frame", json_frame(&e->frame));
    set_text(j, "advice", e->advice);
    return j;
}
