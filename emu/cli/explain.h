/* SPDX-License-Identifier: MIT
 *
 * What the parts of `pinfold explain` share.
 */
#ifndef EMU_CLI_EXPLAIN_H
#define EMU_CLI_EXPLAIN_H

#include <explain/explain.h>
#include <traces/runner.h>

#include <jansson.h>

/* explain_json.c: step O, and why it is refused. */
json_t *explain_json(const struct pvt_observation *o,
                     const struct explanation *e);

#endif
