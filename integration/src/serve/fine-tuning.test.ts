// OpenAI's fine-tuning API, used through OpenAI's own client: `lowrank serve` with a folder for jobs.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findPrepared } from "@lowrank/testing/cache-folder";
import OpenAI, { NotFoundError, toFile } from "openai";
import type { FineTuningJob, FineTuningJobEvent } from "openai/resources/fine-tuning";
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
  const indices = ["--port", "0", "--jobs-folder", join(folder, jobs), "--json"];
  const argv = ["serve", "--model", model, "--name", "tiny", "--reward", "short=length:2", ...indices];
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

async function upload(text: string, name = "rows.jsonl") {
  return server.client.files.create({ file: await toFile(Buffer.from(text), name), purpose: "fine-tune" });
}

function jsonl(...rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

const turn = (role: "user" | "assistant", content: string) => ({ role, content });
const question = turn("user", "Where is the treasure?");
const [kind, rude] = [turn("assistant", "Under the old tree."), turn("assistant", "Go away.")];
const conversation = { messages: [question, kind] };
const preference = { input: { messages: [question] }, preferred_output: [kind], non_preferred_output: [rude] };

/** The messages of a job's events, while it runs. */
async function* events(id: string): AsyncGenerator<string, void, undefined> {
  // The client has no method for the stream of OpenAI's first fine-tuning API.
  const stream = (await server.client.get(`/fine_tuning/jobs/${id}/events`, {
    query: { stream: true },
    stream: true,
  })) as AsyncIterable<FineTuningJobEvent>;
  for await (const { message } of stream) yield message;
}

async function untilEvent(id: string, start: string): Promise<void> {
  for await (const message of events(id)) if (message.startsWith(start)) return;
  throw new Error(`The job has ended without "${start}".`);
}

async function untilOver(id: string): Promise<FineTuningJob> {
  for await (const _ of events(id));
  return server.client.fineTuning.jobs.retrieve(id);
}

async function answer(name: string | null): Promise<string | null | undefined> {
  const body = { model: name ?? "", messages: [question], temperature: 0, max_tokens: 8 };
  return (await server.client.chat.completions.create(body)).choices[0]?.message.content;
}

function adapterOf({ id }: { readonly id: string }): Promise<Buffer> {
  return readFile(join(folder, "jobs", "jobs", id, "adapter", "adapter_model.safetensors"));
}

it("trains on an uploaded file and serves the model at once", async () => {
  const { jobs } = server.client.fineTuning;
  const file = await upload(jsonl(conversation, conversation, conversation, conversation));
  const asked = { model: "tiny", training_file: file.id, validation_file: file.id, metadata: { by: "me" } };
  const { id } = await jobs.create({ ...asked, suffix: "pirate", hyperparameters: { learning_rate_multiplier: 0.5 } });
  const messages: string[] = [];
  for await (const message of events(id)) messages.push(message);
  expect(messages).toEqual(expect.arrayContaining(["Fine-tuning job started", "The job has successfully completed"]));
  expect(messages.filter((message) => message.includes("training loss="))).toHaveLength(30);

  const job = await jobs.retrieve(id);
  expect(job).toMatchObject({ status: "succeeded", fine_tuned_model: `ft:tiny:local:pirate:${id.slice(-8)}` });
  expect(job.trained_tokens).toBeGreaterThan(0);
  expect(await answer(job.fine_tuned_model)).toContain("Under the old tree.");
  expect((await server.client.models.list()).data.map((each) => each.id)).toContain(job.fine_tuned_model);
  const [checkpoint] = (await jobs.checkpoints.list(id)).data;
  expect(checkpoint?.fine_tuned_model_checkpoint).toBe(job.fine_tuned_model);
  expect(checkpoint?.metrics.valid_loss).toBeLessThan(1);

  const rest: string[] = [];
  for await (const event of jobs.listEvents(id, { limit: 7 })) rest.push(event.message);
  expect(rest.reverse()).toEqual(messages);
  expect((await jobs.list({ metadata: { by: "me" } })).data.map((each) => each.id)).toEqual([id]);
  expect((await jobs.list({ metadata: { by: "you" } })).data).toEqual([]);
}, 120_000);

it("trains a fine-tuned model further on preferences", async () => {
  const { jobs } = server.client.fineTuning;
  const [earlier] = (await jobs.list()).data;
  const file = await upload(jsonl(preference, preference));
  const method = { type: "dpo", dpo: { hyperparameters: { beta: 0.2, n_epochs: 3, batch_size: 2 } } } as const;
  const { id } = await jobs.create({ model: earlier?.fine_tuned_model ?? "", training_file: file.id, method, seed: 3 });
  const job = await untilOver(id);
  expect(job).toMatchObject({ status: "succeeded", error: null, seed: 3 });
  expect(job.method?.dpo?.hyperparameters).toEqual({ ...method.dpo.hyperparameters, learning_rate_multiplier: "auto" });
  expect(typeof (await answer(job.fine_tuned_model))).toBe("string");
}, 120_000);

/** What OpenAI's walk-through does, in Python. */
const walkThrough = `
import sys, time, openai
client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
file = client.files.create(file=("rows.jsonl", sys.stdin.buffer.read()), purpose="fine-tune")
job = client.fine_tuning.jobs.create(model="tiny", training_file=file.id, suffix="python", hyperparameters={"n_epochs": 3})
while job.finished_at is None:
    time.sleep(0.2)
    job = client.fine_tuning.jobs.retrieve(job.id)
print([event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=2)][0])
messages = [{"role": "user", "content": "Where is the treasure?"}]
print(type(client.chat.completions.create(model=job.fine_tuned_model, messages=messages, max_tokens=4).choices[0].message.content))
`;

it("runs OpenAI's Python client, too", ({ skip }) => {
  const found = findPrepared("peft-venv");
  const python = "folder" in found ? join(found.folder, "bin/python") : "";
  if (spawnSync(python, ["-c", "import openai"]).status !== 0) {
    const reason = "missing" in found ? found.missing : `${python} has no openai`;
    console.log(`skipped: ${reason}`);
    return skip(reason);
  }
  const input = jsonl(conversation, conversation);
  const argv = ["-c", walkThrough, server.client.baseURL];
  const { stdout, stderr } = spawnSync(python, argv, { encoding: "utf8", input, timeout: 100_000 });
  expect(stdout, stderr).toBe("The job has successfully completed\n<class 'str'>\n");
}, 120_000);

it("runs one job at a time, cancels jobs, and keeps files that a job needs", async () => {
  const { client } = server;
  const { jobs } = client.fineTuning;
  const file = await upload(jsonl(conversation));
  const body = { model: "tiny", training_file: file.id, hyperparameters: { n_epochs: 50 } };
  const [first, second] = [await jobs.create(body), await jobs.create(body)];
  await expect(client.files.delete(file.id)).rejects.toMatchObject({ status: 400, code: "file_in_use" });
  await untilEvent(first.id, "Step 1/");
  expect((await jobs.retrieve(second.id)).status).toBe("queued");
  for (const { id } of [second, first]) expect((await jobs.cancel(id)).status).toBe("cancelled");
  await expect(jobs.cancel(first.id)).rejects.toMatchObject({ status: 400, code: "invalid_job_status" });
  expect(await client.files.delete(file.id)).toMatchObject({ deleted: true });
  await expect(client.files.retrieve(file.id)).rejects.toBeInstanceOf(NotFoundError);
}, 120_000);

it("resumes a job exactly, after a pause and after the server was killed", async () => {
  const { fineTuning } = server.client;
  const file = await upload(jsonl(conversation, { messages: [question, rude] }));
  const hyperparameters = { n_epochs: 20, batch_size: 1 };
  const body = { model: "tiny", training_file: file.id, hyperparameters, seed: 5 };
  const whole = await fineTuning.jobs.create(body);
  expect((await untilOver(whole.id)).status).toBe("succeeded");
  const { id } = await fineTuning.jobs.create(body);
  await untilEvent(id, "Step 5/40");
  expect((await fineTuning.jobs.pause(id)).status).toBe("paused");
  await fineTuning.jobs.resume(id);
  await untilEvent(id, "Step 20/40");
  server.child.kill("SIGKILL");
  server = await startServer("jobs");
  const messages: string[] = [];
  for await (const message of events(id)) messages.push(message);
  expect(messages.filter((message) => message.startsWith("Resumed after step"))).toHaveLength(2);
  const job = await server.client.fineTuning.jobs.retrieve(id);
  expect(job).toMatchObject({ status: "succeeded", error: null });
  expect((await adapterOf(job)).equals(await adapterOf(whole))).toBe(true);
  expect(await answer(job.fine_tuned_model)).toBe(await answer(`ft:tiny:local::${whole.id.slice(-8)}`));
}, 240_000);

it("trains on the rewards of a grader, exactly also after a pause and after the server was killed", async () => {
  const { fineTuning } = server.client;
  const row = (text: string, reference_answer: string) => ({ messages: [turn("user", text)], reference_answer });
  const file = await upload(jsonl(row("Say a", "a lord"), row("Say the", "the king")));
  const texts = { input: "{{sample.output_text}}", reference: "{{item.reference_answer}}" };
  const grader = { type: "text_similarity", name: "near", evaluation_metric: "fuzzy_match", ...texts } as const;
  const create = (chosen: object) => {
    const hyperparameters = { n_epochs: 3, batch_size: 1, compute_multiplier: 0.25 };
    const method = {
      type: "reinforcement",
      reinforcement: { grader: chosen as typeof grader, hyperparameters },
    } as const;
    return fineTuning.jobs.create({ model: "tiny", training_file: file.id, method, seed: 4 });
  };
  for (const [wrong, message] of [
    [{ type: "registered", name: "long" }, "registered rewards: short"],
    [{ type: "python", source: "1" }, "expected string_check, text_similarity"],
  ] as const) {
    const refused = { status: 400, param: "method.reinforcement.grader", message: expect.stringContaining(message) };
    await expect(create(wrong)).rejects.toMatchObject(refused);
  }
  const registered = await create({ type: "registered", name: "short" });
  await untilEvent(registered.id, "Fine-tuning job started");
  await fineTuning.jobs.cancel(registered.id);
  const whole = await create(grader);
  expect(whole.method).toMatchObject({ reinforcement: { grader } });
  const { id } = await create(grader);
  expect(await untilOver(whole.id)).toMatchObject({ status: "succeeded", error: null });
  await untilEvent(id, "Step 2/6: training reward=0.");
  await fineTuning.jobs.pause(id);
  await fineTuning.jobs.resume(id);
  await untilEvent(id, "Resumed after step");
  server.child.kill("SIGKILL");
  server = await startServer("jobs");
  const job = await untilOver(id);
  expect(job).toMatchObject({ status: "succeeded", error: null });
  expect((await adapterOf(job)).equals(await adapterOf(whole))).toBe(true);
  expect(typeof (await answer(job.fine_tuned_model))).toBe("string");
}, 480_000);

it("refuses a folder that another server uses", async () => {
  const other = serveIn("jobs");
  let text = "";
  other.stderr?.on("data", (piece) => {
    text += piece;
  });
  expect(await once(other, "close")).toEqual([2, null]);
  expect(text).toContain("is in use by another server");
}, 60_000);

it("names the lines of a file that cannot be trained on", async () => {
  const rows: readonly (readonly [text: string, message: string])[] = [
    [`${jsonl(conversation)}{"messages": [}\n`, "line 2: expected a JSON object"],
    [jsonl(conversation, { messages: [question] }), 'line 2: the row is for the method "reinforcement"'],
    [jsonl({ messages: [turn("assistant", "a"), 3] }), "line 1"],
    [jsonl(conversation, preference), 'line 2: the row is for the method "dpo"'],
    [jsonl({ prompt: "a", completion: "b" }), 'line 1: found the fields "prompt", "completion"'],
    [jsonl({ ...preference, preferred_output: 3 }), '"preferred_output"'],
    ["", "has no rows"],
  ];
  for (const [text, message] of rows) {
    const refused = {
      status: 400,
      code: "invalid_file_format",
      param: "file",
      message: expect.stringContaining(message),
    };
    await expect(upload(text), message).rejects.toMatchObject(refused);
  }
});
