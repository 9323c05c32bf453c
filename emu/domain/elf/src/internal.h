/* SPDX-License-Identifier: MIT
 *
 * What the parts of the loader share.
 */
#ifndef DOMAIN_ELF_SRC_INTERNAL_H
#define DOMAIN_ELF_SRC_INTERNAL_H

#include <domain/kernel.h>

#include <gelf.h>

/* A kernel that is being read. */
struct loader {
    struct pv_kernel *k;
    Elf *elf;
    GElf_Ehdr header;
    char *why;
    size_t max;
};

/* Says why not. Always false. */
bool elf__fail(struct loader *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* [OFFSET, OFFSET + SIZE) lies within LIMIT. */
static inline bool elf__within(uint64_t offset, uint64_t size, uint64_t limit)
{
    return offset <= limit && size <= limit - offset;
}

/* -- bzimage.c ------------------------------------------------------------ */

/* If it is a bzImage, *BYTES and *SIZE become its payload. */
bool elf__bzimage(struct loader *l, const uint8_t **bytes, size_t *size);

/* -- unpack.c ------------------------------------------------------------- */

/* k->image and k->size become what BYTES unpack to, or a copy of them. */
bool elf__unpack(struct loader *l, const uint8_t *bytes, size_t size);

/* -- segments.c, symbols.c ------------------------------------------------ */

bool elf__segments(struct loader *l);
bool elf__symbols(struct loader *l);

/* -- notes.c, legacy.c, features.c ---------------------------------------- */

/* Where the notes are, and what is in them. */
bool elf__notes(struct loader *l);
/* WHAT and NUMBER name where the note is, for messages. */
bool elf__note(struct loader *l, uint32_t type, const uint8_t *bytes,
               size_t size, const char *what, size_t number);
/* The text of a section __xen_guest. */
bool elf__legacy(struct loader *l, const char *text, size_t size);
/* "a|!b", of which b is required. WHERE names the note, for messages. */
bool elf__features(struct loader *l, const char *text, size_t size,
                   const char *where);
/* Cuts what is too long. */
void elf__string(char to[PV_KERNEL_STRING], const void *text, size_t size);

#endif
