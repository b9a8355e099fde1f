// A power of what is left of the run, down to a share of the highest learning rate.

import { progress, type Schedule } from "./schedule.ts";

export const polynomial: Schedule = {
  name: "polynomial",
  source: "transformers, get_polynomial_decay_schedule_with_warmup",
  share(moment) {
    const { power = 1, endShare = 0 } = moment.shape ?? {};
    return (1 - endShare) * Math.max(0, 1 - progress(moment)) ** power + endShare;
  },
};
