/* SPDX-License-Identifier: MIT
 *
 * The world of a program: a few domains, a few pages of each, and the frames
 * that every machine has. Everything has a name in traces, too.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <traces/backend.h>

#include <fuzz/op.h>

#define FZ_DOMAINS 3u /* d0, privileged, d1 and d2 */
#define FZ_PAGES 20u  /* of each; the first is its window */
/* A program begins with so many; calls return the others, in their order. */
#define FZ_FIRST_PAGES 16u
#define FZ_WINDOW_PAGES 8u
#define FZ_OWN_FRAMES 5u /* of each, that its pages are not */
#define FZ_HANDLES 8u    /* of grants that a domain has mapped, to be named */

/* What pages are meant for: nothing prevents other uses. */
#define FZ_FIRST_OF_LEVEL(level) (1u + 3u * (4u - (level)))
#define FZ_PAGES_OF_LEVEL 3u
#define FZ_FIRST_DATA FZ_FIRST_OF_LEVEL(0)

/* Places: pages of all domains, own frames of all domains, special ones. */
enum fz_frame {
    FZ_BOOT_L4 = FZ_DOMAINS * FZ_PAGES, /* and the next four, by domain */
    FZ_BOOT_L3,
    FZ_BOOT_L2,
    FZ_SHARED_INFO,
    FZ_GRANT_TABLE, /* its first frame */
    FZ_XEN = FZ_BOOT_L4 + FZ_DOMAINS * FZ_OWN_FRAMES,
    FZ_FREE,
    FZ_MMIO,
    FZ_M2P,
    FZ_NONEXISTENT,
    FZ_ALL_ONES,
    FZ_ZERO,
    FZ_NR_FRAMES
};

enum fz_fd {
    FZ_FD_NONE, /* DOMID_SELF, not written in a trace */
    FZ_FD_D0,
    FZ_FD_D1,
    FZ_FD_D2,
    FZ_FD_SELF,
    FZ_FD_IO,
    FZ_FD_XEN,
    FZ_FD_BAD,
    FZ_NR_FDS
};

/* What is known of a mapping of a grant. */
struct fz_handle {
    bool known;
    uint32_t number; /* which differs from machine to machine */
    uint32_t name;   /* how many there were before */
    struct fz_op op; /* that one */
    xm_mfn mfn;
};

#define FZ_BUCKETS 256u

struct fz_world {
    uint32_t domains; /* a bit each: those that take part */
    struct pvt_known_frames known[FZ_DOMAINS];
    xm_mfn mfns[FZ_NR_FRAMES]; /* of what is not there: none */
    /* By the low bits of a frame number: 1 + the first place, the next. */
    uint8_t first[FZ_BUCKETS], next[FZ_NR_FRAMES];
    struct fz_handle handles[FZ_DOMAINS][FZ_HANDLES];
    uint32_t nr_handles; /* there have been, ever */
};

/* The guest that carries us lies behind boot_l4[511] and boot_l3[510]. */
#define FZ_BOOT_L3_SLOT 510u
#define FZ_BOOT_L2_FREE 256u /* boot_l2 is free from here on */

#define FZ_NONE (~0ull)
/* Pages and own frames: they have a state that is compared. */
#define FZ_NR_WATCHED ((uint32_t)FZ_XEN)

static inline bool fz_has_domain(const struct fz_world *w, uint32_t domain)
{
    return w->domains >> domain & 1;
}

/* The domain of a page or of an own frame. */
static inline uint32_t fz_frame_domain(uint32_t frame)
{
    return frame < FZ_BOOT_L4 ? frame / FZ_PAGES
                              : (frame - FZ_BOOT_L4) / FZ_OWN_FRAMES;
}

/* Own frame WHICH (FZ_BOOT_L4 to FZ_GRANT_TABLE) of a domain. */
static inline uint32_t fz_own_frame(uint32_t domain, uint32_t which)
{
    return domain * FZ_OWN_FRAMES + which;
}

/* Is FRAME that own frame of any domain? */
static inline bool fz_is_own_frame(uint32_t frame, uint32_t which)
{
    return frame >= FZ_BOOT_L4 && frame < FZ_XEN &&
           (frame - FZ_BOOT_L4) % FZ_OWN_FRAMES == which - FZ_BOOT_L4;
}

static inline bool fz_is_page(uint32_t frame)
{
    return frame < FZ_BOOT_L4;
}

/* The page behind a domain's window: it begins empty. */
static inline bool fz_is_window(uint32_t page)
{
    return page % FZ_PAGES == 0;
}

/* The domain an operation is of: one that takes part. */
uint32_t fz_op_domain(const struct fz_world *w, const struct fz_op *op);

/* The place that any number stands for: of a domain that takes part. */
uint32_t fz_frame(const struct fz_world *w, uint32_t number);

/* The frame number of that place. */
xm_mfn fz_mfn(const struct fz_world *w, uint32_t frame);

/* The place of a frame number, FZ_NR_FRAMES if it has none. */
uint32_t fz_place(const struct fz_world *w, xm_mfn mfn);

/* W becomes ALL, of whose domains only some take part. */
void fz_world_of(struct fz_world *w, const struct fz_world *all,
                 uint32_t domains);

/* A call has returned frame MFN to a domain: its place, FZ_NR_FRAMES: none. */
uint32_t fz_world_add(struct fz_world *w, uint32_t domain, xm_mfn mfn);

/* Forgets what calls have returned. */
void fz_world_forget(struct fz_world *w);

/* Fills in the places after the pages and KNOWN are there. */
void fz_world_bind(struct fz_world *w);
/* The grant tables, as the model has them; a machine may have none. */
void fz_world_bind_grants(struct fz_world *w, const struct xm_cpu *cpu);

/* The name of a place in a trace, "a3" or "d1.boot.l2". */
const char *fz_frame_name(uint32_t frame, char buffer[24]);

/* The owner that a number stands for; of a domain without a part: BAD. */
enum fz_fd fz_fd(const struct fz_world *w, uint32_t number);
uint32_t fz_domid(enum fz_fd fd);

#endif
