// The fine-tuning API with a tuner that only pretends: refusals, the queue, and what survives.

import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningServer, serve } from "../serve.ts";
import type { ServedAdapter, ServedModel } from "../served-model.ts";
import type { FineTuneEvent, FineTuner } from "./fine-tuner.ts";

const model: ServedModel = {
  name: "models/base",
  adapters: [],
  attach: async (folder, { name }) => {
    await attached;
    return { name: `${folder} ${name}`, dispose: () => undefined };
  },
  embed: async () => [],
  writer: () => ({ running: 0, waiting: 0, write: async function* () {}, stop: async () => undefined }),
};

let attached: Promise<void> | undefined;
let waiting = 0;
/** Whether jobs of seed 7 fail, and cannot be saved. */
let isFull = false;
const notes: string[] = [];
/** Fails for seed 13; waits until it is stopped for seed 0; else it is done at once. */
const tuner: FineTuner = {
  check: async ({ name }) => {
    if (name.includes("broken")) throw new LowrankError("TRAINING_FILE", 'line 3 of "/srv/private/rows": no messages');
    return "supervised";
  },
  checkGrader: ({ type }) => {
    if (type === "python") throw new Error("python");
  },
  start: ({ seed, folder: own }) => {
    const stopped = new AbortController();
    async function* events(): AsyncGenerator<FineTuneEvent, void> {
      if (seed === 13) throw new LowrankError("TRAINING_FAILED", "The file /srv/private/rows is too short.");
      if (seed === 7 && isFull) {
        await rm(`${own}.json`);
        await mkdir(`${own}.json`);
        throw new Error("full");
      }
      if (seed === 0) {
        if (stopped.signal.aborted) return; // before it began
        waiting += 1;
        await new Promise((resolve) => stopped.signal.addEventListener("abort", resolve));
        waiting -= 1;
        return;
      }
      yield { type: "step", step: 1, steps: 1, loss: 0.5, tokens: 7, secondsLeft: 0 };
      yield { type: "end" };
    }
    return { events: events(), stop: () => stopped.abort() };
  },
};

interface Answer {
  readonly http: number;
  readonly id: string;
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

let folder: string;
let server: RunningServer;
const start = (name = "base", port = 0, quota = {}) =>
  serve<ServedAdapter>(model, {
    port,
    name,
    fineTuning: { folder, tuner, maxFileBytes: 1000, ...quota },
    onNote: (line) => notes.push(line),
  });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-jobs-"));
  server = await start();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function call(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${server.url}/v1${path}`, init);
  return { ...((await response.json()) as Answer), http: response.status };
}

function post(path: string, body: object): Promise<Answer> {
  return call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

function upload(name = "rows.jsonl", fields: Readonly<Record<string, string>> = {}, headers = {}): Promise<Answer> {
  const { content = "{}", ...others } = { purpose: "fine-tune", ...fields };
  const body = new FormData();
  for (const [field, value] of Object.entries(others)) body.set(field, value);
  if (name !== "") body.set("file", new File([content], name));
  return call("/files", { method: "POST", body, headers });
}

async function jobOf(seed: number, more: object = {}): Promise<Answer> {
  return post("/fine_tuning/jobs", { model: "base", training_file: (await upload()).id, seed, ...more });
}

function statusOf({ id }: Answer) {
  return expect.poll(async () => (await call(`/fine_tuning/jobs/${id}`)).status);
}

it("refuses uploads that cannot be trained on, and keeps nothing of them", async () => {
  const cut = { body: "--a\r\n", headers: { "content-type": "multipart/form-data; boundary=a" } };
  for (const [send, http, code, param] of [
    [() => upload("broken.jsonl"), 400, "invalid_file_format", "file"],
    [() => upload("rows.jsonl", { content: "x".repeat(2000) }), 413, "body_too_large", "file"],
    [() => upload("rows.jsonl", { purpose: "batch" }), 400, "invalid_request", "purpose"],
    [() => upload("rows.jsonl", { colour: "red" }), 400, "invalid_request", "colour"],
    [() => upload(""), 400, "invalid_request", "file"],
    [() => upload("rows.jsonl", {}, { origin: "https://evil.example" }), 403, "origin_not_allowed", null],
    [() => post("/files", {}), 415, "wrong_content_type", null],
    [() => call("/files", { method: "POST", ...cut }), 400, "invalid_form", null],
  ] as const)
    expect(await send()).toMatchObject({ http, error: { code, param, message: expect.not.stringContaining("/srv") } });
  expect((await call("/files")).data).toEqual([]);
});

/** Begins a form of a size, and sends nothing of it. */
function begun(bytes: number): Socket {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1").on("error", () => undefined);
  const type = "content-type: multipart/form-data; boundary=a";
  socket.write(`POST /v1/files HTTP/1.1\r\nhost: localhost\r\n${type}\r\ncontent-length: ${bytes}\r\n\r\n`);
  return socket;
}

it("refuses an upload by its declared size, and one without a declared size at its limit", async () => {
  const socket = begun(10 ** 9);
  expect(String(await once(socket, "data"))).toContain("413");
  socket.destroy();
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("--a\r\n".repeat(1000))), // and never ends
  });
  const left = new AbortController();
  const headers = { "content-type": "multipart/form-data; boundary=a" };
  const sent = { method: "POST", headers, body, duplex: "half", signal: left.signal } as const;
  expect(await call("/files", sent)).toMatchObject({ http: 413, error: { code: "body_too_large" } });
  left.abort();
});

it("limits unfinished uploads together, and keeps nothing of those that are left", async () => {
  const spooled = () => expect.poll(() => readdir(join(folder, "uploads")), { timeout: 10_000 });
  await spooled().toEqual([]);
  const sockets = [1, 2, 3, 4].map(() => begun(1000));
  await spooled().toHaveLength(4);
  expect(await upload()).toMatchObject({ http: 429, error: { code: "too_many_uploads", type: "rate_limit_error" } });
  for (const socket of sockets) socket.destroy();
  await spooled().toEqual([]);
  expect(await upload("broken.jsonl")).toMatchObject({ http: 400 });
  await spooled().toEqual([]);
});

it("keeps files, for the server's user alone, up to a quota", async () => {
  const kept = await upload();
  for (const quota of [{ maxFiles: 1 }, { maxStoredBytes: Number(kept.bytes) + 1 }]) {
    await server.stop();
    await writeFile(join(folder, "uploads", "left"), "by a killed server");
    server = await start("base", 0, quota);
    expect(await readdir(join(folder, "uploads"))).toEqual([]);
    expect(await upload()).toMatchObject({ http: 413, error: { code: "storage_full" } });
  }
  await server.stop();
  server = await start();
  const mode = async (path: string) => (await stat(path)).mode & 0o777;
  if (process.platform !== "win32") {
    expect(await mode(folder)).toBe(0o700);
    expect(await mode(join(folder, "files", `${kept.id}.jsonl`))).toBe(0o600);
  }
  await call(`/files/${kept.id}`, { method: "DELETE" });
});

it("tells an empty file name from a missing file", async () => {
  for (const [fields, fault] of [
    [{}, "it is missing"],
    [{ file: "x" }, "file name is empty"],
  ] as const)
    expect(await upload("", fields)).toMatchObject({ error: { message: expect.stringContaining(fault) } });
});

it("returns a file byte for byte, lists it, and deletes it", async () => {
  const content = '{"messages": "é"}\r\n';
  const { id, bytes } = await upload("../../rows.jsonl", { content });
  expect(bytes).toBe(Buffer.byteLength(content));
  expect(await (await fetch(`${server.url}/v1/files/${id}/content`)).text()).toBe(content);
  expect((await call("/files")).data).toMatchObject([{ id, object: "file", purpose: "fine-tune" }]);
  expect(await call(`/files/${id}`, { method: "DELETE" })).toMatchObject({ deleted: true });
  for (const path of [id, `${id}/content`, "..%2F..%2Fetc%2Fpasswd"])
    expect(await call(`/files/${path}`), path).toMatchObject({ http: 404, error: { code: "not_found" } });
});

it("refuses jobs with wrong fields, and names the field", async () => {
  const [grader, hyper] = ["grader", "hyperparameters"].map((field) => `method.reinforcement.${field}`);
  const reinforcement = (how: object) => ({ method: { type: "reinforcement", reinforcement: how } });
  const beta = "method.supervised.hyperparameters.beta";
  for (const [param, body] of [
    ["model", { model: "other" }],
    ["training_file", { training_file: "file-none" }],
    ["training_file", { training_file: 3 }],
    ["training_file", { method: { type: "dpo" } }],
    ["method.type", { method: { type: "magic" } }],
    [grader, reinforcement({})],
    [grader, reinforcement({ grader: { type: "python" } })],
    ["training_file", reinforcement({ grader: { type: "string_check" } })],
    [`${hyper}.eval_samples`, reinforcement({ grader: {}, hyperparameters: { eval_samples: 3 } })],
    [`${hyper}.compute_multiplier`, reinforcement({ grader: {}, hyperparameters: { compute_multiplier: 0 } })],
    [beta, { method: { type: "supervised", supervised: { hyperparameters: { beta: 1 } } } }],
    ["hyperparameters.n_epochs", { hyperparameters: { n_epochs: 1.5 } }],
    ["hyperparameters.batch_size", { hyperparameters: { batch_size: "many" } }],
    ["integrations", { integrations: [{ type: "wandb" }] }],
    ["suffix", { suffix: "../x" }],
    ["metadata", { metadata: { a: 1 } }],
    ["colour", { colour: "red" }],
    ["f97", Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`f${index}`, 1]))],
    [`${"x".repeat(200)}…`, { ["x".repeat(1e6)]: { y: 1 } }],
  ] as const)
    expect(await jobOf(1, body), param).toMatchObject({ http: 400, error: { param } });
  expect((await call("/fine_tuning/jobs")).data).toEqual([]);
});

it("says why a job failed, and runs the next one", async () => {
  const [bad, good] = [await jobOf(13), await jobOf(1, { hyperparameters: { n_epochs: "auto", batch_size: 2 } })];
  await statusOf(good).toBe("succeeded");
  const error = { code: "training_failed", message: "The file rows is too short.", param: null };
  expect(await call(`/fine_tuning/jobs/${bad.id}`)).toMatchObject({ status: "failed", error });
  const data = [{ id: good.id, trained_tokens: 7, hyperparameters: { batch_size: 2 } }];
  expect(await call("/fine_tuning/jobs?limit=1")).toMatchObject({ has_more: true, data });
  expect((await call(`/fine_tuning/jobs?after=${good.id}`)).data).toMatchObject([{ id: bad.id }]);
  expect(await call("/fine_tuning/jobs?after=x&limit=0")).toMatchObject({ http: 400, error: { param: "limit" } });
});

it("runs one job at a time, cancels jobs that are not over, and keeps files that they need", async () => {
  const [running, queued, paused] = [await jobOf(0), await jobOf(0), await jobOf(0)];
  await statusOf(running).toBe("running");
  await post(`/fine_tuning/jobs/${paused.id}/pause`, {});
  const deletion = () => call(`/files/${queued.training_file}`, { method: "DELETE" });
  expect(await deletion()).toMatchObject({ http: 400, error: { code: "file_in_use" } });
  for (const { id } of [queued, running, paused]) {
    await expect.poll(() => waiting).toBe(id === paused.id ? 0 : 1);
    expect(await post(`/fine_tuning/jobs/${id}/cancel`, {})).toMatchObject({ http: 200, status: "cancelled" });
    await expect.poll(async () => (await post(`/fine_tuning/jobs/${id}/cancel`, {})).http).toBe(400);
  }
  expect(await deletion()).toMatchObject({ deleted: true });
  let serveIt = () => {};
  attached = new Promise((resolve) => {
    serveIt = resolve;
  });
  const ending = await jobOf(1);
  const error = { message: expect.stringContaining("it is ending") };
  await expect.poll(() => post(`/fine_tuning/jobs/${ending.id}/pause`, {})).toMatchObject({ http: 400, error });
  serveIt();
  await statusOf(ending).toBe("succeeded");
});

it("resumes a job that failed and could not be saved, with the next request", async () => {
  isFull = true;
  const job = await jobOf(7);
  await expect.poll(() => notes.at(-1)).toContain("fine-tuning has stopped");
  isFull = false;
  await rm(join(folder, "jobs", `${job.id}.json`), { recursive: true });
  await jobOf(1);
  await statusOf(job).toBe("succeeded");
});

it("continues with the next server of the same base, which serves the models of finished jobs", async () => {
  const [done, running, paused] = [await jobOf(1), await jobOf(0), await jobOf(2)];
  expect(await post(`/fine_tuning/jobs/${paused.id}/pause`, {})).toMatchObject({ status: "paused" });
  for (const name of ["other", "base"]) {
    await statusOf(running).toBe("running");
    await server.stop();
    server = await start(name);
    expect(server.models.includes(`ft:base:local::${done.id.slice(-8)}`)).toBe(name === "base");
  }
  await server.stop();
  const other = await serve<ServedAdapter>(model, { port: 0 });
  await expect(start("base", Number(new URL(other.url).port))).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(waiting).toBe(0);
  await other.stop();
  server = await start();
  await post(`/fine_tuning/jobs/${running.id}/cancel`, {});
  await post(`/fine_tuning/jobs/${paused.id}/resume`, {});
  await statusOf(paused).toBe("succeeded");
  await statusOf(running).toBe("cancelled");
  const error = { code: "invalid_job_status" };
  expect(await post(`/fine_tuning/jobs/${paused.id}/resume`, {})).toMatchObject({ http: 400, error });
});

it("reports a file that cannot be written, and does not list it", async () => {
  const { length } = (await call("/files")).data;
  await rm(join(folder, "files"), { recursive: true });
  await writeFile(join(folder, "files"), "");
  expect(await upload()).toMatchObject({ http: 500, error: { message: expect.not.stringContaining(folder) } });
  expect((await call("/files")).data).toHaveLength(length);
});

it("says how to turn the API on", async () => {
  const other = await serve<ServedAdapter>(model, { port: 0 });
  for (const path of ["files", "files/file-1", "fine_tuning/jobs"]) {
    const response = await fetch(`${other.url}/v1/${path}`);
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("--jobs-folder")]);
  }
  await other.stop();
});
