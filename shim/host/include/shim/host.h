/* SPDX-License-Identifier: MIT
 *
 * Actual Xen, in QEMU, with the shim as its dom0: a backend of the trace
 * runner. QEMU's RAM is shared, so Xen's own frame table is read directly.
 */
#ifndef SHIM_HOST_H
#define SHIM_HOST_H

#include <guest-mm/scenario.h>
#include <shim/measure.h>
#include <traces/backend.h>

struct shim_config {
    const char *hypervisor; /* an unpacked multiboot ELF */
    const char *kernel;     /* the shim, an ELF */
    const char *qemu;       /* NULL: qemu-system-x86_64 from PATH */
    /*
     * Frames that a trace may take of domains 1 and 2, which decides how much
     * memory the machine has; 0: some thousands.
     */
    uint32_t frames[2];
    /*
     * 0, or 1 + shift: the clock counts instructions, of 1 << shift ns each. It
     * boots in 10 s with a shift of 0, in 1 s with 6.
     */
    unsigned int icount;
    bool l1tf; /* Xen looks for L1TF in unprivileged domains: pv-l1tf=domu */
};

/*
 * Starts Xen and waits for the shim. 0, or -1 with MESSAGE: what is missing
 * or went wrong, and what to do.
 */
int shim_open(const struct shim_config *config, struct pvt_backend **out,
              char *message, size_t size);

/*
 * Runs guest-mm's scenario inside the shim. POOL: request->nr_pool frames. 0,
 * or -1 when the machine is gone (see b->message).
 */
int shim_run_scenario(struct pvt_backend *b, const struct mm_request *request,
                      const uint64_t *pool, struct mm_report *report);

/*
 * Has the shim make the calls of M and measure them. BYTES are put where
 * shim_measure_address() says, for arguments to point to. 0, or -1.
 */
int shim_measure(struct pvt_backend *b, struct shim_measure *m,
                 const void *bytes, size_t n);
uint64_t shim_measure_address(struct pvt_backend *b, size_t offset);
/* The processor's time that QEMU has taken so far, in ns. 0: it is not known.
 */
uint64_t shim_cpu_time(struct pvt_backend *b);

/*
 * The machine laid open, for what brings it into chosen states: the words of a
 * frame of RAM, and what Xen's frame table says of it. Of F the counts, the
 * type and the flags are written, and of a table in use its progress and its
 * linear count. Between two calls only, and to frames that Xen uses for
 * nothing.
 */
uint64_t *shim_page(struct pvt_backend *b, xm_mfn mfn);
void shim_set_frame(struct pvt_backend *b, xm_mfn mfn,
                    const struct xm_frame *f);

#endif
