// All comparisons that a fixture allows.

import type { AdapterHandle } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import {
  adapterContext,
  baseContext,
  byKey,
  disposeInputs,
  inputsOf,
  logitsOf,
  openCase,
  type ParityCase,
  paddingFilter,
} from "./parity-case.ts";
import { compare, isWithin, type ParityCheck } from "./parity-check.ts";

/** How a case went. */
export interface CaseResult {
  readonly name: string;
  readonly checks: readonly ParityCheck[];
  readonly isEqual: boolean;
}

/**
 * Runs one fixture: base logits, adapter logits, loss, gradients, merged logits, and – where it has them – the losses
 * of its training steps and what these leave.
 */
export async function runCase(nameOrPath: string): Promise<CaseResult> {
  const parity = await openCase(nameOrPath);
  try {
    const checks = [
      ...forwardChecks(parity),
      ...gradientChecks(parity),
      ...(await mergeChecks(parity)),
      ...(await trainingChecks(parity)),
    ];
    const name = String(parity.fixture.expected.name);
    return { name, checks, isEqual: checks.every(isWithin) };
  } finally {
    parity.dispose();
  }
}

/** A case as one line: "gpt2  ok  base.logits 2e-6  …". */
export function describeCase({ name, checks, isEqual }: CaseResult): string {
  const parts = checks.map((check) => {
    const mark = isWithin(check) ? "" : ` (more than ${check.tolerance})`;
    return `${check.what} ${check.difference.toExponential(1)}${mark}`;
  });
  return `${name.padEnd(16)} ${isEqual ? "ok  " : "FAIL"} ${parts.join("  ")}`;
}

function forwardChecks({ fixture, model }: ParityCase): readonly ParityCheck[] {
  const inputs = inputsOf(fixture);
  const check = (name: string, context: typeof baseContext): ParityCheck => {
    const expected = fixture.tensor(name);
    const actual = logitsOf(model, inputs, context);
    return compare(
      name,
      { actual, expected: expected.values },
      { tolerance: 1e-4, skip: paddingFilter(fixture, expected) },
    );
  };
  const loss = tf.tidy(() => model.loss(inputs, adapterContext).dataSync());
  const checks = [
    check("base.logits", baseContext),
    check("adapter.logits", adapterContext),
    compare("loss", { actual: loss, expected: fixture.tensor("adapter.loss").values }, { tolerance: 1e-5 }),
  ];
  disposeInputs(inputs);
  return checks;
}

function gradientChecks({ fixture, model, handle }: ParityCase): readonly ParityCheck[] {
  const inputs = inputsOf(fixture);
  const variables = [...handle.variables.values()];
  const { value, grads } = tf.variableGrads(() => model.loss(inputs, adapterContext), variables);
  const expected = byKey(fixture, "grad.");
  const checks = [...expected].map(([key, { values }]) => {
    const variable = handle.variables.get(key);
    const gradient = variable === undefined ? undefined : grads[variable.name];
    const actual = gradient === undefined ? [] : valuesInFile(handle, key, gradient);
    return compare("gradients", { actual, expected: values }, { tolerance: 1e-4, isRelative: true });
  });
  tf.dispose([value, grads]);
  disposeInputs(inputs);
  const unexpected = [...handle.variables.keys()].filter((key) => !expected.has(key));
  if (unexpected.length) throw new Error(`The fixture has no gradient for ${unexpected.join(", ")}.`);
  return [worst(checks)];
}

async function mergeChecks({ fixture, model, handle }: ParityCase): Promise<readonly ParityCheck[]> {
  const inputs = inputsOf(fixture);
  const before = logitsOf(model, inputs, adapterContext);
  const merged = await mergeAdapter(model, handle, { tied: "untie" });
  const actual = logitsOf(model, inputs, baseContext);
  merged.undo();
  disposeInputs(inputs);
  const expected = fixture.tensor("merged.logits");
  const skip = paddingFilter(fixture, expected);
  return [
    compare("merged.logits", { actual, expected: expected.values }, { tolerance: 1e-4, skip }),
    compare("merged−adapted", { actual, expected: before }, { tolerance: 1e-4, skip }),
  ];
}

/** What expected.json says of the training. */
interface TrainSettings {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly steps: number;
  readonly clip: number | null;
  readonly schedule: "constant" | "linear" | "cosine";
  readonly warmup: number;
  readonly accumulate: number;
}

async function trainingChecks({ fixture, model, handle }: ParityCase): Promise<readonly ParityCheck[]> {
  if (!fixture.tensors.has("train.losses")) return [];
  // The fixture's own file, described in its README.
  const settings = fixture.expected.train as TrainSettings;
  const numbers = Array.from({ length: settings.steps * settings.accumulate }, (_, index) => index);
  const losses: number[] = [];
  for await (const event of train<number>({
    variables: handle.variables,
    loss: (batch, random) => {
      const inputs = inputsOf(fixture, batch);
      return model.loss(inputs, { ...adapterContext, training: true, random });
    },
    batches: () => numbers,
    steps: settings.steps,
    learningRate: settings.lr,
    betas: settings.betas,
    epsilon: settings.eps,
    weightDecay: settings.weight_decay,
    clipNorm: settings.clip,
    schedule: settings.schedule,
    warmupSteps: settings.warmup,
    accumulate: settings.accumulate,
  })) {
    if (event.type === "step") losses.push(event.loss);
  }
  const inputs = inputsOf(fixture);
  const expected = fixture.tensor("final.logits");
  const logits = compare(
    "final.logits",
    { actual: logitsOf(model, inputs, adapterContext), expected: expected.values },
    // Trained tensors may differ by 2e-5 each, and logits are sums over many of them.
    { tolerance: 5e-4, skip: paddingFilter(fixture, expected) },
  );
  disposeInputs(inputs);
  const trajectory = { actual: losses, expected: fixture.tensor("train.losses").values };
  return [compare("train.losses", trajectory, { tolerance: 1e-5 }), worst(finalTensors({ fixture, handle })), logits];
}

function finalTensors({ fixture, handle }: Pick<ParityCase, "fixture" | "handle">): readonly ParityCheck[] {
  const unstable = byKey(fixture, "unstable.");
  return [...byKey(fixture, "final.")].map(([key, { values }]) => {
    const variable = handle.variables.get(key);
    const actual = variable === undefined ? [] : valuesInFile(handle, key, variable);
    const skip = (index: number) => unstable.get(key)?.values[index] === 1;
    return compare("final tensors", { actual, expected: values }, { tolerance: 2e-5, skip });
  });
}

/** A variable's values, or its gradient's, with the axes as PEFT's file has them. */
function valuesInFile(handle: AdapterHandle, key: string, tensor: tf.Tensor): Float32Array {
  const isPair = handle.sites.some(({ keys }) => keys.a === key || keys.b === key);
  const parameter = handle.parameters.find((one) => one.key === key)?.parameter;
  const isTurned = isPair || parameter?.transposedInFile === true;
  return tf.tidy(() => Float32Array.from((isTurned ? tf.transpose(tensor) : tensor).dataSync()));
}

function worst(checks: readonly ParityCheck[]): ParityCheck {
  if (checks.length === 0) throw new Error("Nothing was compared.");
  return checks.reduce((most, check) => (check.difference > most.difference ? check : most));
}
