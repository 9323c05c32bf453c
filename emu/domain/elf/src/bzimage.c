/* SPDX-License-Identifier: MIT
 *
 * Linux's bzImage: a setup header of the boot protocol, which says where the
 * packed kernel is (since 2.08).
 */
#include "internal.h"

#include <string.h>

#define BOOT_FLAG 0x1feu /* 0xaa55 */
#define SETUP_SECTS 0x1f1u
#define MAGIC 0x202u /* "HdrS" */
#define VERSION 0x206u
#define PAYLOAD_OFFSET 0x248u
#define PAYLOAD_LENGTH 0x24cu
#define HEADER_END 0x250u
#define SECTOR 512u

static uint32_t number(const uint8_t *bytes, unsigned int n)
{
    uint32_t v = 0;

    while (n-- > 0)
        v = v << 8 | bytes[n];
    return v;
}

bool elf__bzimage(struct loader *l, const uint8_t **bytes, size_t *size)
{
    const uint8_t *b = *bytes;
    uint32_t version, offset, length;
    uint64_t at;

    if (*size < HEADER_END || number(b + BOOT_FLAG, 2) != 0xaa55 ||
        memcmp(b + MAGIC, "HdrS", 4) != 0)
        return true;
    version = number(b + VERSION, 2);
    if (version < 0x208)
        return elf__fail(l,
                         "bzImage: its boot protocol %u.%02u does not say "
                         "where the kernel is: 2.08 and later ones do",
                         version >> 8, version & 0xff);
    offset = number(b + PAYLOAD_OFFSET, 4);
    length = number(b + PAYLOAD_LENGTH, 4);
    at = ((b[SETUP_SECTS] ? b[SETUP_SECTS] : 4u) + 1u) * (uint64_t)SECTOR;
    if (length == 0 || !elf__within(at + offset, length, *size))
        return elf__fail(l,
                         "bzImage: payload_offset 0x%x behind 0x%llx bytes of "
                         "setup and payload_length 0x%x lead beyond the "
                         "file's end (0x%zx bytes)",
                         offset, (unsigned long long)at, length, *size);
    *bytes = b + at + offset;
    *size = length;
    return true;
}
