import { type Adapter, createLoraConfig, readAdapter, writeAdapter } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext, LowrankError, type Warning } from "@lowrank/contracts";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdapterMismatchError, DifferentBaseError } from "../errors/mismatch-errors.ts";
import { baseFingerprintKey } from "../handle/base-fingerprint.ts";
import { planInjection } from "../plan/plan-injection.ts";
import { attachAdapter } from "./attach-adapter.ts";
import { injectAdapter } from "./inject-adapter.ts";

const config = createLoraConfig({
  rank: 2,
  alpha: 4,
  init: false,
  targetModules: ["embed_tokens", "q_proj"],
  modulesToSave: ["classifier"],
});

describe("attachAdapter", () => {
  let model: HandMadeModel;
  let ids: tf.Tensor2D;
  let tensorsBefore: number;

  beforeEach(() => {
    tensorsBefore = tf.memory().numTensors;
    model = new HandMadeModel();
    ids = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], "int32");
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

  /** An adapter for `on` that does something, and what the model computed with it. */
  const make = async (on = model, changes: Partial<typeof config> = {}, fingerprint?: string) => {
    const handle = injectAdapter(on, planInjection(on, { ...config, ...changes }), {
      seed: 7,
      ...(fingerprint === undefined ? {} : { baseFingerprint: fingerprint }),
    });
    const classifier = handle.variables.get("classifier.weight");
    if (classifier) tf.tidy(() => classifier.assign(tf.add(classifier, 1)));
    const adapter = await handle.toAdapter();
    const values = on === model ? logits("default") : undefined;
    handle.dispose();
    return { adapter, values };
  };

  const without = (adapter: Adapter, ...keys: string[]): Adapter => ({
    ...adapter,
    tensors: new Map([...adapter.tensors].filter(([key]) => !keys.includes(key))),
  });

  const withTensor = (adapter: Adapter, key: string, shape: number[]): Adapter => ({
    ...adapter,
    tensors: new Map([
      ...adapter.tensors,
      [key, { shape, values: new Float32Array(shape.reduce((product, size) => product * size, 1)) }],
    ]),
  });

  const failure = (adapter: Adapter, options: Parameters<typeof attachAdapter>[2] = {}): AdapterMismatchError => {
    const base = logits();
    const before = tf.memory().numTensors;
    try {
      attachAdapter(model, adapter, options);
    } catch (error) {
      expect(tf.memory().numTensors).toBe(before);
      expect(logits("default")).toEqual(base);
      if (error instanceof AdapterMismatchError) return error;
      throw error;
    }
    throw new Error("The adapter was attached.");
  };

  it("computes the same with an adapter that went through files, under another name too", async () => {
    const { adapter, values } = await make();
    const files = writeAdapter(adapter);
    const read = await readAdapter({
      config: files["adapter_config.json"],
      weights: files["adapter_model.safetensors"],
    });
    const handle = attachAdapter(model, read, { name: "elsewhere" });
    expect(logits("elsewhere")).toEqual(values);
    const again = writeAdapter(await handle.toAdapter());
    expect(again["adapter_model.safetensors"]).toEqual(files["adapter_model.safetensors"]);
    handle.dispose();
  });

  it("writes matrices in torch's layout and nothing but the adapter's tensors", async () => {
    const { adapter } = await make();
    expect(Object.fromEntries([...adapter.tensors].map(([key, { shape }]) => [key, shape]))).toEqual({
      "model.embed_tokens.lora_embedding_A": [2, 11],
      "model.embed_tokens.lora_embedding_B": [6, 2],
      "model.layers.0.self_attn.q_proj.lora_A.weight": [2, 6],
      "model.layers.0.self_attn.q_proj.lora_B.weight": [8, 2],
      "model.layers.1.self_attn.q_proj.lora_A.weight": [2, 6],
      "model.layers.1.self_attn.q_proj.lora_B.weight": [8, 2],
      "classifier.weight": [3, 6],
      "classifier.bias": [3],
    });
  });

  it("is frozen unless it should be trainable", async () => {
    const { adapter } = await make();
    for (const trainable of [false, true]) {
      const handle = attachAdapter(model, adapter, { trainable });
      expect([...handle.variables.values()].every((variable) => variable.trainable === trainable)).toBe(true);
      handle.dispose();
    }
  });

  it("names every difference at once", async () => {
    const { adapter } = await make();
    const broken = withTensor(
      withTensor(
        withTensor(
          without(adapter, "model.layers.1.self_attn.q_proj.lora_B.weight"),
          "model.layers.7.self_attn.q_proj.lora_A.weight",
          [2, 6],
        ),
        "model.layers.0.mlp.up_proj.lora_A.weight",
        [2, 8],
      ),
      "classifier.bias",
      [4],
    );
    const { problems, message } = failure(broken);
    expect(problems.map(({ kind }) => kind).sort()).toEqual(["missing", "not-targeted", "shape", "unknown-path"]);
    expect(message).toContain(
      'no module "model.layers.7.self_attn.q_proj" (nearest: "model.layers.0.self_attn.q_proj"',
    );
    expect(message).toContain("classifier.bias: shape [4], this model needs [3]");
  });

  it("reports that an adapter was made for a base of another width", async () => {
    const wide = new HandMadeModel({ width: 10 });
    const { adapter } = await make(wide);
    wide.dispose();
    const error = failure(adapter);
    expect(error).toBeInstanceOf(DifferentBaseError);
    expect(error.message).toContain("trained on another base model (width 10; this one: width 6)");
  });

  it("reports the model type of an adapter for another kind of model, instead of all differences", async () => {
    const { adapter } = await make();
    const tensors = new Map([...adapter.tensors].map(([key, tensor]) => [`encoder.layer.${key}`, tensor]));
    const error = failure({ ...adapter, tensors, config: { ...adapter.config, baseModel: "minilm" } });
    expect(error).toBeInstanceOf(DifferentBaseError);
    expect(error.problems.length).toBeGreaterThanOrEqual(tensors.size);
    expect(error.message).toContain('(modules that this model lacks, made on "minilm"; this one: other modules)');
    expect(error.message.split("\n").length).toBeLessThanOrEqual(5);
  });

  it("prints names from files without their control characters", async () => {
    const { adapter } = await make();
    const { message } = failure(withTensor(adapter, "model.\u001b[2Jevil.lora_A.weight", [2, 6]));
    expect(message).not.toContain("\u001b");
    expect(message).toContain("evil");
  });

  it("does not take one odd tensor for another base", async () => {
    const { adapter } = await make();
    const error = failure(withTensor(adapter, "model.layers.0.self_attn.q_proj.lora_A.weight", [2, 5]));
    expect(error).not.toBeInstanceOf(DifferentBaseError);
    expect(error.problems).toHaveLength(1);
  });

  it("refuses an adapter with another base's fingerprint, unless this is allowed", async () => {
    const { adapter, values } = await make(model, {}, "sha256:aaa");
    expect(adapter.metadata.get(baseFingerprintKey)).toBe("sha256:aaa");
    const error = failure(adapter, { baseFingerprint: "sha256:bbb" });
    expect(error).toBeInstanceOf(DifferentBaseError);
    expect(error.message).toContain("sha256:aaa");
    const warnings: Warning[] = [];
    const handle = attachAdapter(model, adapter, {
      baseFingerprint: "sha256:bbb",
      allowDifferentBase: true,
      onWarning: (warning) => warnings.push(warning),
    });
    expect(warnings.map(({ code }) => code)).toEqual(["DIFFERENT_BASE"]);
    expect(logits("default")).toEqual(values);
    handle.dispose();
    attachAdapter(model, adapter, { baseFingerprint: "sha256:aaa" }).dispose();
  });

  it("treats a tensor of a module to save that the configuration does not name as an error", async () => {
    const { adapter } = await make(model, { modulesToSave: null });
    const error = failure(withTensor(adapter, "classifier.weight", [3, 6]));
    expect(error.problems[0]).toMatchObject({ kind: "unsupported", key: "classifier.weight" });
  });

  it("refuses initializations that changed the base and cannot be repeated, and accepts those that only chose first values", async () => {
    const { adapter } = await make();
    const withInit = (init: string): Adapter => ({ ...adapter, config: { ...adapter.config, init } });
    expect(() => attachAdapter(model, withInit("corda"))).toThrow(LowrankError);
    attachAdapter(model, withInit("eva")).dispose();
  });
});
