/* SPDX-License-Identifier: MIT
 *
 * From bytes to an instruction: forms that no test executes.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <xen-decode/decode.h>

static const struct {
    const char *name;
    uint8_t bytes[12];
    enum xm_decoded decoded;
    enum xm_operation op;
    uint8_t base;
    uint16_t width;
    uint64_t displacement;
} cases[] = {
    { "mov [rip + 0x10], rax",
      { 0x48, 0x89, 0x05, 0x10 },
      XM_DECODED,
      XM_OP_MOV,
      XM_RIP,
      8,
      0x10 },
    { "call far [rdi]", { 0xff, 0x1f }, XM_DECODE_NO_STORE, 0, 0, 0, 0 },
    { "push fs",
      { 0x0f, 0xa0 },
      XM_DECODED,
      XM_OP_OTHER,
      XM_RSP,
      8,
      (uint64_t)-8 },
    { "fxsave [rdi]",
      { 0x0f, 0xae, 0x07 },
      XM_DECODED,
      XM_OP_OTHER,
      XM_RDI,
      512,
      0 },
    { "mov rax, [rdi]", { 0x48, 0x8b, 0x07 }, XM_DECODE_NO_STORE, 0, 0, 0, 0 },
    { "no instruction", { 0x06 }, XM_DECODE_INVALID, 0, 0, 0, 0 },
};

START_TEST(forms)
{
    enum xm_decoded decoded;
    struct xm_insn i;

    memset(&i, 0, sizeof(i));
    decoded = xm_decode(cases[_i].bytes, sizeof(cases[_i].bytes), &i);
    ck_assert_msg(decoded == cases[_i].decoded, "%s: %d", cases[_i].name,
                  (int)decoded);
    if (decoded != XM_DECODED)
        return;
    ck_assert_msg(i.op == cases[_i].op && i.mem.base == cases[_i].base &&
                      i.width == cases[_i].width &&
                      i.mem.displacement == cases[_i].displacement,
                  "%s: operation %d, base %u, width %u, displacement %#llx",
                  cases[_i].name, (int)i.op, i.mem.base, i.width,
                  (unsigned long long)i.mem.displacement);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decode");
    TCase *t = tcase_create("decode");
    SRunner *r;
    int failed;

    tcase_add_loop_test(t, forms, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
