import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, interrupted, jsonl, makeWorkspace, shell, tokenRows } from "./workspace.ts";

const work = makeWorkspace();

const rows = tokenRows("gpt2");
const data = work.write("tokens.jsonl", jsonl([...rows, ...rows, ...rows]));
const command: readonly string[] = shell`train --model ${fixture("gpt2", "base")} --data ${data} --steps 6 --batch-size 2`;

const checkpointsIn = async (folder: string) =>
  (await readdir(work.path(folder))).filter((name) => name.includes("checkpoint")).sort();

describe("the checkpoints of lowrank train", () => {
  it("are the last three, so that the run resumes from an earlier one if the last is damaged, and reports it", async () => {
    await work.call(...command, "--out", work.path("whole"));
    const out = ["--out", work.path("parts"), "--save-every", "1"];
    await interrupted([...command, ...out], { at: '"step":5,' });
    expect(await checkpointsIn("parts")).toEqual(["checkpoint-3", "checkpoint-4", "checkpoint-5"]);

    await truncate(work.path("parts", "checkpoint-5", "state.safetensors"), 100);
    const rest = await work.call(...command, ...out, "--resume");
    expect(rest.code).toBe(0);
    expect(rest.stderr).toMatch(/checkpoint-5".*Looking for an older one/);
    expect(rest.stdout).toContain("continuing after step 4");
    for (const file of ["adapter_model.safetensors", "metrics.jsonl"]) {
      expect(await readFile(work.path("parts", file)), file).toEqual(await readFile(work.path("whole", file)));
    }
    expect(await checkpointsIn("parts")).toEqual([]);
  });

  it("have the number in --keep-checkpoints, and are deleted with their run", async () => {
    const out = ["--out", work.path("few"), "--save-every", "1", "--keep-checkpoints", "last:2"];
    await interrupted([...command, ...out], { at: '"step":4,' });
    expect(await checkpointsIn("few")).toEqual(["checkpoint-3", "checkpoint-4"]);
    await interrupted([...command, ...out, "--overwrite"], { at: '"step":1,' });
    expect(await checkpointsIn("few")).toEqual(["checkpoint-1"]);
  });

  it("do not change other files next to them", async () => {
    const out = ["--out", work.path("shared"), "--save-every", "1"];
    await interrupted([...command, ...out], { at: '"step":2,' });
    await writeFile(work.path("shared", "notes.txt"), "mine");
    expect(await work.call(...command, ...out, "--resume")).toMatchObject({ code: 0 });
    expect(await readFile(work.path("shared", "notes.txt"), "utf8")).toBe("mine");
  });

  it("give way to the adapter of the best validation when the run is over, stopped and resumed or not", async () => {
    const wild = ["--learning-rate", "0.5", "--warmup-steps", "0", "--schedule", "constant"];
    const row = [50, 60, 70, 80];
    const validation = work.write("other.jsonl", jsonl([{ input_ids: row, labels: row }]));
    const run = [...command, "--save-every", "4", "--eval-every", "1", "--validation", validation, ...wild];
    const path = work.path("best");
    const trained = await work.call(...run, "--out", path, "--json");
    const losses = trained.json.filter(({ type }) => type === "evaluation").map(lossOf);
    const loss = Math.min(...losses);
    const step = losses.indexOf(loss);
    expect([0, 6]).not.toContain(step); // or this test would show nothing
    expect(await checkpointsIn("best")).toEqual([]);
    expect(trained.json.at(-1)).toMatchObject({ best: { step, value: loss, path } });
    expect(trained.json.at(-2)).toMatchObject({ type: "end", step: 6, variablesStep: step });
    expect(await readFile(work.path("best", "README.md"), "utf8")).toContain(`after step ${step}; this is its adapter`);
    const model = ["--model", fixture("gpt2", "base")];
    const found = await work.call("evaluate", ...model, "--adapter", path, "--data", validation, "--json");
    expect(found.json[0]?.loss).toBeCloseTo(loss, 6);

    const parts = ["--out", work.path("best-parts")];
    await interrupted([...run, ...parts], { at: '"step":5,' });
    const rest = await work.call(...run, ...parts, "--resume");
    expect(rest.stdout).toContain(`after step ${step}: ${work.path("best-parts")} holds the adapter of that step`);
    for (const file of ["adapter_model.safetensors", "metrics.jsonl", "README.md"])
      expect(await readFile(work.path("best-parts", file)), file).toEqual(await readFile(work.path("best", file)));
  });
});

function lossOf(event: Record<string, unknown>): number {
  return (event.metrics as { readonly loss: number }).loss;
}
