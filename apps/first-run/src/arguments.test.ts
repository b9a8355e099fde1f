import { engineNames } from "@lowrank/engine";
import { describe, expect, it } from "vitest";
import { readArguments } from "./arguments.ts";

describe("readArguments", () => {
  it("needs nothing", () => {
    expect(readArguments([])).toEqual({ steps: 120, seed: 0, json: false });
  });

  it("takes a model folder and a length", () => {
    expect(readArguments(["--model", "./gpt2", "--steps", "10"])).toMatchObject({ model: "./gpt2", steps: 10 });
  });

  it("offers every engine that starts outside a browser", () => {
    const help = readArguments(["--help"]);
    for (const name of engineNames.filter((name) => name !== "webgl"))
      expect(help).toMatchObject({ print: expect.stringMatching(new RegExp(`--engine NAME.*\\b${name}\\b`)) });
    expect(readArguments(["--engine", "native"])).toMatchObject({ engine: "native" });
  });

  it("explains what it does not take", () => {
    expect(readArguments(["--step", "10"])).toMatchObject({ code: 2, print: expect.stringContaining("--step") });
    expect(readArguments(["--steps", "0"])).toMatchObject({ code: 2, print: expect.stringContaining("whole number") });
    expect(readArguments(["--help"])).toMatchObject({ code: 0 });
  });
});
