/* SPDX-License-Identifier: MIT
 *
 * For the compiler's command line, -include pinfold/m2p.h: a guest's source
 * that reads the M2P by the name that Xen's public headers give it reads it
 * where a process can have it. There is nothing else in it, and nothing of
 * libc, so that it goes before a kernel's own headers.
 */
#ifndef PINFOLD_M2P_H
#define PINFOLD_M2P_H

#ifndef __ASSEMBLER__
const unsigned long *pinfold_m2p(void);
#define machine_to_phys_mapping ((unsigned long *)pinfold_m2p())
#endif

#endif
