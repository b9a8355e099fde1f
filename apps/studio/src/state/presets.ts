// The example that each preset's card shows, and the action of "teach".

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Preset, PresetId } from "../presets/preset.ts";
import { recorded } from "../presets/preset.ts";
import type { ModelFacts, ModelSource } from "../protocol/model.ts";

export type PresetProgress = "idle" | "loading" | "teaching" | "failed";

/** The parts of the page's model that presets need. */
export interface PresetModel {
  readonly source: ReadonlySignal<ModelSource | undefined>;
  readonly facts: ReadonlySignal<Pick<ModelFacts, "chats"> | undefined>;
  /** The model that was looked at and is not loaded yet. */
  readonly candidate: ReadonlySignal<unknown>;
  choose(source: ModelSource): Promise<void>;
  load(): Promise<void>;
}

export class Presets {
  /** The preset on the first screen; undefined: the first preset. */
  readonly shown = signal<PresetId | undefined>(undefined);
  /** The preset that was clicked last. */
  readonly chosen = signal<PresetId | undefined>(undefined);
  readonly progress = signal<PresetProgress>("idle");
  readonly #examples = new Map<PresetId, Signal<number>>();

  constructor(
    private readonly model: PresetModel,
    /** Fills in rows and settings, which can be undone, and trains. */
    private readonly fillAndTrain: (preset: Preset) => Promise<void>,
  ) {}

  /** Whether the open model is of another kind than the preset's rows: any chat model learns chat rows. */
  needsOtherModel({ model }: Preset): boolean {
    const { facts, source } = this.model;
    if (model === "smollm2" && facts.value?.chats === true) return false;
    return source.value?.kind !== model;
  }

  /** Index of the recorded example on a card. */
  exampleOf(id: PresetId): Signal<number> {
    const known = this.#examples.get(id) ?? signal(0);
    this.#examples.set(id, known);
    return known;
  }

  nextExample(id: PresetId): void {
    const example = this.exampleOf(id);
    example.value = (example.value + 1) % (recorded[id]?.examples.length ?? 1);
  }

  async teach(preset: Preset): Promise<void> {
    this.chosen.value = preset.id;
    this.progress.value = "loading";
    if (this.needsOtherModel(preset)) {
      await this.model.choose({ kind: preset.model });
      if (this.model.candidate.value !== undefined) await this.model.load();
    }
    if (this.needsOtherModel(preset)) {
      this.progress.value = "failed";
      return;
    }
    this.progress.value = "teaching";
    try {
      await this.fillAndTrain(preset);
    } finally {
      this.progress.value = "idle";
    }
  }
}
