// lowrank train in several processes, on the MPI of this machine; skipped where it has none (apt-get install openmpi-bin mpich).

import { existsSync, readFileSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { setTimeout } from "node:timers/promises";
import { expectClose, readTensors } from "@lowrank/testing";
import { hasMpi, type MpiRun, mpiLaunchers, mpiProcess, mpiRun } from "@lowrank/testing/mpi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BundledProgram, bundleProgram } from "../../../test/bundle-program.ts";
import { fixture, interrupted, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();
let bundled: BundledProgram;
let data: string;

beforeAll(async () => {
  bundled = await bundleProgram("distributed");
  // Ten rows of different lengths in batches of four: the last batch has two.
  const rows = Array.from({ length: 10 }, (_, row) => {
    const input_ids = Array.from({ length: 3 + ((row * 5) % 9) }, (_, t) => (row * 11 + t * 3) % 20);
    return { input_ids, labels: input_ids };
  });
  data = work.write("rows.jsonl", jsonl(rows));
}, 60_000);
afterAll(() => bundled.remove());

function training(out: string, ...more: readonly string[]): string[] {
  const inputs = ["train", "--model", fixture("gpt2", "base"), "--data", data, "--out", work.path(out)];
  return [...inputs, "--batch-size", "4", "--epochs", "3", "--validation", data, ...more];
}

/** Starts the program with a number of processes, on the engine whose results are the same everywhere. */
function start(argv: readonly string[], run: MpiRun) {
  return mpiRun([bundled.program, ...argv], { ...run, environment: { LOWRANK_ENGINE: "cpu", ...run.environment } });
}

async function adapterOf(out: string) {
  return readTensors(work.path(out, "adapter_model.safetensors"));
}

function bytesOf(out: string, name = "adapter_model.safetensors"): Promise<Buffer> {
  return readFile(work.path(out, name));
}

async function lossesOf(out: string): Promise<readonly number[]> {
  const lines = (await bytesOf(out, "metrics.jsonl"))
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return lines.map(({ loss, validation }) => loss ?? validation.loss);
}

function processOf(rank: 0 | 1, launcher = 0): number {
  const found = mpiProcess(rank, launcher);
  if (found === undefined) throw new Error(`there is no process ${rank}`);
  return found;
}

/** The launcher does not wait for all processes that it ends. */
async function gone(pid: number): Promise<void> {
  const state = () => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  while (existsSync(`/proc/${pid}/stat`) && state() !== "Z") await setTimeout(50);
}

// Waiting processes use a whole core each, so on few cores the measured seconds below become more.
const patience = { timeout: 120_000, retry: 2 };

describe.skipIf(!hasMpi())("several processes", patience, () => {
  beforeAll(async () => {
    const { code, stderr } = await work.call(...training("one"));
    expect([code, stderr]).toEqual([0, expect.anything()]);
  }, 60_000);

  it.each([2, 4])("%i of them learn the same as one, and only the first uses the screen", async (ranks) => {
    const { code, stdout, stderr } = await start(training(`by-${ranks}`), { ranks });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(stdout.match(/adapter written to/g)).toHaveLength(1);
    expect(stdout).toContain(`${ranks} processes on Open MPI`);
    // Oversubscribed or not, the first process says it, once.
    expect(stderr.match(/processes share \d+ processors/g) ?? []).toHaveLength(ranks > cpus().length ? 1 : 0);
    const [one, many] = [await adapterOf("one"), await adapterOf(`by-${ranks}`)];
    expect([...many.keys()]).toEqual([...one.keys()]);
    for (const [name, { values }] of one) expectClose(many.get(name)?.values ?? [], values, 1e-6);
    const expected = await lossesOf("one");
    for (const [index, loss] of (await lossesOf(`by-${ranks}`)).entries())
      expect(loss).toBeCloseTo(expected[index] ?? Number.NaN, 5);
    expect(JSON.parse((await bytesOf(`by-${ranks}`, "completed.json")).toString())).toEqual({
      steps: 9,
      processes: ranks,
    });
  });

  it("all end if one is killed, and resume to the same bits, or to 1e-6 as one process", async () => {
    const options = ["--save-every", "2", "--json"];
    let killedAt: number | undefined;
    let first = 0;
    const name = `killed-${Math.floor(performance.now())}`; // another try starts from the beginning
    const killed = await start(training(name, ...options), {
      ranks: 2,
      onOutput: (stdout, { pid }) => {
        if (killedAt !== undefined || !stdout.includes('"type":"checkpoint","step":4')) return;
        killedAt = Date.now();
        first = processOf(0, pid);
        process.kill(processOf(1, pid), "SIGKILL");
      },
    });
    expect(killed.code).not.toBe(0);
    expect(killedAt).toBeDefined();
    await gone(first);
    expect(Date.now() - (killedAt ?? 0)).toBeLessThan(10_000);
    await expect(bytesOf(name, "completed.json")).rejects.toThrow("ENOENT");
    await cp(work.path(name), work.path(`${name}-fewer`), { recursive: true });
    const { code, stderr } = await start(training(name, ...options, "--resume"), { ranks: 2 });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(await bytesOf(name)).toEqual(await bytesOf("by-2"));
    const fewer = await work.call(...training(`${name}-fewer`, ...options, "--resume"));
    expect([fewer.code, fewer.stderr]).toEqual([0, expect.anything()]);
    const one = await adapterOf("one");
    for (const [key, { values }] of await adapterOf(`${name}-fewer`))
      expectClose(values, one.get(key)?.values ?? [], 1e-6);
  });

  it("resume the run of one process, and come to 1e-6 of its result", async () => {
    const name = `begun-by-one-${Math.floor(performance.now())}`;
    const options = [...training(name), "--save-every", "2"];
    const cut = await interrupted(options, { at: '"step":4,' });
    expect(cut.code).toBe(130);
    const { code, stdout, stderr } = await start([...options, "--resume"], { ranks: 2 });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(stdout).toContain("continuing after step 4");
    const one = await adapterOf("one");
    for (const [key, { values }] of await adapterOf(name)) expectClose(values, one.get(key)?.values ?? [], 1e-6);
  });

  it.skipIf(!hasMpi(mpiLaunchers.MPICH))("refuse the library of another MPI than their launcher's, once", async () => {
    const environment = { LOWRANK_MPI_LIBRARY: "libmpich.so.12" };
    const { code, stderr } = await start(training("other"), { ranks: 2, environment });
    expect(code).toBe(1);
    expect(stderr.match(/error: Open MPI's mpirun started 2 processes, but the MPI library has 1/g)).toHaveLength(1);
    expect(stderr.match(/error:/g)).toHaveLength(1);
  });

  it("end if one hangs, after the timeout of the others", async () => {
    let isHalted = false;
    const { code, stderr } = await start(training("halted", "--json"), {
      ranks: 2,
      environment: { LOWRANK_MPI_TIMEOUT: "4" },
      onOutput: (stdout, { pid }) => {
        if (isHalted || !stdout.includes('"type":"step"')) return;
        isHalted = true;
        process.kill(processOf(1, pid), "SIGSTOP");
      },
    });
    expect([code, isHalted]).toEqual([expect.any(Number), true]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/\w+ waited 4 s for the other processes/);
  });

  it("refuse to start with different rows, and name the process that has them", async () => {
    const other = work.write("other.jsonl", jsonl([{ input_ids: [1, 2, 3], labels: [1, 2, 3] }]));
    const wrapper = work.path("wrapper.mjs");
    await writeFile(
      wrapper,
      `if (process.env.OMPI_COMM_WORLD_RANK === "1") process.argv = process.argv.map((word) => word === ${JSON.stringify(data)} ? ${JSON.stringify(other)} : word);
       await import(${JSON.stringify(bundled.program)});`,
    );
    const { code, stderr } = await mpiRun([wrapper, ...training("refused")], {
      ranks: 2,
      environment: { LOWRANK_ENGINE: "cpu" },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/process 1: rows \(as tokens\) is "[0-9a-f]+", in process 0 "/);
    expect(stderr.match(/error:/g)).toHaveLength(1);
  });

  it("make each run of a sweep together", async () => {
    const recipe = work.write("sweep.json", JSON.stringify({ model: fixture("gpt2", "base"), data, steps: 2 }));
    const argv = ["sweep", recipe, "--set", "rank=1,2", "--out", work.path("sweep"), "--json"];
    const { code, stdout, stderr } = await start(argv, { ranks: 2 });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ type }) => type === "run")).toHaveLength(2);
    for (const rank of [1, 2])
      expect(JSON.parse((await bytesOf("sweep", `rank-${rank}/completed.json`)).toString())).toMatchObject({
        processes: 2,
      });
  });

  it("are shown by doctor with their time, once", async () => {
    const { code, stdout, stderr } = await mpiRun([bundled.program, "doctor", "--json"], { ranks: 2 });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    const { mpi } = JSON.parse(stdout);
    expect(mpi).toMatchObject({ rank: 0, size: 2, library: expect.stringContaining("Open MPI") });
    expect(mpi.times).toMatchObject([{ values: 1 }, { values: 1_000_000 }]);
  });

  it("refuse wrong usage once, and more processes than rows", async () => {
    const wrong = await start(training("wrong", "--rank", "no"), { ranks: 2 });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr.match(/--rank/g)?.length).toBeGreaterThan(0);
    expect(wrong.stderr.match(/lists all options/g)).toHaveLength(1);
    const few = work.write("few.jsonl", jsonl([{ input_ids: [1, 2, 3], labels: [1, 2, 3] }]));
    const argv = ["train", "--model", fixture("gpt2", "base"), "--data", few, "--out", work.path("few")];
    const { code, stderr } = await start(argv, { ranks: 2 });
    expect(code).toBe(1);
    expect(stderr).toContain("2 processes for 1 row;");
  });
});

it.skipIf(!hasMpi(mpiLaunchers.MPICH))("learn the same on MPICH", patience, async () => {
  const { code, stdout, stderr } = await start(training("mpich"), { ranks: 2, launcher: mpiLaunchers.MPICH });
  expect([code, stderr]).toEqual([0, expect.anything()]);
  expect(stdout).toContain("2 processes on MPICH");
  const one = await adapterOf("one");
  for (const [name, { values }] of await adapterOf("mpich")) expectClose(values, one.get(name)?.values ?? [], 1e-6);
});
