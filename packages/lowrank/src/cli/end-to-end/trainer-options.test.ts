import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, interrupted, jsonl, makeWorkplace, shell } from "./workplace.ts";

const place = makeWorkplace();

const rows = Array.from({ length: 12 }, (_, row) => ({
  input_ids: [row % 2 === 0 ? 5 : 60, 7, 9, row],
  labels: row % 2,
}));
const data = place.write("classes.jsonl", jsonl(rows));
const command: readonly string[] = shell`train --model ${fixture("gpt2", "base")} --data ${data} --validation ${data} --batch-size 4`;

const metricsOf = async (folder: string): Promise<Record<string, unknown>[]> =>
  (await readFile(place.path(folder, "metrics.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("lowrank train", () => {
  it("reports accuracy next to the validation loss, in the terminal, in metrics.jsonl and on the card", async () => {
    const out = ["--out", place.path("scored"), "--learning-rate", "0.05", "--steps", "30", "--eval-every", "10"];
    const { code, stdout, stderr } = await place.call(...command, ...out);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /step 10 {2}validation loss \d\.\d+ {2}accuracy \d\.\d+ {2}F1 \d\.\d+ {2}Matthews -?\d\.\d+/,
    );
    expect(stdout).toMatch(/validation accuracy +\d\.\d+ → 1\.0000/);
    const validations = (await metricsOf("scored")).filter(({ validation }) => validation !== undefined);
    expect(validations.map(({ step }) => step)).toEqual([0, 10, 20, 30]);
    expect(validations.at(-1)).toMatchObject({ validation: { accuracy: 1, f1: 1, matthews: 1 } });
    const card = await readFile(place.path("scored", "README.md"), "utf8");
    expect(card).toMatch(/\| validation \| loss [\d.e-]+, accuracy 1, F1 1, Matthews 1 \(after step 30\) \|/);
  });

  it.each([
    ["after each epoch", "--epochs=4", [0, 3, 6, 9, 12]],
    ["ten times at most, after whole epochs", "--epochs=21", [0, 9, 18, 27, 36, 45, 54, 63]],
    ["at the end of less than an epoch", "--steps=2", [0, 2]],
  ])("validates %s by default", async (_, length, steps) => {
    const out = place.path(`validated ${length}`);
    expect(await place.call(...command, length, "--out", out)).toMatchObject({ code: 0 });
    const validations = (await metricsOf(`validated ${length}`)).filter(({ validation }) => validation !== undefined);
    expect(validations.map(({ step }) => step)).toEqual(steps);
  });

  it("stops when validations get no better", async () => {
    const out = ["--out", place.path("early"), "--learning-rate", "1e-30", "--steps", "30", "--eval-every", "2"];
    const { code, stdout } = await place.call(...command, ...out, "--patience", "3", "--best-by", "accuracy");
    expect(code).toBe(0);
    expect(stdout).toContain("stopped early: no improvement in 3 validations");
    expect((await metricsOf("early")).filter(({ loss }) => loss !== undefined)).toHaveLength(6);
    const kept = (await readdir(place.path("early"))).filter((name) => name.includes("checkpoint"));
    expect(kept).toEqual([]); // no step was better than the beginning
  });

  it.each([
    ["sgd", ["--momentum", "0.9", "--schedule", "polynomial", "--schedule-power", "2", "--end-rate", "0.1"]],
    ["lion", ["--betas", "0.9,0.95", "--schedule", "wsd", "--decay-share", "0.5", "--lora-plus-ratio", "16"]],
    ["adafactor", ["--schedule", "cosine-with-restarts", "--schedule-cycles", "2", "--embedding-noise", "5"]],
    ["adamw", shell`--label-smoothing 0.1 --embedding-noise 5 --keep-checkpoints last:1 --max-skipped-steps 2`],
  ])("under %s, stopped and resumed, ends with the bytes of a run that was not", async (optimizer, more) => {
    const run = [...command, "--steps", "6", "--learning-rate", "1e-2", "--optimizer", optimizer, ...more];
    const whole = place.path(`${optimizer}-whole`);
    expect(await place.call(...run, "--out", whole)).toMatchObject({ code: 0 });
    const out = ["--out", place.path(`${optimizer}-parts`)];
    expect(await interrupted([...run, ...out], { at: '"step":3,' })).toMatchObject({ code: 130 });
    expect(await place.call(...run, ...out, "--resume")).toMatchObject({ code: 0 });
    for (const file of ["adapter_model.safetensors", "metrics.jsonl", "README.md"]) {
      const bytes = await readFile(place.path(`${optimizer}-parts`, file));
      expect(bytes, file).toEqual(await readFile(place.path(`${optimizer}-whole`, file)));
    }
  });

  it("writes a file for TensorBoard next to the adapter in each session of the run, and none into checkpoints", async () => {
    const run = [...command, "--steps", "4", "--tensor-board", "--save-every", "1", "--out", place.path("shown")];
    await interrupted(run, { at: '"step":2,' });
    expect(await readdir(place.path("shown", "checkpoint-2"))).not.toContainEqual(expect.stringContaining("tfevents"));
    expect(await place.call(...run, "--resume")).toMatchObject({ code: 0 });
    const files = (await readdir(place.path("shown"))).filter((name) => name.includes("tfevents"));
    const texts = await Promise.all(files.map((name) => readFile(place.path("shown", name), "latin1")));
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(text).toContain("train/loss");
    expect(texts.join("")).toContain("validation/accuracy");
  });
});
