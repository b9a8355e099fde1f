// A run on a file larger than memory: the memory in addition to the model's does not grow with the data.

import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { lowrankProgram } from "@lowrank/testing/node-arguments";
import { expect, it } from "vitest";
import { makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();
const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const printMemory = "process.on('exit', () => console.log('most ' + process.resourceUsage().maxRSS))";

/** Rows of about a kilobyte. */
async function writeRows(name: string, megabytes: number): Promise<string> {
  const text = "name[Aromi], food[Chinese], customer rating[low] -> Aromi serves Chinese food. ".repeat(6);
  const line = (row: number) => `${JSON.stringify({ prompt: `${row} ${text}`, completion: ` ${text}` })}\n`;
  const piece = Array.from({ length: 1000 }, (_, row) => line(row)).join("");
  const file = await open(work.path(name), "w");
  for (let size = 0; size < megabytes * 1e6; size += piece.length) await file.write(piece);
  await file.close();
  return work.path(name);
}

/** The most megabytes that the process had. */
async function memoryOfTraining(data: string): Promise<number> {
  const train = ["train", "--model", "packages/tiny-model/model", "--data", data, "--out", `${data}-adapter`];
  const briefly = ["--steps", "2", "--batch-size", "1", "--rank", "2", "--target-modules", "q_proj"];
  const node = ["--import", `data:text/javascript,${encodeURIComponent(printMemory)}`];
  const { stdout } = await promisify(execFile)(process.execPath, [...node, ...lowrankProgram, ...train, ...briefly], {
    cwd: root,
  });
  return Number(/^most (\d+)$/m.exec(stdout)?.[1]) / 1024;
}

// V8 keeps 165 to 215 MB of garbage before it collects, with 300 MB of rows as with 1 GB.
it("needs less than 290 MB more for 300 MB of rows than for one of them", { timeout: 300_000 }, async () => {
  const small = await memoryOfTraining(await writeRows("few.jsonl", 0.001));
  const large = await memoryOfTraining(await writeRows("many.jsonl", 300));
  expect(small).toBeGreaterThan(100);
  expect(large - small).toBeLessThan(290);
});
