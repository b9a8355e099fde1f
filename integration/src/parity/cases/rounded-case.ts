// Fixtures of one adapter, on a base whose matrices are rounded to 8 bits: not the same numbers, but near them on the whole.
// Single entries may be far off, so sizes of differences are held against sizes of all entries together.

import { mergeAdapter } from "@lowrank/merge";
import type { Fixture } from "@lowrank/testing";
import { gradientsOf } from "../checks/gradients-of.ts";
import { hasTraining, trainCase } from "../checks/train-case.ts";
import { adapterEntries, byKey } from "../fixture/fixture-entries.ts";
import {
  adapterContext,
  baseContext,
  disposeInputs,
  hasLabels,
  inputsOf,
  logitsOf,
  numbersOf,
  openCase,
  type ParityCase,
  paddingFilter,
} from "../fixture/parity-case.ts";
import { compare, type ParityCheck } from "../fixture/parity-check.ts";

/**
 * What rounding may change in models as small as the fixtures': about twice what it changes on the native engine, where x is
 * rounded as well. Losses are near 4.
 */
const tolerances = { logits: 0.05, loss: 0.05, direction: 0.01, losses: 0.1 } as const;

/** Logits, loss, the direction of all gradients, logits once merged, losses of the steps: each where the fixture has it. */
export async function roundedChecks(fixture: Fixture): Promise<readonly ParityCheck[]> {
  const parity = await openCase(fixture, "int8");
  try {
    return [
      await logitsCheck(parity, "base.logits"),
      await logitsCheck(parity, "adapter.logits"),
      ...(hasLabels(fixture) ? [await lossCheck(parity), await directionCheck(parity)] : []),
      ...(await mergedChecks(parity)),
      ...(await trainingChecks(parity)),
    ];
  } finally {
    parity.dispose();
  }
}

async function logitsCheck({ fixture, model }: ParityCase, what: string): Promise<ParityCheck> {
  const inputs = inputsOf(fixture);
  const expected = fixture.tensor(what);
  const isPadding = paddingFilter(fixture, expected);
  const actual = await logitsOf(model, inputs, what === "adapter.logits" ? adapterContext : baseContext);
  disposeInputs(inputs);
  const difference = expected.values.map((value, index) =>
    isPadding(index) ? 0 : value - (actual[index] ?? Number.NaN),
  );
  const whole = expected.values.map((value, index) => (isPadding(index) ? 0 : value));
  return { what, difference: size(difference) / size(whole), tolerance: tolerances.logits, isRelative: true };
}

async function lossCheck({ fixture, model }: ParityCase): Promise<ParityCheck> {
  const inputs = inputsOf(fixture);
  const actual = await numbersOf(() => model.loss(inputs, adapterContext));
  disposeInputs(inputs);
  return compare("loss", { actual, expected: fixture.tensor("adapter.loss").values }, { tolerance: tolerances.loss });
}

/** Of all gradients as one vector: 1 less the cosine of the angle to PEFT's. */
async function directionCheck({ fixture, model, handle }: ParityCase): Promise<ParityCheck> {
  const inputs = inputsOf(fixture);
  // As a step of training has them, whose logits are in 8 bits as well where the engine multiplies in 8 bits.
  const ours = await gradientsOf(handle, () => model.loss(inputs, { ...adapterContext, training: true }));
  disposeInputs(inputs);
  const wanted = [...adapterEntries(byKey(fixture, "grad."), handle)];
  const expected = wanted.flatMap(([, { values }]) => [...values]);
  const actual = wanted.flatMap(([key]) => [...(ours.get(key) ?? [])]);
  const difference = 1 - dot(actual, expected) / (size(actual) * size(expected));
  return { what: "direction of gradients", difference, tolerance: tolerances.direction, isRelative: true };
}

async function mergedChecks(parity: ParityCase): Promise<readonly ParityCheck[]> {
  if (!parity.fixture.tensors.has("merged.logits")) return [];
  const merged = await mergeAdapter(parity.model, parity.handle);
  const check = await logitsCheck(parity, "merged.logits");
  merged.undo();
  return [check];
}

async function trainingChecks(parity: ParityCase): Promise<readonly ParityCheck[]> {
  if (!hasTraining(parity.fixture)) return [];
  const { losses } = await trainCase(parity);
  const expected = parity.fixture.tensor("train.losses").values;
  return [compare("train.losses", { actual: losses, expected }, { tolerance: tolerances.losses })];
}

function size(values: ArrayLike<number>): number {
  return Math.sqrt(dot(values, values));
}

function dot(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return Array.from(one).reduce((sum, value, index) => sum + value * (other[index] ?? Number.NaN), 0);
}
