/* SPDX-License-Identifier: MIT
 *
 * Runs in the guest, on Linux: a program's memory in all the ways that make a
 * kernel change page tables. Prints one line a subject; the last one says
 * whether all is well.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define MIB (1ul << 20)

static int failures;
static sigjmp_buf back;
static volatile uintptr_t fault_address;
static volatile int fault_code;

static void expect(int ok, const char *what)
{
    printf("%s: %s\n", what, ok ? "ok" : "WRONG");
    failures += !ok;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    fault_address = (uintptr_t)info->si_addr;
    fault_code = info->si_code;
    siglongjmp(back, 1);
}

static uint8_t *map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) {
        puts("no memory");
        exit(1);
    }
    return p;
}

static int touch(uint8_t *p, size_t bytes, uint64_t seed)
{
    int ok = 1;

    for (size_t i = 0; i < bytes; i += PAGE)
        *(uint64_t *)(p + i) = seed ^ i;
    for (size_t i = 0; i < bytes; i += PAGE)
        ok &= *(uint64_t *)(p + i) == (seed ^ i);
    return ok;
}

/* The store must fault at exactly AT, with CODE. */
static int faults_at(uint8_t *store, size_t width, const uint8_t *at, int code)
{
    fault_address = 0;
    if (sigsetjmp(back, 1) == 0) {
        if (width == 1)
            *(volatile uint8_t *)store = 1;
        else
            *(volatile uint64_t *)store = 1;
        return 0;
    }
    return fault_address == (uintptr_t)at && fault_code == code;
}

static void protections(void)
{
    uint8_t *p = map(16 * PAGE);
    int ok = touch(p, 16 * PAGE, 1);

    ok &= mprotect(p + 4 * PAGE, PAGE, PROT_READ) == 0;
    ok &= munmap(p + 8 * PAGE, PAGE) == 0;
    ok &= faults_at(p + 4 * PAGE + 123, 1, p + 4 * PAGE + 123, SEGV_ACCERR);
    /* Across the border: the fault is where the page begins. */
    ok &= faults_at(p + 4 * PAGE - 3, 8, p + 4 * PAGE, SEGV_ACCERR);
    ok &= faults_at(p + 8 * PAGE + 77, 1, p + 8 * PAGE + 77, SEGV_MAPERR);
    ok &= faults_at(p + 8 * PAGE - 1, 8, p + 8 * PAGE, SEGV_MAPERR);
    ok &= p[4 * PAGE] == ((1 ^ 4 * PAGE) & 0xff);
    ok &= mprotect(p + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0;
    p[4 * PAGE] = 42;
    ok &= p[4 * PAGE] == 42;
    ok &= munmap(p, 16 * PAGE) == 0;
    expect(ok, "mprotect and munmap fault where they should");
}

/* A page without the right is not executed. */
static void execution(void)
{
    static const uint8_t code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
    uint8_t *p = map(2 * PAGE), *at = p + PAGE - 3;
    int (*volatile f)(void) = (int (*)(void))(uintptr_t)at;
    int ok = 0;

    memcpy(at, code, sizeof(code)); /* the instruction lies on two pages */
    (void)mprotect(p, PAGE, PROT_READ | PROT_EXEC);
    fault_address = 0;
    if (sigsetjmp(back, 1) == 0)
        (void)f();
    else
        ok = fault_address == (uintptr_t)(p + PAGE);
    (void)mprotect(p, 2 * PAGE, PROT_READ | PROT_EXEC);
    ok &= f() == 42;
    expect(ok, "instructions across a page that is not executable");
    (void)munmap(p, 2 * PAGE);
}

static int child_status(pid_t pid)
{
    int status = -1;

    return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
               ? WEXITSTATUS(status)
               : -1;
}

static void copy_on_write(void)
{
    uint8_t *p = map(4 * MIB);
    int ok = touch(p, 4 * MIB, 7);

    for (int i = 0; i < 8; i++) {
        const pid_t pid = fork();

        if (pid == 0)
            _exit(touch(p, 4 * MIB, (uint64_t)i << 32) ? 40 + i : 1);
        ok &= child_status(pid) == 40 + i;
    }
    for (size_t i = 0; i < 4 * MIB; i += PAGE)
        ok &= *(uint64_t *)(p + i) == (7 ^ i);
    expect(ok, "fork, and copies on write");
    (void)munmap(p, 4 * MIB);
}

static void programs(const char *self)
{
    int ok = 1;

    for (int i = 0; i < 5; i++) {
        const pid_t pid = fork();

        if (pid == 0) {
            (void)execl(self, self, "child", (char *)NULL);
            _exit(1);
        }
        ok &= child_status(pid) == 77;
    }
    expect(ok, "exec");
}

static void shared(void)
{
    uint64_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const pid_t pid = fork();

    if (pid == 0) {
        p[3] = 0x1234;
        _exit(0);
    }
    expect(child_status(pid) == 0 && p[3] == 0x1234, "shared memory");
}

static void moved(void)
{
    uint8_t *p = map(2 * MIB);
    int ok = touch(p, 2 * MIB, 3);
    uint8_t *q = mremap(p, 2 * MIB, 8 * MIB, MREMAP_MAYMOVE);

    ok &= q != MAP_FAILED;
    for (size_t i = 0; ok && i < 2 * MIB; i += PAGE)
        ok &= *(uint64_t *)(q + i) == (3 ^ i);
    expect(ok && touch(q, 8 * MIB, 5), "mremap");
    (void)munmap(q, 8 * MIB);
}

static void pressure(void)
{
    int ok = 1;

    for (int round = 0; round < 2; round++) {
        const pid_t pid = fork();

        if (pid == 0)
            _exit(touch(map(96 * MIB), 96 * MIB, 9) ? 5 : 1);
        ok &= child_status(pid) == 5;
    }
    expect(ok, "96 MiB, twice");
}

int main(int argc, char **argv)
{
    struct sigaction a = { .sa_flags = SA_SIGINFO };

    if (argc > 1)
        return 77;
    a.sa_sigaction = on_fault;
    (void)sigaction(SIGSEGV, &a, NULL);
    protections();
    execution();
    copy_on_write();
    programs("/proc/self/exe");
    shared();
    moved();
    pressure();
    printf("memory-test: %d wrong\n", failures);
    return failures != 0;
}
