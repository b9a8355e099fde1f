// `lowrank serve` alone: tokens a second with and without a fine-tuning job, memory over many requests, and the time that a JSON schema
// costs. node --conditions=lowrank-source --import tsx lab/benchmarks/src/served/main.ts

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { typed } from "@lowrank/testing/typed";
import { preparedModel } from "../harness/peer-folders.ts";
import { memoryMb, processorName } from "../harness/process-facts.ts";
import { median, rounded } from "../rounding.ts";
import { type Load, millisecondsPerToken } from "./clients.ts";
import { startOurs } from "./servers.ts";

const usage = "served/main.ts [--model <folder>] [--clients 64] [--requests 1000] [--rounds 5] [--threads 2]";
const { values } = typed(usage, {
  model: { type: "string" },
  clients: { type: "string", default: "64" },
  requests: { type: "string", default: "1000" },
  rounds: { type: "string", default: "5" },
  threads: { type: "string", default: "2" },
});
const [clients = 0, requests = 0, rounds = 0] = [values.clients, values.requests, values.rounds].map(Number);
const schema = { type: "array", items: { type: "string", minLength: 200 }, minItems: 9 };
const response_format = { type: "json_schema", json_schema: { name: "texts", schema } };
const work = mkdtempSync(join(tmpdir(), "lowrank-local-openai-"));
const folder = values.model ?? (await preparedModel("smollm2"));
const more = ["--jobs-folder", join(work, "jobs"), "--template", "vicuna"];
const { child, port } = await startOurs({ folder, work, adapters: [], threads: Number(values.threads), more });
try {
  console.log(JSON.stringify({ processor: processorName(), clients, requests, rounds, ...(await measure()) }));
} finally {
  child.kill("SIGKILL");
  rmSync(work, { recursive: true, force: true });
}

async function measure() {
  const load: Load = { clients, texts: 1, newTokens: 16, models: ["base"] };
  await millisecondsPerToken(port, load); // warms up
  const memory = [memoryMb(child.pid ?? 0)];
  for (let part = 0; part < 4; part++) {
    await millisecondsPerToken(port, { ...load, texts: Math.ceil(requests / 4 / clients) });
    memory.push(memoryMb(child.pid ?? 0));
  }
  const alone = await medianOf(() => millisecondsPerToken(port, load));
  const job = await startJob();
  const withJob = await medianOf(() => millisecondsPerToken(port, load));
  const { status } = await ask(`fine_tuning/jobs/${job}`);
  await ask(`fine_tuning/jobs/${job}/cancel`, "{}");
  await sleep(2000);
  const free = await medianOf(() => chatMs({}));
  const masked = await medianOf(() => chatMs({ response_format })); // a mask of allowed tokens for each token
  const tokensPerSecond = { alone: rounded(1000 / alone), withJob: rounded(1000 / withJob), job: status };
  const msPerToken = { free, masked, ratio: rounded(masked / free) };
  return { tokensPerSecond, share: rounded(alone / withJob), memoryMb: memory.map(Math.round), msPerToken };
}

async function chatMs(more: object): Promise<number> {
  const messages = [{ role: "user", content: "Write a list of long texts." }];
  const begun = performance.now();
  const body = { model: "base", messages, max_tokens: 64, temperature: 0, ...more };
  const answer = await ask("chat/completions", JSON.stringify(body));
  return (performance.now() - begun) / answer.usage.completion_tokens;
}

/** Resolves when the job has made its first step. */
async function startJob(): Promise<string> {
  const [user, assistant] = ["Tell me of the sea. ", "The sea is deep and wide. "].map((text) => text.repeat(8));
  const row = { messages: Object.entries({ user, assistant }).map(([role, content]) => ({ role, content })) };
  const form = new FormData();
  form.set("purpose", "fine-tune");
  form.set("file", new File([`${JSON.stringify(row)}\n`.repeat(200)], "rows.jsonl"));
  const { id: training_file } = await ask("files", form);
  const hyperparameters = { n_epochs: 50 };
  const { id } = await ask("fine_tuning/jobs", JSON.stringify({ model: "base", training_file, hyperparameters }));
  for (;;) {
    const { data } = await ask(`fine_tuning/jobs/${id}/events`);
    if (data.some(({ type }: { readonly type: string }) => type === "metrics")) return id;
    await sleep(500);
  }
}

/** Without a body, a GET request. */
async function ask(path: string, body?: string | FormData) {
  const headers = typeof body === "string" ? { "content-type": "application/json" } : {};
  const init = body === undefined ? {} : { method: "POST", headers, body };
  const response = await fetch(`http://127.0.0.1:${port}/v1/${path}`, init);
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function medianOf(measureOnce: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await measureOnce());
  return rounded(median(times));
}
