// Starts that look at inputs or gradients first: what is measured, and what comes of it.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { createLoraConfig } from "@lowrank/adapter-format";
import { type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { frobeniusNorm, multiply, svd, transpose } from "@lowrank/math";
import { matrixOfTensor, sliceColumns } from "@lowrank/math/internal";
import { expectClose, expectNoLeak, HandMadeModel } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { adapted, dispose, logits, train } from "../../test/initialized-model.ts";
import { attachAdapter } from "../attach/attach-adapter.ts";
import { injectAdapter } from "../attach/inject-adapter.ts";
import { planInjection } from "../plan/plan-injection.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { measureGradients } from "./measure-gradients.ts";
import { measureInputs } from "./measure-inputs.ts";
import { shareRanks } from "./share-ranks.ts";

describe("initializations that need data", () => {
  it.each(["eva", "corda", "lora_ga"])("say what is missing: %s", (init) => {
    const model = new HandMadeModel();
    const plan = planInjection(model, createLoraConfig({ rank: 2, targetModules: ["q_proj"], init }));
    expect(() => injectAdapter(model, plan, { seed: 7 })).toThrow(
      expect.objectContaining({ code: "MISSING_MEASUREMENT" }),
    );
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

  it("give every call the same weight with CorDA, however large its inputs are", async () => {
    const model = new HandMadeModel();
    const path = "model.layers.0.self_attn.q_proj";
    const plan = planInjection(model, createLoraConfig({ rank: 1, targetModules: [path], init: "corda" }));
    const measure = async (...batches: readonly number[][]) => {
      const run = (context: ForwardContext) => {
        for (const ids of batches)
          tf.tidy(() => void model.forward(tf.tensor2d([ids], [1, ids.length], "int32"), context));
      };
      return (await measureInputs(model, plan, { run })).get(path)!.moments!.values;
    };
    const [one, other, both] = [await measure([1, 2]), await measure([5, 3, 4]), await measure([1, 2], [5, 3, 4])];
    const mean = one.map((value, index) => (value + other[index]!) / 2);
    expectClose(both, mean, 1e-5);
    model.dispose();
  });

  it("distribute EVA's ranks by the layers' inputs, at most rho times the old rank", async () => {
    const model = new HandMadeModel();
    const evaConfig = { rho: 1.5 };
    const plan = planInjection(
      model,
      createLoraConfig({ rank: 2, alpha: 4, targetModules: ["q_proj", "up_proj"], init: "eva", evaConfig }),
    );
    const measured = await measureInputs(model, plan, { run: (context) => void logits(model, context) });
    const shared = planInjection(model, shareRanks(plan, measured));
    expect(partsOf(shared, "site").reduce((sum, { rank }) => sum + rank, 0)).toBe(8);
    for (const { rank, scaling } of partsOf(shared, "site")) {
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
    const measured = await measureGradients(model, plan, [loss, loss]);
    const handle = injectAdapter(model, plan, { seed: 7, measured });
    expectClose(logits(model, adapted), logits(model), 1e-5);
    const [{ lora, site }] = handle.sites as [(typeof handle.sites)[number]];
    const { gradient } = measured.get(site.path)!;
    // A spans the gradient's first three directions of the input.
    const [u, a] = [svd(gradient!).u, matrixOfTensor(lora.a)];
    const overlap = frobeniusNorm(multiply(transpose(sliceColumns(u, 0, 3)), a));
    expect(overlap).toBeCloseTo(Math.sqrt(3), 5);
    dispose({ model, handle });
  });

  it("measure the gradient that a difference of losses shows", async () => {
    const model = new HandMadeModel();
    const plan = planInjection(model, createLoraConfig({ rank: 1, targetModules: ["layers.1.mlp.up_proj"] }));
    const loss = (context: ForwardContext) =>
      tf.tidy(() => tf.mean<tf.Scalar>(tf.square(model.forward(tf.tensor2d([[1, 2, 3]], [1, 3], "int32"), context))));
    const measured = await measureGradients(model, plan, [loss]);
    const { gradient } = measured.get("model.layers.1.mlp.up_proj")!;
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
      await measureGradients(model, plan, [loss]);
      dispose({ model, handle: injectAdapter(model, plan, { seed: 7, measured }) });
    });
  });
});
