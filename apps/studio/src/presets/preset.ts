// Examples for visitors without own rows: rows and settings that are known to work.

import type { AdapterSettings, TrainingSettings } from "../protocol/run.ts";
import recordedJson from "./recorded.json" with { type: "json" };

export type PresetId = "voice" | "faq" | "restaurants" | "questions";

export interface Preset {
  readonly id: PresetId;
  /** The model that it was made for; other models can learn it too, but results were not measured. */
  readonly model: "tiny" | "smollm2";
  readonly rows: readonly { readonly says: string; readonly answers: string }[];
  readonly adapter: AdapterSettings;
  readonly training: TrainingSettings;
  /** The prompt of the filmstrip, which is not among the rows. */
  readonly watched: string;
}

export interface RecordedExample {
  readonly prompt: string;
  readonly base: string;
  readonly adapted: string;
  readonly basePasses: boolean;
  readonly adaptedPasses: boolean;
}

export interface Recording {
  /** That the training takes on WebAssembly with one thread. */
  readonly seconds: number;
  /** Which the answers come from. */
  readonly engine: string;
  readonly examples: readonly RecordedExample[];
}

export const recorded: Readonly<Partial<Record<PresetId, Recording>>> = recordedJson;

/** How many answers pass the preset's rule. */
export function scoreOf({ examples }: Recording): {
  readonly base: number;
  readonly adapted: number;
  readonly of: number;
} {
  const count = (side: "basePasses" | "adaptedPasses") => examples.filter((example) => example[side]).length;
  return { base: count("basePasses"), adapted: count("adaptedPasses"), of: examples.length };
}

/** At least seven of ten, and five more than the base: less is not shown. */
export function clearlyWins(recording: Recording): boolean {
  const { base, adapted, of } = scoreOf(recording);
  return adapted >= 0.7 * of && adapted - base >= 0.5 * of;
}

export interface Trial {
  readonly prompt: string;
  /** Whether an answer passes the rule. */
  passes(answer: string): boolean;
}

export interface Trials {
  /** The rule in words, for the table in the README. */
  readonly rule: string;
  readonly trials: readonly Trial[];
}
