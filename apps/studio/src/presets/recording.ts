// What `npm run studio:presets` recorded: each preset trained with its own rows and settings, and asked what it was not taught.

import type { PresetId } from "./preset.ts";
import recordedJson from "./recorded.json" with { type: "json" };

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
