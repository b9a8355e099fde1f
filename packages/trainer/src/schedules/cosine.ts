// Half a cosine wave down to 0 at the end of the run.

import { progress, type Schedule } from "./schedule.ts";

export const cosine: Schedule = {
  name: "cosine",
  source: "transformers, get_cosine_schedule_with_warmup; Loshchilov & Hutter 2017 without restarts",
  share: (moment) => Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress(moment)))),
};
