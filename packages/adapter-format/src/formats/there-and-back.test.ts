// PEFT's adapter → another program's file → PEFT's adapter, over random ranks, α, patterns and shapes: to the bit, wherever the
// format has the words.

import { bytesSource } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";
import type { Adapter, AdapterTensor } from "../lora-config.ts";
import { scalingOf } from "../targets/scaling.ts";
import { writeKohyaAdapter } from "./kohya/write-kohya.ts";
import { readLoralibAdapter } from "./loralib/read-loralib.ts";
import { writeLoralibAdapter } from "./loralib/write-loralib.ts";
import { writeMlxAdapter } from "./mlx/write-mlx.ts";
import { currentAdapter } from "./peft/current-adapter.ts";
import { writeAdapter } from "./peft/write-adapter.ts";
import { readAdapterIn } from "./read-adapter-in.ts";

const modules = [0, 1, 2].flatMap((layer) =>
  ["self_attn.q_proj", "mlp.down_proj"].map((name) => `model.layers.${layer}.${name}`),
);

function fromFiles(files: ReadonlyMap<string, string | Uint8Array>): Promise<Adapter> {
  const bytesOf = (file: string) => {
    const content = files.get(file) ?? "";
    return typeof content === "string" ? new TextEncoder().encode(content) : content;
  };
  return readAdapterIn({
    name: "there",
    list: async () => [...files.keys()],
    has: async (file) => files.has(file),
    open: async (file) => bytesSource(bytesOf(file), file),
  });
}

/** The features that each format can express, and functions to write and read it. */
const formats: readonly {
  readonly name: string;
  readonly ranks: boolean;
  readonly alphas: boolean;
  there(adapter: Adapter): Promise<Adapter>;
}[] = [
  {
    name: "peft",
    ranks: true,
    alphas: true,
    there: async (one) => fromFiles(new Map(Object.entries(writeAdapter(one)))),
  },
  {
    name: "mlx",
    ranks: false,
    alphas: false,
    there: async (one) => fromFiles(new Map(Object.entries(writeMlxAdapter(one)))),
  },
  {
    name: "kohya",
    ranks: true,
    alphas: true,
    there: async (one) => fromFiles(new Map([["x.safetensors", writeKohyaAdapter(one)]])),
  },
  { name: "loralib", ranks: true, alphas: false, there: (one) => readLoralibAdapter(writeLoralibAdapter(one)) },
];

/** The same seed gives the same adapter. */
function drawn(seed: number, { ranks, alphas }: { readonly ranks: boolean; readonly alphas: boolean }): Adapter {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
  const paths = modules.filter((_, index) => index === 0 || next(3) > 0);
  const pattern = (max: number) => new Map(paths.filter(() => next(3) === 0).map((path) => [path, 1 + next(max)]));
  const rankPattern = ranks ? pattern(5) : new Map<string, number>();
  const rank = 1 + next(6);
  const tensors = paths.flatMap((path) => {
    const own = rankPattern.get(path) ?? rank;
    const matrix = (rows: number, columns: number): AdapterTensor => ({
      shape: [rows, columns],
      values: Float32Array.from({ length: rows * columns }, () => next(2 ** 24) / 2 ** 22 - 2),
    });
    const [a, b] = [matrix(own, 1 + next(7)), matrix(1 + next(7), own)];
    return [[`${path}.lora_A.weight`, a] as const, [`${path}.lora_B.weight`, b] as const];
  });
  const config = createLoraConfig({
    rank,
    alpha: 1 + next(64),
    rankPattern,
    taskType: "CAUSAL_LM",
    targetModules: paths,
    ...(alphas ? { alphaPattern: pattern(32) } : {}),
  });
  return { config, tensors: new Map(tensors), metadata: new Map() };
}

describe.each(formats)("an adapter through $name", ({ there, ...support }) => {
  it("is the same to the bit after writing and reading, with the scale of every module", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const given = drawn(seed, support);
      const back = currentAdapter(await there(given), { modules, parameters: [] });
      expect(new Map([...back.tensors].sort()), `seed ${seed}`).toEqual(new Map([...given.tensors].sort()));
      for (const path of modules) {
        if (!given.tensors.has(`${path}.lora_A.weight`)) continue;
        expect(scalingOf(back.config, path)).toBeCloseTo(scalingOf(given.config, path), 6);
      }
    }
  });
});
