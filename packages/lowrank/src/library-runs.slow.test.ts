// Runs of the library that save to a folder, like runs of the command line.

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseEngine, registerGradients } from "@lowrank/engine";
import { openFolder } from "@lowrank/models/node";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openModel as openModelInPage } from "./browser.ts";
import { openModel, type TrainingOptions } from "./index.ts";
import type { ModelInput } from "./platform.ts";

const tiny = fileURLToPath(new URL("../../tiny-model/model", import.meta.url));
const rows = ["Aromi", "Strada", "Zizzi", "Cotto", "Alimentum"].map((name) => {
  return { prompt: `name[${name}] ->`, completion: ` ${name} is a pub.` };
});
const settings = { steps: 6, batchSize: 2, learningRate: 0.01, validationShare: 0.3, evalEvery: 2 } as const;

let folder: string;
beforeAll(async () => {
  await chooseEngine();
  registerGradients();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-runs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Opens the model again and trains a new adapter, like a restarted program; returns the steps that were made. */
async function train(
  options: TrainingOptions,
  { rank = 4, stopAfter = Number.POSITIVE_INFINITY, isLeft = false, base = tiny as ModelInput } = {},
): Promise<readonly number[]> {
  const model = await openModel(base, { engine: false });
  const stop = new AbortController();
  const steps: number[] = [];
  try {
    const adapter = model.adapt({ rank, dropout: 0.1, targetModules: ["q_proj", "v_proj"] }, { seed: 3 });
    for await (const event of adapter.train(rows, { ...settings, ...options, signal: stop.signal })) {
      if (event.type !== "step") continue;
      steps.push(event.step);
      if (event.step < stopAfter) continue;
      if (isLeft) break;
      stop.abort();
    }
    return steps;
  } finally {
    model.dispose();
  }
}

/** All files of a folder by name, as bytes. */
async function bytesIn(path: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = async (file: string) => [file.slice(path.length), (await readFile(file)).toString("hex")] as const;
  return new Map(await Promise.all(files.sort().map(read)));
}

// Several runs each, which take a minute on a busy machine.
describe("a run with out", { timeout: 120_000 }, () => {
  it("that was stopped and resumed has the same files, byte for byte, as an uninterrupted one", async () => {
    const [whole, parted] = [join(folder, "whole"), join(folder, "parted")];
    expect(await train({ out: whole, saveEvery: 2 })).toHaveLength(settings.steps);

    expect(await train({ out: parted, saveEvery: 2 }, { stopAfter: 3 })).toEqual([1, 2, 3]);
    expect(await readdir(parted)).toEqual(expect.arrayContaining(["adapter_model.safetensors", "checkpoint-3"]));
    expect(await readFile(join(parted, "README.md"), "utf8")).toContain("| steps | 3 of 6 (unfinished) |");
    expect(await train({ out: parted, saveEvery: 2, resume: true })).toEqual([4, 5, 6]);

    const [expected, got] = [await bytesIn(whole), await bytesIn(parted)];
    expect([...got.keys()]).toEqual([...expected.keys()]);
    expect([...got].filter(([name, bytes]) => expected.get(name) !== bytes).map(([name]) => name)).toEqual([]);
    expect([...got.keys()]).toEqual(expect.arrayContaining(["/adapter_config.json", "/metrics.jsonl", "/README.md"]));
    expect((await readdir(folder)).sort()).toEqual(["parted", "whole"]); // no lock is left
  });

  it("is refused if the folder exists, unless it replaces or resumes it", async () => {
    const out = join(folder, "out");
    await train({ out, steps: 2 });
    await expect(train({ out })).rejects.toMatchObject({ code: "OUTPUT_EXISTS", path: out });
    await expect(train({ out, resume: true })).rejects.toMatchObject({ code: "NOTHING_TO_RESUME", holdsAdapter: true });
    expect(await train({ out, overwrite: true, steps: 1 })).toEqual([1]);
    const notOurs = join(folder, "notes");
    await cp(out, notOurs, { recursive: true });
    await rm(join(notOurs, ".lowrank.json"));
    await expect(train({ out: notOurs, overwrite: true })).rejects.toMatchObject({ code: "OUTPUT_NOT_OURS" });
  });

  it("is not resumed with other settings, and lists the differences", async () => {
    const out = join(folder, "out");
    await train({ out }, { stopAfter: 2 });
    await expect(train({ out, resume: true }, { rank: 2 })).rejects.toThrow("adapter's r: 4 in the checkpoint, 2 now");
    await expect(train({ out, resume: true, batchSize: 1, groupByLength: true })).rejects.toMatchObject({
      differences: [
        "batch size: 2 in the checkpoint, 1 now",
        'order of rows: not set in the checkpoint, ["by length"] now',
      ],
    });
  });

  it("whose learning rate does not suit restarts with a lower one, reports it, and keeps it when it resumes", async () => {
    const [whole, parted] = [join(folder, "whole"), join(folder, "parted")];
    const high = { steps: 22, learningRate: 4, watchRate: true, evalEvery: 11 };
    const steps = await train({ ...high, out: whole });
    expect(steps.slice(0, 12)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2]);
    const metrics = await readFile(join(whole, "metrics.jsonl"), "utf8");
    expect(metrics).toMatch(/^\{"step":0,"restart":\{"after":10,"reason":"the loss rose .*"learningRate":1\}\}\n/);
    expect(metrics.match(/"step":1,/g)).toHaveLength(1);
    const card = await readFile(join(whole, "README.md"), "utf8");
    expect(card).toMatch(/\| given up \| learning rate 4: the loss rose from [\d.]+ to [\d.]+ in 10 steps \|/);
    await train({ ...high, out: parted }, { stopAfter: 21 });
    const codes: string[] = [];
    const onWarning = ({ code }: { readonly code: string }) => void codes.push(code);
    expect(await train({ ...high, out: parted, resume: true, onWarning })).toEqual([22]);
    expect(codes).not.toContain("RESUMED_WITH_OTHER_SETTINGS");
    expect(await bytesIn(parted)).toEqual(await bytesIn(whole));
  });

  it("keeps the order of rows in which it began, whatever today's default is", async () => {
    const [whole, parted] = [join(folder, "whole"), join(folder, "parted")];
    const short = { steps: 4, evalEvery: 4 };
    await train({ ...short, out: whole, groupByLength: true });
    await train({ ...short, out: parted, groupByLength: true }, { stopAfter: 2 });
    expect(await train({ ...short, out: parted, resume: true })).toEqual([3, 4]);
    expect(await bytesIn(parted)).toEqual(await bytesIn(whole));
  });

  it("whose rows are tokenized when they are drawn resumes so, and equals the run of rows that were tokenized before", async () => {
    const [whole, parted, before] = [join(folder, "whole"), join(folder, "parted"), join(folder, "before")];
    const short = { steps: 4, evalEvery: 4 };
    await train({ ...short, out: whole, tokenizeWhenDrawn: true });
    await train({ ...short, out: parted, tokenizeWhenDrawn: true }, { stopAfter: 2 });
    await expect(train({ ...short, out: parted, resume: true, maxLength: 100 })).rejects.toMatchObject({
      differences: [expect.stringMatching(/^rows \(as text\): /)],
    });
    await train({ ...short, out: parted, resume: true });
    expect(await bytesIn(parted)).toEqual(await bytesIn(whole));
    await train({ ...short, out: before });
    const adapter = async (path: string) => (await bytesIn(path)).get("/adapter_model.safetensors");
    expect(await adapter(before)).toBe(await adapter(whole));
  });

  it("with verifyBase only resumes with exactly the same base, and needs its files on a disk", async () => {
    const [base, out] = [join(folder, "base"), join(folder, "out")];
    await cp(tiny, base, { recursive: true });
    await train({ out, verifyBase: true }, { stopAfter: 1, base });
    const weights = join(base, "model.safetensors");
    const bytes = await readFile(weights);
    await writeFile(weights, bytes.fill((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1));
    await expect(train({ out, resume: true }, { base })).rejects.toThrow("base file model.safetensors: ");
    const inMemory = train(
      { out: join(folder, "other"), verifyBase: true },
      { base: { ...openFolder(tiny), name: "mine" } },
    );
    await expect(inMemory).rejects.toMatchObject({ code: "PATH_NOT_FOUND", option: "`verifyBase`" });
  });

  it("has its folder to itself while it runs, and releases it after a consumer that left", async () => {
    const out = join(folder, "out");
    const model = await openModel(tiny, { engine: false });
    const run = model.adapt({ targetModules: ["q_proj"] }).train(rows, { ...settings, out });
    await run.next();
    await expect(train({ out })).rejects.toMatchObject({ code: "OUTPUT_IN_USE", pid: process.pid });
    await run.return();
    model.dispose();
    await train({ out, saveEvery: 2, keepCheckpoints: { last: 1 } }, { stopAfter: 5, isLeft: true });
    const checkpoints = (await readdir(out)).filter((name) => name.startsWith("checkpoint-"));
    expect(checkpoints).toContain("checkpoint-4");
    expect(checkpoints.length).toBeLessThanOrEqual(2); // the last one, and the best
    expect(await train({ out, resume: true })).toEqual([5, 6]);
  });

  it("does not replace the adapter from which it continues, nor its rows", async () => {
    const out = join(folder, "out");
    await train({ out, steps: 1 });
    const file = join(out, "rows.jsonl");
    await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const model = await openModel(tiny, { engine: false });
    const adapter = await model.attach(out, { trainable: true });
    const again = { ...settings, out, overwrite: true };
    await expect(adapter.train(rows, again).next()).rejects.toMatchObject({ code: "OUTPUT_IS_INPUT", input: out });
    const fresh = model.adapt({ targetModules: ["q_proj"] });
    await expect(fresh.train(file, again).next()).rejects.toMatchObject({ code: "OUTPUT_IS_INPUT", input: file });
    model.dispose();
  });

  it("is refused in a page, which has no folders", async () => {
    const model = await openModelInPage(openFolder(tiny), { engine: false });
    const run = model.adapt({ targetModules: ["q_proj"] }).train(rows, { out: "my-run" });
    await expect(run.next()).rejects.toMatchObject({ code: "NO_RUN_FOLDER", out: "my-run" });
    model.dispose();
  });
});
