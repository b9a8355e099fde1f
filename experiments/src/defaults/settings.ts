// How one run is trained: the library's defaults, and the settings of the sweep that they are compared with.

/** What a run is kept under, next to its task and seed. */
export interface Settings {
  /** "peft": query and value layers, PEFT's default. */
  readonly targetModules: "all-linear" | "peft";
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Share of the rows held out; the epoch with the lowest loss on them is the result. */
  readonly validationShare: number;
}

/** What an adapter is trained for. */
export type Goal = "new head" | "language model" | "preferences" | "embeddings";

/** Rates are for alpha = 2 · rank; a language model here has less than 0.5 B parameters. */
const planned: Readonly<Record<Goal, { readonly learningRate: number; readonly minSteps: number }>> = {
  "new head": { learningRate: 5e-4, minSteps: 200 },
  "language model": { learningRate: 2e-3, minSteps: 60 },
  preferences: { learningRate: 2e-4, minSteps: 60 },
  embeddings: { learningRate: 5e-4, minSteps: 60 },
};
const [minEpochs, maxEpochs, maxEpochsOfFewRows, fewRows] = [3, 10, 20, 50];
const [heldOutShare, maxHeldOut] = [0.1, 200];
const maxRowsOfSmallBatches = 63;

/** What a user gets who names only model and rows. */
export function plannedDefaults(goal: Goal, rows: number): Settings {
  const { learningRate, minSteps } = planned[goal];
  const batchSize = rows <= maxRowsOfSmallBatches ? 4 : 8;
  const validationShare = rows < fewRows ? 0 : Math.min(heldOutShare, maxHeldOut / rows);
  const stepsPerEpoch = Math.ceil((rows * (1 - validationShare)) / batchSize);
  const most = rows < fewRows ? maxEpochsOfFewRows : maxEpochs;
  const epochs = Math.min(most, Math.max(minEpochs, Math.ceil(minSteps / stepsPerEpoch)));
  return { targetModules: "all-linear", learningRate, epochs, batchSize, validationShare };
}

/** Settings around the defaults, which come first. No run has more steps than the defaults. */
export function sweepAround(defaults: Settings): readonly Settings[] {
  const { learningRate, epochs } = defaults;
  const all = [1, 0.5, 2].flatMap((factor) =>
    [...new Set([epochs, Math.ceil(epochs / 2)])].map((each) => ({
      ...defaults,
      learningRate: factor * learningRate,
      epochs: each,
    })),
  );
  const queryAndValue = [2, 4].map((factor) => ({
    ...defaults,
    targetModules: "peft" as const,
    learningRate: factor * learningRate,
  }));
  return [...all, ...queryAndValue];
}

/** Two more than the sweep begins with. */
const maxRates = { "all-linear": 5, peft: 4 };

/** The next rate, where the best one is the lowest or highest tried on its layers; otherwise undefined. */
export function beyond(best: Settings, tried: readonly Settings[]): Settings | undefined {
  const { targetModules, learningRate } = best;
  const ofLayers = tried.filter((one) => one.targetModules === targetModules);
  const rates = [...new Set(ofLayers.map((one) => one.learningRate))];
  if (rates.length >= maxRates[targetModules]) return undefined;
  if (learningRate === Math.max(...rates)) return { ...best, learningRate: 2 * learningRate };
  return learningRate === Math.min(...rates) ? { ...best, learningRate: learningRate / 2 } : undefined;
}

export function settingsText({ targetModules, learningRate, epochs, batchSize }: Settings): string {
  return `${targetModules}, rate ${learningRate}, ${epochs} epochs, batch ${batchSize}`;
}

export function areSame(one: Settings, other: Settings): boolean {
  return settingsKeys.every((key) => one[key] === other[key]);
}

const settingsKeys = ["targetModules", "learningRate", "epochs", "batchSize", "validationShare"] as const;
