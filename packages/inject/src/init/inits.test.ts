// Starts that only need the weight: what they take over, and what of it is saved.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import { expectClose, expectNoLeak, HandMadeModel } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { adapted, dispose, initializedModel, logits, train } from "../../test/initialized-model.ts";
import { attachAdapter } from "../attach/attach-adapter.ts";
import { planInjection } from "../plan/plan-injection.ts";
import { initSettings } from "./init-settings.ts";

describe("an initialization that uses a part of the weight", () => {
  it.each(["pissa", "pissa_niter_2", "olora"])("leaves the model as it was: %s", (init) => {
    const { model, handle } = initializedModel({ init });
    expectClose(logits(model, adapted), logits(model), 1e-5);
    const untouched = new HandMadeModel();
    expect(logits(model)).toEqual(logits(untouched));
    untouched.dispose();
    dispose({ model, handle });
  });

  it.each([
    ["plain", {}],
    ["rank-stabilized", { rankStabilized: true }],
    [
      "rank-stabilized with patterns",
      {
        rankStabilized: true,
        rankPattern: new Map([["q_proj", 3]]),
        alphaPattern: new Map([["layers\\.1\\..*up_proj", 5]]),
      },
    ],
    ["with an embedding beside it", { targetModules: ["q_proj", "embed_tokens"] }],
  ])("is written as plain LoRA for the same base: %s", async (_, options) => {
    const { model, handle } = initializedModel({ init: "pissa", ...options });
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
    const { model, handle } = initializedModel({ init: "olora" });
    expect([handle.config.init, handle.config.rank]).toEqual(["olora", 2]);
    dispose({ model, handle });
  });

  it("is computed again for an adapter that PEFT saved without converting it", async () => {
    const { model, handle } = initializedModel({ init: "pissa" });
    train(handle);
    const expected = logits(model, adapted);
    const tensors = new Map();
    for (const { keys, lora } of handle.sites) {
      tensors.set(keys.a, { shape: [2, lora.inFeatures], values: transposed(lora.a) });
      tensors.set(keys.b, { shape: [lora.outFeatures, 2], values: transposed(lora.b) });
    }
    const adapter: Adapter = { config: handle.config, tensors, metadata: new Map() };
    handle.dispose();
    const again = attachAdapter(model, adapter);
    expectClose(logits(model, adapted), expected, 1e-5);
    dispose({ model, handle: again });
  });

  it("is refused in such a file if it was drawn at random", () => {
    const model = new HandMadeModel();
    const config = createLoraConfig({ rank: 2, targetModules: ["q_proj"], init: "pissa_niter_4" });
    expect(() => attachAdapter(model, { config, tensors: new Map(), metadata: new Map() })).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_FEATURES" }),
    );
    model.dispose();
  });

  it("only multiplies the learned part when the adapter is rescaled", () => {
    const { model, handle } = initializedModel({ init: "pissa" });
    handle.setScale(3);
    expectClose(logits(model, adapted), logits(model), 1e-5);
    dispose({ model, handle });
  });

  it("sees the whole input if the trained A and B have dropout", () => {
    const { model, handle } = initializedModel({ init: "pissa", dropout: 0.5 });
    const training = { ...adapted, training: true };
    const [{ lora }] = handle.sites as [(typeof handle.sites)[number]];
    for (const { lora: one } of handle.sites) one.a.assign(tf.zerosLike(one.a));
    const withDropout = logits(model, training);
    expect(lora.baseChange?.kind).toBe("subtracted");
    expectClose(withDropout, logits(model, adapted), 1e-6);
    dispose({ model, handle });
  });

  it.each(["pissa", "olora"])("with DoRA leaves the model as it was, too: %s", (init) => {
    const { model, handle } = initializedModel({ init, useDora: true });
    expectClose(logits(model, adapted), logits(model), 1e-5);
    dispose({ model, handle });
  });

  it("with DoRA and dropout is plain DoRA on the rest of the base", async () => {
    const { model, handle } = initializedModel({ init: "pissa", useDora: true, dropout: 0.5 });
    train(handle);
    const training = { ...adapted, training: true };
    const expected = logits(model, training);
    const adapter = await handle.toAdapter();
    const tensors = new Map(adapter.tensors);
    const residual = new HandMadeModel();
    for (const { keys, lora, scaling, site } of handle.sites) {
      tensors.set(keys.a, { shape: [2, lora.inFeatures], values: transposed(lora.a) });
      tensors.set(keys.b, { shape: [lora.outFeatures, 2], values: transposed(lora.b) });
      if (lora.baseChange?.kind !== "subtracted") throw new TypeError("The start is missing.");
      const { a, b } = lora.baseChange;
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

  it("is refused as LoftQ if the weight cannot be replaced", () => {
    const model = new HandMadeModel();
    const loftqConfig = { loftq_bits: 4, loftq_iter: 1 };
    const config = createLoraConfig({ rank: 2, targetModules: ["q_proj"], init: "loftq", loftqConfig });
    expect(() => planInjection(model, config)).toThrow(/q_proj.*loftq/s);
    expect(() => initSettings({ ...config, loftqConfig: { loftq_bits: 2 } })).toThrow(/loftq_bits.*4 or 8/s);
    model.dispose();
  });

  it("leaves no tensor behind", async () => {
    await expectNoLeak(async () => {
      const both = initializedModel({ init: "pissa" });
      logits(both.model, adapted);
      await both.handle.toAdapter();
      dispose(both);
    });
  });
});

describe("MiCA", () => {
  it("trains only A and saves both", async () => {
    const { model, handle } = initializedModel({ init: "mica" });
    expect([...handle.variables.keys()].every((key) => key.endsWith("lora_A.weight"))).toBe(true);
    expect(handle.variables.size).toBe(handle.sites.length);
    expect((await handle.toAdapter()).tensors.size).toBe(2 * handle.sites.length);
    dispose({ model, handle });
  });

  it("continues to train only A after a break", async () => {
    const { model, handle } = initializedModel({ init: "mica" });
    const adapter = await handle.toAdapter();
    handle.dispose();
    const again = attachAdapter(model, adapter, { trainable: true });
    expect(again.variables.size).toBe(again.sites.length);
    dispose({ model, handle: again });
  });
});

describe("an initialization that does not support embeddings", () => {
  const planned = (init: string | boolean) => {
    const model = new HandMadeModel();
    const loftqConfig = { loftq_bits: 4, loftq_iter: 1 };
    const targets = init === "loftq" ? ["embed_tokens"] : ["embed_tokens", "q_proj"];
    const plan = planInjection(model, createLoraConfig({ rank: 2, targetModules: targets, init, loftqConfig }));
    model.dispose();
    return plan.warnings.filter(({ code }) => code === "START_NOT_APPLIED").map(({ message }) => message);
  };

  it.each(["pissa", "pissa_niter_4", "olora", "orthogonal", "eva", "corda", "lora_ga", "loftq"])(
    "is warned of, since the embedding starts as with true: %s",
    (init) => {
      expect(planned(init)).toEqual([
        expect.stringContaining(`"${init}" is for linear layers: the embedding "model.embed`),
      ]);
    },
  );

  it.each([true, false, "gaussian", "mica"])("is none of those that are: %s", (init) => {
    expect(planned(init)).toEqual([]);
  });

  it("is of no concern to an adapter that has started already", async () => {
    const { model, handle } = initializedModel({ init: "orthogonal", targetModules: ["embed_tokens", "q_proj"] });
    expect(handle.plan.warnings.map(({ code }) => code)).toContain("START_NOT_APPLIED");
    const adapter = await handle.toAdapter();
    handle.dispose();
    const warnings: string[] = [];
    const again = attachAdapter(model, adapter, { onWarning: ({ code }) => warnings.push(code) });
    expect(warnings).toEqual([]);
    dispose({ model, handle: again });
  });

  it("leaves MiCA's B of an embedding frozen, in a new adapter and after a break", async () => {
    const { model, handle } = initializedModel({ init: "mica", targetModules: ["embed_tokens"] });
    expectClose(logits(model, adapted), logits(model), 0);
    expect([...handle.variables.keys()]).toEqual(["model.embed_tokens.lora_embedding_A"]);
    const adapter = await handle.toAdapter();
    handle.dispose();
    const again = attachAdapter(model, adapter, { trainable: true });
    expect([...again.variables.keys()]).toEqual(["model.embed_tokens.lora_embedding_A"]);
    dispose({ model, handle: again });
  });
});

/** As a file has it. */
function transposed(matrix: tf.Tensor2D): Float32Array {
  return tf.tidy(() => Float32Array.from(tf.transpose(matrix).dataSync()));
}
