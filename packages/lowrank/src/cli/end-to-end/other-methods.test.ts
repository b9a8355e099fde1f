// Adapters of PEFT's other methods, and quantized bases, on the command line.

import { createLoraConfig } from "@lowrank/adapter-format";
import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { expect, it } from "vitest";
import { fixture, makeWorkspace } from "./workspace.ts";

const method = (name: string) => fixture("..", "peft-methods", name);

const work = makeWorkspace();

it("lowrank inspect names a low-rank method, and that LoRA has the same update", async () => {
  const { code, stdout, stderr } = await work.call("inspect", method("loha"));
  expect(code).toBe(0);
  expect(stdout + stderr).toMatch(/method is LOHA\. It is read as LoRA with exactly the same update, of rank 9/);
  const needy = await work.call("inspect", method("vera"));
  expect(needy.stderr).toMatch(/"VERA", which is read as LoRA with exactly the same update.*--model/);
  const refused = await work.call("inspect", method("c3a"));
  expect(refused.stderr).toMatch(/"C3A".*full rank, so that LoRA can only approximate it.*save_as_lora/);
});

it("lowrank merge supports an adapter that needs the base's sizes", async () => {
  const both = ["--model", method("base"), "--adapter", method("vera")];
  const { code, json } = await work.call("merge", ...both, "--out", work.path("vera"), "--verify", "--json");
  expect(code).toBe(0);
  expect(json.at(-1)?.largestDifference).toBeLessThan(1e-4);
});

it("lowrank merge takes (IA)³, and other commands advise it", async () => {
  const [model, adapter] = [fixture("bert-seqcls", "base"), fixture("..", "merge-only", "ia3-bert")];
  const advice = /"IA3".*without A and B\. Merge it: lowrank merge/;
  const inspected = await work.call("inspect", adapter);
  expect([inspected.code, inspected.stderr]).toEqual([0, expect.stringMatching(advice)]);
  const exported = await work.call("export", "--to", "mlx", "--adapter", adapter, "--out", work.path("mlx"));
  expect([exported.code, exported.stderr]).toEqual([1, expect.stringMatching(advice)]);
  const merge = ["merge", "--model", model, "--adapter", adapter, "--out", work.path("ia3"), "--json"];
  expect(await work.call(...merge, "--verify")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/only be merged/),
  });
  const { code, json } = await work.call(...merge);
  expect([code, json.at(-1)?.changed]).toEqual([0, expect.arrayContaining(["classifier.weight"])]);
});

it("lowrank merge reports that a quantized base is dequantized", async () => {
  const base = fixture("..", "quantized", "nf4-double");
  const drawn = work.path("drawn");
  const key = "model.layers.0.self_attn.q_proj.lora_";
  const tensors = new Map([
    [`${key}A.weight`, { shape: [1, 64], values: new Float32Array(64).fill(0.1) }],
    [`${key}B.weight`, { shape: [64, 1], values: new Float32Array(64).fill(0.2) }],
  ]);
  const config = createLoraConfig({ rank: 1, targetModules: ["q_proj"] });
  await writeAdapterFolder(drawn, { config, tensors, metadata: new Map() });
  const out = ["--out", work.path("plain"), "--verify"];
  const { code, stdout, stderr } = await work.call("merge", "--model", base, "--adapter", drawn, ...out);
  expect(code).toBe(0);
  expect(stdout + stderr).toContain(
    "quantized (bitsandbytes): the merged model has them dequantized, as plain numbers",
  );
});
