// BD-LoRA: pairs of which one half is a diagonal of blocks. The hand-made model's q_proj is 6 → 8, its up_proj 8 → 6.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { type Adapter, createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { spreadBlocks } from "@lowrank/adapter-format/internal";
import { activeAdapters, adapterRows, inferenceContext } from "@lowrank/contracts";
import { expectClose, expectNoLeak, HandMadeModel } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { adapted, dispose, initializedModel, logits, train as move } from "../../../test/initialized-model.ts";
import { attachAdapter } from "../../attach/attach-adapter.ts";
import { hotSwap } from "../../attach/hot-swap.ts";
import { injectAdapter } from "../../attach/inject-adapter.ts";
import { UnsupportedSiteError } from "../../errors/errors.ts";
import { AdapterMismatchError } from "../../errors/mismatch-errors.ts";
import type { AdapterHandle } from "../../handle/adapter-handle.ts";
import { planInjection } from "../../plan/plan-injection.ts";

const blockDiagonal = { target_modules_bd_a: ["up_proj"], target_modules_bd_b: ["q_proj"], nblocks: 2 };
const blocks = { rank: 4, blockDiagonal } as const;
const [query, up] = ["model.layers.0.self_attn.q_proj", "model.layers.1.mlp.up_proj"];

const train = (handle: AdapterHandle) => tf.tidy(() => move(handle));

describe("A and B with blocks", () => {
  it("has fewer numbers, in PEFT's shapes", async () => {
    const { model, handle } = initializedModel(blocks);
    const { tensors } = await handle.toAdapter();
    expect(tensors.get(`${query}.lora_A.weight`)?.shape).toEqual([4, 6]);
    expect(tensors.get(`${query}.lora_B.weight`)?.shape).toEqual([8, 2]); // [outFeatures, rank/2]
    expect(tensors.get(`${up}.lora_A.weight`)?.shape).toEqual([4, 4]); // [rank, inFeatures/2]
    expect(tensors.get(`${up}.lora_B.weight`)?.shape).toEqual([6, 4]);
    expect(handle.plan.trainableParameters).toBe(2 * (24 + 16 + 16 + 24));
    expect(handle.sites.map(({ lora }) => [lora.inFeatures, lora.outFeatures, lora.rank])[0]).toEqual([6, 8, 4]);
    dispose({ model, handle });
  });

  it("equals plain A and B with zeros around the blocks, after any training", () =>
    expectNoLeak(async () => {
      const { model, handle } = initializedModel(blocks);
      expectClose(logits(model, adapted), logits(model), 1e-6);
      train(handle);
      const trained = logits(model, adapted);
      expect(trained).not.toEqual(logits(model));
      const plain = spreadBlocks(await handle.toAdapter());
      handle.dispose();
      const again = attachAdapter(model, plain);
      expectClose(logits(model, adapted), trained, 1e-6);
      dispose({ model, handle: again });
    }));

  it("has the gradient that finite differences give", async () => {
    const { model, handle } = initializedModel(blocks);
    train(handle);
    const [ids, variables] = [tf.tensor2d([[1, 2, 3]], [1, 3], "int32"), [...handle.variables.values()]];
    const loss = () => tf.mean<tf.Scalar>(tf.square(model.forward(ids, adapted)));
    const { value, grads } = tf.variableGrads(loss, variables);
    for (const variable of variables) {
      const [values, gradient] = [Float32Array.from(variable.dataSync()), grads[variable.name]!.dataSync()];
      for (let index = 0; index < values.length; index += 5) {
        const [above, below] = [0.01, -0.01].map((step) => {
          const moved = values.map((one, at) => (at === index ? one + step : one));
          return tf.tidy(() => {
            variable.assign(tf.tensor(moved, variable.shape));
            return loss().dataSync()[0] as number;
          });
        });
        expect(gradient[index]).toBeCloseTo((above! - below!) / 0.02, 2);
      }
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
    }
    tf.dispose([value, grads, ids]);
    dispose({ model, handle });
  });

  it("is initialized like PEFT: A of blocks in ±√(6/rows), B zero, the other matrix as usual", () => {
    const range = ({ a, b }: { readonly a: tf.Tensor; readonly b: tf.Tensor }) =>
      [a, b].map((half) => tf.tidy(() => tf.max(tf.abs(half)).dataSync()[0] as number));
    const sizes = (init: LoraConfig["init"]) => {
      const model = new HandMadeModel({ width: 62 }); // 62 → 64 and 64 → 62
      const config = createLoraConfig({ ...blocks, init, targetModules: ["q_proj", "up_proj"] });
      const handle = injectAdapter(model, planInjection(model, config), { seed: 7 });
      const found = [query, up].map((path) => range(handle.sites.find(({ site }) => site.path === path)!.lora));
      dispose({ model, handle });
      return found.flat();
    };
    // q_proj's A, q_proj's B of blocks, up_proj's A of blocks, up_proj's B.
    const [bounds, near] = [[1 / Math.sqrt(62), 0, Math.sqrt(6 / 32), 0], 0.98];
    const within = (found: readonly number[], largest: readonly number[]) =>
      found.forEach((size, index) => {
        expect(size).toBeLessThanOrEqual(largest[index]! * (1 + 1e-6));
        expect(size).toBeGreaterThanOrEqual(largest[index]! * near);
      });
    within(sizes(true), bounds);
    within(sizes(false), [...bounds.slice(0, 3), 1 / Math.sqrt(4)]);
    const [a, b, blocksOfA, other] = sizes("gaussian");
    expect(a).toBeGreaterThan(0.5); // N(0, 1/4²)
    expect([b, other]).toEqual([0, 0]);
    expect(blocksOfA).toBeLessThanOrEqual(Math.sqrt(6 / 32) * (1 + 1e-6));
  });

  it("works with plain adapters, other adapters and rows of a mixed batch, and is replaced by a plain one", () =>
    expectNoLeak(async () => {
      const mixed = { ...blockDiagonal, target_modules_bd_a: null, match_strict: false };
      const { model, handle } = initializedModel({ rank: 4, blockDiagonal: mixed });
      train(handle);
      const config = createLoraConfig({ rank: 2, targetModules: ["up_proj"], init: false });
      const other = injectAdapter(model, planInjection(model, config), { name: "other", seed: 1 });
      const alone = logits(model, adapted);
      const rows = logits(model, inferenceContext(adapterRows(["default", "other"])));
      expectClose(rows.subarray(0, rows.length / 2), alone.subarray(0, rows.length / 2), 1e-6);
      const plain = await other.toAdapter();
      hotSwap(handle, plain);
      expectClose(logits(model, adapted), logits(model, inferenceContext(activeAdapters("other"))), 1e-6);
      other.dispose();
      dispose({ model, handle });
    }));
});

describe("a bias on B", () => {
  it("is left out if B is block diagonal, with a warning, as in PEFT", async () => {
    const { model, handle } = initializedModel({ ...blocks, loraBias: true });
    expect(handle.plan.warnings).toMatchObject([{ code: "BIAS_NOT_APPLIED", message: /q_proj/ }]);
    const keys = [...(await handle.toAdapter()).tensors.keys()].filter((key) => key.endsWith("lora_B.bias"));
    expect(keys.every((key) => key.includes("up_proj"))).toBe(true);
    expect(keys).toHaveLength(2);
    dispose({ model, handle });
  });
});

describe("refusals", () => {
  const planned = (options: Partial<LoraConfig>, model = new HandMadeModel()) => {
    const config = createLoraConfig({ ...blocks, targetModules: ["q_proj", "up_proj"], ...options });
    try {
      planInjection(model, config);
    } catch (error) {
      return error as Error;
    } finally {
      model.dispose();
    }
    return null;
  };
  const nblocks = (count: number) => ({ blockDiagonal: { ...blockDiagonal, nblocks: count } });

  it.each([
    ["a rank", { ...nblocks(2), rank: 3 }, /2 blocks .* do not divide its rank 3/],
    ["a number of inputs", { ...nblocks(3), rank: 6 }, /3 blocks .* do not divide its 8 inputs/],
    ["both", { ...nblocks(5), rank: 4 }, /5 blocks .* do not divide its rank 4 or its 8 outputs/],
    ["a table", { targetModules: ["q_proj", "embed_tokens"] }, /embed_tokens" \(embedding\): use_bdlora is for linear/],
    ["a target in neither list", { targetModules: ["q_proj", "lm_head"] }, /lm_head.*neither for A nor for B/],
    [
      "a target in both lists",
      { blockDiagonal: { ...blockDiagonal, target_modules_bd_a: ["_proj"] } },
      /names it twice/,
    ],
    ["a raw parameter", { targetParameters: ["classifier.weight"] }, /use_bdlora is for layers/],
  ] as const)("%s", (_, options, message) => {
    const error = planned(options);
    expect(error).toBeInstanceOf(UnsupportedSiteError);
    expect(error?.message).toMatch(message);
  });

  it("a Conv1D, which PEFT's blocks do not know", () => {
    expect(planned({}, new HandMadeModel({ fanInFanOut: true }))?.message).toMatch(
      /use_bdlora supports torch's Linear, not Conv1D/,
    );
  });

  it.each(["pissa", "olora", "orthogonal", "eva"])("a start that makes whole matrices: %s", (init) => {
    const error = planned({ init });
    expect(error).toMatchObject({ code: "UNSUPPORTED_START" });
    expect(error?.message).toMatch(/use_bdlora is not supported: the initialization makes whole matrices/);
    expect(planned({ init, rank: 3 })).toMatchObject({ code: "SEVERAL_PROBLEMS" });
  });

  it("an initialization that PEFT computes again for a file, but not a past one", async () => {
    const { model, handle } = initializedModel(blocks);
    const adapter = await handle.toAdapter();
    handle.dispose();
    const started = (init: string): Adapter => ({ ...adapter, config: { ...adapter.config, init } });
    expect(() => attachAdapter(model, started("olora"))).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_START" }),
    );
    attachAdapter(model, started("orthogonal")).dispose();
    model.dispose();
  });

  it("a file with a matrix of another shape", async () => {
    const { model, handle } = initializedModel(blocks);
    const adapter = await handle.toAdapter();
    handle.dispose();
    const whole = { ...spreadBlocks(adapter), config: adapter.config };
    expect(() => attachAdapter(model, whole)).toThrow(AdapterMismatchError);
    expect(() => attachAdapter(model, whole)).toThrow(/q_proj\.lora_B.*\[8, 4\].*\[8, 2\]/s);
    model.dispose();
  });
});
