/* SPDX-License-Identifier: MIT
 *
 * The file of a recording. Packed text is written and flushed by the piece.
 * Plain text is faster: its file is mapped, so that what is said is the
 * kernel's at once, without a system call, even if the process is killed. A
 * piece of text is copied behind its first byte, and that comes last: until
 * then the file ends, as a reader sees it, at the zero byte in its place.
 */
#include "internal.h"

#include <packed/packed.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK (256u << 10)

static bool fail(struct record_out *o, const char *what, int error)
{
    if (o->error[0] == 0)
        snprintf(o->error, sizeof(o->error), "%s: %s", what, strerror(error));
    return false;
}

/* There is a zero byte behind what is said, always. */
static bool grow(struct record_out *o, size_t least)
{
    const size_t size = (o->at + least + CHUNK) / CHUNK * CHUNK;
    /* Not by truncating: a full disk is to be an error here, not a signal. */
    const int error = posix_fallocate(o->fd, 0, (off_t)size);
    char *map;

    if (error != 0)
        return fail(o, "no room for the recording", error);
    map = o->map
              ? mremap(o->map, o->size, size, MREMAP_MAYMOVE)
              : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, o->fd, 0);
    if (map == MAP_FAILED)
        return fail(o, "the recording cannot be mapped: it must be a file",
                    errno);
    /* All at once is cheaper than page by page; without it, that is all. */
    (void)madvise(map + o->size, size - o->size, MADV_POPULATE_WRITE);
    o->map = map;
    o->size = size;
    return true;
}

static bool open_packed(struct record_out *o, const char *file)
{
    *o = (struct record_out){ .fd = -1, .packed = packed_create(file) };
    return o->packed || fail(o, "it cannot be written", errno);
}

bool record__out_open(struct record_out *o, const char *file)
{
    if (packed_is_name(file))
        return open_packed(o, file);
    *o = (struct record_out){
        .fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
    };
    if (o->fd < 0)
        return fail(o, "it cannot be written", errno);
    return grow(o, 1);
}

char *record__more_room(struct record_out *o, size_t n)
{
    const size_t room = 2 * (o->length + n) + 4096;
    char *text = realloc(o->text, room);

    if (!text)
        abort();
    o->text = text;
    o->room = room;
    return o->text + o->length;
}

static void commit_packed(struct record_out *o, size_t n)
{
    if (fwrite(o->text, 1, n, o->packed) != n || fflush(o->packed) != 0)
        fail(o, "no room for the recording", errno);
}

void record__commit(struct record_out *o)
{
    const size_t n = o->length;

    o->length = 0;
    if (n == 0 || o->error[0] != 0)
        return;
    if (o->packed) {
        commit_packed(o, n);
        return;
    }
    if (o->at + n + 1 > o->size && !grow(o, n + 1))
        return;
    memcpy(o->map + o->at + 1, o->text + 1, n - 1);
    __atomic_store_n(&o->map[o->at], o->text[0], __ATOMIC_RELEASE);
    o->at += n;
}

void record__out_close(struct record_out *o)
{
    if (o->packed)
        fclose(o->packed);
    if (o->map)
        munmap(o->map, o->size);
    if (o->fd >= 0) {
        (void)!ftruncate(o->fd, (off_t)o->at);
        close(o->fd);
    }
    free(o->text);
}

static inline void digits(struct record_out *o, uint64_t n, unsigned int base)
{
    char buffer[20];
    unsigned int at = sizeof(buffer);

    do
        buffer[--at] = "0123456789abcdef"[n % base];
    while ((n /= base) != 0);
    memcpy(record__room(o, sizeof(buffer) - at), buffer + at,
           sizeof(buffer) - at);
    o->length += sizeof(buffer) - at;
}

void record__hex(struct record_out *o, uint64_t n)
{
    digits(o, n, 16);
}

void record__number(struct record_out *o, uint64_t n)
{
    if (n >= 10)
        record__string(o, "0x");
    digits(o, n, 16);
}

void record__decimal(struct record_out *o, int64_t n)
{
    if (n < 0)
        record__char(o, '-');
    digits(o, n < 0 ? -(uint64_t)n : (uint64_t)n, 10);
}
