import { describe, expect, it } from "vitest";
import { generationOf, instructionSets } from "./instruction-sets.ts";

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

describe("generationOf", () => {
  it("tells AMD's generations of one name apart", () => {
    const of = (family: number, model: number) =>
      generationOf(`vendor_id\t: AuthenticAMD\ncpu family\t: ${family}\nmodel\t\t: ${model}\nmodel name\t: AMD EPYC\n`);
    expect([of(25, 1), of(25, 17), of(25, 33), of(25, 97), of(26, 2)]).toEqual(
      ["Zen 3", "Zen 4", "Zen 3", "Zen 4", "Zen 5"], // Milan, Genoa, Vermeer, Raphael, Turin
    );
    expect([of(23, 49), of(25, 255)]).toEqual([undefined, undefined]);
  });

  it("names none of other makers", () => {
    expect(generationOf("vendor_id\t: GenuineIntel\ncpu family\t: 25\nmodel\t\t: 17\n")).toBeUndefined();
    expect(generationOf("")).toBeUndefined();
  });
});
