/* SPDX-License-Identifier: MIT
 *
 * From the bytes of an instruction to what the model executes. The library
 * Zydis knows the encodings; this one knows what stores memory.
 */
#ifndef XEN_DECODE_DECODE_H
#define XEN_DECODE_DECODE_H

#include <xen-model/insn.h>

#define XM_MAX_INSN 15u /* bytes */

enum xm_decoded {
    XM_DECODED,
    XM_DECODE_INVALID,  /* no instruction of a 64-bit processor */
    XM_DECODE_NO_STORE, /* it stores nothing that the model knows of */
};

/* The instruction that begins at BYTES, of which there are N. */
enum xm_decoded xm_decode(const uint8_t *bytes, size_t n, struct xm_insn *i);

#endif
