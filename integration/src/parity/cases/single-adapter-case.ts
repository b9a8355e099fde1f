// Fixtures of one adapter on one base: its logits, its gradients, its merge and its training.

import { LowrankError } from "@lowrank/contracts";
import { attachAdapter, injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import type { Fixture } from "@lowrank/testing";
import { deltaChecks } from "../checks/delta-checks.ts";
import { asPeftComputes, forgetsBiases } from "../checks/forgotten-biases.ts";
import { generationChecks } from "../checks/generation-checks.ts";
import { gradientsOf } from "../checks/gradients-of.ts";
import { kasaChecks } from "../checks/kasa-checks.ts";
import { logitsCheck, lossCheck, selectedChecks, statedLossChecks } from "../checks/selected-logits.ts";
import { settingsChecks } from "../checks/settings-checks.ts";
import { trainingChecks } from "../checks/training-checks.ts";
import { roundingOf } from "../checks/unstable-entries.ts";
import { adapterEntries, comparedByKey } from "../fixture/fixture-entries.ts";
import {
  adapterContext,
  baseContext,
  disposeInputs,
  hasLabels,
  inputsOf,
  logitsOf,
  openCase,
  type ParityCase,
  paddingFilter,
} from "../fixture/parity-case.ts";
import { compare, type ParityCheck, worst } from "../fixture/parity-check.ts";

const [none, adapted] = [baseContext.adapters, adapterContext.adapters];

/** Everything that the fixture names. */
export async function singleAdapterChecks(fixture: Fixture): Promise<readonly ParityCheck[]> {
  const parity = await openCase(fixture);
  try {
    return [
      ...(await asPeftComputes(parity, async () => [
        ...(await forwardChecks(parity)),
        ...(await gradientChecks(parity)),
      ])),
      ...settingsChecks(fixture, parity.handle),
      ...(await freshChecks(parity)),
      ...(await reloadedChecks(parity)),
      ...(await generationChecks(parity)),
      ...(await deltaChecks(parity)),
      ...(await kasaChecks(parity)),
      ...(await mergeChecks(parity)),
      ...(await asPeftComputes(parity, () => trainingChecks(parity))),
    ];
  } finally {
    parity.dispose();
  }
}

async function forwardChecks({ fixture, base, model }: ParityCase): Promise<readonly ParityCheck[]> {
  // The base is looked at by itself: where layers are repeated, or a vocabulary is resized, it is another model.
  const isDone = (name: string) => /^(base|adapter)\./.test(name);
  return [
    await logitsCheck({ fixture, model: base }, "base.logits", none),
    await logitsCheck({ fixture, model }, "adapter.logits", adapted),
    ...(hasLabels(fixture) ? [await adapterLossCheck({ fixture, model })] : []),
    ...(await statedLossChecks({ fixture, model: base }, "base_loss", none)),
    ...(await statedLossChecks({ fixture, model }, "adapter_loss", adapted)),
    ...(await selectedChecks({ fixture, model, namesByWord: new Map([["adapter", "default"]]) }, isDone)),
  ];
}

function adapterLossCheck({ fixture, model }: Pick<ParityCase, "fixture" | "model">): Promise<ParityCheck> {
  const expected = fixture.tensor("adapter.loss").values;
  return lossCheck({ fixture, model }, { what: "loss", adapters: adapted, expected });
}

/** A new adapter of the same configuration, where the base alone decides how it starts. */
async function freshChecks({ fixture, model, adapter }: ParityCase): Promise<readonly ParityCheck[]> {
  if (!fixture.tensors.has("start.logits")) return [];
  const fresh = injectAdapter(model, planInjection(model, adapter.config), { name: "fresh", seed: 0 });
  const adapters = [{ name: "fresh", weight: 1 }];
  const checks = await asPeftComputes({ model, handle: fresh }, async () => [
    await logitsCheck({ fixture, model }, "start.logits", { kind: "active", adapters }),
  ]);
  fresh.dispose();
  return checks;
}

/** The adapter once more, from what would be written of it. */
async function reloadedChecks({ fixture, model, handle }: ParityCase): Promise<readonly ParityCheck[]> {
  if (!fixture.tensors.has("reloaded.logits")) return [];
  const again = attachAdapter(model, await handle.toAdapter(), { name: "reloaded" });
  const adapters = [{ name: "reloaded", weight: 1 }];
  const check = await logitsCheck({ fixture, model }, "reloaded.logits", { kind: "active", adapters });
  again.dispose();
  return [check];
}

async function gradientChecks({ fixture, model, handle }: ParityCase): Promise<readonly ParityCheck[]> {
  if (!hasLabels(fixture)) return [];
  const inputs = inputsOf(fixture);
  const expected = adapterEntries(comparedByKey(fixture, "grad."), handle);
  const ours = await gradientsOf(handle, () => model.loss(inputs, adapterContext));
  disposeInputs(inputs);
  const checks = [...expected].map(([key, { values }]) => {
    const rounding = roundingOf(fixture, key);
    const isRelative = rounding === 0;
    const numbers = { actual: ours.get(key) ?? [], expected: values };
    const check = compare("gradients", numbers, { tolerance: 1e-4, isRelative });
    return isRelative ? check : { ...check, difference: (check.difference / rounding) * 1e-4 };
  });
  const unexpected = [...handle.variables.keys()].filter((key) => !expected.has(key));
  if (unexpected.length) throw new Error(`The fixture has no gradient for ${unexpected.join(", ")}.`);
  const { grad_norm: norm } = fixture.expected;
  if (norm === undefined) return [worst(checks)];
  const norms = { actual: [normOf(ours)], expected: [Number(norm)] };
  return [worst(checks), compare("gradient norm", norms, { tolerance: 1e-4, isRelative: true })];
}

/** The Euclidean norm of all gradients taken as one vector. */
function normOf(gradients: ReadonlyMap<string, ArrayLike<number>>): number {
  let sum = 0;
  for (const gradient of gradients.values()) for (const value of Array.from(gradient)) sum += value * value;
  return Math.sqrt(sum);
}

/** PEFT merges most adapters; a fixture without merged logits is of one that it cannot. */
async function mergeChecks({ fixture, model, handle }: ParityCase): Promise<readonly ParityCheck[]> {
  if (!fixture.tensors.has("merged.logits")) return [];
  const inputs = inputsOf(fixture);
  const before = await logitsOf(model, inputs, adapterContext);
  const { merged, isShared } = await mergeOnce({ model, handle });
  const actual = await logitsOf(model, inputs, baseContext);
  merged.undo();
  disposeInputs(inputs);
  const stated = fixture.tensor("merged.logits");
  // PEFT folds into a table that two modules share for both; here each then has its own, and does what it did.
  const expected = isShared ? fixture.tensor("adapter.logits") : stated;
  const skip = paddingFilter(fixture, stated);
  // Neither has then what ours computes: one is without the head's bias, the other with its change in two places.
  const isComparable = !isShared || !forgetsBiases({ model, handle });
  return [
    ...(isComparable
      ? [compare("merged.logits", { actual, expected: expected.values }, { tolerance: 1e-4, skip })]
      : []),
    compare("merged−adapted", { actual, expected: before }, { tolerance: 1e-4, skip }),
    ...(fixture.tensors.has("unmerged.logits")
      ? [await logitsCheck({ fixture, model }, "unmerged.logits", adapted)]
      : []),
  ];
}

/** Merges, and returns whether that separated a shared table. */
async function mergeOnce({ model, handle }: Pick<ParityCase, "model" | "handle">) {
  try {
    return { merged: await mergeAdapter(model, handle), isShared: false };
  } catch (error) {
    if (!LowrankError.isInstance(error, "TIED_WEIGHT")) throw error;
    return { merged: await mergeAdapter(model, handle, { tied: "untie" }), isShared: true };
  }
}
