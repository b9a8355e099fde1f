// OpenAI's fine-tuning API, used through OpenAI's own client: `lowrank serve` with a folder for jobs.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { lowrankProgram } from "@lowrank/testing/node-arguments";
import OpenAI, { toFile } from "openai";
import type { FineTuningJob, FineTuningJobEvent } from "openai/resources/fine-tuning";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
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
  const places = ["--port", "0", "--jobs-folder", join(folder, jobs), "--json"];
  const argv = ["serve", "--model", model, "--name", "tiny", "--reward", "short=length:2", ...places];
  const child = spawn(process.execPath, [...lowrankProgram, ...argv], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
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

/** OpenAI's walk-through in Python: upload, create, stream events, use the model. */
const walkThrough = `
import json, sys, openai
from openai.types.fine_tuning import FineTuningJobEvent as Event
client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
for name, row in json.load(sys.stdin).items():
    rows = (json.dumps(row) + "\\n").encode() * 2
    file = client.files.create(file=("rows.jsonl", rows), purpose="fine-tune")
    method = {"type": name, name: {"hyperparameters": {"n_epochs": 3}}}
    job = client.fine_tuning.jobs.create(model="tiny", training_file=file.id, suffix="python", method=method)
    stream = dict(cast_to=Event, stream=True, stream_cls=openai.Stream[Event], options={"params": {"stream": "true"}})
    print([event.message for event in client.get(f"/fine_tuning/jobs/{job.id}/events", **stream)][-1])
    job = client.fine_tuning.jobs.retrieve(job.id)
    messages = [{"role": "user", "content": "Where is the treasure?"}]
    chunks = client.chat.completions.create(model=job.fine_tuned_model, messages=messages, max_tokens=4, stream=True)
    print([type(chunk.choices[0].delta.content) for chunk in chunks][0])
`;

it("runs OpenAI's Python client, too", ({ skip }) => {
  const found = findPrepared("peft-venv");
  const python = "folder" in found ? join(found.folder, "bin/python") : "";
  if (spawnSync(python, ["-c", "import openai"]).status !== 0) {
    const reason = "missing" in found ? found.missing : `${python} has no openai`;
    console.log(`skipped: ${reason}`);
    return skip(reason);
  }
  const input = JSON.stringify({ supervised: conversation, dpo: preference });
  const argv = ["-c", walkThrough, server.client.baseURL];
  const { stdout, stderr } = spawnSync(python, argv, { encoding: "utf8", input, timeout: 100_000 });
  expect(stdout, stderr).toBe("The job has successfully completed\n<class 'str'>\n".repeat(2));
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

/** Kills the process that trains, as the system does when memory is short. */
function killTraining(): void {
  const { stdout } = spawnSync("pgrep", ["-P", String(server.child.pid), "-f", " train --json "], { encoding: "utf8" });
  for (const pid of stdout.split("\n").filter(Boolean)) process.kill(Number(pid), "SIGKILL");
}

it.skipIf(process.platform !== "linux")(
  "resumes a killed training exactly, and gives up after three",
  async () => {
    const { fineTuning } = server.client;
    const file = await upload(jsonl(conversation, { messages: [question, rude] }));
    const hyperparameters = { n_epochs: 20, batch_size: 1 };
    const body = { model: "tiny", training_file: file.id, hyperparameters, seed: 5 };
    const whole = await untilOver((await fineTuning.jobs.create(body)).id);
    for (const kills of [1, 4]) {
      const { id } = await fineTuning.jobs.create(body);
      const messages: string[] = [];
      for await (const message of events(id)) {
        messages.push(message);
        const [, step = 0] = /^Step (\d+)/.exec(message) ?? [];
        if (Number(step) > 12 && notes(messages).length < kills) killTraining();
      }
      const job = await fineTuning.jobs.retrieve(id);
      expect(notes(messages)).toHaveLength(kills);
      if (kills === 1) expect((await adapterOf(job)).equals(await adapterOf(whole))).toBe(true);
      else expect(job).toMatchObject({ status: "failed", error: { code: "training_killed" } });
      expect(job.error?.message ?? messages.join()).toContain("SIGKILL");
      expect((await readdir(join(folder, "jobs", "jobs", id))).filter((name) => name.includes("lock"))).toEqual([]);
    }
    const entries = await readdir(join(folder, "jobs"), { recursive: true, withFileTypes: true });
    const modes = await Promise.all(
      entries.map(async (each) => (await stat(join(each.parentPath, each.name))).mode & 0o077),
    );
    expect(new Set(modes)).toEqual(new Set([0]));
  },
  240_000,
);

function notes(messages: readonly string[]): readonly string[] {
  return messages.filter((message) => message.startsWith("The training process was killed"));
}

it("trains on the rewards of a grader, and names what is wrong with one", async () => {
  const { fineTuning } = server.client;
  const row = (text: string, reference_answer: string) => ({ messages: [turn("user", text)], reference_answer });
  const file = await upload(jsonl(row("Say a", "a lord"), row("Say the", "the king")));
  const texts = { input: "{{sample.output_text}}", reference: "{{item.reference_answer}}" };
  const grader = { type: "text_similarity", name: "near", evaluation_metric: "fuzzy_match", ...texts } as const;
  const create = (chosen: object) => {
    const hyperparameters = { n_epochs: 3, batch_size: 1, compute_multiplier: 0.25 };
    const reinforcement = { grader: chosen as typeof grader, hyperparameters };
    const method = { type: "reinforcement", reinforcement } as const;
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
  expect((await fineTuning.jobs.cancel(registered.id)).status).toBe("cancelled");
  const { id, method } = await create(grader);
  expect(method).toMatchObject({ reinforcement: { grader } });
  await untilEvent(id, "Step 2/6: training reward=0.");
  expect(await untilOver(id)).toMatchObject({ status: "succeeded", error: null });
}, 240_000);

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
    const refused = { status: 400, code: "invalid_file_format", param: "file" };
    await expect(upload(text), message).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(message),
    });
  }
});
