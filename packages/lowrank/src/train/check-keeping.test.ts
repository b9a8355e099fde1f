import { LowrankError } from "@lowrank/contracts";
import { describe, expect, it } from "vitest";
import { checkKeeping } from "./check-keeping.ts";

function problems(options: Parameters<typeof checkKeeping>[0]): readonly string[] {
  try {
    checkKeeping(options);
    return [];
  } catch (error) {
    if (error instanceof LowrankError && "problems" in error && Array.isArray(error.problems)) return error.problems;
    throw error;
  }
}

describe("checkKeeping", () => {
  it("accepts runs that save themselves, and those that their caller saves", () => {
    expect(problems({ out: "run", resume: true, saveEvery: 5, keepCheckpoints: { last: 1 } })).toEqual([]);
    expect(problems({ fingerprint: "mine", checkpoint: { save: () => undefined } })).toEqual([]);
  });

  it("names options that need a folder if there is none", () => {
    expect(problems({ saveEvery: 5, resume: true })).toEqual([
      "resume: requires a run folder; add { out }",
      "saveEvery: requires a run folder; add { out }",
    ]);
  });

  it("names options that a run with a folder sets itself, and invalid counts", () => {
    expect(problems({ out: "run", fingerprint: "mine", keepCheckpoints: { last: 0 } })).toEqual([
      "fingerprint: { out } already does this; remove one of them",
      "keepCheckpoints.last: expected a whole number from 1, got 0",
    ]);
  });
});
