/* SPDX-License-Identifier: MIT
 *
 * What the files of the explanation share.
 */
#ifndef EXPLAIN_SRC_INTERNAL_H
#define EXPLAIN_SRC_INTERNAL_H

#include <explain/explain.h>

#include "advice.h"

/* holders.c: fills in the holders of TO->mfn. */
void explain__holders(struct explain_frame *to, struct xm_cpu *c,
                      const struct explain_names *names);

/* request.c: request, entry and way of what was refused. */
void explain__request(struct explanation *to, struct xm_cpu *c,
                      const struct xm_refused *refused,
                      const struct explain_names *names);

#endif
