import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, interrupted, jsonl, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();

const rows = Array.from({ length: 12 }, (_, row) => ({
  input_ids: [row % 2 === 0 ? 5 : 60, 7, 9, row],
  labels: row % 2,
}));
const data = work.write("classes.jsonl", jsonl(rows));
const command: readonly string[] = shell`train --model ${fixture("gpt2", "base")} --data ${data} --validation ${data} --batch-size 4`;

const metricsOf = async (folder: string): Promise<Record<string, unknown>[]> =>
  (await readFile(work.path(folder, "metrics.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("lowrank train", () => {
  it("reports accuracy next to the validation loss, in the terminal, in metrics.jsonl and on the card", async () => {
    const out = ["--out", work.path("scored"), "--learning-rate", "0.05", "--steps", "30", "--eval-every", "10"];
    const { code, stdout, stderr } = await work.call(...command, ...out);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /step 10 {2}validation loss \d\.\d+ {2}accuracy \d\.\d+ {2}F1 \d\.\d+ {2}Matthews -?\d\.\d+/,
    );
    expect(stdout).toMatch(/validation accuracy +\d\.\d+ → 1\.0000/);
    const validations = (await metricsOf("scored")).filter(({ validation }) => validation !== undefined);
    expect(validations.map(({ step }) => step)).toEqual([0, 10, 20, 30]);
    expect(validations.at(-1)).toMatchObject({ validation: { accuracy: 1, f1: 1, matthews: 1 } });
    const card = await readFile(work.path("scored", "README.md"), "utf8");
    expect(card).toMatch(/\| validation \| loss [\d.e-]+, accuracy 1, F1 1, Matthews 1 \(after step 30\) \|/);
  });

  it.each([
    ["after each epoch", "--epochs=4", [0, 3, 6, 9, 12]],
    ["ten times at most, after whole epochs", "--epochs=21", [0, 9, 18, 27, 36, 45, 54, 63]],
    ["at the end of less than an epoch", "--steps=2", [0, 2]],
  ])("validates %s by default", async (_, length, steps) => {
    const out = work.path(`validated ${length}`);
    expect(await work.call(...command, length, "--out", out)).toMatchObject({ code: 0 });
    const validations = (await metricsOf(`validated ${length}`)).filter(({ validation }) => validation !== undefined);
    expect(validations.map(({ step }) => step)).toEqual(steps);
  });

  it("stops when validations get no better", async () => {
    const out = ["--out", work.path("early"), "--learning-rate", "1e-30", "--steps", "30", "--eval-every", "2"];
    const { code, stdout } = await work.call(...command, ...out, "--patience", "3", "--best-by", "accuracy");
    expect(code).toBe(0);
    expect(stdout).toContain("stopped early: no improvement in 3 validations");
    expect((await metricsOf("early")).filter(({ loss }) => loss !== undefined)).toHaveLength(6);
    const kept = (await readdir(work.path("early"))).filter((name) => name.includes("checkpoint"));
    expect(kept).toEqual([]); // no step was better than the beginning
  });

  it.each([
    ["sgd", ["--momentum", "0.9", "--schedule", "polynomial", "--schedule-power", "2", "--end-rate", "0.1"]],
    ["lion", ["--betas", "0.9,0.95", "--schedule", "wsd", "--decay-share", "0.5", "--lora-plus-ratio", "16"]],
    ["adafactor", ["--schedule", "cosine-with-restarts", "--schedule-cycles", "2", "--riemannian-reg", "0.1"]],
    ["adamw", shell`--label-smoothing 0.1 --embedding-noise 5 --keep-checkpoints last:1 --max-skipped-steps 2`],
  ])("under %s, stopped and resumed, ends with the bytes of a run that was not", async (optimizer, more) => {
    const run = [...command, "--steps", "6", "--learning-rate", "1e-2", "--optimizer", optimizer, ...more];
    const whole = work.path(`${optimizer}-whole`);
    expect(await work.call(...run, "--out", whole)).toMatchObject({ code: 0 });
    const out = ["--out", work.path(`${optimizer}-parts`)];
    expect(await interrupted([...run, ...out], { at: '"step":3,' })).toMatchObject({ code: 130 });
    expect(await work.call(...run, ...out, "--resume")).toMatchObject({ code: 0 });
    for (const file of ["adapter_model.safetensors", "metrics.jsonl", "README.md"]) {
      const bytes = await readFile(work.path(`${optimizer}-parts`, file));
      expect(bytes, file).toEqual(await readFile(work.path(`${optimizer}-whole`, file)));
    }
  });

  it("writes a TensorBoard file next to the adapter in each session of the run, and none into checkpoints", async () => {
    const run = [...command, "--steps", "4", "--tensor-board", "--save-every", "1", "--out", work.path("shown")];
    await interrupted(run, { at: '"step":2,' });
    expect(await readdir(work.path("shown", "checkpoint-2"))).not.toContainEqual(expect.stringContaining("tfevents"));
    expect(await work.call(...run, "--resume")).toMatchObject({ code: 0 });
    const files = (await readdir(work.path("shown"))).filter((name) => name.includes("tfevents"));
    const texts = await Promise.all(files.map((name) => readFile(work.path("shown", name), "latin1")));
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(text).toContain("train/loss");
    expect(texts.join("")).toContain("validation/accuracy");
  });
});
