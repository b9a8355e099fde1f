// Real trainings that are killed at any time, until they are done: none may lose a save, and what comes out is to the byte
// what an undisturbed training gives.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tidyUpTemporaries } from "@lowrank/safetensors/internal/node";
import { lowrankProgram } from "@lowrank/testing/node-arguments";
import { latestCheckpoint } from "@lowrank/trainer/node";
import type { Outcome } from "./interrupt-everywhere.ts";
import { remainsIn } from "./trees.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const steps = 12;
const atOnce = 2;
const adapterFile = "adapter_model.safetensors";

export async function killTrainings(root: string, { kills }: { readonly kills: number }): Promise<Outcome> {
  await mkdir(root, { recursive: true });
  const rows = Array.from({ length: 8 }, (_, row) => ({ input_ids: [row + 5, row + 6, row + 7, row + 8] }));
  await writeFile(join(root, "rows.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const start = performance.now();
  const problems: string[] = [];
  const whole = await train(root, "undisturbed", { resume: false });
  if (whole.code !== 0) return { tried: 1, problems: [`a training: it ended with ${whole.code}. ${whole.text}`] };
  const milliseconds = performance.now() - start;
  const expected = await adapterIn(root, "undisturbed");
  let left = kills;
  const chain = async (name: string) => {
    for (let round = 1; left > 0; round += 1) {
      const out = `${name}-${round}`;
      let saved = 0;
      let isDone = false;
      while (!isDone) {
        const kill = left-- > 0;
        const number = kills - left;
        const afterMilliseconds = kill ? milliseconds * (0.2 + 0.8 * random(number)) : undefined;
        const { code, text } = await train(root, out, { resume: saved > 0, afterMilliseconds });
        isDone = code === 0;
        const where = `a training, kill ${number}`;
        if (code !== 0 && code !== "SIGKILL") {
          problems.push(`${where}: it ended with ${code}. ${text}`);
          break;
        }
        await tidyUpTemporaries(root);
        if (isDone) continue;
        const latest = await latestCheckpoint(join(root, out), {
          onWarning: ({ message }) => void problems.push(`${where}: ${message}`),
        });
        const step = latest?.step ?? 0;
        // A complete run has no checkpoints. This one was killed after its last write; the next one takes over its lock.
        if (step === 0 && existsSync(join(root, out, adapterFile))) await checkAndRemove(out);
        else if (step < saved) problems.push(`${where}: step ${saved} was saved, and ${step} is there`);
        saved = step;
      }
      if (isDone) await checkAndRemove(out);
    }
  };
  const checkAndRemove = async (out: string) => {
    if (!(await adapterIn(root, out)).equals(expected))
      problems.push(`a training, round ${out}: its adapter is another than that of an undisturbed one`);
    await rm(join(root, out), { recursive: true });
  };
  await Promise.all(Array.from({ length: atOnce }, (_, index) => chain(`out-${index}`)));
  const remains = await remainsIn(root);
  if (remains.length > 0) problems.push(`a training, at the end: left behind: ${remains.join(", ")}`);
  return { tried: kills, problems };
}

/** Times that are spread evenly, the same in each run: the golden ratio's multiples without their whole parts. */
function random(number: number): number {
  return (number * 0.618_033_988_75) % 1;
}

function adapterIn(root: string, out: string): Promise<Buffer> {
  return readFile(join(root, out, adapterFile));
}

/** Runs `lowrank train`, killed after a time if one is given. */
function train(
  root: string,
  out: string,
  { resume, afterMilliseconds }: { readonly resume: boolean; readonly afterMilliseconds?: number | undefined },
): Promise<{ readonly code: number | string | null; readonly text: string }> {
  const inputs = ["--model", here("../../../tiny-model/model"), "--data", join(root, "rows.jsonl")];
  const rest = ["--out", join(root, out), "--steps", String(steps), "--save-every", "1", "--rank", "1"];
  const child = spawn(
    process.execPath,
    [...lowrankProgram, "train", ...inputs, ...rest, ...(resume ? ["--resume"] : [])],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const timer =
    afterMilliseconds === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), afterMilliseconds);
  let text = "";
  child.stderr.on("data", (bytes) => {
    text += bytes;
  });
  return new Promise((resume, refuse) => {
    child.on("error", refuse);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resume({ code: signal ?? code, text });
    });
  });
}
