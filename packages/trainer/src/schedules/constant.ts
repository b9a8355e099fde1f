// The highest learning rate throughout.

import type { Schedule } from "./schedule.ts";

export const constant: Schedule = {
  name: "constant",
  source: "transformers, get_constant_schedule_with_warmup",
  share: () => 1,
};
