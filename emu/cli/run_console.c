/* SPDX-License-Identifier: MIT
 *
 * The guest's console. Unless a person sits there, input is typed a line at a
 * time, whenever the guest has taken all and been silent for a while of its
 * own time: so that what it finds there does not depend on how fast anything
 * is.
 */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define SILENCE (SECOND * 3 / 10) /* before the next line is typed */
#define PATIENCE (300 * SECOND)   /* with a guest that waits for nothing */
#define LEAVE 0x1d                /* Ctrl-] */
#define LONGEST_WAIT 200          /* ms, before signals are looked at again */

static uint64_t now(const struct run_console *c)
{
    return c->guest->domain->now;
}

bool run_console_open(struct run_console *c)
{
    struct termios raw;

    if (!c->interactive)
        return true;
    if (tcgetattr(STDIN_FILENO, &c->before) != 0)
        return false;
    raw = c->before;
    cfmakeraw(&raw);
    raw.c_oflag |= OPOST;
    c->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    if (c->raw)
        fputs("pinfold run: Ctrl-] leaves\n", stderr);
    return c->raw;
}

void run_console_close(struct run_console *c)
{
    if (!c->raw)
        return;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &c->before);
    c->raw = false;
    if (c->in_line) {
        (void)putchar('\n');
        (void)fflush(stdout);
    }
}

void run_console_output(void *context, const char *bytes, size_t n)
{
    struct run_console *c = context;

    c->last = now(c);
    if (n)
        c->in_line = bytes[n - 1] != '\n';
    (void)fwrite(bytes, 1, n, stdout);
    (void)fflush(stdout);
}

/* What the ring had no room for before goes first. True: the guest has some. */
static bool pass_on(struct run_console *c)
{
    const size_t n = domain_console_input(c->guest->domain, &c->guest->cpu,
                                          c->line + c->at, c->n - c->at);

    c->at += n;
    if (n)
        c->last = now(c);
    return n != 0;
}

/* Bytes as they come. */
static void read_some(struct run_console *c)
{
    const ssize_t n = read(STDIN_FILENO, c->line, sizeof(c->line));

    c->at = c->n = 0;
    if (n <= 0) {
        c->at_end = n == 0 || errno != EINTR;
        return;
    }
    c->n = (size_t)n;
    if (c->interactive && memchr(c->line, LEAVE, c->n)) {
        c->n = 0;
        *c->stop = RUN_LEFT;
    }
}

static bool is_readable(const struct run_console *c, int ms)
{
    struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

    return !c->at_end && poll(&p, 1, ms) > 0;
}

/* A line, with the key that a person ends it with. */
static void read_line(struct run_console *c)
{
    c->at = c->n = 0;
    while (c->n < sizeof(c->line) && !c->at_end && !*c->stop) {
        char byte;
        ssize_t n;

        /* Not in read(): a signal that comes just before it would be lost. */
        if (!is_readable(c, LONGEST_WAIT))
            continue;
        n = read(STDIN_FILENO, &byte, 1);
        if (n < 0 && errno == EINTR)
            continue;
        c->at_end = n <= 0;
        if (n <= 0)
            return;
        c->line[c->n++] = byte == '\n' ? '\r' : byte;
        if (byte == '\n')
            return;
    }
}

/* The next line, or what is left of it. NS: silence that is about to pass. */
static bool type_if_silent(struct run_console *c, uint64_t ns)
{
    if (c->at == c->n && !c->at_end &&
        (ns == DOMAIN_NEVER || now(c) + ns >= c->last + SILENCE) &&
        domain_console_waiting(c->guest->domain, &c->guest->cpu) == 0)
        read_line(c);
    return c->at < c->n && pass_on(c);
}

/* Now and then, while the guest runs: it may look for input without waiting. */
void run_console_poll(void *context)
{
    struct run_console *c = context;

    if (!c->interactive) {
        type_if_silent(c, 0);
        return;
    }
    if (c->at == c->n && is_readable(c, 0))
        read_some(c);
    if (c->at < c->n)
        (void)pass_on(c);
}

static enum pvcpu_idle wait_for_person(struct run_console *c, uint64_t ns)
{
    const uint64_t ms = ns / 1000000;
    const int most = ms < LONGEST_WAIT ? (int)ms : LONGEST_WAIT;

    if (c->at == c->n && is_readable(c, most))
        read_some(c);
    if (c->at < c->n && pass_on(c))
        return CPU_IDLE_INPUT;
    return ms > LONGEST_WAIT ? CPU_IDLE_AGAIN : CPU_IDLE_SKIP;
}

enum pvcpu_idle run_console_idle(void *context, uint64_t ns)
{
    struct run_console *c = context;

    if (c->interactive)
        return wait_for_person(c, ns);
    if (type_if_silent(c, ns))
        return CPU_IDLE_INPUT;
    if (*c->stop)
        return CPU_IDLE_AGAIN; /* that is looked at first */
    return c->at_end && ns != DOMAIN_NEVER && now(c) + ns > c->last + PATIENCE
               ? CPU_IDLE_GIVE_UP
               : CPU_IDLE_SKIP;
}
