// Fixtures of weighted combinations: each combination as PEFT computes it, and the exact sum that is wanted.

import { type Adapter, scalingOf } from "@lowrank/adapter-format";
import { loraKeys } from "@lowrank/adapter-format/internal";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { attachAdapter } from "@lowrank/inject";
import { createMatrix, type Matrix, multiply, transpose } from "@lowrank/math";
import { combineAdapters } from "@lowrank/merge";
import type { CombineOptions, MaskRequest, WeightedAdapter } from "@lowrank/merge/internal";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import type { Fixture } from "@lowrank/testing";
import { lossCheck, statedLossChecks } from "../checks/selected-logits.ts";
import {
  adapterContext,
  baseContext,
  disposeInputs,
  inputsOf,
  logitsOf,
  paddingFilter,
} from "../fixture/parity-case.ts";
import { compare, type ParityCheck, worst } from "../fixture/parity-check.ts";

/** A combination, as expected.json describes it. */
interface Combination {
  readonly adapters: readonly string[];
  readonly weights: readonly number[];
  readonly combination_type: string;
  readonly svd_rank?: number;
  readonly svd_clamp?: number;
  readonly density?: number;
  readonly majority_sign_method?: "total" | "frequency";
  /** Of PEFT's result. */
  readonly result_rank?: number;
  readonly result_alpha?: number;
}

interface WeightedCase {
  readonly fixture: Fixture;
  readonly model: PretrainedModel;
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly combinations: readonly (readonly [name: string, combination: Combination])[];
}

/** Whether a fixture is about combinations. */
export function hasCombinations({ expected }: Fixture): boolean {
  return expected.combos !== undefined;
}

/** Every adapter alone, every combination, and the exact sums. */
export async function weightedChecks(fixture: Fixture): Promise<readonly ParityCheck[]> {
  // The fixture's own file, described in its README.
  const combinations = Object.entries(fixture.expected.combos as Record<string, Combination>);
  const losses = (fixture.expected.losses ?? {}) as Readonly<Record<string, number>>;
  const names = new Set([...combinations.flatMap(([, { adapters }]) => adapters), ...Object.keys(losses)]);
  const adapters = new Map<string, Adapter>();
  for (const name of names) adapters.set(name, await readAdapterFolder(`${fixture.folder}/adapters/${name}`));
  const model = await loadModel(openFolder(`${fixture.folder}/base`));
  const parity = { fixture, model, adapters, combinations };
  try {
    const alone: ParityCheck[] = [];
    for (const [name, adapter] of adapters) alone.push(await logitsCheck(parity, `${name}.logits`, adapter));
    const combined = [];
    for (const [name, combination] of combinations)
      combined.push(...(await combinationChecks(parity, name, combination)));
    return [
      await logitsCheck(parity, "base.logits", null),
      ...(await statedLossChecks({ fixture, model }, "base_loss", baseContext.adapters)),
      { ...worst(alone), what: "alone" },
      ...(await aloneChecks(parity, losses)),
      ...combined,
      ...(await exactChecks(parity)),
    ];
  } finally {
    model.dispose();
  }
}

/** Losses and scalings of each adapter, where expected.json has them. */
async function aloneChecks(
  { fixture, model, adapters }: WeightedCase,
  losses: Readonly<Record<string, number>>,
): Promise<readonly ParityCheck[]> {
  const scalings = (fixture.expected.scaling ?? {}) as Readonly<Record<string, number>>;
  const checks: ParityCheck[] = [];
  for (const [name, loss] of Object.entries(losses)) {
    const handle = attachAdapter(model, adapters.get(name)!);
    const wanted = { what: "losses", adapters: adapterContext.adapters, expected: [loss] };
    checks.push(await lossCheck({ fixture, model }, wanted));
    handle.dispose();
  }
  const scaled = Object.entries(scalings).flatMap(([name, expected]) => {
    const adapter = adapters.get(name);
    const actual = adapter ? model.sites().filter(({ path }) => adapter.tensors.has(loraKeys(path).a)) : [];
    return actual.map(({ path }) => {
      const numbers = { actual: [scalingOf(adapter!.config, path)], expected: [expected] };
      return compare("scalings", numbers, { tolerance: 1e-9 });
    });
  });
  return [checks, scaled].flatMap((kind) => (kind.length === 0 ? [] : [worst(kind)]));
}

/** PEFT's result of one combination: what it adds to the weights, and the logits with it. */
async function combinationChecks(parity: WeightedCase, name: string, combination: Combination) {
  const { fixture } = parity;
  const reference =
    combination.svd_clamp === undefined ? null : await readAdapterFolder(`${fixture.folder}/adapters/${name}`);
  const result = combineAdapters(sourcesOf(parity, combination), {
    ...optionsOf(combination),
    compatible: "peft",
    mask: recordedMask(parity, name, combination),
    // The clamped entries depend on the signs that LAPACK happened to choose.
    ...(reference && { signsOf: reference }),
  });
  const logits = `${name}.logits`;
  return [
    worst([
      ...sizeChecks(name, combination, result),
      ...deltaChecks(parity, name, result),
      ...(fixture.tensors.has(logits) ? [await logitsCheck(parity, logits, result)] : []),
    ]),
  ];
}

function sizeChecks(name: string, { result_rank: rank, result_alpha: alpha }: Combination, { config }: Adapter) {
  const same = (actual: number, expected: number | undefined) =>
    expected === undefined ? [] : [compare(name, { actual: [actual], expected: [expected] }, { tolerance: 0 })];
  return [...same(config.rank, rank), ...same(config.alpha, alpha)];
}

/** Σ wᵢ·sᵢ·Bᵢ·Aᵢ, three ways that are exact. */
async function exactChecks(parity: WeightedCase): Promise<readonly ParityCheck[]> {
  const wanted = [...parity.fixture.tensors.keys()].flatMap((key) => /^(exact_[^.]+)\./.exec(key)?.[1] ?? []);
  const found: ParityCheck[] = [];
  for (const name of new Set(wanted)) {
    const [, combination] = exactCombination(parity, name);
    const sources = sourcesOf(parity, combination);
    const rank = sources.reduce((sum, { adapter }) => sum + adapter.config.rank, 0);
    const results = [{ type: "exact" }, { type: "cat" }, { type: "svd", rank }].map((options) =>
      combineAdapters(sources, options),
    );
    const checks = results.flatMap((result) => deltaChecks(parity, name, result));
    if (parity.fixture.tensors.has(`${name}.logits`))
      for (const result of results) checks.push(await logitsCheck(parity, `${name}.logits`, result));
    found.push({ ...worst(checks), what: name });
  }
  return found;
}

/** "exact_ab" is the sum that the combinations of a and b by an exact or linear method mean. */
function exactCombination({ combinations }: WeightedCase, name: string): readonly [string, Combination] {
  const found = combinations.find(
    ([, { adapters, combination_type }]) =>
      `exact_${adapters.join("")}` === name && ["linear", "cat", "svd"].includes(combination_type),
  );
  if (!found) throw new Error(`No combination tells the weights of "${name}".`);
  return found;
}

function sourcesOf({ adapters }: WeightedCase, combination: Combination): readonly WeightedAdapter[] {
  return combination.adapters.map((name, index) => ({
    name,
    adapter: adapters.get(name)!,
    weight: combination.weights[index]!,
  }));
}

function optionsOf(combination: Combination): CombineOptions {
  const {
    combination_type: type,
    svd_rank: rank,
    svd_clamp: clamp,
    density,
    majority_sign_method: majoritySign,
  } = combination;
  return {
    type,
    ...(rank === undefined ? {} : { rank }),
    ...(clamp === undefined ? {} : { clamp }),
    ...(density === undefined ? {} : { density }),
    ...(majoritySign === undefined ? {} : { majoritySign }),
  };
}

/** Masks are numbered in the order in which PEFT drew them: layer by layer, A of each adapter, then B of each. */
function recordedMask({ fixture, model, adapters }: WeightedCase, name: string, { adapters: names }: Combination) {
  const paths = model.sites().map(({ path }) => path);
  const transposed = new Set(model.sites().flatMap(({ path, fanInFanOut }) => (fanInFanOut ? [path] : [])));
  const has = (adapter: number, path: string) => adapters.get(names[adapter]!)!.tensors.has(loraKeys(path).a);
  const users = (path: string) => names.map((_, adapter) => adapter).filter((adapter) => has(adapter, path));
  return ({ path, part, adapter, rows, columns }: MaskRequest): ArrayLike<number> => {
    const masksEach = part === "product" ? 1 : 2;
    const before = paths.slice(0, paths.indexOf(path)).reduce((sum, one) => sum + masksEach * users(one).length, 0);
    const index = before + (part === "B" ? users(path).length : 0) + users(path).indexOf(adapter);
    const { values } = fixture.tensor(`${name}.mask.${index}`);
    const isTransposed = part === "product" && transposed.has(path); // Conv1D keeps weights as [in, out]
    return isTransposed ? transpose(createMatrix(columns, rows, values)).values : values;
  };
}

function deltaChecks({ fixture, model }: WeightedCase, name: string, result: Adapter): readonly ParityCheck[] {
  return model.sites().flatMap(({ path, fanInFanOut }) => {
    const expected = fixture.tensors.get(`${name}.delta.${path}`);
    if (!expected) return [];
    const delta = deltaOf(result, path); // [outFeatures, inFeatures]
    const isTransposed = fanInFanOut && expected.shape[0] === delta.columns; // [in, out], as Conv1D keeps its weights
    const actual = (isTransposed ? transpose(delta) : delta).values.map(
      (value) => value * scalingOf(result.config, path),
    );
    return [compare(name, { actual, expected: expected.values }, { tolerance: 1e-4, isRelative: true })];
  });
}

function deltaOf({ tensors }: Adapter, path: string): Matrix {
  const { a, b } = loraKeys(path);
  const [down, up] = [tensors.get(a)!, tensors.get(b)!];
  const [rank = 0, inFeatures = 0] = down.shape;
  return multiply(createMatrix(up.shape[0] ?? 0, rank, up.values), createMatrix(rank, inFeatures, down.values));
}

async function logitsCheck(
  { fixture, model }: WeightedCase,
  name: string,
  adapter: Adapter | null,
): Promise<ParityCheck> {
  const handle = adapter && attachAdapter(model, adapter);
  const inputs = inputsOf(fixture);
  const actual = await logitsOf(model, inputs, handle ? adapterContext : baseContext);
  disposeInputs(inputs);
  handle?.dispose();
  const expected = fixture.tensor(name);
  const what = name.replace(/\.logits$/, adapter ? "" : ".logits");
  return compare(
    what,
    { actual, expected: expected.values },
    { tolerance: 1e-4, skip: paddingFilter(fixture, expected) },
  );
}
