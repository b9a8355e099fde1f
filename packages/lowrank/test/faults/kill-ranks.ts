// Trainings of two processes, one of which is killed at a time that nobody chose: all must end soon and not with 0, and what
// comes out in the end is to the byte what an undisturbed training of two gives.

import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type MpiResult, mpiProcess, mpiRun } from "@lowrank/testing/mpi";
import { latestCheckpoint } from "@lowrank/trainer/node";
import { bundleProgram } from "../bundle-program.ts";
import type { Outcome } from "./interrupt-everywhere.ts";

const steps = 12;
/** So long the others may take to notice. */
const maxSeconds = 10;
/** Tries of a run that nobody disturbs: under a launcher Node itself fails at some starts. */
const tries = 4;

/** When a process is killed, and which one. */
interface Kill {
  readonly rank: number;
  readonly afterMilliseconds: number;
}

/** A run that was disturbed. */
interface KilledRun extends MpiResult {
  /** From the kill to the end of all; undefined where all was over before. */
  readonly seconds: number | undefined;
}

export async function killRanks(root: string, { kills }: { readonly kills: number }): Promise<Outcome> {
  await mkdir(root, { recursive: true });
  const rows = Array.from({ length: 8 }, (_, row) => ({ input_ids: [row + 5, row + 6, row + 7, row + 8] }));
  await writeFile(join(root, "rows.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const bundled = await bundleProgram("kill-ranks");
  try {
    return await killAll(root, bundled.program, kills);
  } finally {
    await bundled.remove();
  }
}

async function killAll(root: string, program: string, kills: number): Promise<Outcome> {
  const problems: string[] = [];
  const start = performance.now();
  await untilComplete(root, "undisturbed", program);
  const milliseconds = performance.now() - start;
  const expected = await adapterIn(root, "undisturbed");
  let tried = 0;
  let starts = 0;
  for (let round = 1; tried < kills && starts < tries * kills; round += 1) {
    const out = `round-${round}`;
    while (tried < kills && starts < tries * kills && !(await isComplete(root, out))) {
      starts += 1;
      const number = tried + 1;
      const kill = { rank: number % 2, afterMilliseconds: milliseconds * (0.15 + 0.85 * random(number)) };
      const { code, seconds } = await train(root, out, { program, kill });
      if (seconds === undefined) {
        if (code === 0) break; // it was faster than the undisturbed one
        continue; // it failed by itself, at its start
      }
      tried = number;
      const where = `one of two processes, kill ${number}`;
      if (code === 0 && !(await isComplete(root, out))) problems.push(`${where}: it ended with 0, and is not complete`);
      if (seconds > maxSeconds) problems.push(`${where}: the others ended ${seconds.toFixed(1)} s later`);
    }
    await untilComplete(root, out, program);
    if (!(await adapterIn(root, out)).equals(expected))
      problems.push(`one of two processes, round ${round}: its adapter is another than that of an undisturbed run`);
    await rm(join(root, out), { recursive: true, force: true });
  }
  if (tried < kills) problems.push(`one of two processes: only ${tried} of ${kills} kills came in time`);
  return { tried, problems };
}

/** Times that are spread evenly, the same in each run: the golden ratio's multiples without their whole parts. */
function random(number: number): number {
  return (number * 0.618_033_988_75) % 1;
}

function adapterIn(root: string, out: string): Promise<Buffer> {
  return readFile(join(root, out, "adapter_model.safetensors"));
}

function isComplete(root: string, out: string): Promise<boolean> {
  return stat(join(root, out, "completed.json")).then(
    () => true,
    () => false,
  );
}

async function untilComplete(root: string, out: string, program: string): Promise<void> {
  let text = "";
  for (let attempt = 0; attempt < tries && !(await isComplete(root, out)); attempt += 1)
    text = (await train(root, out, { program })).stderr;
  if (!(await isComplete(root, out))) throw new Error(`${out} does not come to its end: ${text}`);
}

/** Runs `lowrank train` on two processes, from the last checkpoint if there is one; one is killed if that is asked. */
async function train(
  root: string,
  out: string,
  { program, kill }: { readonly program: string; readonly kill?: Kill },
): Promise<KilledRun> {
  const folder = join(root, out);
  const hasCheckpoint = (await latestCheckpoint(folder).catch(() => undefined)) !== undefined;
  const base = fileURLToPath(new URL("../../../../fixtures/peft/gpt2/base", import.meta.url));
  const words = ["train", "--model", base, "--data", join(root, "rows.jsonl"), "--out", folder];
  const how = ["--steps", String(steps), "--batch-size", "4", "--save-every", "1", "--rank", "1"];
  const ended = new AbortController();
  let killedAt: number | undefined;
  const kills = async (launcher: number, { rank, afterMilliseconds }: Kill) => {
    await setTimeout(afterMilliseconds, undefined, { signal: ended.signal });
    let pid = mpiProcess(rank, launcher);
    for (; pid === undefined; pid = mpiProcess(rank, launcher))
      await setTimeout(20, undefined, { signal: ended.signal });
    process.kill(pid, "SIGKILL");
    killedAt = performance.now();
  };
  const result = await mpiRun([program, ...words, ...how, ...(hasCheckpoint ? ["--resume"] : [])], {
    ranks: 2,
    environment: { LOWRANK_ENGINE: "cpu" },
    onStart: (launcher) => {
      if (kill !== undefined) kills(launcher, kill).catch(() => undefined);
    },
  });
  ended.abort();
  return { ...result, seconds: killedAt === undefined ? undefined : (performance.now() - killedAt) / 1000 };
}
