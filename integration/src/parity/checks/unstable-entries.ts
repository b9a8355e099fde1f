// Entries whose gradient is zero up to rounding: AdamW moves them by a full step in a random direction.

import { keyPrefix } from "@lowrank/adapter-format/internal";
import { hotSwap } from "@lowrank/inject";
import type { Fixture } from "@lowrank/testing";
import { largestMagnitude } from "@lowrank/testing";
import { byKey, haveSameValues } from "../fixture/fixture-entries.ts";
import type { ParityCase } from "../fixture/parity-case.ts";
import type { TrainSettings } from "./train-case.ts";

/** A gradient of a millionth of the largest there is, or less, is what rounding left of zero. */
const negligible = 1e-6;

/** What float32 leaves uncertain of a gradient, as a share of the largest in its tensor; and how far an entry may be off. */
const rounding = 1e-7;
const tolerance = 2e-5;

/** The share of a tensor's largest gradient below which rounding moves AdamW's first step by more than the tolerance. */
function decisive({ expected }: Fixture): number {
  const { lr = 1e-3 } = (expected.train ?? {}) as Partial<TrainSettings>; // the fixture's own file
  return (rounding * lr) / tolerance;
}

/**
 * The size of gradient below which there is only rounding; above 0 for a tensor all of whose gradient is as small: the
 * biases of attention's keys, or of a head that tells where an answer starts, which a softmax takes away again.
 */
export function roundingOf(fixture: Fixture, key: string): number {
  const floor = negligible * largestOf(fixture);
  return largestMagnitude(byKey(fixture, "grad.").get(key)?.values ?? [Infinity]) < floor ? floor : 0;
}

/**
 * Tells which entries of a trained tensor mean nothing: all whose gradient is below a millionth of the case's largest – the
 * biases of attention's keys, alone or between those of queries and values, whose gradient is zero. A fixture marks those in
 * which PEFT's float32 and float64 runs happened to differ (a tensor without any has no marks); in a tensor with marks,
 * everything below a millionth of its own largest gradient is as random.
 */
export function unstableEntries(fixture: Fixture, key: string): (index: number) => boolean {
  const marks = fixture.tensors.get(`unstable.${keyPrefix}${key}`)?.values;
  const gradient = byKey(fixture, "grad.").get(key)?.values;
  const floor = negligible * largestOf(fixture);
  if (marks === undefined && gradient === undefined) return () => false;
  const smallest = gradient ? Math.max(floor, marks === undefined ? 0 : negligible * largestMagnitude(gradient)) : 0;
  return (index) => marks?.[index] === 1 || (gradient !== undefined && Math.abs(gradient[index] ?? 0) < smallest);
}

/** The largest entry of a case's gradients. */
function largestOf(fixture: Fixture): number {
  return Math.max(0, ...[...byKey(fixture, "grad.").values()].map(({ values }) => largestMagnitude(values)));
}

/** Tells where the first gradient of a training is so small that its rounding may decide where the step goes. */
export function roundingDecides(fixture: Fixture, first: Float32Array | undefined): (index: number) => boolean {
  if (first === undefined) return () => false;
  const smallest = decisive(fixture) * largestMagnitude(first);
  return (index) => first[index] !== 0 && Math.abs(first[index] ?? 0) < smallest; // 0: nothing depends on it
}

/** Puts PEFT's value into each trained entry that went in a random direction, before what follows from them is compared. */
export async function settleUnstable(
  { fixture, handle }: Pick<ParityCase, "fixture" | "handle">,
  isUnstableIn: (key: string) => (index: number) => boolean,
): Promise<void> {
  const final = byKey(fixture, "final.");
  const adapter = await handle.toAdapter();
  // An initialization that subtracted A and B from the base is saved as a plain adapter of twice the rank.
  const sizeOf = (key: string) => final.get(key)?.values.length;
  if ([...adapter.tensors].some(([key, { values }]) => (sizeOf(key) ?? values.length) !== values.length)) return;
  // A shared variable is in the file once more, under another name.
  const variableOf = (key: string, values: Float32Array) =>
    handle.variables.has(key)
      ? key
      : [...adapter.tensors].find(
          ([other, one]) => handle.variables.has(other) && haveSameValues(one.values, values),
        )?.[0];
  let isChanged = false;
  const tensors = new Map(
    [...adapter.tensors].map(([key, { shape, values }]) => {
      const source = variableOf(key, values) ?? key;
      const isUnstable = isUnstableIn(source);
      const wanted = final.get(source)?.values;
      const settled = values.map((value, index) => (wanted && isUnstable(index) ? wanted[index]! : value));
      isChanged ||= settled.some((value, index) => value !== values[index]);
      return [key, { shape, values: settled }];
    }),
  );
  if (isChanged) hotSwap(handle, { ...adapter, tensors });
}
