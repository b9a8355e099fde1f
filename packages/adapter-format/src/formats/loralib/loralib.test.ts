import { readFile } from "node:fs/promises";
import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";

import type { Adapter } from "../../lora-config.ts";
import { loraMatricesIn } from "../../lora-matrices-in.ts";
import { scalingOf } from "../../targets/scaling.ts";
import { readLoralibAdapter } from "./read-loralib.ts";
import { writeLoralibAdapter } from "./write-loralib.ts";

// Made by loralib itself: scripts/python/make_loralib_cases.py.
const fileOf = (name: string) => readFile(new URL(`../../../fixtures/loralib/${name}.safetensors`, import.meta.url));
const groups = { c_attn: [true, false, true], turned: [false, true] };

/** s·B·A of a module; of an embedding table, transposed: [rows, columns]. */
function delta({ config, tensors }: Adapter, wanted: string): number[] {
  const lora = loraMatricesIn(tensors).find(({ path }) => path === wanted);
  if (lora?.b === undefined) throw new Error(`no pair ${wanted}`);
  const { a, b, partOfA } = lora;
  const [rank = 0, columns = 0] = a.shape;
  const [rows = 0] = b.shape;
  const at = (row: number, column: number) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b.values[row * rank + k]! * a.values[k * columns + column]!;
    return scalingOf(config, wanted) * sum;
  };
  const isTable = partOfA === "lora_embedding_A";
  return Array.from({ length: rows * columns }, (_, index) =>
    isTable ? at(index % rows, Math.floor(index / rows)) : at(Math.floor(index / columns), index % columns),
  );
}

describe("an adapter of loralib's", () => {
  it("adds the same to each weight as loralib, also for parts of a MergedLinear without LoRA", async () => {
    const adapter = await readLoralibAdapter(await fileOf("lora"), { alpha: 3, groups });
    const expected = parseSafetensors(await fileOf("expected"));
    for (const path of ["wte", "c_attn", "turned", "out"]) {
      const ours = delta(adapter, path);
      expect(ours.length).toBe(expected.float32(path).length);
      for (const [index, value] of expected.float32(path).entries()) expect(ours[index]).toBeCloseTo(value, 4);
    }
    expect(adapter.config.bias).toBe("lora_only");
    expect([...adapter.tensors.keys()]).toContain("out.base_layer.bias");
  });

  it("is refused without groups, with a hint, and for a whole model", async () => {
    await expect(readLoralibAdapter(await fileOf("lora"), { alpha: 3 })).rejects.toThrow(/c_attn.*groups: { … }/s);
    const whole = serializeSafetensors(new Map([["q.weight", float32Tensor([1, 1], Float32Array.of(1))]]));
    await expect(readLoralibAdapter(whole)).rejects.toThrow("lora_state_dict");
  });

  it("is the same to the bit after writing and reading, including its α", async () => {
    const read = await readLoralibAdapter(await fileOf("lora"), { alpha: 3, groups });
    const back = await readLoralibAdapter(writeLoralibAdapter(read));
    expect(new Map([...back.tensors].filter(([key]) => !/c_attn|turned/.test(key)))).toEqual(
      new Map([...read.tensors].filter(([key]) => !/c_attn|turned/.test(key))),
    );
    for (const path of ["wte", "c_attn", "turned", "out"])
      for (const [index, value] of delta(read, path).entries()) expect(delta(back, path)[index]).toBeCloseTo(value, 4);
    const config = createLoraConfig({ rank: 1, alpha: 6, targetModules: ["q"] });
    const one = { shape: [1, 1], values: Float32Array.of(0.1) };
    const tensors = new Map([
      ["q.lora_A.weight", one],
      ["q.lora_B.weight", one],
    ]);
    expect((await readLoralibAdapter(writeLoralibAdapter({ config, tensors, metadata: new Map() }))).config).toEqual(
      config,
    );
  });

  it("cannot hold convolutions and DoRA, and names them", () => {
    const half = { shape: [1, 1, 1, 1], values: Float32Array.of(1) };
    const config = createLoraConfig({ rank: 1, useDora: true, targetModules: ["conv"] });
    const tensors = new Map([
      ["conv.lora_A.weight", half],
      ["conv.lora_B.weight", half],
    ]);
    const write = () => writeLoralibAdapter({ config, tensors, metadata: new Map() });
    expect(write).toThrow(expect.objectContaining({ code: "INEXPRESSIBLE_ADAPTER" }));
    for (const what of ["use_dora", "other factors"]) expect(write).toThrow(what);
  });
});
