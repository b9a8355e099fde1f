// Defaults of the training loop that are the same for every run; `runDefaults` has the others. They are not in the table of
// options, whose texts a page's first visit need not load.

/** By option. */
export const loopDefaults = {
  gradientAccumulationSteps: 1,
  schedule: "linear",
  weightDecay: 0.01,
  clipNorm: 1,
  // Most losses compute no padding, and batches of similar rows learn worse: docs/why-not-faster.md has the figures.
  groupByLength: false,
  seed: 0,
} as const;
