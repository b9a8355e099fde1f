import "@tensorflow/tfjs-backend-cpu";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Adapter } from "@lowrank/adapter-format";
import { planMerge } from "@lowrank/merge/internal";
import { fixturesRoot } from "@lowrank/testing";
import { expect, it } from "vitest";
import { nodePlatform } from "../node/node-platform.ts";
import { type OpenedInFiles, openInFiles } from "./open-in-files.ts";

const notices = { note: () => {}, say: () => {}, warn: () => {} };
const context = { notices, stdin: undefined, fetch: undefined, accessToken: undefined } as never;
const folder = join(fixturesRoot, "..", "merge-only");
/** SHA-256 of every weight after PEFT's merge_and_unload. */
type Case = { readonly base: string; readonly weights: Readonly<Record<string, string>> };
const cases: Readonly<Record<string, Case>> = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));

async function opened<Result>(base: string, name: string, work: (opened: OpenedInFiles) => Promise<Result>) {
  const model = () => nodePlatform.findModel(join(fixturesRoot, base, "base"), context);
  const adapter = () => nodePlatform.findAdapter(join(folder, name), context);
  const all = await openInFiles({ model, adapter }, {}, notices as never);
  try {
    return await work(all);
  } finally {
    all.dispose();
    await all.weights.close();
  }
}

it.each(Object.entries(cases))("%s is merged to PEFT's weights, bit for bit", (name, { base, weights: expected }) =>
  opened(base, name, async ({ model, toMerge, weights }) => {
    const merge = planMerge(model, toMerge, { weights });
    expect(Object.keys(expected)).toEqual(expect.arrayContaining([...merge.changed]));
    const hashes = Object.keys(expected).map(async (path) => {
      const hash = createHash("sha256");
      for await (const values of merge.values(path)) hash.update(Buffer.from(values.slice().buffer));
      return [path, hash.digest("hex")];
    });
    expect(Object.fromEntries(await Promise.all(hashes))).toEqual(expected);
  }),
);

it.each<readonly [key: string, shape: readonly number[], message: RegExp]>([
  ["v_proj.ia3_l", [3, 1], /shape \[3, 1\], this layer needs \[16, 1\] for outputs or \[1, 32\] for inputs/],
  ["v_proj.ia3_l", [16], /shape \[16\], this layer needs/],
  ["v_proj.beft_bias", [1, 5], /shape \[1, 5\], this model needs \[1, 16\]/],
  ["v_proj.beft_bias", [1, 16], /has no bias, so PEFT cannot merge it/],
  ["v_proj.weight", [32, 16], /shape \[32, 16\], this model needs \[16, 32\]/],
  ["other.ia3_l", [3, 1], /no module "model\.layers\.0\.self_attn\.other"/],
])("%s of shape %j is refused", (key, shape, message) =>
  opened("llama-gqa", "ia3-llama", async ({ model, adapter, weights }) => {
    const tensors = new Map([[`model.layers.0.self_attn.${key}`, { shape, values: new Float32Array(60) }]]);
    expect(() => planMerge(model, { ...adapter, tensors } satisfies Adapter, { weights })).toThrow(message);
  }),
);

it("a head that shares the table's weight is scaled only if they are separated", () =>
  opened("llama-gqa-tied", "ia3-llama", async ({ model, adapter, weights }) => {
    const tensors = new Map([["lm_head.ia3_l", { shape: [1, 32], values: new Float32Array(32) }]]);
    expect(() => planMerge(model, { ...adapter, tensors }, { weights })).toThrow(/--tied untie/);
    const { untied } = planMerge(model, { ...adapter, tensors }, { weights, tied: "untie" });
    expect(untied).toEqual(["lm_head.weight"]);
  }));
