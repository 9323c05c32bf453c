/* SPDX-License-Identifier: MIT
 *
 * Names for a kernel's addresses: its ELF symbols or, of a Linux without them,
 * the table that it carries for its own reports (kallsyms).
 */
#ifndef CPU_SYMBOLS_H
#define CPU_SYMBOLS_H

#include <domain/kernel.h>

#define CPU_SYMBOL_NAME 128u

struct pvcpu_symbols; /* NULL: there are none */

/* Of K, which must live as long. */
struct pvcpu_symbols *pvcpu_symbols_open(const struct pv_kernel *k);
void pvcpu_symbols_close(struct pvcpu_symbols *s);

/*
 * The symbol that VA lies in, or behind, by *OFFSET bytes. False: it is before
 * all of them.
 */
bool pvcpu_symbol(const struct pvcpu_symbols *s, uint64_t va,
                  char name[CPU_SYMBOL_NAME], uint64_t *offset);

#endif
