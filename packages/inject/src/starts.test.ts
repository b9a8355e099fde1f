import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { type Adapter, createLoraConfig, type LoraConfig, UnsupportedFeaturesError } from "@lowrank/adapter-format";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import {
  columnsOf,
  frobeniusNorm,
  MissingMeasurementError,
  matrixOfTensor,
  multiply,
  svd,
  transpose,
} from "@lowrank/math";
import { expectClose, expectNoLeak, HandMadeModel } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { AdapterHandle } from "./adapter-handle.ts";
import { attachAdapter } from "./attach-adapter.ts";
import { injectAdapter } from "./inject-adapter.ts";
import { measureGradients } from "./measure-gradients.ts";
import { measureInputs } from "./measure-inputs.ts";
import { planInjection } from "./plan-injection.ts";
import { shareRanks } from "./share-ranks.ts";
import { startSettings } from "./start-settings.ts";

beforeAll(() => tf.setBackend("cpu"));

const adapted = inferenceContext(activeAdapters("default"));

function logits(model: HandMadeModel, context = inferenceContext()): Float32Array {
  const ids = [
    [1, 2, 3],
    [4, 5, 10],
  ];
  return tf.tidy(() => Float32Array.from(model.forward(tf.tensor2d(ids, [2, 3], "int32"), context).dataSync()));
}

/** A fresh adapter on a fresh model; the caller disposes of both. */
function start(options: Partial<LoraConfig>): { readonly model: HandMadeModel; readonly handle: AdapterHandle } {
  const model = new HandMadeModel();
  const config = createLoraConfig({ rank: 2, alpha: 6, targetModules: ["q_proj", "up_proj"], ...options });
  const handle = injectAdapter(model, planInjection(model, config), { seed: 7 });
  return { model, handle };
}

/** Moves every variable, as training would. */
function train({ variables }: AdapterHandle): void {
  for (const variable of variables.values()) variable.assign(tf.tidy(() => tf.add(tf.mul(variable, 1.5), 0.1)));
}

function dispose({ model, handle }: { readonly model: HandMadeModel; readonly handle: AdapterHandle }): void {
  handle.dispose();
  model.dispose();
}

describe("a start that takes over a part of the weight", () => {
  it.each(["pissa", "pissa_niter_2", "olora"])("leaves the model as it was: %s", (init) => {
    const { model, handle } = start({ init });
    expectClose(logits(model, adapted), logits(model), 1e-5);
    const untouched = new HandMadeModel();
    expect(logits(model)).toEqual(logits(untouched));
    untouched.dispose();
    dispose({ model, handle });
  });

  it.each([
    ["plain", {}],
    ["rank-stabilised", { rankStabilized: true }],
    [
      "rank-stabilised with patterns",
      {
        rankStabilized: true,
        rankPattern: new Map([["q_proj", 3]]),
        alphaPattern: new Map([["layers\\.1\\..*up_proj", 5]]),
      },
    ],
    ["with an embedding beside it", { targetModules: ["q_proj", "embed_tokens"] }],
  ])("is written as plain LoRA for the same base: %s", async (_, options) => {
    const { model, handle } = start({ init: "pissa", ...options });
    train(handle);
    const expected = logits(model, adapted);
    const adapter = await handle.toAdapter();
    expect(adapter.config.init).toBe(true);
    expect(adapter.config.rank).toBe(4);
    handle.dispose();
    const again = attachAdapter(model, adapter);
    expectClose(logits(model, adapted), expected, 1e-5);
    dispose({ model, handle: again });
  });

  it("keeps its own configuration while it is attached", () => {
    const { model, handle } = start({ init: "olora" });
    expect([handle.config.init, handle.config.rank]).toEqual(["olora", 2]);
    dispose({ model, handle });
  });

  it("is computed again for an adapter that PEFT saved without converting it", async () => {
    const { model, handle } = start({ init: "pissa" });
    train(handle);
    const expected = logits(model, adapted);
    const tensors = new Map();
    for (const { keys, pair } of handle.sites) {
      tensors.set(keys.a, { shape: [2, pair.inFeatures], values: transposed(pair.a) });
      tensors.set(keys.b, { shape: [pair.outFeatures, 2], values: transposed(pair.b) });
    }
    const adapter: Adapter = { config: handle.config, tensors, metadata: new Map() };
    handle.dispose();
    const again = attachAdapter(model, adapter);
    expectClose(logits(model, adapted), expected, 1e-5);
    dispose({ model, handle: again });
  });

  it("is refused in such a file where it was drawn at random", () => {
    const model = new HandMadeModel();
    const config = createLoraConfig({ rank: 2, targetModules: ["q_proj"], init: "pissa_niter_4" });
    expect(() => attachAdapter(model, { config, tensors: new Map(), metadata: new Map() })).toThrow(
      UnsupportedFeaturesError,
    );
    model.dispose();
  });

  it("strengthens only what was learnt when the adapter is rescaled", () => {
    const { model, handle } = start({ init: "pissa" });
    handle.setScale(3);
    expectClose(logits(model, adapted), logits(model), 1e-5);
    dispose({ model, handle });
  });

  it("sees the whole input where dropout acts on the trained pair", () => {
    const { model, handle } = start({ init: "pissa", dropout: 0.5 });
    const training = { ...adapted, training: true };
    const [{ pair }] = handle.sites as [(typeof handle.sites)[number]];
    for (const { pair: one } of handle.sites) one.a.assign(tf.zerosLike(one.a));
    const withDropout = logits(model, training);
    expect(pair.initial).not.toBeNull();
    expectClose(withDropout, logits(model, adapted), 1e-6);
    dispose({ model, handle });
  });

  it.each(["pissa", "olora"])("with DoRA leaves the model as it was, too: %s", (init) => {
    const { model, handle } = start({ init, useDora: true });
    expectClose(logits(model, adapted), logits(model), 1e-5);
    dispose({ model, handle });
  });

  it("with DoRA and dropout is plain DoRA beside what the start leaves of the base", async () => {
    const { model, handle } = start({ init: "pissa", useDora: true, dropout: 0.5 });
    train(handle);
    const training = { ...adapted, training: true };
    const expected = logits(model, training);
    const adapter = await handle.toAdapter();
    const tensors = new Map(adapter.tensors);
    const residual = new HandMadeModel();
    for (const { keys, pair, scaling, site } of handle.sites) {
      tensors.set(keys.a, { shape: [2, pair.inFeatures], values: transposed(pair.a) });
      tensors.set(keys.b, { shape: [pair.outFeatures, 2], values: transposed(pair.b) });
      const { a, b } = pair.initial!;
      const left = tf.tidy(() => tf.sub(site.readWeight(), tf.mul(tf.matMul(a, b), scaling)));
      residual
        .sites()
        .find(({ path }) => path === site.path)!
        .replaceWeight(left);
    }
    const plain = attachAdapter(residual, { ...adapter, config: { ...handle.config, init: true }, tensors });
    expectClose(logits(residual, training), expected, 1e-5);
    dispose({ model: residual, handle: plain });
    dispose({ model, handle });
  });

  it("is refused as LoftQ where the weight cannot be exchanged", () => {
    const model = new HandMadeModel();
    const loftqConfig = { loftq_bits: 4, loftq_iter: 1 };
    const config = createLoraConfig({ rank: 2, targetModules: ["q_proj"], init: "loftq", loftqConfig });
    expect(() => planInjection(model, config)).toThrow(/q_proj.*loftq/s);
    expect(() => startSettings({ ...config, loftqConfig: { loftq_bits: 2 } })).toThrow(/loftq_bits.*4 or 8/s);
    model.dispose();
  });

  it("leaves no tensor behind", async () => {
    await expectNoLeak(async () => {
      const both = start({ init: "pissa" });
      logits(both.model, adapted);
      await both.handle.toAdapter();
      dispose(both);
    });
  });
});

describe("MiCA", () => {
  it("trains A alone and saves both", async () => {
    const { model, handle } = start({ init: "mica" });
    expect([...handle.variables.keys()].every((key) => key.endsWith("lora_A.weight"))).toBe(true);
    expect(handle.variables.size).toBe(handle.sites.length);
    expect((await handle.toAdapter()).tensors.size).toBe(2 * handle.sites.length);
    dispose({ model, handle });
  });

  it("goes on training A alone after a break", async () => {
    const { model, handle } = start({ init: "mica" });
    const adapter = await handle.toAdapter();
    handle.dispose();
    const again = attachAdapter(model, adapter, { trainable: true });
    expect(again.variables.size).toBe(again.sites.length);
    dispose({ model, handle: again });
  });
});

describe("starts that need data", () => {
  it.each(["eva", "corda", "lora_ga"])("say what is missing: %s", (init) => {
    const model = new HandMadeModel();
    const plan = planInjection(model, createLoraConfig({ rank: 2, targetModules: ["q_proj"], init }));
    expect(() => injectAdapter(model, plan, { seed: 7 })).toThrow(MissingMeasurementError);
    expect(() => injectAdapter(model, plan, { seed: 7 })).toThrow(/measure(Inputs|Gradients)/);
    model.dispose();
  });

  it.each(["eva", "corda"])("leave the model as it was: %s", async (init) => {
    const model = new HandMadeModel();
    const plan = planInjection(
      model,
      createLoraConfig({ rank: 2, alpha: 6, targetModules: ["q_proj", "up_proj"], init }),
    );
    const measured = await measureInputs(model, plan, { run: (context) => void logits(model, context) });
    const handle = injectAdapter(model, plan, { seed: 7, measured });
    expectClose(logits(model, adapted), logits(model), 1e-5);
    train(handle);
    const expected = logits(model, adapted);
    const stored = await handle.toAdapter();
    handle.dispose();
    const again = attachAdapter(model, stored);
    expectClose(logits(model, adapted), expected, 1e-5);
    dispose({ model, handle: again });
  });

  it("measure the inputs that count, and nothing else", async () => {
    const model = new HandMadeModel();
    const plan = planInjection(model, createLoraConfig({ rank: 1, targetModules: ["layers.0.self_attn.q_proj"] }));
    const run = (ids: number[], context: ForwardContext) =>
      tf.tidy(() => void model.forward(tf.tensor2d([ids], [1, ids.length], "int32"), context));
    const part = await measureInputs(model, plan, { run: (context) => run([1, 2], context) });
    const masked = await measureInputs(model, plan, {
      run: (context, keepOnly) => {
        const mask = tf.tensor2d([[1, 1, 0]]);
        keepOnly(mask);
        mask.dispose();
        run([1, 2, 3], context);
      },
    });
    const [one, other] = [part, masked].map((all) => all.get("model.layers.0.self_attn.q_proj")!.inputs!);
    expect(other!.rows).toBe(2);
    expectClose(other!.products.values, one!.products.values, 1e-6);
    expectClose(other!.sums, one!.sums, 1e-6);
    model.dispose();
  });

  it("give EVA's layers the ranks that their inputs ask for, and no more than rho times theirs", async () => {
    const model = new HandMadeModel();
    const evaConfig = { rho: 1.5 };
    const plan = planInjection(
      model,
      createLoraConfig({ rank: 2, alpha: 4, targetModules: ["q_proj", "up_proj"], init: "eva", evaConfig }),
    );
    const measured = await measureInputs(model, plan, { run: (context) => void logits(model, context) });
    const shared = planInjection(model, shareRanks(plan, measured));
    expect(shared.entries.reduce((sum, { rank }) => sum + rank, 0)).toBe(8);
    for (const { rank, scaling } of shared.entries) {
      expect(rank).toBeLessThanOrEqual(3);
      expect(scaling).toBeCloseTo(2, 12);
    }
    const handle = injectAdapter(model, shared, { seed: 7, measured });
    expectClose(logits(model, adapted), logits(model), 0);
    dispose({ model, handle });
  });

  it("make LoRA-GA's first step go along the gradient of the weight", async () => {
    const model = new HandMadeModel();
    const loss = (context: ForwardContext) =>
      tf.tidy(() => tf.mean<tf.Scalar>(tf.square(model.forward(tf.tensor2d([[1, 2, 3]], [1, 3], "int32"), context))));
    const config = createLoraConfig({ rank: 3, alpha: 6, targetModules: ["q_proj"], init: "lora_ga" });
    const plan = planInjection(model, config);
    const measured = measureGradients(model, plan, [loss, loss]);
    const handle = injectAdapter(model, plan, { seed: 7, measured });
    expectClose(logits(model, adapted), logits(model), 1e-5);
    const [{ pair, site }] = handle.sites as [(typeof handle.sites)[number]];
    const { gradient } = measured.get(site.path)!;
    // A spans the gradient's first three directions of the input.
    const [u, a] = [svd(gradient!).u, matrixOfTensor(pair.a)];
    const overlap = frobeniusNorm(multiply(transpose(columnsOf(u, 0, 3)), a));
    expect(overlap).toBeCloseTo(Math.sqrt(3), 5);
    dispose({ model, handle });
  });

  it("measure the gradient that a difference of losses shows", () => {
    const model = new HandMadeModel();
    const plan = planInjection(model, createLoraConfig({ rank: 1, targetModules: ["layers.1.mlp.up_proj"] }));
    const loss = (context: ForwardContext) =>
      tf.tidy(() => tf.mean<tf.Scalar>(tf.square(model.forward(tf.tensor2d([[1, 2, 3]], [1, 3], "int32"), context))));
    const { gradient } = measureGradients(model, plan, [loss]).get("model.layers.1.mlp.up_proj")!;
    const site = model.site("model.layers.1.mlp.up_proj");
    const lossWith = (step: number) => {
      const changed = tf.tidy(() => {
        const unit = tf.oneHot(tf.tensor1d([5], "int32"), site.inFeatures * site.outFeatures);
        return tf.add(site.readWeight(), tf.mul(tf.reshape(unit, [site.inFeatures, site.outFeatures]), step));
      });
      const restore = site.replaceWeight(changed);
      const value = tf.tidy(() => loss(inferenceContext()).dataSync()[0]!);
      restore();
      return value;
    };
    expect(gradient!.values[5]).toBeCloseTo((lossWith(0.01) - lossWith(-0.01)) / 0.02, 3);
    model.dispose();
  });

  it("leave no tensor behind", async () => {
    await expectNoLeak(async () => {
      const model = new HandMadeModel();
      const plan = planInjection(model, createLoraConfig({ rank: 2, targetModules: ["q_proj"], init: "corda" }));
      const measured = await measureInputs(model, plan, { run: (context) => void logits(model, context) });
      const loss = (context: ForwardContext) =>
        tf.tidy(() => tf.mean<tf.Scalar>(model.forward(tf.tensor2d([[1, 2]], [1, 2], "int32"), context)));
      measureGradients(model, plan, [loss]);
      dispose({ model, handle: injectAdapter(model, plan, { seed: 7, measured }) });
    });
  });
});

/** As a file has it. */
function transposed(matrix: tf.Tensor2D): Float32Array {
  return tf.tidy(() => Float32Array.from(tf.transpose(matrix).dataSync()));
}
