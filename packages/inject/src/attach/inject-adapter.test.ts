import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, adapterRows, inferenceContext } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { planInjection } from "../plan/plan-injection.ts";
import { injectAdapter } from "./inject-adapter.ts";

const config = createLoraConfig({
  rank: 2,
  alpha: 4,
  targetModules: ["embed_tokens", "q_proj", "up_proj"],
  modulesToSave: ["classifier"],
});

describe("injectAdapter", () => {
  let model: HandMadeModel;
  let ids: tf.Tensor2D;
  let tensorsBefore: number;

  beforeEach(() => {
    tensorsBefore = tf.memory().numTensors;
    model = new HandMadeModel();
    ids = tf.tensor2d(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [2, 3],
      "int32",
    );
  });
  afterEach(() => {
    model.dispose();
    ids.dispose();
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  });

  const logits = (...names: string[]) => {
    const output = model.forward(ids, inferenceContext(activeAdapters(...names)));
    const values = output.dataSync();
    output.dispose();
    return values;
  };

  /** Gives every B (and an embedding's A) values, so that the adapter does something. */
  const stir = (handle: ReturnType<typeof injectAdapter>, amount = 0.1) => {
    for (const variable of handle.variables.values()) tf.tidy(() => variable.assign(tf.add(variable, amount)));
  };

  it("leaves the output exactly as it was until it is trained", () => {
    const base = logits();
    const handle = injectAdapter(model, planInjection(model, config), { seed: 7 });
    expect(logits("default")).toEqual(base);
    handle.dispose();
  });

  it("changes the output from the first step if the configuration says so", () => {
    const base = logits();
    const handle = injectAdapter(model, planInjection(model, { ...config, init: false }), { seed: 7 });
    expect(logits("default")).not.toEqual(base);
    handle.dispose();
  });

  it("acts only in calls that select it", () => {
    const base = logits();
    const handle = injectAdapter(model, planInjection(model, config), { name: "one", seed: 7 });
    stir(handle);
    expect(logits()).toEqual(base);
    expect(logits("other")).toEqual(base);
    expect(logits("one")).not.toEqual(base);
    handle.dispose();
  });

  it("computes x·(W + s·A·B)", () => {
    const handle = injectAdapter(
      model,
      planInjection(model, createLoraConfig({ rank: 2, alpha: 6, targetModules: ["up_proj"] })),
      { seed: 7 },
    );
    stir(handle);
    const adapted = logits("default");
    const explicit = new HandMadeModel();
    for (const { site, lora } of handle.sites) {
      const weight = tf.tidy(() => tf.add(site.readWeight(), tf.mul(3, tf.matMul(lora.a, lora.b))));
      explicit.site(site.path).replaceWeight(weight);
    }
    const expected = tf.tidy(() => explicit.forward(ids).dataSync());
    adapted.forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 6);
    });
    explicit.dispose();
    handle.dispose();
  });

  it("names every variable like a PEFT file, A and B first, in the model's order", () => {
    const handle = injectAdapter(model, planInjection(model, config), { seed: 7 });
    expect([...handle.variables.keys()]).toEqual([
      "model.embed_tokens.lora_embedding_A",
      "model.embed_tokens.lora_embedding_B",
      "model.layers.0.self_attn.q_proj.lora_A.weight",
      "model.layers.0.self_attn.q_proj.lora_B.weight",
      "model.layers.0.mlp.up_proj.lora_A.weight",
      "model.layers.0.mlp.up_proj.lora_B.weight",
      "model.layers.1.self_attn.q_proj.lora_A.weight",
      "model.layers.1.self_attn.q_proj.lora_B.weight",
      "model.layers.1.mlp.up_proj.lora_A.weight",
      "model.layers.1.mlp.up_proj.lora_B.weight",
      "classifier.weight",
      "classifier.bias",
    ]);
    handle.dispose();
  });

  it("draws the same A and B from the same seed, whatever else is adapted", () => {
    const valuesOf = (targets: string[], seed: number) => {
      const plan = planInjection(model, createLoraConfig({ rank: 2, targetModules: targets }));
      const handle = injectAdapter(model, plan, { seed });
      const values = handle.variables.get("model.layers.1.mlp.up_proj.lora_A.weight")!.dataSync();
      handle.dispose();
      return values;
    };
    expect(valuesOf(["up_proj"], 7)).toEqual(valuesOf(["q_proj", "up_proj"], 7));
    expect(valuesOf(["up_proj"], 7)).not.toEqual(valuesOf(["up_proj"], 8));
  });

  it("draws A between ±1/√inFeatures and sets B to zero", () => {
    const plan = planInjection(model, createLoraConfig({ rank: 6, targetModules: ["q_proj"] }));
    const handle = injectAdapter(model, plan, { seed: 7 });
    const { a, b } = handle.sites[0]!.lora;
    const bound = 1 / Math.sqrt(6);
    expect(a.dataSync().every((value) => Math.abs(value) <= bound && value !== 0)).toBe(true);
    expect(b.dataSync().every((value) => value === 0)).toBe(true);
    handle.dispose();
  });

  it("changes nothing but its own variables in a training step, and no gradient reaches A at the first", () => {
    const handle = injectAdapter(model, planInjection(model, config), { seed: 7 });
    const base = logits();
    const variables = [...handle.variables.values()];
    const context = { ...inferenceContext(activeAdapters("default")), training: true };
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(model.forward(ids, context))) as tf.Scalar,
      variables,
    );
    for (const { lora } of handle.sites.slice(1)) {
      expect(grads[lora.a.name]!.dataSync().every((entry) => entry === 0)).toBe(true);
      expect(grads[lora.b.name]!.dataSync().some((entry) => entry !== 0)).toBe(true);
    }
    const optimizer = tf.train.sgd(0.1);
    optimizer.applyGradients(grads);
    optimizer.dispose();
    tf.dispose([value, grads]);
    expect(logits()).toEqual(base);
    expect(logits("default")).not.toEqual(base);
    handle.dispose();
  });

  it("is taken off without a trace and put back as it was", () => {
    const base = logits();
    const handle = injectAdapter(model, planInjection(model, config), { seed: 7 });
    stir(handle);
    const adapted = logits("default");
    handle.detach();
    handle.detach();
    expect(logits("default")).toEqual(base);
    expect(model.sites().every(({ attached }) => attached.length === 0)).toBe(true);
    handle.attach();
    expect(logits("default")).toEqual(adapted);
    handle.dispose();
    expect(logits("default")).toEqual(base);
  });

  it("scales every update, and still writes the original scaling", async () => {
    const handle = injectAdapter(model, planInjection(model, { ...config, modulesToSave: null }), { seed: 7 });
    const base = logits();
    stir(handle);
    handle.setScale(0);
    expect(logits("default")).toEqual(base);
    handle.setScale(2);
    expect(handle.sites.map(({ adaptation }) => adaptation.scale)).toEqual([4, 4, 4, 4, 4]);
    expect((await handle.toAdapter()).config.alpha).toBe(4);
    handle.dispose();
  });

  it("sums several active adapters, and uses each row's own in a batch", () => {
    const withoutSaved = { ...config, modulesToSave: null };
    const one = injectAdapter(model, planInjection(model, withoutSaved), { name: "default", seed: 1 });
    const two = injectAdapter(model, planInjection(model, withoutSaved), { name: "default2", seed: 2 });
    stir(one);
    stir(two, -0.2);
    const [first, second, base] = [logits("default"), logits("default2"), logits()];
    expect(logits("default", "default2")).not.toEqual(first);
    const mixed = model.forward(ids, inferenceContext(adapterRows(["default2", null])));
    const half = base.length / 2;
    const values = mixed.dataSync();
    expect(values.slice(0, half)).toEqual(second.slice(0, half));
    expect(values.slice(half)).toEqual(base.slice(half));
    mixed.dispose();
    one.dispose();
    expect(logits("default2")).toEqual(second);
    two.dispose();
  });

  it("refuses a name that is taken, and frees it when the adapter goes", () => {
    const plan = planInjection(model, config);
    const handle = injectAdapter(model, plan, { seed: 7 });
    expect(() => injectAdapter(model, plan, { seed: 8 })).toThrow(expect.objectContaining({ code: "ADAPTER_EXISTS" }));
    handle.detach();
    const other = injectAdapter(model, plan, { seed: 8 });
    expect(() => handle.attach()).toThrow(expect.objectContaining({ code: "ADAPTER_EXISTS" }));
    other.dispose();
    handle.dispose();
  });

  it.each(["", "a.b", "a/b", "__base__"])("refuses the name %j", (name) => {
    expect(() => injectAdapter(model, planInjection(model, config), { name, seed: 7 })).toThrow(
      expect.objectContaining({ code: "INVALID_ADAPTER_NAME" }),
    );
  });

  it.each(["lora", "weight", "classifier", "q_proj", "efaul"])("takes the name %j like any other", (name) => {
    const handle = injectAdapter(model, planInjection(model, config), { name, seed: 7 });
    stir(handle);
    expect(logits(name)).not.toEqual(logits());
    handle.dispose();
  });

  it("leaves nothing behind if one hook point refuses", () => {
    const plan = planInjection(model, config);
    const base = logits();
    const last = model.parameter("classifier.bias");
    const close = last.override("default", () => {
      throw new Error("never called");
    });
    const before = tf.memory().numTensors;
    expect(() => injectAdapter(model, plan, { seed: 7 })).toThrow("overrides");
    expect(tf.memory().numTensors).toBe(before);
    close();
    expect(logits("default")).toEqual(base);
    injectAdapter(model, plan, { seed: 7 }).dispose();
  });

  it("refuses a plan for another model", () => {
    const plan = planInjection(model, config);
    const foreign = { ...plan, parts: [{ ...plan.parts[0]!, path: "model.layers.9.q_proj" }] };
    expect(() => injectAdapter(model, foreign, { seed: 7 })).toThrow(expect.objectContaining({ code: "STALE_PLAN" }));
  });

  it("cannot be used after it was disposed of", async () => {
    const handle = injectAdapter(model, planInjection(model, config), { seed: 7 });
    handle.dispose();
    handle.dispose();
    expect(() => handle.attach()).toThrow(expect.objectContaining({ code: "HANDLE_DISPOSED" }));
    await expect(handle.toAdapter()).rejects.toThrow(expect.objectContaining({ code: "HANDLE_DISPOSED" }));
  });
});
