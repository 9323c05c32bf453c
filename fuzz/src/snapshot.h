/* SPDX-License-Identifier: MIT
 *
 * The way back of the model alone, which is quick: a snapshot.
 */
#ifndef FUZZ_SNAPSHOT_H
#define FUZZ_SNAPSHOT_H

#include <fuzz/session.h>

/* Takes one. */
enum fz_outcome fz_snapshot(struct fz_session *s);

/* Back to it. FZ_NO_CALL: there is none of these domains. */
enum fz_outcome fz_snapshot_go_back(struct fz_session *s, uint32_t domains);

/* The pokes of P, after fz_snapshot_go_back(). */
void fz_snapshot_poke(struct fz_session *s, const struct fz_program *p);

#endif
