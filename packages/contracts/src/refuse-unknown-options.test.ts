import { describe, expect, it } from "vitest";
import { LowrankError } from "./errors.ts";
import { refuseUnknownOptions } from "./refuse-unknown-options.ts";

const names = { learningRate: true, batchSize: true, seed: true } as const;

interface Refused {
  readonly unknown: readonly object[];
  readonly known: readonly string[];
}

function refusal(options: object, otherNames?: ReadonlyMap<string, string>): LowrankError & Refused {
  try {
    refuseUnknownOptions("train", options, names, otherNames);
  } catch (error) {
    if (LowrankError.isInstance<Refused>(error, "UNKNOWN_OPTION")) return error;
  }
  throw new Error("nothing was refused");
}

describe("refuseUnknownOptions", () => {
  it("accepts known options", () => {
    expect(() => refuseUnknownOptions("train", { seed: 1, batchSize: undefined }, names)).not.toThrow();
  });

  it("names the nearest option for a misspelt one and for Python's spelling", () => {
    expect(refusal({ learningrat: 1, batch_size: 2 }).unknown).toEqual([
      { name: "learningrat", nearest: "learningRate" },
      { name: "batch_size", nearest: "batchSize" },
    ]);
  });

  it("suggests nothing if no name is similar, and lists all", () => {
    const { unknown, message } = refusal({ colour: "red" });
    expect(unknown).toEqual([{ name: "colour", nearest: undefined }]);
    expect(message).toContain("Its options: learningRate, batchSize, seed.");
  });

  it("reports a text instead of options as one option, not as its letters", () => {
    const text: unknown = "native";
    expect(refusal(text as object).unknown).toEqual([{ name: "native", nearest: undefined }]);
  });

  it("maps another library's name to ours", () => {
    expect(refusal({ r: 4 }, new Map([["r", "seed"]])).message).toContain('"r" → "seed"');
  });

  it("maps another library's name in any spelling, and nothing else to a name of one letter", () => {
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
