// A server under load: one client who asks for all that it may, with texts of megabytes, next to hundreds of others, some of whom
// hardly read.

import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { serve } from "@lowrank/serve";
import { openModel } from "lowrank";
import { expect, it } from "vitest";

const tiny = fileURLToPath(new URL("../../../packages/tiny-model/model", import.meta.url));
const [clients, slow, tokensOfText] = [400, 50, 4];
const runMs = 20_000;

it("answers /health at once and gives every client its share of tokens, even if others request more", async () => {
  const model = await openModel(tiny);
  const server = await serve(model, { port: 0, name: "tiny", maxWaiting: 500, template: "vicuna" });
  function start<Seen>(part: string, options: object = {}): () => Promise<Seen> {
    const workerData = { part, url: server.url, tokensOfText, ...options };
    const worker = new Worker(new URL("./load-clients.mjs", import.meta.url), { workerData });
    const seen = new Promise<Seen>((resolve, reject) => worker.once("message", resolve).once("error", reject));
    return () => {
      worker.postMessage("what have you seen?");
      return seen;
    };
  }
  const many = start<readonly number[]>("texts", { connections: clients, slow });
  const greedy = start<readonly number[]>("texts", { key: "greedy", connections: 20, prompts: 4, n: 4 });
  const long = start<object>("refusals", { key: "greedy", characters: 4 * 2 ** 20 - 500 });
  const health = start<Times>("health");
  await wait(runMs);
  const times = await health();
  const [others, tokens, refusals] = [await many(), sum(await greedy()), await long()];
  await server.stop({ graceMs: 0 });
  model.dispose();

  expect(Object.keys(refusals)).toEqual(["context_length_exceeded"]);
  // A machine on which others compute answers nothing at once: what it takes for a server of nothing is not counted.
  expect(percentile(times.health, 99) - percentile(times.control, 99)).toBeLessThan(100);
  const quick = others.slice(0, clients - slow);
  const share = (sum(others) + tokens) / (clients + 1);
  expect(sum(quick) / quick.length).toBeGreaterThan(0.8 * share);
  // Tokens come in whole texts, of which the latest may be on its way.
  expect(Math.min(...quick)).toBeGreaterThanOrEqual(0.8 * share - tokensOfText);
}, 60_000);

interface Times {
  readonly health: readonly number[];
  readonly control: readonly number[];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percentile(values: readonly number[], percent: number): number {
  return [...values].sort((one, other) => one - other)[Math.floor((values.length - 1) * (percent / 100))] ?? Number.NaN;
}
