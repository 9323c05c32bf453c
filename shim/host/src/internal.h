/* SPDX-License-Identifier: MIT
 *
 * One running Xen, as the host sees it.
 */
#ifndef SHIM_HOST_INTERNAL_H
#define SHIM_HOST_INTERNAL_H

#include <shim/host.h>
#include <shim/mailbox.h>

#include <sys/types.h>

#define SHIM_MAX_GROUPS 64u /* of 65,536 frames: 16 GiB */

struct shim {
    struct pvt_backend backend; /* first: what the runner holds */
    struct shim_config config;
    pid_t qemu;
    char dir[64]; /* private, holds the serial log */
    uint8_t *ram; /* QEMU's RAM, machine address 0 first */
    size_t ram_size;
    struct shim_mailbox *mailbox;
    const uint64_t *p2m;
    uint64_t next_pfn; /* first frame not handed out */
    uint64_t m2p;      /* machine address of the M2P's first 2 MiB */
    /* Machine address of each 2 MiB of Xen's frame table. */
    uint64_t frame_table[SHIM_MAX_GROUPS];
};

static inline struct shim *shim_of(struct pvt_backend *b)
{
    return (struct shim *)b;
}

/* Sets the backend's message; -1. */
int shim__fail(struct shim *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* qemu.c */
int shim__start(struct shim *s);
/* The rest of the line after KEY in the serial log; false: not (yet) there. */
bool shim__serial_find(struct shim *s, const char *key, char *rest,
                       size_t size);
/* What Xen printed last, for a message. */
void shim__serial_tail(struct shim *s, char *out, size_t size);
bool shim__alive(struct shim *s);
void shim__stop(struct shim *s);

/* mailbox.c */
int shim__attach(struct shim *s);
/* Executes what is in the mailbox. 0, or -1: gone. */
int shim__call(struct shim *s, uint64_t command);
int shim__hypercall(struct shim *s, uint64_t number, const uint64_t arg[5],
                    int64_t *rc);
/* The guest's address of byte OFFSET of the mailbox's data. */
uint64_t shim__data(const struct shim *s, size_t offset);

/* frames.c */
int shim__find_tables(struct shim *s);
int shim__find_known_frames(struct shim *s);
struct xm_frame shim__frame(const struct shim *s, xm_mfn mfn);
uint64_t shim__m2p(const struct shim *s, xm_mfn mfn);
int shim__export_machine(struct pvt_backend *b, struct xm_machine *m,
                         uint64_t *ram);

static inline uint64_t *shim__page(const struct shim *s, xm_mfn mfn)
{
    return (uint64_t *)(void *)(s->ram + mfn * XM_PAGE_SIZE);
}

#endif
