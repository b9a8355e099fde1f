import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace, shell, tiny } from "./workspace.ts";

const work = makeWorkspace("wasm"); // a third of the time for the tiny model
const bert = ["--model", fixture("bert-seqcls", "base")];

/** Trains for a step on rows of these classes; gives what it says, and how many classes the saved classifier has. */
async function train(name: string, model: readonly string[], classes: readonly number[]) {
  const rows = classes.map((labels, row) => ({ input_ids: [row + 3, 4, 5], labels }));
  const data = work.write(`${name}.jsonl`, jsonl(rows));
  const out = work.path(name);
  const { code, stdout, stderr } = await work.call("train", ...model, "--data", data, "--out", out, "--steps", "1");
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  const { json } = await work.call("inspect", out, "--json");
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

  it("replaces one that has too few, and explains why", async () => {
    const { stdout, classes } = await train("replaced", bert, [0, 4]);
    expect(stdout).toContain(
      "The base's classifier is replaced, because it has 3 classes, but the data has 5. " +
        "classifier.weight, classifier.bias initialized from seed 0, trained in full and saved with the adapter.",
    );
    expect(classes).toBe(5);
  });

  it("uses the classes' names, in the card and in the merged model's configuration too", async () => {
    const rows = ["bad", "good", "so so"].map((label) => ({ sentence: `This is ${label}.`, label }));
    const [data, out, merged] = [work.write("named.jsonl", jsonl(rows)), work.path("named"), work.path("merged")];
    const model = ["--model", tiny];
    const run = await work.call("train", ...model, "--data", data, "--out", out, "--steps", "1");
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining("3 classes: bad, good, so so\n")]);
    expect(await readFile(`${out}/README.md`, "utf8")).toContain("| classes | bad, good, so so |");
    expect(await work.call("merge", ...model, "--adapter", out, "--out", merged)).toMatchObject({ code: 0 });
    const config = JSON.parse(await readFile(`${merged}/config.json`, "utf8"));
    expect(config.id2label).toEqual({ "0": "bad", "1": "good", "2": "so so" });
  });

  it("warns if texts are used as labels", async () => {
    const rows = Array.from({ length: 24 }, (_, row) => ({ sentence: "x", label: `Sentence ${row}.` }));
    const data = work.write("turned.jsonl", jsonl(rows));
    const model = ["--model", tiny];
    const { stderr } = await work.call(...shell`train ${model} --data ${data} --out ${work.path("turned")} --steps 1`);
    expect(stderr).toContain("has 24 classes in 24 rows. If the label column contains the texts");
  });

  it("makes one if there is none", async () => {
    const { stdout, classes } = await train("absent", ["--model", fixture("gpt2", "base")], [0, 1]);
    expect(stdout).toContain("The base has no classifier: score.weight initialized from seed 0");
    expect(classes).toBe(2);
  });

  it("gives names the numbers of the adapter's training, or refuses them", async () => {
    const model = ["--model", tiny];
    const rowsWith = (labels: readonly (string | number)[]) =>
      jsonl(["red dog", "blue fox", "red fox", "blue dog"].map((text, row) => ({ text, label: labels[row % 2] })));
    const numbers = work.write("numbers.jsonl", rowsWith([1, 0]));
    const names = work.write("names.jsonl", rowsWith(["A_positive", "B_negative"]));
    const of = (name: string) => ["--adapter", work.path(name)];
    const training = ["train", "--steps", "5", "--learning-rate", "0.05", "--batch-size", "4", "--out"];
    await work.call(...training, work.path("by-number"), ...model, "--data", numbers);

    const refused = { code: 1, stderr: expect.stringMatching(/A_positive, B_negative.* 0 = LABEL_0.*--class-names/) };
    expect(await work.call("evaluate", ...of("by-number"), "--data", names)).toMatchObject(refused);
    const more = [...training, work.path("more"), ...of("by-number"), "--data", names];
    expect(await work.call(...more)).toMatchObject(refused);

    const inOrder = ["--class-names", "B_negative,A_positive"];
    const turned = ["--class-names", "A_positive,B_negative"];
    const evaluated = async (...how: readonly string[]) => {
      const { json, stderr } = await work.call("evaluate", "--data", names, "--json", ...how);
      return json[0]?.loss ?? stderr;
    };
    const wrong = Number(await evaluated(...of("by-number"), ...turned));
    expect(await evaluated(...of("by-number"), ...inOrder)).toBeLessThan(wrong);
    expect(await work.call(...more, ...inOrder)).toMatchObject({ code: 0 });
    expect(await evaluated(...of("more"), ...turned)).toMatch(/--class-names has the names A_positive, B_negative/);
    const name = expect.stringMatching(/^(A_positive|B_negative)$/);
    for (const how of [of("more"), [...of("by-number"), ...inOrder]]) {
      const { json } = await work.call("predict", ...how, "--text", "red dog", "--json");
      expect(json).toMatchObject([{ prediction: name }]);
    }
  });
});
