// A straight line down to 0 at the end of the run.

import { progress, type Schedule } from "./schedule.ts";

export const linear: Schedule = {
  name: "linear",
  source: "transformers, get_linear_schedule_with_warmup",
  share: (moment) => Math.max(0, 1 - progress(moment)),
};
