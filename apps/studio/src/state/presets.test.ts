import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { faq } from "../presets/faq.ts";
import type { Preset } from "../presets/preset.ts";
import { restaurants } from "../presets/restaurants.ts";
import { voice } from "../presets/voice.ts";
import type { ModelFacts, ModelSource } from "../protocol/model.ts";
import { Presets } from "./presets.ts";

/** A page with the tiny model open, where others open, or do not. */
function page({ opens }: { readonly opens: boolean }) {
  const taught: Preset[] = [];
  const source = signal<ModelSource | undefined>({ kind: "tiny" });
  const facts = signal<Pick<ModelFacts, "chats"> | undefined>({ chats: false });
  const candidate = signal<ModelSource | undefined>(undefined);
  const model = {
    source,
    facts,
    candidate,
    choose: async (chosen: ModelSource) => {
      candidate.value = chosen;
    },
    load: async () => {
      if (!opens) return;
      source.value = candidate.value;
      facts.value = { chats: candidate.value?.kind === "smollm2" };
      candidate.value = undefined;
    },
  };
  const presets = new Presets(model, async (preset) => void taught.push(preset));
  return { presets, taught, source, facts };
}

describe("a preset", () => {
  it("is taught to the model that is open where it was made for that", async () => {
    const { presets, taught, source } = page({ opens: false });
    await presets.teach(restaurants);
    expect(taught).toEqual([restaurants]);
    expect(source.value).toEqual({ kind: "tiny" });
  });

  it("opens its model first where another one is open", async () => {
    const { presets, taught, source } = page({ opens: true });
    await presets.teach(voice);
    expect(taught).toEqual([voice]);
    expect(source.value).toEqual({ kind: "smollm2" });
  });

  it("teaches nothing if its model does not open, and reports it", async () => {
    const { presets, taught } = page({ opens: false });
    await presets.teach(faq);
    expect(taught).toEqual([]);
    expect([presets.chosen.value, presets.progress.value]).toEqual(["faq", "failed"]);
  });

  it("takes a chat model that a person dropped for SmolLM2's", () => {
    const { presets, source, facts } = page({ opens: true });
    source.value = { kind: "files", files: [] };
    facts.value = { chats: true };
    expect(presets.needsOtherModel(voice)).toBe(false);
    expect(presets.needsOtherModel(restaurants)).toBe(true);
  });
});
