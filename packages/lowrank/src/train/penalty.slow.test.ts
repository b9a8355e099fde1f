// Terms that a variant adds to the loss of a training: KaSA's regularizers.

import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { openModel } from "../index.ts";

const tiny = fileURLToPath(new URL("../../../tiny-model/model", import.meta.url));
const rows = [{ prompt: "name[Aromi] ->", completion: " Aromi is" }];

/** One step of plain gradient descent; the numbers between the halves before and after it, and the loss. */
async function step(kasaConfig: { readonly beta: number; readonly gamma: number }) {
  const model = await openModel(tiny, { engine: { order: ["wasm"] } });
  const adapter = model.adapt({ rank: 2, targetModules: ["layers.0.self_attn.q_proj"], kasaConfig }, { seed: 3 });
  const rates = { steps: 1, warmupSteps: 0, learningRate: 0.1, schedule: "constant" } as const;
  const options = { ...rates, optimizer: "sgd", weightDecay: 0, clipNorm: 0 } as const;
  const run = await adapter.prepare(rows, options);
  const penalty = tf.tidy(() => run.handle.penalty()?.dataSync()[0] ?? 0);
  const diagonal = () => [...run.handle.sites[0]!.lora.factors[1]!.variable.dataSync()];
  const before = diagonal();
  let loss = Number.NaN;
  for await (const event of adapter.run(run, options)) if (event.type === "step") loss = event.loss;
  const after = diagonal();
  model.dispose();
  return { before, after, loss, penalty };
}

it("is part of the loss, and its gradient moves the variables", async () => {
  const plain = await step({ beta: 0, gamma: 0 });
  const { before, after, loss, penalty } = await step({ beta: 0.5, gamma: 0.25 });
  // B is zero in the first step, so that nothing but β·Σ diag² moves the numbers between the halves: by −0.1·2·β·diag.
  expect(plain.after).toEqual(plain.before);
  for (const [index, value] of before.entries()) expect(after[index]).toBeCloseTo(0.9 * value, 6);
  expect(plain.penalty).toBe(0);
  expect(penalty).toBeGreaterThan(0.25 * Math.SQRT2); // ‖0 − 1‖ of two directions of B alone
  expect(loss - plain.loss).toBeCloseTo(penalty, 5);
});
