// Warm-up, then the highest learning rate, then half a cosine wave over the last steps: a run can be made longer from a
// checkpoint before the fall.

import type { Schedule } from "./schedule.ts";

export const wsd: Schedule = {
  name: "wsd",
  source: "transformers, get_wsd_schedule with a warm-up from 0; Hu et al. 2024",
  share({ step, warmupSteps, totalSteps, shape }) {
    const { endShare = 0, decayShare = 0.1 } = shape ?? {};
    const decaySteps = Math.min(Math.ceil(totalSteps * decayShare), totalSteps - warmupSteps);
    const fallen = step - (totalSteps - decaySteps);
    if (fallen < 0) return 1;
    if (fallen >= decaySteps) return endShare;
    return 0.5 * (1 + Math.cos((Math.PI * fallen) / decaySteps)) * (1 - endShare) + endShare;
  },
};
