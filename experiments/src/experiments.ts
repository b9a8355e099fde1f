// The experiments by name.

import type { Experiment } from "./experiment.ts";
import { sst2 } from "./tasks/sst2.ts";
import { sweep } from "./training/sweep.ts";

export const experiments: readonly Experiment[] = [
  {
    name: "sst2",
    work: "every method on MiniLM and SST-2, seed by seed",
    run: async (options) => sweep(await sst2(options.rows), options),
  },
];
