// Every variant of LoRA: a new adapter changes nothing, a saved one computes the same again, and nothing leaks.

import { createLoraConfig, type LoraConfig, readAdapter, writeAdapter } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { expectClose, HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachAdapter } from "../attach/attach-adapter.ts";
import { injectAdapter } from "../attach/inject-adapter.ts";
import { SavedModuleNotFoundError, UnsupportedSiteError } from "../errors/errors.ts";
import type { AdapterHandle } from "../handle/adapter-handle.ts";
import { describePlan } from "../plan/describe-plan.ts";
import { planInjection } from "../plan/plan-injection.ts";
import { partsOf } from "../planned/planned-parts.ts";

const lora = { rank: 2, alpha: 4, targetModules: ["embed_tokens", "q_proj", "up_proj"] } as const;

const variants: readonly (readonly [string, Partial<LoraConfig>])[] = [
  ["LoRA", lora],
  ["DoRA", { ...lora, useDora: true }],
  ["DoRA with a start that is not zero", { ...lora, useDora: true, dropout: 0.5, rankStabilized: true }],
  ["a bias on B", { ...lora, targetModules: ["q_proj", "up_proj"], loraBias: true }],
  ["all biases", { ...lora, targetModules: ["q_proj"], bias: "all" }],
  ["rows of the input embedding", { ...lora, targetModules: ["q_proj"], trainableTokenIndices: [7, 2] }],
  [
    "rows of two tables",
    {
      ...lora,
      targetModules: ["q_proj"],
      trainableTokenIndices: new Map([
        ["embed_tokens", [1]],
        ["lm_head", [0, 3]],
      ]),
    },
  ],
  ["raw parameters", { ...lora, targetModules: ["up_proj"], targetParameters: ["classifier.weight"] }],
];

describe("a variant of LoRA", () => {
  let model: HandMadeModel;
  let ids: tf.Tensor2D;
  let before: number;

  beforeEach(() => {
    before = tf.memory().numTensors;
    model = new HandMadeModel();
    ids = tf.tensor2d([1, 2, 3, 7, 5, 6], [2, 3], "int32");
  });
  afterEach(() => {
    model.dispose();
    ids.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  const logits = (...names: string[]) =>
    tf.tidy(() => model.forward(ids, inferenceContext(activeAdapters(...names))).dataSync());
  const inject = (config: Partial<LoraConfig>, name = "default") =>
    injectAdapter(model, planInjection(model, createLoraConfig(config)), { name, seed: 7 });
  /** As if trained: every variable moves. */
  const move = (handle: AdapterHandle) => {
    for (const variable of handle.variables.values())
      tf.tidy(() => {
        const waves = tf.reshape(tf.cos(tf.range(0, variable.size)), variable.shape);
        variable.assign(tf.add(variable, tf.mul(waves, 0.3)));
      });
  };

  it.each(variants)("%s: changes nothing before it is trained", (_, config) => {
    const plain = logits();
    const handle = inject(config);
    expectClose(logits("default"), plain, 1e-6);
    handle.dispose();
    expect(logits()).toEqual(plain);
  });

  it.each(variants)(
    "%s: computes the same after it was saved and read, with every tensor in the file",
    async (_, config) => {
      const handle = inject(config);
      move(handle);
      const trained = logits("default");
      const adapter = await handle.toAdapter();
      handle.dispose();
      const files = writeAdapter(adapter);
      const read = await readAdapter({
        config: files["adapter_config.json"],
        weights: files["adapter_model.safetensors"],
      });
      const again = attachAdapter(model, read, { trainable: true });
      expect(logits("default")).toEqual(trained);
      expect(await again.toAdapter()).toEqual(read);
      again.dispose();
    },
  );

  it.each(variants)("%s: every variable gets a gradient once it is trained", (_, config) => {
    const handle = inject(config);
    move(handle);
    const context = inferenceContext(activeAdapters("default"));
    const { value, grads } = tf.variableGrads(
      () => tf.sum(tf.square(model.forward(ids, context))) as tf.Scalar,
      [...handle.variables.values()],
    );
    for (const [key, variable] of handle.variables) {
      const gradient = grads[variable.name]!;
      expect(gradient.shape, key).toEqual(variable.shape);
      expect(
        tf.tidy(() => tf.max(tf.abs(gradient)).dataSync()[0]),
        key,
      ).toBeGreaterThan(0);
    }
    tf.dispose([value, grads]);
    handle.dispose();
  });

  it("plans the same number of parameters as it has", () => {
    for (const [, config] of variants) {
      const handle = inject(config);
      const sum = [...handle.variables.values()].reduce((all, { size }) => all + size, 0);
      expect(handle.plan.trainableParameters).toBe(sum);
      expect(describePlan(handle.plan)).toContain("trainable");
      handle.dispose();
    }
  });

  it("gets the rows of a tied head from those of the embedding", () => {
    const tied = new HandMadeModel({ tiedHead: true });
    const plan = planInjection(
      tied,
      createLoraConfig({ ...lora, targetModules: ["q_proj"], trainableTokenIndices: [4] }),
    );
    expect(partsOf(plan, "token-rows")).toMatchObject([
      { path: "model.embed_tokens", tiedModules: ["lm_head"], shape: [1, 6] },
    ]);
    tied.dispose();
  });

  it("sums the updates of two adapters on one raw parameter, each with its weight", () => {
    const config = { ...lora, targetModules: [], targetParameters: ["classifier.weight"], init: false };
    const [one, other] = [inject(config, "one"), inject({ ...config, rank: 1 }, "other")];
    const [plain, first, both] = [logits(), logits("one"), logits("one", "other")];
    one.setScale(0);
    expectClose(
      logits("one", "other"),
      tf.tidy(() => tf.sub(tf.add(plain, both), first).dataSync()),
      1e-5,
    );
    one.dispose();
    other.dispose();
  });

  it.each([
    ["a bias on B of an embedding", { ...lora, loraBias: true }, "model.embed_tokens"],
    ["rows of an adapted table", { ...lora, trainableTokenIndices: [1] }, "not both"],
    ["a token twice", { ...lora, targetModules: ["q_proj"], trainableTokenIndices: [1, 1] }, "twice"],
    [
      "a token that the table lacks",
      { ...lora, targetModules: ["q_proj"], trainableTokenIndices: [1, 11, 40] },
      "11, 40",
    ],
    ["a raw vector", { ...lora, targetParameters: ["classifier.bias"] }, "1 axes"],
    ["dropout on a raw parameter", { ...lora, dropout: 0.1, targetParameters: ["classifier.weight"] }, "lora_dropout"],
    ["DoRA on a raw parameter", { ...lora, useDora: true, targetParameters: ["classifier.weight"] }, "use_dora"],
  ] satisfies [string, Partial<LoraConfig>, string][])("refuses %s before anything changes", (_, config, hint) => {
    const plan = () => planInjection(model, createLoraConfig(config));
    expect(plan).toThrow(UnsupportedSiteError);
    expect(plan).toThrow(hint);
  });

  it("names tables and parameters that do not exist, with near ones", () => {
    const tokens = new Map([
      ["embed_token", [1]],
      ["embed_tokenz", [1]],
    ]);
    expect(() =>
      planInjection(model, createLoraConfig({ ...lora, targetModules: ["q_proj"], trainableTokenIndices: tokens })),
    ).toThrow(SavedModuleNotFoundError);
    expect(() =>
      planInjection(model, createLoraConfig({ ...lora, targetModules: [], targetParameters: ["clasifier.weight"] })),
    ).toThrow(/classifier\.weight/);
    const plan = planInjection(model, createLoraConfig({ ...lora, targetParameters: ["experts"] }));
    expect(plan.warnings.map(({ code }) => code)).toContain("TARGET_MATCHED_NOTHING");
  });

  it("has the tensors in the layout of files", () => {
    const handle = inject({ ...lora, targetModules: ["q_proj"] });
    const key = "model.layers.0.self_attn.q_proj.lora_A.weight";
    const stored = handle.inFileLayout(key, handle.variables.get(key)!);
    expect(stored.shape).toEqual([2, 6]);
    stored.dispose();
    expect(() => handle.inFileLayout("lora_A", handle.variables.get(key)!)).toThrow(
      expect.objectContaining({ code: "UNKNOWN_KEY" }),
    );
    handle.dispose();
  });
});
