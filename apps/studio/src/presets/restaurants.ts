// Facts about restaurants, turned into sentences: what the tiny model can learn. The rows are made here rather than taken
// from E2E's sample, whose sentences leave facts out and add others, and whose places hardly differ in which facts they
// have: a model that learnt from it said food where none was given. Here every set of facts is as likely as any other.

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
