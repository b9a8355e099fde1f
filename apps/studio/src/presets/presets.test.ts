import { describe, expect, it } from "vitest";
import { restaurantTrials } from "../../test/presets/trials/restaurants.ts";
import { trials } from "../../test/presets/trials/trials.ts";
import { markersIn } from "../../test/presets/trials/voice.ts";
import { drawPlaces, factsOf, sentencesOf } from "./places.ts";
import { clearlyWins, type RecordedExample, recorded } from "./preset.ts";
import { allPresets, recordedBase, shownPresets } from "./presets.ts";

describe("the presets", () => {
  it.each(allPresets)("$id is judged by ten prompts that it does not train on", ({ id, rows }) => {
    const prompts = trials[id].trials.map(({ prompt }) => prompt);
    const trained = new Set(rows.map(({ says }) => says));
    expect(new Set(prompts).size).toBe(10);
    expect(prompts.filter((prompt) => trained.has(prompt))).toEqual([]);
    expect(trained.size).toBe(rows.length);
  });

  it.each(shownPresets)(
    "$preset.id shows answers to the current prompts, judged by the current rule",
    ({ preset: { id } }) => {
      const recording = recorded[id];
      const examples = recording?.examples ?? [];
      const own = trials[id].trials;
      expect(examples.map(({ prompt }) => prompt)).toEqual(own.map(({ prompt }) => prompt));
      for (const [index, { base, adapted, basePasses, adaptedPasses }] of examples.entries()) {
        expect(own[index]?.passes(base)).toBe(basePasses);
        expect(own[index]?.passes(adapted)).toBe(adaptedPasses);
      }
      expect(recording !== undefined && clearlyWins(recording)).toBe(true);
    },
  );

  it.each(allPresets)("$id's filmstrip uses one of those ten questions", ({ id, watched }) => {
    expect(trials[id].trials.map(({ prompt }) => prompt)).toContain(watched);
  });

  it("know their base's answers, and no other model's", () => {
    const [first] = recorded.voice?.examples ?? [];
    expect(recordedBase("smollm2", first?.prompt)).toBe(first?.base);
    expect(recordedBase("tiny", first?.prompt)).toBeUndefined();
    expect(recordedBase("files", first?.prompt)).toBeUndefined();
    expect(recordedBase("smollm2", "Something else?")).toBeUndefined();
  });

  it("wins clearly with seven of ten and five more than the base", () => {
    const recording = (base: number, adapted: number) => {
      const examples = Array.from({ length: 10 }, (_, index): RecordedExample => {
        return { prompt: "", base: "", adapted: "", basePasses: index < base, adaptedPasses: index < adapted };
      });
      return { seconds: 1, engine: "wasm", examples };
    };
    expect([recording(0, 7), recording(0, 6), recording(3, 7), recording(5, 10)].map(clearlyWins)).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

describe("the rules", () => {
  it("count a pirate's words once each", () => {
    expect(markersIn("Arr, arr, arr!")).toBe(1);
    expect(markersIn("Aye, that be yer tea.")).toBe(3);
    expect(markersIn("You can eat it. It is in the ocean.")).toBe(0);
  });

  it("accept a sentence with all facts of a place and no others", () => {
    const passes = (prompt: string, answer: string) => {
      return restaurantTrials.trials.find((trial) => trial.prompt === prompt)?.passes(answer);
    };
    const { prompt } = restaurantTrials.trials[1] as { prompt: string };
    expect(prompt).toBe("name[The Purple Onion], area[riverside]");
    expect(passes(prompt, "The Purple Onion is a place by the riverside.")).toBe(true);
    expect(passes(prompt, "The Purple Onion is a place by the riverside that serves Thai food.")).toBe(false);
    expect(passes(prompt, "The Purple Onion is a place.")).toBe(false);
    expect(passes(prompt, "The Purple Unicorn is a place by the riverside.")).toBe(false);
  });

  it("agree with the sentences that the preset is taught", () => {
    const [place] = drawPlaces(1, 3);
    expect(place && factsOf(place)).toContain(`name[${place?.name}]`);
    expect(place && sentencesOf(place)).toContain(place?.name);
    expect(sentencesOf({ name: "Luna", familyFriendly: "no", area: "harbour" })).toBe(
      "Luna is a place at the harbour. It is not family friendly.",
    );
  });
});
