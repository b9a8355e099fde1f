// The trials of every preset.

import type { PresetId, Trials } from "../../../src/presets/preset.ts";
import { faqTrials } from "./faq.ts";
import { questionTrials } from "./questions.ts";
import { restaurantTrials } from "./restaurants.ts";
import { voiceTrials } from "./voice.ts";

export const trials: Readonly<Record<PresetId, Trials>> = {
  voice: voiceTrials,
  faq: faqTrials,
  restaurants: restaurantTrials,
  questions: questionTrials,
};
