// Adapters for testing the invariants, and functions that read models and adapters as plain numbers.

import { type Adapter, createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { expectClose, largestMagnitude } from "@lowrank/testing";
import fc from "fast-check";
import { numbers, type Subject } from "./subjects.ts";

/** How many models and adapters each property is tried with, and from which seed. */
export const examples = { seed: 20, numRuns: 4 } as const;

/** Ranks, alphas and both scalings. */
export const anySize: fc.Arbitrary<Pick<LoraConfig, "rank" | "alpha" | "rankStabilized">> = fc.record({
  rank: fc.integer({ min: 1, max: 4 }),
  alpha: fc.integer({ min: 1, max: 16 }),
  rankStabilized: fc.boolean(),
});

/** A seed for draws. */
export const anySeed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** Attaches a new adapter, by default to every linear layer but the head. */
export function newAdapter(
  { model }: Pick<Subject, "model">,
  config: Partial<LoraConfig>,
  options: { readonly name?: string; readonly seed?: number } = {},
): AdapterHandle {
  const plan = planInjection(model, createLoraConfig({ targetModules: "all-linear", ...config }));
  return injectAdapter(model, plan, { seed: 1, ...options });
}

/** As `newAdapter`, but with both halves random, as after training. */
export function trainedAdapter(
  subject: Pick<Subject, "model">,
  config: Partial<LoraConfig> = {},
  options: { readonly name?: string; readonly seed?: number } = {},
): AdapterHandle {
  return newAdapter(subject, { rank: 2, alpha: 2, init: false, ...config }, options);
}

/** Two adapters that differ, "a" and "b", of different ranks. */
export function twoAdapters(subject: Pick<Subject, "model">) {
  const a = trainedAdapter(subject, { rank: 1, alpha: 2 }, { name: "a", seed: 1 });
  const b = trainedAdapter(subject, { rank: 3, alpha: 4 }, { name: "b", seed: 2 });
  const dispose = () => {
    a.dispose();
    b.dispose();
  };
  return { a, b, dispose };
}

/** Every weight of the base that there is, by path. */
export function weightsOf(model: AdaptableModel): ReadonlyMap<string, Float32Array> {
  return new Map([
    ...model.sites().map((site): [string, Float32Array] => [`${site.path}.weight`, numbers(() => site.readWeight())]),
    ...model.parameters().map((parameter): [string, Float32Array] => [parameter.path, numbers(() => parameter.read())]),
  ]);
}

/** The names under which two maps do not have the same bits. */
export function differing(
  one: ReadonlyMap<string, Float32Array>,
  other: ReadonlyMap<string, Float32Array>,
): readonly string[] {
  const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => {
    const [mine, theirs] = [one.get(name), other.get(name)];
    return !mine || !theirs || Buffer.compare(bytesOf(mine), bytesOf(theirs)) !== 0;
  });
}

/** What an adapter holds now, by name. */
export function valuesOf({ variables }: Pick<AdapterHandle, "variables">): ReadonlyMap<string, Float32Array> {
  return new Map([...variables].map(([name, variable]) => [name, Float32Array.from(variable.dataSync())]));
}

/** What an adapter's file holds, by key: shapes and numbers. */
export function tensorsOf({ tensors }: Adapter): ReadonlyMap<string, readonly number[]> {
  return new Map([...tensors].map(([key, { shape, values }]) => [`${key} [${shape}]`, [...values]]));
}

/** Throws unless numbers agree relative to the largest of them (or to 1, if that is less). */
export function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void {
  expectClose(actual, expected, tolerance * Math.max(1, largestMagnitude(expected)));
}

/** The largest difference between two lists of numbers, for those that have to differ. */
export function distance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return largestMagnitude(Float32Array.from({ length: one.length }, (_, i) => (one[i] ?? 0) - (other[i] ?? 0)));
}
