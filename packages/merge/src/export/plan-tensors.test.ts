import { checkConfig, type Task } from "@lowrank/contracts/families";
import { parametersOf } from "@lowrank/contracts/families/checkpoint";
import { describe, expect, it } from "vitest";

import type { ExportableModel } from "./exportable-model.ts";
import { type BaseTensor, planTensors } from "./plan-tensors.ts";

const config = checkConfig({
  model_type: "gpt2",
  vocab_size: 10,
  n_embd: 4,
  n_layer: 1,
  n_head: 2,
  n_positions: 8,
  id2label: { 0: "no", 1: "yes" },
});

/** No tensors: planning reads none. */
const modelFor = (task: Task): ExportableModel => ({
  config,
  task,
  newParameters: [],
  sites: () => [],
  parameters: () => [],
});

/** The header of a checkpoint of this model; `rename` gives its spelling. */
const headerOf = (task: Task, rename = (path: string) => path) => ({
  name: "base",
  tensors: new Map<string, BaseTensor>(
    parametersOf(config, task)
      .filter(({ tiedWith }) => tiedWith === null)
      .map(({ path, shape }) => [rename(path), { shape, dtype: "BF16" }]),
  ),
});

const bare = (path: string) => path.replace("transformer.", "");
const nothing = { changed: new Set<string>(), isUntied: false, dtype: "as-base" } as const;

describe("planTensors", () => {
  it("copies unchanged tensors, in the base's order, and leaves a tied head out", () => {
    const base = headerOf("causal-lm");
    const planned = planTensors(modelFor("causal-lm"), base, nothing);
    expect(planned.map(({ key }) => key)).toEqual([...base.tensors.keys()]);
    expect(planned.every(({ from, dtype }) => from.kind === "base" && dtype === "BF16")).toBe(true);
  });

  it("renames a table that the file has under its head's name, once both are written", () => {
    const base = headerOf("causal-lm", (path) => (path === "transformer.wte.weight" ? "lm_head.weight" : path));
    const changed = new Set(["lm_head.weight"]);
    const planned = planTensors(modelFor("causal-lm"), base, { ...nothing, changed, isUntied: true });
    const keys = planned.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(planned.find(({ key }) => key === "transformer.wte.weight")).toMatchObject({
      from: { kind: "base" },
      baseKey: "lm_head.weight",
    });
    expect(planned.find(({ key }) => key === "lm_head.weight")?.from).toEqual({
      kind: "model",
      path: "lm_head.weight",
    });
  });

  it("uses changed weights of the model, under the base's own spelling", () => {
    const changed = new Set(["transformer.h.0.attn.c_attn.weight"]);
    const planned = planTensors(modelFor("causal-lm"), headerOf("causal-lm", bare), { ...nothing, changed });
    const ours = planned.filter(({ from }) => from.kind === "model");
    expect(ours).toEqual([
      {
        key: "h.0.attn.c_attn.weight",
        baseKey: "h.0.attn.c_attn.weight",
        dtype: "BF16",
        shape: [4, 12],
        from: { kind: "model", path: "transformer.h.0.attn.c_attn.weight" },
      },
    ]);
  });

  it("adds a head that was made new, and then spells all names out, which transformers needs", () => {
    const changed = new Set(["score.weight"]);
    const base = headerOf("causal-lm", bare);
    const planned = planTensors(modelFor("sequence-classification"), base, { ...nothing, changed });
    expect(planned.at(-1)).toMatchObject({ key: "score.weight", dtype: "BF16", shape: [2, 4] });
    expect(planned[0]).toMatchObject({ key: "transformer.wte.weight", from: { kind: "base", key: "wte.weight" } });
  });

  it("leaves the old head out when the model has a new one", () => {
    const base = headerOf("causal-lm");
    const tensors = new Map([...base.tensors, ["lm_head.weight", { shape: [10, 4], dtype: "BF16" }] as const]);
    const model = { ...modelFor("sequence-classification"), newParameters: ["score.weight"] };
    const options = { ...nothing, changed: new Set(["score.weight"]) };
    const keys = planTensors(model, { name: "base", tensors }, options).map(({ key }) => key);
    expect(keys).toEqual([...base.tensors.keys(), "score.weight"]);
    const same = planTensors(modelFor("causal-lm"), { name: "base", tensors }, nothing).map(({ key }) => key);
    expect(same).toContain("lm_head.weight");
  });

  it("writes both tensors of a tie once they are untied", () => {
    const options = { ...nothing, changed: new Set(["transformer.wte.weight"]), isUntied: true };
    const planned = planTensors(modelFor("causal-lm"), headerOf("causal-lm"), options);
    const fromModel = planned.flatMap(({ from }) => (from.kind === "model" ? [from.path] : []));
    expect(fromModel).toEqual(["transformer.wte.weight", "lm_head.weight"]);
  });

  it("replaces a copy of the tied head that the base's file has", () => {
    const base = headerOf("causal-lm");
    const tensors = new Map([...base.tensors, ["lm_head.weight", { shape: [10, 4], dtype: "BF16" }] as const]);
    const options = { ...nothing, changed: new Set(["lm_head.weight"]), isUntied: true };
    const planned = planTensors(modelFor("causal-lm"), { name: "base", tensors }, options);
    expect(planned.filter(({ key }) => key === "lm_head.weight").map(({ from }) => from.kind)).toEqual(["model"]);
  });

  it("changes the type of float tensors only", () => {
    const base = headerOf("causal-lm");
    const tensors = new Map([...base.tensors, ["h.0.attn.bias", { shape: [1, 1, 8, 8], dtype: "U8" }] as const]);
    const planned = planTensors(modelFor("causal-lm"), { name: "base", tensors }, { ...nothing, dtype: "F16" });
    expect(new Set(planned.map(({ key, dtype }) => `${key === "h.0.attn.bias"} ${dtype}`))).toEqual(
      new Set(["false F16", "true U8"]),
    );
  });

  it("refuses a base that lacks weights which the model did not change", () => {
    const base = headerOf("causal-lm");
    const tensors = new Map([...base.tensors].filter(([key]) => !key.endsWith("ln_f.bias")));
    const plan = () => planTensors(modelFor("causal-lm"), { name: "base", tensors }, nothing);
    expect(plan).toThrow(expect.objectContaining({ code: "SOURCE_FOLDER" }));
    expect(plan).toThrow('it has no "transformer.ln_f.bias"');
  });

  it("keeps several weights in one tensor, or writes each by itself once one of them changed", () => {
    const sizes = { vocab_size: 10, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2 };
    const nomic = checkConfig({ model_type: "nomic_bert", ...sizes, intermediate_size: 6 });
    const task = "feature-extraction";
    const own = { ...modelFor(task), config: nomic };
    const [fused, query] = ["encoder.layers.0.attn.Wqkv.weight", "layers.0.self_attn.q_proj.weight"];
    const others = parametersOf(nomic, task).filter(({ path }) => !/\.[qkv]_proj\./.test(path));
    const tensors = new Map<string, BaseTensor>([
      ...others.map(({ path, shape }) => [path, { shape, dtype: "F16" }] as const),
      [fused, { shape: [12, 4], dtype: "F16" }],
    ]);
    const planned = (changed: readonly string[]) =>
      planTensors(own, { name: "base", tensors }, { ...nothing, changed: new Set(changed) });
    expect(planned([]).map(({ key }) => key)).toEqual([...tensors.keys()]);
    const apart = planned([query]).filter(({ key }) => key === fused || /\.[qkv]_proj\./.test(key));
    expect(apart.map(({ key, from, dtype }) => [key.slice(-13), from.kind, dtype])).toEqual([
      ["q_proj.weight", "model", "F16"],
      ["k_proj.weight", "model", "F16"],
      ["v_proj.weight", "model", "F16"],
    ]);
  });

  it("writes experts that a file has in MXFP4 in the type of its other weights, changed or not", () => {
    const gptOss = checkConfig({
      model_type: "gpt_oss",
      vocab_size: 10,
      hidden_size: 32,
      intermediate_size: 32,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      num_key_value_heads: 2,
      head_dim: 4,
      num_local_experts: 2,
      num_experts_per_tok: 1,
    });
    const own = { ...modelFor("causal-lm"), config: gptOss };
    const isPacked = (path: string) => /experts\.\w+_proj$/.test(path);
    const tensors = new Map<string, BaseTensor>();
    for (const { path, shape } of parametersOf(gptOss, "causal-lm")) {
      const [experts = 0, columns = 0, rows = 0] = shape;
      if (!isPacked(path)) tensors.set(path, { shape, dtype: "BF16" });
      else {
        tensors.set(`${path}_blocks`, { shape: [experts, rows, columns / 32, 16], dtype: "U8" });
        tensors.set(`${path}_scales`, { shape: [experts, rows, columns / 32], dtype: "U8" });
      }
    }
    const planned = planTensors(own, { name: "base", tensors }, nothing);
    expect(planned.some(({ key }) => /_(blocks|scales)$/.test(key))).toBe(false);
    const stacks = planned.filter(({ key }) => isPacked(key));
    expect(stacks.map(({ shape, dtype, from }) => [shape, dtype, from.kind])).toEqual([
      [[2, 32, 64], "BF16", "model"],
      [[2, 32, 32], "BF16", "model"],
    ]);
  });

  it("keeps the parts of a stack of experts, or writes the stack instead if it changed", () => {
    const mixture = checkConfig({
      model_type: "mixtral",
      vocab_size: 9,
      hidden_size: 4,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      num_key_value_heads: 2,
      intermediate_size: 6,
      num_local_experts: 2,
    });
    const of = "model.layers.0.mlp.experts";
    const pieces = [0, 1].flatMap((expert) =>
      ["w1", "w2", "w3"].map((name) => `model.layers.0.block_sparse_moe.experts.${expert}.${name}.weight`),
    );
    const others = parametersOf(mixture, "causal-lm").filter(({ path }) => !path.startsWith(of));
    const headers = [...pieces.map((path) => ({ path, shape: [6, 4] })), ...others];
    const tensors = new Map<string, BaseTensor>(headers.map(({ path, shape }) => [path, { shape, dtype: "BF16" }]));
    const model = { ...modelFor("causal-lm"), config: mixture };
    const plan = (changed: readonly string[]) =>
      planTensors(model, { name: "base", tensors }, { ...nothing, changed: new Set(changed) });
    expect(plan([]).map(({ key }) => key)).toEqual([...tensors.keys()]);
    const keys = plan([`${of}.down_proj`]).map(({ key }) => key);
    const kept = [...tensors.keys()].filter((key) => !key.includes(".w2."));
    expect(keys).toEqual([...kept, `${of}.down_proj`]);
  });
});
