import { describe, expect, it } from "vitest";
import { refuseUnknownOptions, UnknownOptionError } from "./refuse-unknown-options.ts";

const names = { learningRate: true, batchSize: true, seed: true } as const;

function refusal(options: object, otherNames?: ReadonlyMap<string, string>): UnknownOptionError {
  try {
    refuseUnknownOptions("train", options, names, otherNames);
  } catch (error) {
    if (error instanceof UnknownOptionError) return error;
  }
  throw new Error("nothing was refused");
}

describe("refuseUnknownOptions", () => {
  it("lets options through that there are", () => {
    expect(() => refuseUnknownOptions("train", { seed: 1, batchSize: undefined }, names)).not.toThrow();
  });

  it("names the nearest of a misspelt one and of one that Python spells", () => {
    expect(refusal({ learningrat: 1, batch_size: 2 }).unknown).toEqual([
      { name: "learningrat", nearest: "learningRate" },
      { name: "batch_size", nearest: "batchSize" },
    ]);
  });

  it("guesses nothing where no name is alike, and says what there is", () => {
    const { unknown, message } = refusal({ colour: "red" });
    expect(unknown).toEqual([{ name: "colour", nearest: undefined }]);
    expect(message).toContain("Its options: learningRate, batchSize, seed.");
  });

  it("takes a text in place of options for one option, not for its letters", () => {
    const text: unknown = "native";
    expect(refusal(text as object).unknown).toEqual([{ name: "native", nearest: undefined }]);
  });

  it("takes another library's name for ours", () => {
    expect(refusal({ r: 4 }, new Map([["r", "seed"]])).message).toContain('"r" → "seed"');
  });

  it("knows another library's name however it is spelt, and leads nothing else to a name of one letter", () => {
    const otherNames = new Map([
      ["r", "seed"],
      ["use_steps", "batchSize"],
    ]);
    expect(refusal({ useSteps: 1, use_setps: 1, x: 1, lr: 1 }, otherNames).unknown).toEqual([
      { name: "useSteps", nearest: "batchSize" },
      { name: "use_setps", nearest: "batchSize" },
      { name: "x", nearest: undefined },
      { name: "lr", nearest: undefined },
    ]);
  });
});
