// OpenAI's fine-tuning API, used through OpenAI's own client: `lowrank serve` with a folder for jobs.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import OpenAI, { BadRequestError, toFile } from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const program = ["--conditions=lowrank-source", "--import", "tsx", join(root, "packages/lowrank/src/lowrank.ts")];
const model = join(root, "packages/tiny-model/model");

interface Server {
  readonly child: ChildProcess;
  readonly client: OpenAI;
}

let folder: string;
let server: Server;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-jobs-"));
  server = await startServer("jobs");
}, 60_000);
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
});

function serveIn(jobs: string): ChildProcess {
  const argv = ["serve", "--model", model, "--name", "tiny", "--port", "0", "--jobs-folder", join(folder, jobs), "--json"];
  const child = spawn(process.execPath, [...program, ...argv], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  return child;
}

async function startServer(jobs: string): Promise<Server> {
  const child = serveIn(jobs);
  child.stderr?.resume();
  if (child.stdout === null) throw new Error("no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line);
    return { child, client: new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 }) };
  }
  throw new Error("The server does not start.");
}

function upload({ client }: Server, rows: readonly object[], name = "rows.jsonl") {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  return toFile(Buffer.from(text), name).then((file) => client.files.create({ file, purpose: "fine-tune" }));
}

const turn = (role: string, content: string) => ({ role, content });
const question = turn("user", "Where is the treasure?");
const conversation = { messages: [question, turn("assistant", "Under the old tree, captain!")] };

async function untilOver({ client }: Server, id: string): Promise<OpenAI.FineTuning.FineTuningJob> {
  for (;;) {
    const job = await client.fineTuning.jobs.retrieve(id);
    if (job.finished_at !== null) return job;
    await new Promise((resume) => setTimeout(resume, 100));
  }
}

it("trains on an uploaded file and serves the model at once", async () => {
  const { client } = server;
  const file = await upload(server, [conversation, conversation, conversation, conversation]);
  const job = await client.fineTuning.jobs.create({ model: "tiny", training_file: file.id, suffix: "pirate", seed: 1 });
  const stream = await client.get<unknown, AsyncIterable<OpenAI.FineTuning.FineTuningJobEvent>>(
    `/fine_tuning/jobs/${job.id}/events`,
    { query: { stream: true }, stream: true } as never,
  );
  const messages: string[] = [];
  for await (const { message } of stream as never as AsyncIterable<{ message: string }>) messages.push(message);
  console.log(messages);
  console.log(await untilOver(server, job.id));
}, 120_000);
