// All comparisons that a fixture allows.

import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { type Fixture, type FixtureTensor, readFixture } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { adaptersChecks, hasAdapters } from "./adapters-case.ts";
import { deltaChecks } from "./delta-checks.ts";
import { firstGradients, lossDrift } from "./first-step.ts";
import {
  adapterContext,
  baseContext,
  byKey,
  disposeInputs,
  haveSameValues,
  inputsOf,
  logitsOf,
  openCase,
  type ParityCase,
  paddingFilter,
  valuesInFile,
} from "./parity-case.ts";
import { compare, isWithin, type ParityCheck, worst } from "./parity-check.ts";
import { hasStart, startChecks } from "./start-case.ts";
import { trainCase } from "./train-case.ts";
import { roundingOf, settleUnstable, unstableEntries } from "./unstable-entries.ts";
import { hasCombinations, weightedChecks } from "./weighted-case.ts";

/** How a case went. */
export interface CaseResult {
  readonly name: string;
  readonly checks: readonly ParityCheck[];
  readonly isEqual: boolean;
}

/** Fixtures that are not one adapter on one base; the first that fits counts. */
const specialCases = [
  { isOne: hasStart, checks: startChecks },
  { isOne: hasCombinations, checks: weightedChecks },
  { isOne: hasAdapters, checks: adaptersChecks },
];

/**
 * Runs one fixture: base logits, adapter logits, loss, gradients, merged logits, and – where it has them – the losses
 * of its training steps and what these leave.
 */
export async function runCase(nameOrPath: string): Promise<CaseResult> {
  const fixture = await readFixture(nameOrPath);
  const special = specialCases.find(({ isOne }) => isOne(fixture));
  if (special) return resultOf(fixture, await special.checks(fixture));
  const parity = await openCase(nameOrPath);
  try {
    return resultOf(parity.fixture, [
      ...forwardChecks(parity),
      ...freshChecks(parity),
      ...deltaChecks(parity),
      ...gradientChecks(parity),
      ...(await mergeChecks(parity)),
      ...(await trainingChecks(parity)),
    ]);
  } finally {
    parity.dispose();
  }
}

function resultOf({ expected }: Fixture, checks: readonly ParityCheck[]): CaseResult {
  return { name: String(expected.name), checks, isEqual: checks.every(isWithin) };
}

/** A case as one line: "gpt2  ok  base.logits 2e-6  …". */
export function describeCase({ name, checks, isEqual }: CaseResult): string {
  const parts = checks.map((check) => {
    const mark = isWithin(check) ? "" : ` (more than ${check.tolerance})`;
    const note = check.note === undefined ? "" : ` (${check.note})`;
    return `${check.what} ${check.difference.toExponential(1)}${mark}${note}`;
  });
  return `${name.padEnd(16)} ${isEqual ? "ok  " : "FAIL"} ${parts.join("  ")}`;
}

function forwardChecks({ fixture, base, model }: ParityCase): readonly ParityCheck[] {
  const inputs = inputsOf(fixture);
  const check = (name: string, context: typeof baseContext): ParityCheck => {
    const expected = fixture.tensor(name);
    const actual = logitsOf(context === baseContext ? base : model, inputs, context);
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

/** A new adapter of the same configuration, where the base alone decides how it starts. */
function freshChecks({ fixture, model, adapter }: ParityCase): readonly ParityCheck[] {
  if (!fixture.tensors.has("start.logits")) return [];
  const fresh = injectAdapter(model, planInjection(model, adapter.config), { name: "fresh", seed: 0 });
  const inputs = inputsOf(fixture);
  const expected = fixture.tensor("start.logits");
  const actual = logitsOf(model, inputs, inferenceContext(activeAdapters("fresh")));
  disposeInputs(inputs);
  fresh.dispose();
  const skip = paddingFilter(fixture, expected);
  return [compare("start.logits", { actual, expected: expected.values }, { tolerance: 1e-4, skip })];
}

function gradientChecks({ fixture, model, handle }: ParityCase): readonly ParityCheck[] {
  const inputs = inputsOf(fixture);
  const variables = [...handle.variables.values()];
  const { value, grads } = tf.variableGrads(() => model.loss(inputs, adapterContext), variables);
  const expected = ownEntries(byKey(fixture, "grad."), handle);
  const checks = [...expected].map(([key, { values }]) => {
    const variable = handle.variables.get(key);
    // What nothing depends on has no gradient here and zeros in a fixture.
    if (variable !== undefined) grads[variable.name] ??= tf.zerosLike(variable);
    const gradient = variable && grads[variable.name];
    const actual = gradient === undefined ? [] : valuesInFile(handle, key, gradient);
    const rounding = roundingOf(fixture, key);
    const isRelative = rounding === 0;
    const check = compare("gradients", { actual, expected: values }, { tolerance: 1e-4, isRelative });
    return isRelative ? check : { ...check, difference: (check.difference / rounding) * 1e-4 };
  });
  tf.dispose([value, grads]);
  disposeInputs(inputs);
  const unexpected = [...handle.variables.keys()].filter((key) => !expected.has(key));
  if (unexpected.length) throw new Error(`The fixture has no gradient for ${unexpected.join(", ")}.`);
  return [worst(checks)];
}

/** PEFT merges most adapters; a fixture without merged logits is of one that it cannot. */
async function mergeChecks({ fixture, model, handle }: ParityCase): Promise<readonly ParityCheck[]> {
  if (!fixture.tensors.has("merged.logits")) return [];
  const inputs = inputsOf(fixture);
  const before = logitsOf(model, inputs, adapterContext);
  const merged = await mergeAdapter(model, handle, { tied: "untie" });
  const actual = logitsOf(model, inputs, baseContext);
  merged.undo();
  disposeInputs(inputs);
  const expected = wantedAfterMerge(fixture);
  const skip = paddingFilter(fixture, expected);
  return [
    compare("merged.logits", { actual, expected: expected.values }, { tolerance: 1e-4, skip }),
    compare("merged−adapted", { actual, expected: before }, { tolerance: 1e-4, skip }),
  ];
}

/** What a merged model should compute: what PEFT's does, unless its merge of a shared weight changed both that share it. */
function wantedAfterMerge(fixture: Fixture): FixtureTensor {
  const merged = fixture.tensor("merged.logits");
  const adapted = fixture.tensor("adapter.logits");
  const apart = compare("", { actual: merged.values, expected: adapted.values }, { tolerance: 1e-2 });
  return isWithin(apart) ? merged : adapted;
}

async function trainingChecks({ fixture, model, handle }: ParityCase): Promise<readonly ParityCheck[]> {
  if (!fixture.tensors.has("train.losses")) return [];
  const first = firstGradients({ fixture, model, handle });
  const isUnstable = (key: string) => unstableEntries(fixture, key, first.get(key));
  const losses = await trainCase({ fixture, model, handle });
  const tensors = worst(finalTensors({ fixture, handle }, isUnstable));
  const leftOut = entriesLeftOut({ fixture, handle }, isUnstable);
  const drift = lossDrift({ fixture, handle }, { first, isUnstable });
  await settleUnstable({ fixture, handle }, isUnstable);
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
  const trained = compare("train.losses", trajectory, { tolerance: 1e-5 + drift });
  if (leftOut === 0) return [trained, tensors, logits];
  const note = `rounding decided ${leftOut} entries`;
  return [{ ...trained, note: `at most ${trained.tolerance.toExponential(1)}` }, { ...tensors, note }, logits];
}

/** How many entries are left out because rounding of their first gradient decides, beyond those that the fixture marks. */
function entriesLeftOut(
  { fixture, handle }: Pick<ParityCase, "fixture" | "handle">,
  isUnstable: (key: string) => (index: number) => boolean,
): number {
  const counts = [...ownEntries(byKey(fixture, "final."), handle)].map(([key, { values }]) => {
    const [isLeftOut, isMarked] = [isUnstable(key), unstableEntries(fixture, key)];
    return values.reduce((count, _, index) => count + (isLeftOut(index) && !isMarked(index) ? 1 : 0), 0);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

function finalTensors(
  { fixture, handle }: Pick<ParityCase, "fixture" | "handle">,
  isUnstable: (key: string) => (index: number) => boolean,
): readonly ParityCheck[] {
  return [...ownEntries(byKey(fixture, "final."), handle)].map(([key, { values }]) => {
    const variable = handle.variables.get(key);
    const actual = variable === undefined ? [] : valuesInFile(handle, key, variable);
    return compare("final tensors", { actual, expected: values }, { tolerance: 2e-5, skip: isUnstable(key) });
  });
}

/** What the fixture says of our variables, without what it says again under another name of the same tensor. */
function ownEntries(entries: ReadonlyMap<string, FixtureTensor>, { variables }: AdapterHandle) {
  const own = [...entries].filter(([key]) => variables.has(key));
  const isRepeated = ({ values }: FixtureTensor) => own.some(([, other]) => haveSameValues(values, other.values));
  return new Map([...entries].filter(([key, tensor]) => variables.has(key) || !isRepeated(tensor)));
}
