// A new adapter, initialized as configured and trained a few steps through the public API.

import type { LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { type AdapterHandle, injectAdapter, measureGradients, measureInputs, planInjection } from "@lowrank/inject";
import { shareRanks } from "@lowrank/inject/internal";
import { PretrainedModel } from "@lowrank/models";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { inputsOf, numbersOf } from "../../parity/fixture/parity-case.ts";
import type { LoadedBase } from "../bases/loaded-base.ts";

const steps = 5;

export interface TrainAdapterOptions {
  readonly name?: string;
  readonly seed?: number;
}

/** The caller disposes of the adapter. Throws if training changed nothing, for then there is nothing to compare. */
export async function trainAdapter(
  base: LoadedBase,
  config: LoraConfig,
  { name = "default", seed = 7 }: TrainAdapterOptions = {},
): Promise<AdapterHandle> {
  const { model, batch } = base;
  const handle = await startAdapter(base, config, { name, seed });
  const context = inferenceContext(activeAdapters(name));
  const before = await logits(base, context);
  const events = train<typeof batch>({
    variables: handle.variables,
    loss: (fixture, random) => tf.tidy(() => model.loss(inputsOf(fixture), { ...context, training: true, random })),
    batches: () => [batch],
    batchSize: () => ({ tokens: 1, supervised: 1 }),
    steps,
    learningRate: 0.02,
    schedule: "constant",
    seed,
  });
  for await (const _ of events);
  const after = await logits(base, context);
  const moved = after.reduce((max, value, index) => Math.max(max, Math.abs(value - before[index]!)), 0);
  if (!(moved > 1e-3)) throw new Error(`training moved the logits by ${moved} at most`);
  return handle;
}

/** Starts that look at data look at the batch that is trained on. */
async function startAdapter(
  base: LoadedBase,
  config: LoraConfig,
  { name, seed }: Required<TrainAdapterOptions>,
): Promise<AdapterHandle> {
  const { model, batch } = base;
  const fingerprint = model instanceof PretrainedModel ? { baseFingerprint: model.fingerprint } : {};
  const options = { name, seed, ...fingerprint };
  const plan = planInjection(model, config);
  if (config.init === "lora_ga") {
    const loss = (context: ForwardContext) => tf.tidy(() => model.loss(inputsOf(batch), context));
    const measured = await measureGradients(model, plan, [loss]);
    return injectAdapter(model, plan, { ...options, measured });
  }
  if (config.init !== "eva" && config.init !== "corda") return injectAdapter(model, plan, options);
  const measured = await measureInputs(model, plan, {
    run: (context, keepOnly) =>
      tf.tidy(() => {
        const inputs = inputsOf(batch);
        keepOnly(tf.notEqual(inputs.labels, -100));
        model.forward(inputs, context);
      }),
  });
  const shared = config.init === "eva" ? planInjection(model, shareRanks(plan, measured)) : plan;
  return injectAdapter(model, shared, { ...options, measured });
}

function logits({ model, batch }: LoadedBase, context: ForwardContext): Promise<Float32Array> {
  return numbersOf(() => model.forward(inputsOf(batch), context));
}
