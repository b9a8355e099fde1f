// Measures the time and memory of a step and of a validation with the first ones of a run.

import type { RowList, TokenizedExample } from "@lowrank/data/internal";
import type { RowMetrics } from "../../metric-names.ts";
import type { OpenedAdapter, PreparedTraining } from "../../opened-adapter.ts";
import type { TrainingOptions } from "../../options.ts";
import { someRows } from "../../report/data-facts.ts";

export interface MeasuredSteps {
  readonly steps: readonly Measurement[];
  readonly validations: readonly (Measurement & { readonly metrics: RowMetrics })[];
}

/** The first step also makes things that later steps reuse: graphs, packed weights, buffers. */
const warmUp = 1;
/** Steps are measured until there are this many, or, after three, for this many seconds. */
const [maxMeasured, minMeasured, enoughSeconds] = [20, 3, 5];

/** Makes some steps; the adapter is not for use afterwards. Validates as the options require. */
export async function measureSteps(
  adapter: OpenedAdapter,
  training: PreparedTraining,
  options: TrainingOptions,
): Promise<MeasuredSteps> {
  const steps = Math.min(training.totalSteps, warmUp + maxMeasured);
  // At this rate no run diverges, and a step takes as long.
  const quiet = { learningRate: 1e-9, watchRate: false, patience: undefined, onWarning: () => undefined };
  const loop = { ...options, epochs: undefined, steps, ...quiet };
  const validationTokens = totalOf(training.validation, tokensRead);
  const measurements: Measurement[] = [];
  const validations: MeasuredSteps["validations"][number][] = [];
  const start = performance.now();
  let last = start;
  for await (const event of adapter.run(training, loop)) {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    if (event.type === "step") measurements.push({ seconds, tokens: event.tokens ?? 0 });
    if (event.type === "evaluation") validations.push({ seconds, tokens: validationTokens, metrics: event.metrics });
    if (measurements.length >= warmUp + minMeasured && now - start > 1000 * enoughSeconds) break;
    last = now;
  }
  return { steps: measurements.length > warmUp ? measurements.slice(warmUp) : measurements, validations };
}

/** The total over all rows. For many rows it is estimated from some of them. */
export function totalOf(rows: RowList<TokenizedExample>, count: (row: TokenizedExample) => number): number {
  const sample = someRows(rows, 10_000);
  return (sample.reduce((sum, row) => sum + count(row), 0) / Math.max(1, sample.length)) * rows.length;
}

export function tokensRead(row: TokenizedExample): number {
  const others = row.kind === "comparison" ? row.others.reduce((sum, { length }) => sum + length, 0) : 0;
  return row.inputIds.length + others + (row.kind === "preference" ? row.rejected.inputIds.length : 0);
}

/** One step, or one validation of a few rows. */
interface Measurement {
  readonly seconds: number;
  /** 0 for rows without tokens: pictures. */
  readonly tokens: number;
}

interface MeasuredRun {
  readonly steps: readonly Measurement[];
  /** Tokens of a whole epoch. */
  readonly tokensPerEpoch: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly validations: readonly Measurement[];
  /** The tokens of all validation rows. */
  readonly validationTokens: number;
  readonly totalValidations: number;
}

/** A few steps may take equally long, but other programs use the machine, too. */
const smallestUncertainty = 0.1;

/** Seconds, in proportion to tokens, for the measured batches may be longer than others, and the share by which they may be wrong. */
export function estimateRun(run: MeasuredRun) {
  const { steps, validations, totalSteps, totalValidations } = run;
  const tokensPerStep = run.tokensPerEpoch / run.stepsPerEpoch;
  const rates = steps.map((step) => rateOf(step, tokensPerStep));
  const secondsPerStep = median(rates);
  const secondsPerValidation = median(validations.map((each) => rateOf(each, run.validationTokens)));
  const seconds = secondsPerStep * totalSteps + secondsPerValidation * totalValidations;
  const spread = (Math.max(...rates) - Math.min(...rates)) / 2 / secondsPerStep;
  return { secondsPerStep, secondsPerValidation, seconds, uncertainty: Math.max(smallestUncertainty, spread) };
}

function rateOf({ seconds, tokens }: Measurement, wanted: number): number {
  return tokens > 0 && wanted > 0 ? (seconds / tokens) * wanted : seconds;
}

/** The median; 0 without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
