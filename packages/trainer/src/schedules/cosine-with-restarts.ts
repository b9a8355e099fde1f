// Several half cosine waves, each from the highest learning rate down to 0.

import { progress, type Schedule } from "./schedule.ts";

export const cosineWithRestarts: Schedule = {
  name: "cosine-with-restarts",
  source: "transformers, get_cosine_with_hard_restarts_schedule_with_warmup; Loshchilov & Hutter 2017",
  share(moment) {
    const done = progress(moment);
    if (done >= 1) return 0;
    return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (((moment.shape?.cycles ?? 1) * done) % 1))));
  },
};
