/* SPDX-License-Identifier: MIT
 *
 * What the files of `pinfold run` share.
 */
#ifndef EMU_CLI_RUN_H
#define EMU_CLI_RUN_H

#include "cli.h"

#include <cpu/guest.h>

#include <signal.h>
#include <stdio.h>
#include <termios.h>

/* Why a run was stopped: a signal, or this. */
#define RUN_LEFT (-1) /* by the person at its console */

/* What is typed on the guest's console, and what it prints. */
struct run_console {
    struct pvcpu_guest *guest;
    bool interactive; /* a person types, and time passes */
    bool at_end;      /* of the input */
    bool in_line;     /* what it has printed last is no line yet */
    bool raw;         /* the terminal is, and was: */
    struct termios before;
    char line[4096]; /* what is being typed ... */
    size_t n, at;    /* ... and how much of it the guest has */
    uint64_t last;   /* ns: when something was typed or printed */
    volatile sig_atomic_t *stop;
};

/* False: standard input is no terminal. */
bool run_console_open(struct run_console *c);
void run_console_close(struct run_console *c);

/* Of struct domain_host and struct pvcpu_config, with a struct run_console. */
void run_console_output(void *context, const char *bytes, size_t n);
void run_console_poll(void *context);
enum pvcpu_idle run_console_idle(void *context, uint64_t ns);

struct run_options {
    struct pvcpu_guest_config guest;
    bool interactive, check, quiet;
    const char *record;   /* a file, or NULL */
    unsigned int timeout; /* s, 0: none */
    uint64_t max_blocks;
};

/* Of struct cli_command, with struct run_options. */
int run_command(void *options);

/* How it ended, on stderr: one line if all is well, else a report. */
void run_report(struct pvcpu_guest *g, struct pvcpu *p, enum pvcpu_end end,
                int stopped, double seconds);

#endif
