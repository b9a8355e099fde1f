// From a few measured steps and validations to the time of a whole run.

/** One step, or one validation of a few rows. */
export interface Measurement {
  readonly seconds: number;
  /** 0 for rows without tokens: pictures. */
  readonly tokens: number;
}

/** What was measured, and what the run has of it. */
export interface MeasuredRun {
  readonly steps: readonly Measurement[];
  /** Of a whole epoch. */
  readonly tokensPerEpoch: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly validations: readonly Measurement[];
  /** Of all rows that are held out. */
  readonly validationTokens: number;
  readonly totalValidations: number;
}

/** Times in seconds. */
export interface RunEstimate {
  readonly secondsPerStep: number;
  readonly secondsPerValidation: number;
  readonly seconds: number;
  /** The share by which the time may be wrong, as far as the measured steps tell. */
  readonly uncertainty: number;
}

/** However alike a few steps are, other programs want the machine, too. */
const smallestUncertainty = 0.1;

/** Time is taken as proportional to tokens, for the measured batches may be longer or shorter than the others. */
export function estimateRun(run: MeasuredRun): RunEstimate {
  const { steps, validations, totalSteps, totalValidations } = run;
  const tokensPerStep = run.tokensPerEpoch / run.stepsPerEpoch;
  const rates = steps.map((step) => rateOf(step, tokensPerStep));
  const secondsPerStep = median(rates);
  const secondsPerValidation = median(validations.map((each) => rateOf(each, run.validationTokens)));
  const seconds = secondsPerStep * totalSteps + secondsPerValidation * totalValidations;
  const spread = (Math.max(...rates) - Math.min(...rates)) / 2 / secondsPerStep;
  return { secondsPerStep, secondsPerValidation, seconds, uncertainty: Math.max(smallestUncertainty, spread) };
}

/** How long this many tokens take. */
function rateOf({ seconds, tokens }: Measurement, wanted: number): number {
  return tokens > 0 && wanted > 0 ? (seconds / tokens) * wanted : seconds;
}

/** Of no values 0. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
