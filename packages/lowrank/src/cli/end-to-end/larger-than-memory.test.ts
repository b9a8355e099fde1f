// Training on more rows than the process may have in memory.

import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixture, makeWorkplace, type Workplace } from "./workplace.ts";

const program = fileURLToPath(new URL("../../lowrank.ts", import.meta.url));
const rows = 100_000;
/** The numbers of the rows alone would take 320 MB, tokens as much again. */
const heapMegabytes = 230;

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
});
afterAll(() => place.remove());

it("rows that a process has no memory for are trained on, all of them counted", async () => {
  const data = place.path("rows.jsonl");
  const file = createWriteStream(data);
  for (let row = 0; row < rows; row += 1) {
    const ids = Array.from({ length: 200 }, (_, at) => 5 + ((row * 7 + at) % 30));
    if (!file.write(`{"input_ids": [${ids}], "labels": [${ids}]}\n`))
      await new Promise<void>((go) => file.once("drain", go));
  }
  file.end();
  await finished(file);
  const model = fixture("gpt2", "base");
  const argv = [
    "train",
    "--model",
    model,
    "--data",
    data,
    "--out",
    place.path("out"),
    "--steps",
    "2",
    "--max-length",
    "32",
  ];
  const node = [
    `--max-old-space-size=${heapMegabytes}`,
    "--conditions=lowrank-source",
    "--import",
    "tsx",
    program,
    ...argv,
  ];
  const env = { ...process.env, LOWRANK_ENGINE: "cpu", NO_COLOR: "1" };
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, node, { env, maxBuffer: 2 ** 24 }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
  expect(said).toContain(`${rows} rows`);
  expect(said).toContain("adapter written to");
}, 300_000);
