// How long a step takes here, with these rows and settings: one is made and thrown away.

import type { Answerer } from "../answers.ts";
import { adapterConfig } from "./adapter-config.ts";
import { teachingRows } from "./teaching-rows.ts";

/** Throws NoRowsError, and what `adapt` and `train` of the library do. */
export const timeStep: Answerer<"timeStep"> = async ({ opened: model }, { rows, adapter: settings, training }) => {
  const { train, how } = await teachingRows(model, { rows, training });
  const { seed, batchSize, learningRate } = training;
  const adapter = model.opened.adapt(adapterConfig(settings, model), { name: "timed", seed });
  try {
    let timed = { seconds: 0, tokens: 0 };
    for await (const event of adapter.train(train, { ...how, seed, batchSize, learningRate, steps: 1 })) {
      if (event.type === "step") timed = { seconds: event.seconds, tokens: event.tokens ?? 0 };
    }
    return timed;
  } finally {
    adapter.dispose();
  }
};
