/* SPDX-License-Identifier: MIT
 *
 * Starting and stopping Xen in QEMU, and its serial console.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_MIB 256u /* with domains for small traces only */
/* The scheduler's own timer is not to be in the way of those of guests. */
#define RARE_TICKS " sched_credit_tslice_ms=1000"

static void path_of(const struct shim *s, const char *file, char *path,
                    size_t size)
{
    snprintf(path, size, "%s/%s", s->dir, file);
}

/* QEMU's arguments: no network, no disk, no device but the serial port. */
static void exec_qemu(const struct shim *s, const char *ram_path)
{
    const char *qemu = s->config.qemu ? s->config.qemu : "qemu-system-x86_64";
    char memory[32], backend[256], serial[128], errors[128], icount[32],
        qmp[128];
    const struct xm_config config = xm_config_default(0);
    char append[320], modules[4096 + 64];
    char *argv[40];
    int n = 0, fd;

    snprintf(memory, sizeof(memory), "%zu", s->ram_size >> 20);
    snprintf(backend, sizeof(backend),
             "memory-backend-file,id=ram,size=%sM,mem-path=%s,share=on", memory,
             ram_path);
    snprintf(serial, sizeof(serial), "file:%s/serial.log", s->dir);
    snprintf(append, sizeof(append),
             "loglvl=all guest_loglvl=none com1=115200,8n1 console=com1 "
             "dom0_mem=64M dom0_max_vcpus=3 sched=credit "
             "gnttab_max_frames=%u gnttab_max_maptrack_frames=%u" RARE_TICKS
             "%s",
             config.max_grant_frames, config.max_maptrack_frames,
             s->config.l1tf ? " pv-l1tf=domu" : "");
    snprintf(modules, sizeof(modules), "%s,%s/initrd", s->config.kernel,
             s->dir);
    snprintf(icount, sizeof(icount), "shift=%u", s->config.icount - 1);
    path_of(s, "qemu.log", errors, sizeof(errors));
    snprintf(qmp, sizeof(qmp), "unix:%s/qmp,server=on,wait=off", s->dir);
#define ARG(text) argv[n++] = (char *)(uintptr_t)(text)
    ARG(qemu);
    ARG("-display"), ARG("none"), ARG("-nodefaults"), ARG("-no-reboot");
    ARG("-cpu"), ARG("qemu64"), ARG("-m"), ARG(memory);
    ARG("-object"), ARG(backend), ARG("-machine"), ARG("pc,memory-backend=ram");
    ARG("-serial"), ARG(serial), ARG("-monitor"), ARG("none");
    ARG("-qmp"), ARG(qmp);
    if (s->config.icount)
        ARG("-icount"), ARG(icount);
    ARG("-kernel"), ARG(s->config.hypervisor);
    ARG("-initrd"), ARG(modules);
    ARG("-append");
    ARG(append);
    ARG(NULL);
#undef ARG
    fd = open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd >= 0) {
        dup2(fd, 1);
        dup2(fd, 2);
    }
    /* Not to outlive whoever started it, however that ends. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(qemu, argv);
    fprintf(stderr, "%s: %s\n", qemu, strerror(errno));
    _exit(127);
}

static int map_ram(struct shim *s, const char *path)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, (off_t)s->ram_size) != 0) {
        if (fd >= 0)
            close(fd);
        return shim__fail(s, "cannot make %s: %s", path, strerror(errno));
    }
    s->ram = mmap(NULL, s->ram_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    s->ram_file = fd;
    if (s->ram == MAP_FAILED) {
        s->ram = NULL;
        return shim__fail(s, "cannot map %s: %s", path, strerror(errno));
    }
    return 0;
}

static int write_initrd(struct shim *s)
{
    char path[128];
    FILE *f;
    bool good;

    path_of(s, "initrd", path, sizeof(path));
    f = fopen(path, "wb");
    good = f && ftruncate(fileno(f), SHIM_INITRD_BYTES) == 0;
    if (f)
        fclose(f);
    return good ? 0
                : shim__fail(s, "%s cannot be written: %s", path,
                             strerror(errno));
}

/*
 * Of so much a page of 2 MiB holds the frame table: where one would not be
 * full, Xen maps the table by small pages, which lie anywhere.
 */
#define MEMORY_STEP 256u

static unsigned int memory_mib(const struct shim *s)
{
    unsigned int mib = MEMORY_MIB + MEMORY_STEP - 1;

    for (uint32_t i = 0; i < SHIM_DOMAINS - 1; i++)
        mib += 2 * (shim__extents(s->config.frames[i]) - shim__extents(0));
    return mib / MEMORY_STEP * MEMORY_STEP;
}

int shim__start(struct shim *s)
{
    char ram_path[96], line[8];

    if (access(s->config.hypervisor, R_OK) != 0)
        return shim__fail(s,
                          "no hypervisor at %s: %s; script/test unpacks "
                          "Debian's, or name one with --hypervisor",
                          s->config.hypervisor, strerror(errno));
    if (access(s->config.kernel, R_OK) != 0)
        return shim__fail(s, "no shim kernel at %s: %s; build it first",
                          s->config.kernel, strerror(errno));
    snprintf(s->dir, sizeof(s->dir), "/tmp/pinfold.XXXXXX");
    if (!mkdtemp(s->dir)) {
        s->dir[0] = '\0';
        return shim__fail(s, "cannot make a directory in /tmp: %s",
                          strerror(errno));
    }
    if (write_initrd(s) != 0)
        return -1;
    s->ram_size = (size_t)memory_mib(s) << 20;
    snprintf(ram_path, sizeof(ram_path), "/dev/shm/%s",
             strrchr(s->dir, '/') + 1);
    if (map_ram(s, ram_path) != 0)
        return -1;
    s->qemu = fork();
    if (s->qemu == 0)
        exec_qemu(s, ram_path);
    /* The name is needed until QEMU has opened it: it then runs firmware. */
    for (int i = 0; s->qemu > 0 && i < 5000 && shim__alive(s); i++) {
        if (shim__serial_find(s, "Xen version ", line, sizeof(line)))
            break;
        usleep(2000);
    }
    unlink(ram_path);
    if (!shim__alive(s)) {
        char tail[160];

        shim__serial_tail(s, tail, sizeof(tail));
        return shim__fail(s,
                          "QEMU does not run Xen: %s; install "
                          "qemu-system-x86",
                          tail);
    }
    return 0;
}

static size_t read_file(const struct shim *s, const char *file, char *out,
                        size_t size)
{
    char path[128];
    FILE *f;
    long end;
    size_t n;

    path_of(s, file, path, sizeof(path));
    out[0] = '\0';
    f = fopen(path, "rb");
    if (!f)
        return 0;
    fseek(f, 0, SEEK_END);
    end = ftell(f);
    fseek(f, end > (long)size - 1 ? end - (long)size + 1 : 0, SEEK_SET);
    n = fread(out, 1, size - 1, f);
    out[n] = '\0';
    fclose(f);
    return n;
}

bool shim__serial_find(struct shim *s, const char *key, char *rest, size_t size)
{
    static char log[65536];
    const char *at, *end;

    read_file(s, "serial.log", log, sizeof(log));
    at = strstr(log, key);
    if (!at)
        return false;
    at += strlen(key);
    end = strpbrk(at, "\r\n");
    if (!end)
        return false;
    snprintf(rest, size, "%.*s", (int)(end - at), at);
    return true;
}

void shim__serial_tail(struct shim *s, char *out, size_t size)
{
    if (read_file(s, "serial.log", out, size) == 0)
        read_file(s, "qemu.log", out, size);
    for (char *p = out; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = p[1] ? '|' : '\0';
}

bool shim__alive(struct shim *s)
{
    if (s->qemu > 0 && waitpid(s->qemu, NULL, WNOHANG) == s->qemu)
        s->qemu = -1;
    return s->qemu > 0;
}

void shim__stop(struct shim *s)
{
    char path[128];

    if (s->qemu > 0) {
        kill(s->qemu, SIGKILL);
        waitpid(s->qemu, NULL, 0);
    }
    shim__qmp_close(s);
    shim__drop_kept(s);
    if (s->ram)
        munmap(s->ram, s->ram_size);
    if (s->ram_file >= 0)
        close(s->ram_file);
    if (s->dir[0]) {
        path_of(s, "qmp", path, sizeof(path));
        unlink(path);
        path_of(s, "serial.log", path, sizeof(path));
        unlink(path);
        path_of(s, "qemu.log", path, sizeof(path));
        unlink(path);
        path_of(s, "initrd", path, sizeof(path));
        unlink(path);
        rmdir(s->dir);
    }
}
