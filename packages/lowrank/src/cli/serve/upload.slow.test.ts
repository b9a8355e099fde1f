// What an upload costs the thread that computes: hardly anything, because another process reads the rows.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { type ServedModel, serve } from "@lowrank/serve";
import { nodeArguments } from "@lowrank/testing/node-arguments";
import { expect, it } from "vitest";
import type { OpenedModel } from "../../opened-model.ts";
import { commandFineTuner } from "./fine-tuner.ts";
import { readTrainingFile } from "./training-file.ts";

const model: ServedModel = {
  name: "base",
  adapters: [],
  attach: async () => ({ name: "none", dispose: () => undefined }),
  embed: async () => [],
  writer: () => ({ running: 0, waiting: 0, write: async function* () {}, stop: async () => undefined }),
};

/** The client is a process of its own, so that its work is not counted. */
const client = `
const [url, path] = process.argv.slice(1);
require("node:fs").openAsBlob(path).then(async (rows) => {
  const body = new FormData();
  body.set("purpose", "fine-tune");
  body.set("file", rows, "rows.jsonl");
  console.log((await fetch(url + "/v1/files", { method: "POST", body })).status);
});`;

/** Milliseconds in which this thread did not wait for events. */
async function busy(work: () => Promise<unknown>): Promise<number> {
  const before = performance.eventLoopUtilization();
  await work();
  return performance.eventLoopUtilization(before).active;
}

it("an upload of 10 MB takes a tenth of the time in which this thread would read the rows, at most", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-upload-"));
  const tuner = commandFineTuner({
    rewards: new Map(),
    model: {} as OpenedModel, // no job runs
    options: {},
    command: [process.execPath, ...nodeArguments, ""],
    environment: process.env,
  });
  const server = await serve(model, { port: 0, fineTuning: { folder: join(folder, "jobs"), tuner } });
  try {
    const turns = ["user", "assistant"].map((role) => ({ role, content: "Where is the treasure?" }));
    const path = join(folder, "rows.jsonl");
    await writeFile(path, `${JSON.stringify({ messages: turns })}\n`.repeat(80_000));
    const here = await busy(() => readTrainingFile({ path, name: "rows.jsonl" }));
    const upload = () => promisify(execFile)(process.execPath, ["--eval", client, server.url, path]);
    let status = "";
    const there = await busy(async () => {
      status = (await upload()).stdout.trim();
    });
    expect(status).toBe("200");
    expect(there).toBeLessThan(here / 10);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
