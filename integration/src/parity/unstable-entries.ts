// Entries whose gradient is zero up to rounding: AdamW moves them by a full step in a random direction.

import type { Fixture } from "@lowrank/testing";
import { largestMagnitude } from "@lowrank/testing";
import { byKey } from "./parity-case.ts";

/**
 * Tells which entries of a trained tensor mean nothing. A fixture marks those in which PEFT's float32 and float64 runs
 * happened to differ (a tensor without any has no marks); the others whose gradient is as small are as random: in a tensor
 * with marks, everything below a millionth of its largest gradient – the biases of attention's keys, whose gradient is zero.
 */
export function unstableEntries(fixture: Fixture, key: string): (index: number) => boolean {
  const marks = byKey(fixture, "unstable.").get(key)?.values;
  const gradient = byKey(fixture, "grad.").get(key)?.values;
  if (!marks) return () => false;
  const smallest = gradient ? 1e-6 * largestMagnitude(gradient) : 0;
  return (index) => marks[index] === 1 || (gradient !== undefined && Math.abs(gradient[index] ?? 0) < smallest);
}
