/* SPDX-License-Identifier: MIT
 *
 * What is printed: on the ring that a toolstack gave the domain, or, where
 * there is none, on Xen's own console, which only dom0 may write to.
 */
#ifndef SHIM_GUEST_CONSOLE_H
#define SHIM_GUEST_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

/* False: the domain has no ring. */
bool shim_console_open(const struct start_info *si);

void shim_print(const char *text);
void shim_print_n(const char *text, uint64_t length);
void shim_print_decimal(int64_t n);
void shim_print_hex(uint64_t n); /* behind 0x */

/* Until what was printed has been taken, or nobody takes it. */
void shim_console_close(void);

/* Whatever is in the reader's way has been printed: ends the domain. */
void shim_power_off(void);

#endif
