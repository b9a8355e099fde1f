// What the page offers to try before anybody has rows of their own: rows and settings that are known to work.

import type { AdapterSettings, TrainingSettings } from "../protocol/run.ts";

export type PresetId = "voice" | "faq" | "restaurants";

export interface Preset {
  readonly id: PresetId;
  /** The model that it was made for; on another one it teaches too, but nobody has measured how well. */
  readonly model: "tiny" | "smollm2";
  readonly rows: readonly { readonly says: string; readonly answers: string }[];
  readonly adapter: AdapterSettings;
  readonly training: TrainingSettings;
  /** What the filmstrip asks again and again: a prompt that is not among the rows. */
  readonly watched: string;
}
