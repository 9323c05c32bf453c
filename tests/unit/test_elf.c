/* SPDX-License-Identifier: MIT
 *
 * PV kernels: what is in a good one, and what each bad one is told; packed
 * ones. With arguments, kernels that are there to be read.
 */
#include "elf_fixture.h"

#include <check.h>
#include <domain/kernel.h>
#include <lz4.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/features.h>
#include <zlib.h>
#include <zstd.h>

static struct elf_file f;
static struct pv_kernel k;
static char why[PV_KERNEL_MESSAGE];
static char **files;
static int nr_files;

/* From a place of its own, so that reading on is caught. */
static bool read_copy(const void *bytes, size_t size, size_t max)
{
    void *copy = malloc(size ? size : 1);
    bool good;

    memcpy(copy, bytes, size);
    *why = 0;
    good = pv_kernel_read(&k, copy, size, max, why);
    free(copy);
    return good;
}

static bool read_it(void)
{
    return read_copy(f.bytes, ELF_SIZE, PV_KERNEL_MAX);
}

static void good(void)
{
    ck_assert_msg(read_it(), "%s", why);
}

static void bad(const char *message)
{
    ck_assert(!read_it());
    ck_assert_str_eq(why, message);
}

START_TEST(a_kernel)
{
    elf_make(&f);
    good();
    ck_assert_uint_eq(k.notes, 1u << XEN_ELFNOTE_XEN_VERSION |
                                   1u << XEN_ELFNOTE_LOADER |
                                   1u << XEN_ELFNOTE_VIRT_BASE |
                                   1u << XEN_ELFNOTE_PADDR_OFFSET);
    ck_assert_uint_eq(k.entry, ELF_TEXT + 0x10); /* e_entry */
    ck_assert_uint_eq(k.start, ELF_TEXT);
    ck_assert_uint_eq(k.end, ELF_TEXT + 0x3800);
    ck_assert_uint_eq(k.nr_segments, 2);
    ck_assert_uint_eq(k.segments[1].paddr, 0x101800);
    ck_assert_uint_eq(k.segments[1].vaddr, 0);
    ck_assert_uint_eq(k.segments[1].file_size, 0x1000);
    ck_assert_uint_eq(k.segments[1].size, 0x2000);
    ck_assert_uint_eq(k.segments[1].flags, PF_R | PF_W);
    pv_kernel_close(&k);
    /* The note has the last word. */
    elf_add_number(&f, XEN_ELFNOTE_ENTRY, ELF_TEXT + 0x20);
    good();
    ck_assert_uint_eq(k.entry, ELF_TEXT + 0x20);
    pv_kernel_close(&k);
}
END_TEST

START_TEST(its_pages)
{
    uint8_t page[4096];

    elf_make(&f);
    good();
    pv_kernel_page(&k, ELF_TEXT - 0x1000, page);
    ck_assert(page[0] == 0 && page[4095] == 0);
    pv_kernel_page(&k, ELF_TEXT, page);
    ck_assert(page[0] == 0x90 && page[4095] == 0x90);
    pv_kernel_page(&k, ELF_TEXT + 0x1000, page); /* data from its middle on */
    ck_assert(page[0x7ff] == 0 && page[0x800] == 0xda && page[4095] == 0xda);
    pv_kernel_page(&k, ELF_TEXT + 0x2000, page);
    ck_assert(page[0] == 0xda && page[0x7ff] == 0xda && page[0x800] == 0);
    pv_kernel_page(&k, ELF_TEXT + 0x3000, page);
    ck_assert(page[0] == 0 && page[4095] == 0);
    pv_kernel_close(&k);
}
END_TEST

START_TEST(its_symbols)
{
    elf_make(&f);
    good();
    ck_assert_uint_eq(k.nr_symbols, 2);
    ck_assert_ptr_null(pv_kernel_symbol(&k, ELF_TEXT - 1));
    ck_assert_str_eq(pv_kernel_symbol(&k, ELF_TEXT + 0x50)->name, "start");
    ck_assert_str_eq(pv_kernel_symbol(&k, ELF_TEXT + 0x11f)->name, "work");
    ck_assert_ptr_null(pv_kernel_symbol(&k, ELF_TEXT + 0x120));
    pv_kernel_close(&k);
    f.header.e_shnum = f.header.e_shoff = 0; /* stripped */
    good();
    ck_assert_uint_eq(k.nr_symbols, 0);
    pv_kernel_close(&k);
}
END_TEST

static void add_all_notes(void)
{
    static const uint64_t masks[] = { 1, 1, 0x401, 0x400 };
    static const uint32_t supported = 1u << XENFEAT_dom0;
    static const uint16_t small = 1;

    elf_add_string(&f, XEN_ELFNOTE_GUEST_OS, "an OS");
    elf_add_string(&f, XEN_ELFNOTE_GUEST_VERSION, "7");
    elf_add_string(&f, XEN_ELFNOTE_PAE_MODE, "yes,bimodal");
    elf_add_string(&f, XEN_ELFNOTE_FEATURES,
                   "!writable_page_tables|pae_pgdir_above_4gb|unheard_of");
    elf_add_string(&f, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    elf_add_number(&f, XEN_ELFNOTE_HYPERCALL_PAGE, ELF_TEXT + 0x1000);
    elf_add_number(&f, XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000);
    elf_add_number(&f, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    elf_add_note(&f, XEN_ELFNOTE_L1_MFN_VALID, masks, sizeof(masks));
    elf_add_note(&f, XEN_ELFNOTE_SUPPORTED_FEATURES, &supported, 4);
    elf_add_note(&f, XEN_ELFNOTE_SUSPEND_CANCEL, &small, 2);
    elf_add_note(&f, XEN_ELFNOTE_MOD_START_PFN, &small, 1);
    elf_add_number(&f, XEN_ELFNOTE_PHYS32_ENTRY, 0x1000850);
    elf_add_number(&f, 77, 1);        /* of the future */
    elf_add_number(&f, 0x1000001, 1); /* of a dump */
}

static void all_notes(void)
{
    ck_assert_str_eq(k.guest_os, "an OS");
    ck_assert_str_eq(k.guest_version, "7");
    ck_assert_str_eq(k.loader, "generic");
    ck_assert_int_eq(k.pae, PV_PAE_BIMODAL);
    ck_assert_uint_eq(k.required, 1u << XENFEAT_writable_page_tables);
    ck_assert_uint_eq(k.supported, 1u << XENFEAT_writable_page_tables |
                                       1u << XENFEAT_pae_pgdir_above_4gb |
                                       1u << XENFEAT_dom0);
    ck_assert(k.bsd_symtab && k.suspend_cancel && k.mod_start_pfn);
    ck_assert_uint_eq(k.hypercall_page, ELF_TEXT + 0x1000);
    ck_assert_uint_eq(k.hv_start_low, 0xffff800000000000);
    ck_assert_uint_eq(k.init_p2m, 0x8000000000);
    ck_assert_uint_eq(k.phys32_entry, 0x1000850);
    ck_assert_uint_eq(k.nr_l1_masks, 2);
    ck_assert_uint_eq(k.l1_masks[1].mask, 0x401);
    ck_assert_uint_eq(k.l1_masks[1].value, 0x400);
}

START_TEST(its_notes)
{
    elf_make(&f);
    add_all_notes();
    good();
    all_notes();
    pv_kernel_close(&k);
    /* The same by sections, if no segment has them. */
    elf_program(&f, 2)->p_type = PT_NULL;
    good();
    all_notes();
    pv_kernel_close(&k);
    /* As old linkers left it. */
    elf_program(&f, 2)->p_type = PT_NOTE;
    elf_program(&f, 2)->p_offset = 0;
    good();
    all_notes();
    pv_kernel_close(&k);
    elf_section(&f, SECTION_NOTES)->sh_type = SHT_PROGBITS;
    bad("has no note of Xen's and no section __xen_guest: it is no PV kernel");
    for (uint32_t i = 1; i <= XEN_ELFNOTE_MAX; i++)
        ck_assert_ptr_nonnull(pv_note_name(i));
    ck_assert_str_eq(pv_note_name(XEN_ELFNOTE_ENTRY), "ENTRY");
    ck_assert_ptr_null(pv_note_name(XEN_ELFNOTE_MAX + 1));
}
END_TEST

START_TEST(an_old_kernel)
{
    elf_make_bare(&f);
    /* Its physical addresses are virtual ones. */
    elf_program(&f, 0)->p_paddr = ELF_TEXT;
    elf_program(&f, 1)->p_paddr = ELF_TEXT + 0x1800;
    elf_set_legacy(&f, "GUEST_OS=linux,GUEST_VER=2.6,XEN_VER=xen-3.0,"
                       "VIRT_BASE=0xffffffff80000000,"
                       "VIRT_ENTRY=0xffffffff80100030,HYPERCALL_PAGE=0x102,"
                       "FEATURES=!writable_page_tables|dom0,"
                       "PAE=yes[extended-cr3],BSD_SYMTAB,LOADER=generic");
    good();
    ck_assert(k.legacy && k.bsd_symtab);
    ck_assert_uint_eq(k.entry, ELF_TEXT + 0x30);
    ck_assert_uint_eq(k.start, ELF_TEXT);
    ck_assert_uint_eq(k.hypercall_page, ELF_TEXT + 0x2000);
    ck_assert_str_eq(k.guest_version, "2.6");
    ck_assert_int_eq(k.pae, PV_PAE_EXTENDED_CR3);
    ck_assert_uint_eq(k.required, 1u << XENFEAT_writable_page_tables);
    pv_kernel_close(&k);
    elf_set_legacy(&f, "GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=high");
    bad("section __xen_guest: VIRT_BASE is a number, not 'high'");
    elf_set_legacy(&f, "FEATURES=a|!b,GUEST_OS=linux");
    bad("section __xen_guest: FEATURES: requires 'b', which Xen does not know");
    elf_section(&f, SECTION_LEGACY)->sh_size = ELF_SIZE;
    bad("section 4, __xen_guest: its 0x6000 bytes at 0x5c00 are not in the "
        "file (0x6000 bytes)");
}
END_TEST

/* Each: change one thing; what is said of it. */
#define WRONG(change, message)                                                 \
    do {                                                                       \
        elf_make(&f);                                                          \
        change;                                                                \
        bad(message);                                                          \
    } while (0)

START_TEST(wrong_headers)
{
    Elf64_Phdr *const p = elf_program(&f, 1);

    WRONG(f.bytes[0] = 0, "is neither an ELF file nor a bzImage");
    WRONG(f.header.e_ident[EI_CLASS] = ELFCLASS32,
          "ELF header: a 32-bit file: only 64-bit kernels are known here");
    WRONG(f.header.e_machine = EM_AARCH64,
          "ELF header: for machine 183, little-endian, not for x86-64 (62)");
    WRONG(f.header.e_type = ET_REL,
          "ELF header: type 1 is no executable (2 or 3)");
    WRONG(f.header.e_phentsize = 32,
          "ELF header: program headers have 0x20 bytes, not 0x38");
    WRONG(f.header.e_phoff = ELF_SIZE,
          "ELF header: 3 program headers at 0x6000 reach beyond the file's end "
          "(0x6000 bytes)");
    WRONG(f.header.e_shoff = UINT64_MAX - 1,
          "ELF header: 6 section headers at 0xfffffffffffffffe reach beyond "
          "the file's end (0x6000 bytes)");
    WRONG(f.header.e_phnum = 0, "has no program headers");
    WRONG(p->p_filesz = 0x5000,
          "program header 1: p_offset 0x2000 and p_filesz 0x5000 reach beyond "
          "the file's end (0x6000 bytes)");
    WRONG(p->p_offset = UINT64_MAX,
          "program header 1: p_offset 0xffffffffffffffff and p_filesz 0x1000 "
          "reach beyond the file's end (0x6000 bytes)");
    WRONG(p->p_memsz = 0xfff,
          "program header 1: p_filesz 0x1000 is more than p_memsz 0xfff");
    WRONG(p->p_memsz = 1ull << 60,
          "program header 1: p_memsz 0x1000000000000000 at p_paddr 0x101800 is "
          "more than 512 MiB, or beyond all memory");
    WRONG(p->p_paddr = UINT64_MAX,
          "program header 1: p_memsz 0x2000 at p_paddr 0xffffffffffffffff is "
          "more than 512 MiB, or beyond all memory");
    WRONG(p->p_paddr = 1ull << 40,
          "the segments lie between the physical addresses 0x100000 and "
          "0x10000002000: more than 512 MiB");
    WRONG(p->p_type = p[-1].p_type = PT_NULL,
          "no program header loads anything");
    WRONG(p->p_flags = p[-1].p_flags = 0, "no program header loads anything");
}
END_TEST

START_TEST(wrong_notes)
{
    WRONG(elf_add_note(&f, XEN_ELFNOTE_ENTRY, "abc", 3),
          "program header 2: the note ENTRY holds 3 bytes, and a number has 1, "
          "2, 4 or 8");
    WRONG(elf_program(&f, 2)->p_filesz = 0x3001,
          "program header 2: its notes, 0x3001 bytes at 0x3000, reach beyond "
          "the file's end (0x6000 bytes)");
    WRONG(elf_program(&f, 2)->p_filesz -= 1,
          "program header 2: the note at its byte 0x48 reaches beyond its end "
          "(0x5f bytes)");
    WRONG(*(uint32_t *)(void *)(f.bytes + 0x3000) = 0xfffffff0,
          "program header 2: the note at its byte 0x0 reaches beyond its end "
          "(0x60 bytes)");
    WRONG((elf_program(&f, 2)->p_type = PT_NULL,
           elf_section(&f, SECTION_NOTES)->sh_size = 0x10000),
          "section 1: its notes, 0x10000 bytes at 0x3000, reach beyond the "
          "file's end (0x6000 bytes)");
    WRONG(elf_add_string(&f, XEN_ELFNOTE_FEATURES, "dom0|!magic"),
          "note FEATURES: requires 'magic', which Xen does not know");
    WRONG(elf_add_string(&f, XEN_ELFNOTE_LOADER, "special"),
          "note LOADER is 'generic' (or GUEST_OS 'linux') in what Xen loads, "
          "not 'special' (and '')");
    WRONG(elf_add_string(&f, XEN_ELFNOTE_XEN_VERSION, "xen-4"),
          "note XEN_VERSION is 'xen-3.0' in what Xen loads, not 'xen-4'");
    WRONG(elf_add_number(&f, XEN_ELFNOTE_ENTRY, ELF_BASE),
          "note ENTRY 0xffffffff80000000 is not in the kernel "
          "(0xffffffff80100000 to 0xffffffff80103800)");
    WRONG(f.header.e_entry = 0,
          "e_entry 0x0 is not in the kernel (0xffffffff80100000 to "
          "0xffffffff80103800)");
    WRONG(elf_add_number(&f, XEN_ELFNOTE_HYPERCALL_PAGE, ELF_TEXT + 8),
          "note HYPERCALL_PAGE 0xffffffff80100008 is no page of the kernel "
          "(0xffffffff80000000 to 0xffffffff80103800)");
    WRONG(elf_add_number(&f, XEN_ELFNOTE_INIT_P2M, ELF_TEXT),
          "note INIT_P2M 0xffffffff80100000 lies in the kernel "
          "(0xffffffff80100000 to 0xffffffff80103800)");
    WRONG(elf_add_number(&f, XEN_ELFNOTE_VIRT_BASE, -0x1000ull),
          "VIRT_BASE 0xfffffffffffff000 and PADDR_OFFSET 0x0 put it at "
          "0xff000 to 0x102800, which is not behind VIRT_BASE");
    WRONG(elf_add_number(&f, XEN_ELFNOTE_VIRT_BASE, ELF_BASE + 0x800),
          "VIRT_BASE 0xffffffff80000800 and where the kernel begins, "
          "0xffffffff80100800, are to be multiples of 0x1000");
    WRONG(elf_program(&f, 0)->p_paddr += 8,
          "VIRT_BASE 0xffffffff80000000 and where the kernel begins, "
          "0xffffffff80100008, are to be multiples of 0x1000");
    elf_make_bare(&f);
    elf_add_string(&f, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    elf_add_string(&f, XEN_ELFNOTE_GUEST_OS, "linux");
    elf_add_number(&f, XEN_ELFNOTE_PADDR_OFFSET, 0);
    bad("note PADDR_OFFSET is there, VIRT_BASE is not");
}
END_TEST

START_TEST(wrong_symbols)
{
    WRONG(elf_symbol(&f, 2)->st_name = 0x100,
          "section 2: the name of symbol 2, 0x100, is not in section 3");
    WRONG(elf_section(&f, SECTION_SYMBOLS)->sh_link = 1,
          "section 2: the name of symbol 1, 0x7, is not in section 1");
    WRONG(elf_section(&f, SECTION_SYMBOLS)->sh_size = 0x10000,
          "section 2: the symbols cannot be read: 0x10000 bytes at 0x5000, of "
          "0x18 each");
    WRONG(elf_section(&f, SECTION_SYMBOLS)->sh_entsize = 16,
          "section 2: the symbols cannot be read: 0x60 bytes at 0x5000, of "
          "0x10 each");
}
END_TEST

/* -- packed ---------------------------------------------------------------- */

#define ROOM 0x20000u
static uint8_t packed[ROOM];

static size_t pack_gzip(uint8_t *to)
{
    z_stream z = { .next_in = f.bytes,
                   .avail_in = ELF_SIZE,
                   .next_out = to,
                   .avail_out = ROOM };

    ck_assert(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9,
                           Z_DEFAULT_STRATEGY) == Z_OK);
    ck_assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static size_t pack_xz(uint8_t *to)
{
    size_t n = 0;

    ck_assert(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, f.bytes,
                                      ELF_SIZE, to, &n, ROOM) == LZMA_OK);
    return n;
}

/* Two blocks: as if the kernel were larger. */
static size_t pack_lz4(uint8_t *to)
{
    size_t n = 4;

    memcpy(to, "\x02\x21\x4c\x18", 4);
    for (unsigned int half = 0; half < 2; half++) {
        const int size = LZ4_compress_default(
            (const char *)f.bytes + half * ELF_SIZE / 2, (char *)to + n + 4,
            ELF_SIZE / 2, (int)(ROOM - n - 4));

        ck_assert_int_gt(size, 0);
        memcpy(to + n, &size, 4);
        n += 4 + (size_t)size;
    }
    return n;
}

static size_t pack_zstd(uint8_t *to)
{
    return ZSTD_compress(to, ROOM, f.bytes, ELF_SIZE, 19);
}

static const struct {
    const char *name;
    size_t (*pack)(uint8_t *to);
} formats[] = {
    { "gzip", pack_gzip },
    { "xz", pack_xz },
    { "lz4", pack_lz4 },
    { "zstd", pack_zstd },
};

START_TEST(packed_kernels)
{
    const uint32_t unpacked = ELF_SIZE;
    size_t n;

    elf_make(&f);
    n = formats[_i].pack(packed);
    ck_assert_msg(read_copy(packed, n, PV_KERNEL_MAX), "%s", why);
    ck_assert(k.size == ELF_SIZE && memcmp(k.image, f.bytes, ELF_SIZE) == 0);
    pv_kernel_close(&k);
    /* With its size behind it, as in a bzImage. */
    memcpy(packed + n, &unpacked, sizeof(unpacked));
    ck_assert_msg(read_copy(packed, n + 4, PV_KERNEL_MAX), "%s", why);
    pv_kernel_close(&k);
    /* Exactly the limit, and one byte less. */
    ck_assert_msg(read_copy(packed, n, ELF_SIZE), "%s", why);
    pv_kernel_close(&k);
    ck_assert(!read_copy(packed, n, ELF_SIZE - 1));
    ck_assert_msg(
        strstr(why, formats[_i].name) &&
            (strstr(why, "unpacks to more than") || strstr(why, "too large")),
        "%s", why);
    /* Cut off, and damaged. */
    for (size_t cut = 4; cut < n; cut += 7) {
        if (read_copy(packed, cut, PV_KERNEL_MAX))
            pv_kernel_close(&k);
        else
            ck_assert(*why != 0);
    }
    ck_assert(!read_copy(packed, n / 2, PV_KERNEL_MAX));
    ck_assert_ptr_nonnull(strstr(why, "damaged at byte"));
    for (size_t at = 4; at < n; at++) {
        packed[at] ^= 0x55;
        if (read_copy(packed, n, PV_KERNEL_MAX))
            pv_kernel_close(&k);
        packed[at] ^= 0x55;
    }
}
END_TEST

static size_t make_bzimage(unsigned int i)
{
    const uint32_t offset = 0x80;
    uint32_t length;
    size_t n;

    memset(packed, 0, ROOM);
    packed[0x1f1] = 3; /* sectors of setup, behind the first */
    memcpy(packed + 0x1fe, "\x55\xaa", 2);
    memcpy(packed + 0x202, "HdrS", 4);
    memcpy(packed + 0x206, "\x0f\x02", 2);
    n = formats[i].pack(packed + 4 * 512 + offset);
    memcpy(packed + 4 * 512 + offset + n, "\x00\x60\x00\x00", 4);
    length = (uint32_t)n + 4;
    memcpy(packed + 0x248, &offset, 4);
    memcpy(packed + 0x24c, &length, 4);
    return 4 * 512 + offset + length;
}

START_TEST(bzimages)
{
    size_t n;

    elf_make(&f);
    n = make_bzimage((unsigned int)_i);
    ck_assert_msg(read_copy(packed, n, PV_KERNEL_MAX), "%s", why);
    ck_assert_uint_eq(k.start, ELF_TEXT);
    pv_kernel_close(&k);
    ck_assert(!read_copy(packed, n - 1, PV_KERNEL_MAX));
    ck_assert_ptr_nonnull(strstr(why, "lead beyond the file's end"));
    packed[0x206] = 7;
    ck_assert(!read_copy(packed, n, PV_KERNEL_MAX));
    ck_assert_str_eq(why, "bzImage: its boot protocol 2.07 does not say where "
                          "the kernel is: 2.08 and later ones do");
}
END_TEST

START_TEST(other_formats)
{
    ck_assert(!read_copy("BZh91AY", 7, PV_KERNEL_MAX));
    ck_assert_str_eq(why, "the kernel is packed by bzip2, which is not read "
                          "here: unpack it first");
    ck_assert(!read_copy("", 0, PV_KERNEL_MAX));
    ck_assert_str_eq(why, "is neither an ELF file nor a bzImage");
}
END_TEST

/* Any bytes: one sentence, or a kernel. */
START_TEST(anything)
{
    elf_make(&f);
    add_all_notes();
    for (size_t at = 0; at < ELF_SIZE; at++) {
        const uint8_t kept = f.bytes[at];

        if (at >= 0x1000 && at < 0x3000)
            continue; /* code and data say nothing */
        f.bytes[at] = (uint8_t)(at * 37 + 255u);
        if (read_it())
            pv_kernel_close(&k);
        else
            ck_assert(*why != 0);
        f.bytes[at] = kept;
        if (at % 16 == 0 && read_copy(f.bytes, at, PV_KERNEL_MAX))
            pv_kernel_close(&k);
    }
}
END_TEST

START_TEST(a_real_kernel)
{
    ck_assert_msg(pv_kernel_open(&k, files[_i], why), "%s: %s", files[_i], why);
    ck_assert(k.end > k.start && k.entry >= k.start);
    pv_kernel_close(&k);
    ck_assert(!pv_kernel_open(&k, "/nonexistent", why));
    ck_assert_str_eq(why, "cannot be read: No such file or directory");
}
END_TEST

int main(int argc, char **argv)
{
    Suite *s = suite_create("elf");
    TCase *c = tcase_create("elf");
    SRunner *r = srunner_create(s);
    int failed;

    files = argv + 1;
    nr_files = argc - 1;
    tcase_set_timeout(c, 120);
    tcase_add_test(c, a_kernel);
    tcase_add_test(c, its_pages);
    tcase_add_test(c, its_symbols);
    tcase_add_test(c, its_notes);
    tcase_add_test(c, an_old_kernel);
    tcase_add_test(c, wrong_headers);
    tcase_add_test(c, wrong_notes);
    tcase_add_test(c, wrong_symbols);
    tcase_add_loop_test(c, packed_kernels, 0, 4);
    tcase_add_loop_test(c, bzimages, 0, 4);
    tcase_add_test(c, other_formats);
    tcase_add_test(c, anything);
    tcase_add_loop_test(c, a_real_kernel, 0, nr_files);
    suite_add_tcase(s, c);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
