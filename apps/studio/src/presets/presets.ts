// The presets of the page: those with a clear improvement in their recording.

import type { ModelSource } from "../protocol/model.ts";
import { faq } from "./faq.ts";
import type { Preset } from "./preset.ts";
import { clearlyWins, type Recording, recorded } from "./preset.ts";
import { questions } from "./questions.ts";
import { restaurants } from "./restaurants.ts";
import { voice } from "./voice.ts";

export interface ShownPreset {
  readonly preset: Preset;
  readonly recording: Recording;
}

export const allPresets: readonly Preset[] = [voice, faq, restaurants, questions];

export const shownPresets: readonly ShownPreset[] = allPresets.flatMap((preset) => {
  const recording = recorded[preset.id];
  return recording !== undefined && clearlyWins(recording) ? [{ preset, recording }] : [];
});

/** The recorded answer of a preset's base to a prompt; undefined for other models and prompts. */
export function recordedBase(model: ModelSource["kind"] | undefined, prompt: string | undefined): string | undefined {
  const examples = allPresets.flatMap((preset) =>
    preset.model === model ? (recorded[preset.id]?.examples ?? []) : [],
  );
  return examples.find((example) => example.prompt === prompt)?.base;
}
