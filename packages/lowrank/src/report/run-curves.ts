// The curves in a run's metrics.jsonl.

import { parseJson } from "@lowrank/contracts/internal";

export type CurvePoint = readonly [step: number, value: number];

export interface RunCurves {
  readonly loss: readonly CurvePoint[];
  readonly smoothed: readonly CurvePoint[];
  readonly learningRate: readonly CurvePoint[];
  readonly gradientNorm: readonly CurvePoint[];
  /** Further numbers of steps, such as rewards. */
  readonly metrics: ReadonlyMap<string, readonly CurvePoint[]>;
  readonly validation: ReadonlyMap<string, readonly CurvePoint[]>;
  /** Steps that were skipped because of a NaN or infinite value. */
  readonly skipped: readonly number[];
}

/** Reads lines of metrics.jsonl; skips values that are not numbers. */
export function runCurves(lines: readonly string[]): RunCurves {
  const smoothing = new SmoothedLoss();
  const curves = { loss: [], smoothed: [], learningRate: [], gradientNorm: [] } as Record<
    "loss" | "smoothed" | "learningRate" | "gradientNorm",
    CurvePoint[]
  >;
  const [metrics, validation] = [new Map<string, CurvePoint[]>(), new Map<string, CurvePoint[]>()];
  const skipped: number[] = [];
  for (const line of lines) {
    const facts = new Map(Object.entries(parseJson(line) as object));
    const step = Number(facts.get("step"));
    if (facts.has("skipped")) skipped.push(step);
    for (const [kind, curvesOf] of Object.entries({ metrics, validation })) {
      for (const [name, value] of Object.entries((facts.get(kind) ?? {}) as object)) {
        if (typeof value !== "number") continue;
        curvesOf.set(name, curvesOf.get(name) ?? []);
        curvesOf.get(name)?.push([step, value]);
      }
    }
    for (const name of ["loss", "learningRate", "gradientNorm"] as const) {
      const value: unknown = facts.get(name);
      if (typeof value !== "number") continue;
      curves[name].push([step, value]);
      if (name === "loss") curves.smoothed.push([step, smoothing.add(value)]);
    }
  }
  return { ...curves, metrics, validation, skipped };
}

/** Weight of the old mean in the new one. */
const decay = 0.9;

/** The exponential moving average, with TensorBoard's bias correction. */
export class SmoothedLoss {
  #sum = 0;
  #weight = 0;

  /** Adds a value and returns the mean; skips values that are not finite. */
  add(value: number): number {
    if (Number.isFinite(value)) {
      this.#sum = this.#sum * decay + value * (1 - decay);
      this.#weight = this.#weight * decay + (1 - decay);
    }
    return this.value;
  }

  /** NaN before the first value. */
  get value(): number {
    return this.#sum / this.#weight;
  }
}
