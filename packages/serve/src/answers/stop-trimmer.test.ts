import { expect, it } from "vitest";
import { StopTrimmer } from "./written-choice.ts";

function shown(stops: readonly string[], pieces: readonly string[]): readonly [string, boolean] {
  const trimmer = new StopTrimmer(stops);
  const text = pieces.map((piece) => trimmer.push(piece)).join("") + trimmer.end();
  return [text, trimmer.isOver];
}

it("sends all text before a stop, whatever the pieces are", () => {
  for (const pieces of [["one END two"], ["one E", "N", "D two"], [..."one END two"]])
    expect(shown(["END"], pieces)).toEqual(["one ", true]);
});

it("sends text at the end that only began like a stop", () => {
  expect(shown(["END"], ["one E", "NOUGH EN"])).toEqual(["one ENOUGH EN", false]);
});

it("ends at the first of several stops", () => {
  expect(shown(["two", "one"], ["zero one two"])).toEqual(["zero ", true]);
});

it("sends everything immediately without stops", () => {
  const trimmer = new StopTrimmer([]);
  expect(trimmer.push("all")).toBe("all");
});
