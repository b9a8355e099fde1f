// How long a step takes here, with these rows and settings: two are made and thrown away, as a first one also warms up.

import type { CallHandler } from "../call-handler.ts";
import { adapterConfig } from "./adapter-config.ts";
import { teachingRows } from "./teaching-rows.ts";

/** Seconds after which no second step is measured, because warming up is a small part then. */
const longFirst = 3;

/** Throws NO_ROWS, and the errors of the library's `adapt` and `train`. */
export const timeStep: CallHandler<"timeStep"> = async ({ loaded: model }, { rows, adapter: settings, training }) => {
  const { train, how } = await teachingRows(model, { rows, training });
  const { seed, batchSize, learningRate } = training;
  const adapter = model.opened.adapt(adapterConfig(settings, model), { name: "timed", seed });
  try {
    let timed = { seconds: 0, tokens: 0 };
    let before = 0;
    for await (const event of adapter.train(train, { ...how, seed, batchSize, learningRate, steps: 2 })) {
      if (event.type !== "step") continue;
      timed = { seconds: event.seconds - before, tokens: event.tokens ?? 0 };
      before = event.seconds;
      if (before > longFirst) break;
    }
    return timed;
  } finally {
    adapter.dispose();
  }
};
