/* SPDX-License-Identifier: MIT
 *
 * Who has made a hypercall: the functions of the guest, with file and line as
 * its debugging information has them, those that were inlined, too.
 */
#include "internal.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <execinfo.h>
#include <inttypes.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEEPEST 64

extern char pinfold_enter[], pinfold_inline_end[];

static bool is_entry(const void *at)
{
    return (uintptr_t)at >= (uintptr_t)pinfold_enter &&
           (uintptr_t)at < (uintptr_t)pinfold_inline_end;
}

int direct__callers(const void *from, void **frames, int most)
{
    void *all[DEEPEST];
    const int n = backtrace(all, DEEPEST);
    int first = 0, i;

    /* The engine's own functions are of no interest. */
    for (i = 0; i < n && all[i] != from; i++)
        continue;
    if (i < n)
        for (first = i; first < n && is_entry(all[first]); first++)
            continue;
    for (i = 0; i < most && first + i < n; i++)
        frames[i] = all[first + i];
    return i;
}

static int report_object(struct dl_phdr_info *info, size_t size, void *dwfl)
{
    const char *path = info->dlpi_name;
    char self[4096];
    ssize_t n;

    (void)size;
    if (path[0] == 0) { /* the program */
        n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        if (n < 0)
            return 0;
        self[n] = 0;
        path = self;
    }
    (void)dwfl_report_elf(dwfl, path, path, -1, info->dlpi_addr, true);
    return 0;
}

static Dwfl *begin(void)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
    };
    Dwfl *dwfl = dwfl_begin(&callbacks);

    if (dwfl) {
        (void)dl_iterate_phdr(report_object, dwfl);
        (void)dwfl_report_end(dwfl, NULL, NULL);
    }
    return dwfl;
}

struct line {
    const char *file; /* NULL: it is not known */
    int number;
};

static void show_line(const char *function, struct line l)
{
    fprintf(stderr, "    %s", function);
    if (l.file)
        fprintf(stderr, " (%s:%d)", l.file, l.number);
    fputc('\n', stderr);
}

static struct line line_of(Dwfl_Module *module, Dwarf_Addr at)
{
    Dwfl_Line *l = dwfl_module_getsrc(module, at);
    struct line line = { NULL, 0 };

    if (l)
        line.file = dwfl_lineinfo(l, NULL, &line.number, NULL, NULL, NULL);
    return line;
}

/* Where the function that INLINED is a copy of has been called. */
static struct line call_of(Dwarf_Die *unit, Dwarf_Die *inlined)
{
    struct line line = { NULL, 0 };
    Dwarf_Attribute attribute;
    Dwarf_Files *files;
    Dwarf_Word file, number;
    size_t n;

    if (dwarf_getsrcfiles(unit, &files, &n) == 0 &&
        dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute),
                        &file) == 0 &&
        dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute),
                        &number) == 0 &&
        file < n) {
        line.file = dwarf_filesrc(files, file, NULL, NULL);
        line.number = (int)number;
    }
    return line;
}

static bool is_inlined(Dwarf_Die *die)
{
    return dwarf_tag(die) == DW_TAG_inlined_subroutine;
}

/* The innermost function around AT, which may be a copy in another. */
static bool function_at(Dwarf_Die *unit, Dwarf_Addr at, Dwarf_Die *function)
{
    Dwarf_Die *scopes = NULL;
    const int n = dwarf_getscopes(unit, at, &scopes);
    bool found = false;

    for (int i = 0; i < n && !found; i++) {
        found = is_inlined(&scopes[i]) ||
                dwarf_tag(&scopes[i]) == DW_TAG_subprogram;
        *function = scopes[i];
    }
    free(scopes);
    return found;
}

/* False: the debugging information does not know the address. */
static bool show_functions(Dwfl_Module *module, Dwarf_Addr at)
{
    struct line line = line_of(module, at);
    Dwarf_Die *unit, function, *scopes = NULL;
    Dwarf_Addr bias;
    bool whole = false;
    int n;

    unit = dwfl_module_addrdie(module, at, &bias);
    if (!unit || !function_at(unit, at - bias, &function))
        return false;
    n = dwarf_getscopes_die(&function, &scopes);
    for (int i = 0; i < n && !whole; i++) {
        const char *name = dwarf_diename(&scopes[i]);

        whole = dwarf_tag(&scopes[i]) == DW_TAG_subprogram;
        if (!whole && !is_inlined(&scopes[i]))
            continue;
        show_line(name ? name : "?", line);
        if (!whole)
            line = call_of(unit, &scopes[i]);
    }
    free(scopes);
    return whole;
}

/* True: it was main(), and what comes behind it is of no interest. */
static bool show_frame(Dwfl *dwfl, uintptr_t at)
{
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, at) : NULL;
    const char *name = module ? dwfl_module_addrname(module, at) : NULL;

    if (name && !show_functions(module, at))
        show_line(name, line_of(module, at));
    else if (!name)
        fprintf(stderr, "    0x%" PRIxPTR "\n", at);
    return name && strcmp(name, "main") == 0;
}

void direct__show_instruction(const void *at)
{
    void *frames[DEEPEST];
    int n = direct__callers(at, frames, DEEPEST);

    if (n == 0 || frames[0] != at)
        n = 1; /* nobody knows who has called it */
    frames[0] = (uint8_t *)(uintptr_t)at + 1;
    direct__show_callers(frames, n);
}

void direct__show_callers(void *const *frames, int n)
{
    Dwfl *dwfl = begin();

    /* They are where calls return to, behind them. */
    for (int i = 0; i < n; i++)
        if (show_frame(dwfl, (uintptr_t)frames[i] - 1))
            break;
    if (dwfl)
        dwfl_end(dwfl);
}
