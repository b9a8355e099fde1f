import { readFile } from "node:fs/promises";
import { checkConfig } from "@lowrank/contracts/families";
import { filesFolder, type ModelFolder } from "@lowrank/models";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture } from "../cli/end-to-end/workspace.ts";
import { describeHead } from "./describe-head.ts";

let folder: ModelFolder;
let raw: Record<string, unknown>;
const task = "sequence-classification";
const made = ["classifier.weight", "classifier.bias"];

/** A trained classifier of three classes with names. */
beforeAll(async () => {
  const names = { "0": "negative", "1": "neutral", "2": "positive" };
  raw = { ...JSON.parse(await readFile(fixture("bert-seqcls", "base", "config.json"), "utf8")), id2label: names };
  const weights = await readFile(fixture("bert-seqcls", "base", "model.safetensors"));
  const config = new TextEncoder().encode(JSON.stringify(raw));
  folder = filesFolder(
    "base",
    new Map([
      ["config.json", config],
      ["model.safetensors", new Uint8Array(weights)],
    ]),
  );
});

function describeWith(names: readonly string[], labels: number, newParameters: readonly string[]) {
  const ids = new Map(names.map((name, index) => [name, index]));
  const model = { config: { ...checkConfig(raw), labels }, task, newParameters } as const;
  return describeHead({ model, folder }, { classes: { count: labels, ids }, seed: 7 });
}

describe("describeHead", () => {
  it("is silent about a classifier that continues with its own classes", async () => {
    expect(await describeWith(["negative", "neutral", "positive"], 3, [])).toBeUndefined();
    expect(await describeWith([], 3, [])).toBeUndefined();
  });

  it("names the classes of the data that a replaced classifier did not know", async () => {
    expect(await describeWith(["mixed", "positive"], 2, made)).toBe(
      "The base's classifier is replaced, because it has 3 classes (negative, neutral, positive), but the data has " +
        "2 with other names: mixed. classifier.weight, classifier.bias initialized from seed 7, trained in full and saved with " +
        "the adapter.",
    );
  });

  it("reports that a classifier of the same size gets other classes", async () => {
    expect(await describeWith(["bad", "fair", "good"], 3, [])).toBe(
      "The base's classifier is kept and trained further, but its classes (negative, neutral, positive) are now bad, fair, " +
        "good.",
    );
  });
});
