// The training that a fixture recorded, with our own trainer.

import type { AdapterHandle } from "@lowrank/inject";
import { preconditionGradients } from "@lowrank/math/internal";
import type { Fixture } from "@lowrank/testing";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { adapterContext, inputsOf, type ParityCase } from "../fixture/parity-case.ts";
import { compare, type ParityCheck, worst } from "../fixture/parity-check.ts";

/** The training in expected.json. */
export interface TrainSettings {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly steps: number;
  readonly clip: number | null;
  readonly schedule: "constant" | "linear" | "cosine";
  readonly warmup: number;
  readonly accumulate: number;
  readonly optimizer?: string;
  /** Of PEFT's `create_riemannian_optimizer`. */
  readonly riemannian_reg?: number;
  /** PEFT's losses before each step; learning rates and gradient norms of each step. */
  readonly losses?: readonly number[];
  readonly lrs?: readonly number[];
  readonly grad_norms_before_clip?: readonly number[];
}

/** The recorded values of our run. */
export interface TrainedRun {
  /** Before each step. */
  readonly losses: readonly number[];
  readonly learningRates: readonly number[];
  /** Before clipping. */
  readonly gradientNorms: readonly number[];
}

/** Whether a fixture recorded a training. */
export function hasTraining({ expected, tensors }: Fixture): boolean {
  return expected.train !== undefined || tensors.has("train.losses");
}

/** Trains the adapter as the fixture did. */
export async function trainCase({
  fixture,
  model,
  handle,
  regularizer,
}: Pick<ParityCase, "fixture" | "model"> & {
  readonly handle: Pick<AdapterHandle, "variables">;
  /** Added to the loss of each batch. */
  readonly regularizer?: () => tf.Scalar;
}): Promise<TrainedRun> {
  const { riemannian_reg: reg, ...settings } = settingsOf(fixture);
  const numbers = Array.from({ length: settings.steps * settings.accumulate }, (_, index) => index);
  const run = { losses: [] as number[], learningRates: [] as number[], gradientNorms: [] as number[] };
  for await (const event of train<number>({
    variables: handle.variables,
    loss: (batch, random) => {
      const inputs = inputsOf(fixture, { set: "train", batch });
      const loss = model.loss(inputs, { ...adapterContext, training: true, random });
      return regularizer ? tf.add<tf.Scalar>(loss, regularizer()) : loss;
    },
    batches: () => numbers,
    steps: settings.steps,
    learningRate: settings.lr,
    precondition: reg === undefined ? undefined : (numbers) => preconditionGradients(numbers, reg),
    betas: settings.betas,
    epsilon: settings.eps,
    weightDecay: settings.weight_decay,
    clipNorm: settings.clip,
    schedule: settings.schedule,
    warmupSteps: settings.warmup,
    gradientAccumulationSteps: settings.accumulate,
  })) {
    if (event.type !== "step") continue;
    run.losses.push(event.loss);
    run.learningRates.push(event.learningRate);
    run.gradientNorms.push(event.gradientNorm);
  }
  return run;
}

/** Losses, which may be off by `drift` more, and the learning rates and norms of gradients where the fixture has them. */
export function trajectoryChecks(
  fixture: Fixture,
  run: TrainedRun,
  { label, tolerance, drift = 0 }: { readonly label: string; readonly tolerance: number; readonly drift?: number },
): readonly ParityCheck[] {
  const { losses, lrs, grad_norms_before_clip: norms } = settingsOf(fixture);
  const stored = fixture.tensors.get("train.losses")?.values;
  const recorded = [losses, stored].filter((values) => values !== undefined);
  const allowed = tolerance + drift;
  const checks = recorded.map((expected) => compare(label, { actual: run.losses, expected }, { tolerance: allowed }));
  if (checks.length === 0) throw new Error("The fixture trains, but has no losses.");
  return [
    drift === 0 ? worst(checks) : { ...worst(checks), note: `at most ${allowed.toExponential(1)}` },
    ...(lrs ? [compare("learning rates", { actual: run.learningRates, expected: lrs }, { tolerance: 1e-9 })] : []),
    ...(norms
      ? [
          compare(
            "gradient norms",
            { actual: run.gradientNorms, expected: norms },
            { tolerance: 1e-4, isRelative: true },
          ),
        ]
      : []),
  ];
}

/** The training's settings. Throws for an optimizer or a schedule that we do not have. */
function settingsOf({ expected }: Fixture): TrainSettings {
  if (expected.train === undefined) throw new Error("The fixture has train.losses, but expected.json no train.");
  const settings = expected.train as TrainSettings; // the fixture's own file, described in its README
  const { optimizer = "AdamW", schedule } = settings;
  if (!optimizer.startsWith("AdamW")) throw new Error(`train.optimizer "${optimizer}" is not known: AdamW is.`);
  if (!["constant", "linear", "cosine"].includes(schedule))
    throw new Error(`train.schedule "${schedule}" is not known: constant, linear and cosine are.`);
  return settings;
}
