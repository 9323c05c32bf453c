/* SPDX-License-Identifier: MIT
 *
 * What would take away the guest that executes a program.
 */
#ifndef FUZZ_GUARDS_H
#define FUZZ_GUARDS_H

#include <fuzz/call.h>

/*
 * An unprivileged domain that stores an absent entry with an address in it
 * may be ended by Xen for the sake of L1TF.
 */
bool fz_is_l1tf(const struct fz_call *c, uint64_t entry);

/* May that entry of a table be changed? */
bool fz_keeps_slot(const struct fz_world *w, xm_mfn mfn, uint32_t slot);

/*
 * May a vCPU run on the L4 of this number? Not if an earlier request of the
 * call writes the page.
 */
bool fz_carries(const struct fz_world *w, const struct xm_cpu *cpu,
                const struct fz_call *c, xm_mfn mfn);

/* Is that a frame of a domain that is no page: a boot table and the like? */
bool fz_is_own(uint32_t place);

/* Is the entry of VA in a page, and not in what maps the guest? */
bool fz_changes_page(const struct fz_world *w, const struct xm_cpu *cpu,
                     const struct fz_call *c, xm_vaddr va);

/*
 * Does an access stay within pages and tables, whose content the model has? A
 * page fault does, too. The shared_info is not among them: Xen writes there,
 * and the guest that carries us reads it.
 */
bool fz_stays(const struct fz_world *w, const struct xm_cpu *cpu,
              const struct fz_call *c);

#endif
