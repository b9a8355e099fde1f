import { describe, expect, it } from "vitest";
import { instructionSets } from "./instruction-sets.ts";

describe("instructionSets", () => {
  it("tells two processors of one name apart", () => {
    const of = (flags: string) => instructionSets(`processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu ${flags}\n`);
    expect(of("avx avx2 f16c")).toEqual(["AVX2"]);
    expect(of("avx2 avx512f avx512_bf16 avx512_vnni")).toEqual(["AVX2", "AVX-512", "VNNI", "bf16"]);
  });

  it("reads ARM's instruction sets, and nothing if the system lists none", () => {
    expect(instructionSets("processor\t: 0\nFeatures\t: fp asimd asimddp bf16\n")).toEqual(["bf16", "dot products"]);
    expect(instructionSets("")).toEqual([]);
  });
});
