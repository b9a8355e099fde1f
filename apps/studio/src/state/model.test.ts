// The state of model and engine, with a worker that says what a test wants.

import { describe, expect, it } from "vitest";
import type { CallName, Calls } from "../protocol/calls.ts";
import { memoryStore } from "../storage/store.ts";
import { type Ask, WorkerFailure } from "../worker-client.ts";
import { ModelState } from "./model.ts";

type Given = { readonly [Name in CallName]?: (ask: Calls[Name]["request"]) => Calls[Name]["answer"] };

/** A worker, and what it was asked. */
function worker(given: Given = {}) {
  const calls: string[] = [];
  const usual: Given = {
    start: ({ engine = "wasm" }) => ({ name: engine, threads: 1, skipped: [] }),
    weigh: ({ kind }) => ({ name: kind, parameters: 1, bytes: 1, trainingBytes: 1, isCached: false }),
    open: ({ kind }) => ({
      name: kind,
      address: undefined,
      parameters: 1,
      positions: 8,
      chats: true,
      blocks: 1,
      targets: [],
      loadSeconds: 0,
    }),
  };
  const ask: Ask = async <Name extends CallName>(name: Name, what: Calls[Name]["request"]) => {
    calls.push(typeof what === "object" && what !== null && "kind" in what ? `${name} ${what.kind}` : name);
    const answers: Given = { ...usual, ...given };
    const answer = answers[name];
    if (answer === undefined) throw new Error(`nobody answers "${name}"`);
    return answer(what);
  };
  return { ask, calls };
}

const fails = (code: string) => () => {
  throw new WorkerFailure("words", code);
};

describe("ModelState", () => {
  it("opens the tiny model on a first visit", async () => {
    const { ask, calls } = worker();
    const state = new ModelState(ask, { base: "", store: memoryStore() });
    await state.startUp();
    expect(calls).toEqual(["start", "weigh tiny", "open tiny"]);
    expect(state.isReady.value).toBe(true);
  });

  it("opens on the next visit what the last one ended with, if the browser has kept it", async () => {
    const store = memoryStore();
    const first = new ModelState(worker().ask, { base: "", store });
    await first.startUp();
    await first.choose({ kind: "smollm2" });
    await first.load();
    const kept = () => ({ name: "smollm2", parameters: 1, bytes: 0, trainingBytes: 1, isCached: true });
    const { ask, calls } = worker({ weigh: kept });
    await new ModelState(ask, { base: "", store }).startUp();
    expect(calls).toEqual(["start", "weigh smollm2", "open smollm2"]);
    const gone = worker();
    await new ModelState(gone.ask, { base: "", store }).startUp();
    expect(gone.calls).toEqual(["start", "weigh smollm2", "weigh tiny", "open tiny"]);
  });

  it("only shows a model that has to be downloaded, until the visitor loads it", async () => {
    const { ask, calls } = worker();
    const state = new ModelState(ask, { base: "", store: memoryStore() });
    await state.startUp();
    await state.choose({ kind: "smollm2" });
    expect(calls.at(-1)).toBe("weigh smollm2");
    expect(state.candidate.value?.estimate.name).toBe("smollm2");
    expect(state.facts.value?.name).toBe("tiny");
    await state.load();
    expect(state.facts.value?.name).toBe("smollm2");
  });

  it("does not load again what is open", async () => {
    const { ask, calls } = worker();
    const state = new ModelState(ask, { base: "", store: memoryStore() });
    await state.startUp();
    await state.choose({ kind: "tiny" });
    expect(calls).toHaveLength(3);
  });

  it("keeps the open model if another one fails, explains why, and tries again on request", async () => {
    let isOnline = false;
    const open = ({ kind }: Calls["open"]["request"]): Calls["open"]["answer"] => {
      if (kind === "smollm2" && !isOnline) fails("NO_NETWORK")();
      return { ...(facts as Calls["open"]["answer"]), name: kind };
    };
    const state = new ModelState(worker({ open }).ask, { base: "", store: memoryStore() });
    await state.startUp();
    await state.choose({ kind: "smollm2" });
    await state.load();
    expect(state.failure.value).toMatchObject({ at: "model", code: "NO_NETWORK" });
    expect([state.facts.value?.name, state.busy.value]).toEqual(["tiny", undefined]);
    isOnline = true;
    await state.retry();
    expect([state.facts.value?.name, state.failure.value]).toEqual(["smollm2", undefined]);
  });

  it("opens the model again on another engine, and keeps the old engine if that one does not start", async () => {
    const { ask, calls } = worker({
      start: ({ engine = "wasm" }) =>
        engine === "webgpu" ? fails("NO_ENGINE")() : { name: engine, threads: 1, skipped: [] },
    });
    const state = new ModelState(ask, { base: "", store: memoryStore() });
    await state.startUp();
    await state.changeEngine("cpu");
    expect(calls.slice(-2)).toEqual(["start", "open tiny"]);
    await state.changeEngine("webgpu");
    expect(calls.at(-1)).toBe("start");
    expect(state.failure.value).toMatchObject({ at: "engine", code: "NO_ENGINE" });
    expect([state.engine.value?.name, state.facts.value?.name]).toEqual(["cpu", "tiny"]);
  });

  it("restarts the engine and opens the model on it if another part of the page reports a lost GPU", async () => {
    const { ask, calls } = worker();
    const state = new ModelState(ask, { base: "", store: memoryStore() });
    await state.startUp();
    state.note(new WorkerFailure("words", "OTHER"));
    expect(state.failure.value).toBeUndefined();
    state.note(new WorkerFailure("words", "DEVICE_LOST"));
    expect(state.failure.value).toMatchObject({ at: "engine", code: "DEVICE_LOST" });
    await state.retry();
    expect(calls.slice(-2)).toEqual(["start", "open tiny"]);
    expect(state.failure.value).toBeUndefined();
  });
});

const facts: Calls["open"]["answer"] = {
  name: "",
  address: undefined,
  parameters: 1,
  positions: 8,
  chats: true,
  blocks: 1,
  targets: [],
  loadSeconds: 0,
};
