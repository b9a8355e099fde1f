import { expect, it } from "vitest";
import { lacksAvx } from "./lacks-avx.ts";

it.each([
  { flags: "flags\t\t: fpu sse2 avx avx2 fma\n", lacks: false },
  { flags: "flags\t\t: fpu sse2 ssse3\n", lacks: true },
  { flags: "flags\t\t: fpu avx512f\n", lacks: true },
  { flags: "Features : fp asimd\n", lacks: false },
])("reads from $flags whether AVX is missing", ({ flags, lacks }) => {
  expect(lacksAvx(`processor\t: 0\n${flags}bugs\t:\n`)).toBe(lacks);
});
