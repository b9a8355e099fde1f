// KaSA: a weight without its weakest directions, and a vector between the halves of the pair.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { createLoraConfig, type LoraConfig, readAdapter, writeAdapter } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { multiply, svd, transpose } from "@lowrank/math";
import { matrixOfTensor, normalMatrix, scaleColumns, sliceColumns } from "@lowrank/math/internal";
import { expectClose, expectNoLeak, HandMadeModel } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { ModelWithWeights } from "../../../test/model-with-weights.ts";
import { attachAdapter } from "../../attach/attach-adapter.ts";
import { hotSwap } from "../../attach/hot-swap.ts";
import { injectAdapter } from "../../attach/inject-adapter.ts";
import { UnsupportedSiteError } from "../../errors/errors.ts";
import { AdapterMismatchError } from "../../errors/mismatch-errors.ts";
import type { AdapterHandle } from "../../handle/adapter-handle.ts";
import { planInjection } from "../../plan/plan-injection.ts";
import { withoutWeakest } from "./kasa.ts";

const kasa = { rank: 2, alpha: 6, targetModules: ["q_proj", "up_proj"], kasaConfig: {} } as const;
const query = "model.layers.0.self_attn.q_proj";
const adapted = inferenceContext(activeAdapters("default"));

function start(options: Partial<LoraConfig> = {}) {
  const model = new ModelWithWeights();
  const plan = planInjection(model, createLoraConfig({ ...kasa, ...options }));
  return { model, handle: injectAdapter(model, plan, { seed: 7 }) };
}

function logits(model: ModelWithWeights, context = inferenceContext()): Float32Array {
  return tf.tidy(() => Float32Array.from(model.forward(tf.tensor2d([[1, 2, 5]], [1, 3], "int32"), context).dataSync()));
}

function train({ variables }: AdapterHandle): void {
  tf.tidy(() => {
    for (const variable of variables.values()) variable.assign(tf.add(tf.mul(variable, 1.5), 0.1));
  });
}

function dispose({ model, handle }: { readonly model: ModelWithWeights; readonly handle: AdapterHandle }): void {
  handle.dispose();
  model.dispose();
}

describe("a weight without its weakest directions", () => {
  it.each([
    [7, 4],
    [4, 7],
    [5, 5],
  ])("is its best approximation of the rank that is left: %i × %i", (rows, columns) => {
    const weight = normalMatrix(rows, columns, { seed: 1, path: "weight" });
    const { u, s, v } = svd(weight);
    const kept = s.length - 2;
    const wanted = multiply(
      scaleColumns(sliceColumns(u, 0, kept), s.subarray(0, kept)),
      transpose(sliceColumns(v, 0, kept)),
    );
    const found = withoutWeakest(weight, 2);
    expectClose(found.dataSync(), Float32Array.from(wanted.values), 1e-6);
    found.dispose();
  });
});

/** The weight that the first layer uses instead of its own. */
function baseReplacementOf({ sites }: AdapterHandle): tf.Tensor2D {
  const baseChange = sites[0]!.lora.baseChange;
  if (baseChange?.kind !== "replacement") throw new TypeError("Nothing replaces the weight.");
  return baseChange.weight;
}

/** The diagonal between the first layer's A and B. */
function diagonalOf({ sites }: AdapterHandle): tf.Variable {
  return sites[0]!.lora.factors[1]!.variable;
}

describe("a KaSA adapter", () => {
  it("has a diagonal with a number for each rank between A and B, and a truncated weight", async () => {
    const { model, handle } = start();
    const { tensors } = await handle.toAdapter();
    expect(tensors.get(`${query}.lora_diag`)?.shape).toEqual([2]);
    expect(handle.variables.has(`${query}.lora_diag`)).toBe(true);
    expect(handle.plan.trainableParameters).toBe(4 * (2 * (6 + 8) + 2));
    const { s } = svd(matrixOfTensor(baseReplacementOf(handle)));
    expect(s[3]).toBeGreaterThan(0.01);
    expect(s[4]).toBeLessThan(1e-6);
    dispose({ model, handle });
  });

  it("acts on the truncated weight while it is selected, and does not change the base", () =>
    expectNoLeak(async () => {
      const { model, handle } = start();
      const untouched = new ModelWithWeights();
      expect(logits(model)).toEqual(logits(untouched));
      const fresh = logits(model, adapted);
      expect(fresh).not.toEqual(logits(model));
      train(handle);
      handle.setScale(0); // the update is gone, the cut is not
      expectClose(logits(model, adapted), fresh, 1e-5);
      handle.setScale(1);
      expect(logits(model, adapted)).not.toEqual(fresh);
      handle.dispose();
      expect(logits(model)).toEqual(logits(untouched));
      untouched.dispose();
      model.dispose();
    }));

  it("computes the same after saving and reading, and when it replaces another one", () =>
    expectNoLeak(async () => {
      const { model, handle } = start();
      train(handle);
      const trained = logits(model, adapted);
      const files = writeAdapter(await handle.toAdapter());
      handle.dispose();
      const read = await readAdapter({
        config: files["adapter_config.json"],
        weights: files["adapter_model.safetensors"],
      });
      const again = attachAdapter(model, read, { trainable: true });
      expectClose(logits(model, adapted), trained, 1e-6);
      expect(await again.toAdapter()).toEqual(read);
      again.dispose();
      const plain = createLoraConfig({ rank: 1, targetModules: ["q_proj"], init: false });
      const other = injectAdapter(model, planInjection(model, plain), { seed: 3 });
      hotSwap(other, read);
      expectClose(logits(model, adapted), trained, 1e-6);
      dispose({ model, handle: other });
    }));

  it("works with plain adapters: each call has the base of its selection", () => {
    const { model, handle } = start();
    train(handle);
    const plain = createLoraConfig({ rank: 1, targetModules: ["q_proj"], init: false });
    const alone = new ModelWithWeights();
    const [one, other] = [model, alone].map((index) =>
      injectAdapter(index, planInjection(index, plain), { name: "plain", seed: 3 }),
    );
    const context = inferenceContext(activeAdapters("plain"));
    expect(logits(model, context)).toEqual(logits(alone, context));
    one!.dispose();
    dispose({ model: alone, handle: other! });
    dispose({ model, handle });
  });

  it("is merged as its update onto the cut weight", () => {
    const { model, handle } = start();
    train(handle);
    const { lora, adaptation } = handle.sites[0]!;
    const [base, diagonal] = [baseReplacementOf(handle), diagonalOf(handle)];
    const folded = tf.tidy(() => adaptation.fold(base, base).dataSync());
    const expected = tf.tidy(() =>
      tf.add(base, tf.mul(3, tf.matMul(tf.matMul(lora.a, tf.diag(diagonal) as tf.Tensor2D), lora.b))).dataSync(),
    );
    expectClose(folded, expected, 1e-5);
    expect(handle.changes.map(({ kind }) => kind)).toEqual(Array(4).fill(["replacement", "update"]).flat());
    dispose({ model, handle });
  });
});

describe("KaSA's regularizers", () => {
  it("are the paper's terms, with the configuration's coefficients", () =>
    expectNoLeak(async () => {
      const { model, handle } = start({ kasaConfig: { beta: 2, gamma: 0.5 }, targetModules: [query] });
      train(handle);
      const { a, b } = handle.sites[0]!.lora;
      const [rows, columns] = [a.arraySync(), b.arraySync()];
      let [lengthOfA, lengthOfB] = [0, 0];
      for (const one of [0, 1])
        for (const other of [0, 1]) {
          const product = (left: number, right: number) => left * right;
          const ofA = rows.reduce((sum, row) => sum + product(row[one]!, row[other]!), 0) - Number(one === other);
          const ofB = columns[one]!.reduce((sum, value, at) => sum + product(value, columns[other]![at]!), 0);
          lengthOfA += ofA ** 2;
          lengthOfB += (ofB - Number(one === other)) ** 2;
        }
      const squares = diagonalOf(handle)
        .dataSync<"float32">()
        .reduce((sum, value) => sum + value ** 2, 0);
      const loss = handle.penalty()!;
      expect(loss.dataSync()[0]).toBeCloseTo(2 * squares + 0.5 * (Math.sqrt(lengthOfA) + Math.sqrt(lengthOfB)), 4);
      loss.dispose();
      dispose({ model, handle });
    }));

  it("have a gradient if a matrix is orthonormal, and do not exist for other adapters", () => {
    const { model, handle } = start({ targetModules: [query] });
    const { a, b } = handle.sites[0]!.lora;
    tf.tidy(() => {
      a.assign(tf.eye(6, 2));
      b.assign(tf.eye(2, 8));
    });
    const { value, grads } = tf.variableGrads(() => handle.penalty()!, [a, b]);
    expect([...grads[a.name]!.dataSync(), ...grads[b.name]!.dataSync()].every((one) => one === 0)).toBe(true);
    tf.dispose([value, grads]);
    handle.dispose();
    const plain = injectAdapter(model, planInjection(model, createLoraConfig({ targetModules: ["q_proj"] })), {
      seed: 1,
    });
    expect(plain.penalty()).toBeUndefined();
    dispose({ model, handle: plain });
  });
});

describe("refusals", () => {
  const planned = (options: Partial<LoraConfig>, model: HandMadeModel = new ModelWithWeights()) => {
    try {
      planInjection(model, createLoraConfig({ ...kasa, ...options }));
    } catch (error) {
      return error as Error;
    } finally {
      model.dispose();
    }
    return null;
  };

  it.each([
    ["a rank that leaves nothing", { rank: 6 }, /removes 6 directions from its weight, which has only 6/],
    [
      "a table",
      { targetModules: ["embed_tokens", "q_proj"] },
      /embed_tokens" \(embedding\): kasa_config is for linear/,
    ],
    ["a raw parameter", { targetParameters: ["classifier.weight"] }, /kasa_config is for layers/],
  ] as const)("%s", (_, options, message) => {
    const error = planned(options);
    expect(error).toBeInstanceOf(UnsupportedSiteError);
    expect(error?.message).toMatch(message);
  });

  it("a Conv1D, a weight that another module shares, and one that the model does not offer", () => {
    expect(planned({}, new ModelWithWeights({ fanInFanOut: true }))?.message).toMatch(
      /kasa_config supports torch's Linear, not Conv1D/,
    );
    const head = { targetModules: ["lm_head"] };
    expect(planned(head, new ModelWithWeights({ tiedHead: true }))?.message).toMatch(/"model.embed_tokens" shares/);
    expect(planned({}, new HandMadeModel())?.message).toMatch(/does not offer it as a parameter/);
  });

  it.each(["pissa", "pissa_niter_2", "olora", "corda", "lora_ga"])("a start that changes the base: %s", (init) => {
    const error = planned({ init });
    expect(error).toMatchObject({ code: "UNSUPPORTED_START" });
    expect(error?.message).toMatch(/kasa_config is not supported/);
  });

  it("a file without the vector between A and B, or with too many", async () => {
    const { model, handle } = start();
    const adapter = await handle.toAdapter();
    handle.dispose();
    const key = `${query}.lora_diag`;
    const without = new Map([...adapter.tensors].filter(([name]) => name !== key));
    expect(() => attachAdapter(model, { ...adapter, tensors: without })).toThrow(AdapterMismatchError);
    const longer = new Map(adapter.tensors).set(key, { shape: [3], values: new Float32Array(3) });
    expect(() => attachAdapter(model, { ...adapter, tensors: longer })).toThrow(/lora_diag.*\[3\].*\[2\]/s);
    const config = { ...adapter.config, kasaConfig: null };
    expect(() => attachAdapter(model, { ...adapter, config })).toThrow(AdapterMismatchError);
    model.dispose();
  });
});
