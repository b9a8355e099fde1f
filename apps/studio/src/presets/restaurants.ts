// Facts about restaurants, turned into sentences, which the tiny model can learn. The rows are made here, because the
// sentences of E2E's sample omit facts and add others, and its places have mostly the same kinds of facts: a model trained
// on it mentioned food that was not given. Here every set of facts is equally likely.

import { drawPlaces, factsOf, sentencesOf } from "./places.ts";
import type { Preset } from "./preset.ts";

export const restaurants: Preset = {
  id: "restaurants",
  model: "tiny",
  rows: drawPlaces(300, 7).map((place) => ({ says: factsOf(place), answers: sentencesOf(place) })),
  adapter: { rank: 16, alpha: 32, targets: "all-linear", dropout: 0, useDora: false, start: "kaiming" },
  training: { steps: 200, batchSize: 8, learningRate: 4e-3, schedule: "cosine", seed: 1, validationShare: 0 },
  watched: "name[Falcon], food[Italian]",
};
