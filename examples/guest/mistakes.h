/* SPDX-License-Identifier: MIT
 *
 * Mistakes that everybody makes once, for the tools to find.
 */
#ifndef GUEST_MISTAKES_H
#define GUEST_MISTAKES_H

#include <stdbool.h>

/* Makes the one of that name; false: there is none. */
bool make_mistake(const char *name);
/* Their names, with `|` between them. */
const char *mistake_names(void);

#endif
