// How one run is trained: the library's defaults, and the settings of the sweep that they are compared with.

/** The settings that identify a saved run, in addition to its task and seed. */
export interface Settings {
  /** "peft": query and value layers, PEFT's default. */
  readonly targetModules: "all-linear" | "peft";
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Share of the rows held out; the epoch with the lowest loss on them is the result. */
  readonly validationShare: number;
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
