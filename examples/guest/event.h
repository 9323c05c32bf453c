/* SPDX-License-Identifier: MIT
 *
 * The small kernel's console and its timer.
 */
#ifndef GUEST_EVENT_H
#define GUEST_EVENT_H

#include <stdint.h>
#include <xen/xen.h>

/*
 * Maps shared_info at PAGE (pfn), which must be free, and binds the timer.
 * 0, or what Xen answered.
 */
long events_start(const struct start_info *si, unsigned long page);
/* The function behind the event callback. */
void events_upcall(void);

/* Sleeps for so long; how many times the timer has struck by then. */
unsigned long sleep_ns(unsigned long ns);
void print(const char *text);

#endif
