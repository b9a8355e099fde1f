// The presets of the page: those with a clear improvement in their recording.

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
