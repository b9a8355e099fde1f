// What the loop does where the caller says nothing, whatever the run is; `runDefaults` has the rest. Apart from the table of options,
// whose texts a page's first visit need not load.

/** By option. */
export const loopDefaults = {
  gradientAccumulationSteps: 1,
  schedule: "linear",
  weightDecay: 0.01,
  clipNorm: 1,
  // Padding is not computed where a loss needs none, and batches of like rows learn worse: docs/why-not-faster.md has the figures.
  groupByLength: false,
  seed: 0,
} as const;
