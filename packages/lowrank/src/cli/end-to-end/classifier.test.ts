import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
const bert = ["--model", fixture("bert-seqcls", "base")];

beforeAll(async () => {
  place = await makeWorkplace();
});
afterAll(() => place.remove());

/** Trains for a step on rows of these classes; gives what it says, and how many classes the saved classifier has. */
async function train(name: string, model: readonly string[], classes: readonly number[]) {
  const rows = classes.map((labels, row) => ({ input_ids: [row + 3, 4, 5], labels }));
  const data = await place.write(`${name}.jsonl`, jsonl(rows));
  const out = place.path(name);
  const { code, stdout, stderr } = await place.call("train", ...model, "--data", data, "--out", out, "--steps", "1");
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  const { json } = await place.call("inspect", out, "--json");
  const tensors = json[0]?.tensors as readonly { readonly name: string; readonly shape: readonly number[] }[];
  const classifier = tensors.find((tensor) => /(classifier|score)\.weight$/.test(tensor.name));
  return { stdout, classes: classifier?.shape[0] };
}

describe("lowrank train on classes", () => {
  it("keeps a trained classifier that knows more classes than the data have", async () => {
    const { stdout, classes } = await train("kept", bert, [0, 1, 0]);
    expect(stdout).not.toContain("classifier is");
    expect(stdout).not.toContain("no classifier");
    expect(classes).toBe(3);
  });

  it("replaces one that has too few, and says why", async () => {
    const { stdout, classes } = await train("replaced", bert, [0, 4]);
    expect(stdout).toContain(
      "The base's classifier is replaced, because it tells 3 classes apart, the data need 5. " +
        "classifier.weight, classifier.bias made new from seed 0, trained whole and saved with the adapter.",
    );
    expect(classes).toBe(5);
  });

  it("makes one where there is none", async () => {
    const { stdout, classes } = await train("absent", ["--model", fixture("gpt2", "base")], [0, 1]);
    expect(stdout).toContain("The base has no classifier: score.weight made new from seed 0");
    expect(classes).toBe(2);
  });
});
