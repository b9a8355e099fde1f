// Starts an engine, or changes it: the best that works, or the one that a person chose.

import { LowrankError } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineFacts, EngineName } from "../../protocol/model.ts";
import type { CallHandler } from "../call-handler.ts";
import { fetchTiny } from "../models/tiny.ts";
import type { WorkerState } from "../worker-state.ts";

const bestFirst: readonly EngineName[] = ["webgpu", "wasm", "cpu"];

/**
 * Starts the requested engine, or the best. If the engine changes, an open model is closed, since some of its weights are in
 * the old engine, and opened again from the same source. If the new engine does not start, everything stays as it was.
 *
 * @throws NO_ENGINE, with the reason against each engine that was tried.
 */
export const start: CallHandler<"start"> = async (state, { base, engine }) => {
  state.base = new URL("./", base);
  // The tiny model is downloaded while the engine starts.
  if (state.model === undefined) state.tiny ??= fetchTiny(new URL("tiny-model/", state.base));
  const before = state.engine;
  if (before !== undefined && engine === before.name && state.lostDevice === undefined) return before;
  tf.enableProdMode(); // TensorFlow.js advertises its other packages on the console otherwise
  if (state.lostDevice !== undefined) {
    state.model?.opened.dispose(); // its weights are gone already
    state.model = undefined;
    renewBackend(before?.name);
  }
  try {
    const chosen = await chooseEngine({ order: engine === undefined ? bestFirst : [engine] });
    if (before !== undefined) {
      state.model?.opened.dispose();
      state.model = undefined;
    }
    const name = chosen.name as EngineName;
    state.engine = { name, threads: await threadsOf(name), skipped: skippedEngines(chosen, before, engine) };
    state.lostDevice = undefined;
    watchDevice(state);
    return state.engine;
  } catch (error) {
    if (before !== undefined) await tf.setBackend(before.name);
    throw error;
  }
};

/** Replaces the backend that lost its GPU, because TensorFlow.js would continue with it. */
function renewBackend(name: EngineName | undefined): void {
  const factory = name === undefined ? undefined : tf.findBackendFactory(name);
  if (name === undefined || factory === undefined) return;
  tf.removeBackend(name);
  tf.registerBackend(name, factory);
}

/** An explicit choice skips no engine: the reasons of the first start stay valid. */
function skippedEngines(
  chosen: Awaited<ReturnType<typeof chooseEngine>>,
  before: EngineFacts | undefined,
  requested: EngineName | undefined,
): EngineFacts["skipped"] {
  if (requested !== undefined && before !== undefined) return before.skipped;
  return chosen.skipped.map(({ name, reason }) => ({ name: name as EngineName, reason }));
}

async function threadsOf(name: EngineName): Promise<number> {
  if (name !== "wasm") return 1;
  const { getThreadsCount } = await import("@tensorflow/tfjs-backend-wasm");
  return Math.max(1, getThreadsCount());
}

/** The GPU was lost, with everything computed on it. */
export class DeviceLostError extends LowrankError {
  constructor(
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "DEVICE_LOST",
      `The browser lost the GPU (${reason || "no reason given"}). Try again, or choose another engine: the model is opened again, and stored data is still there.`,
      options,
    );
  }
}

/** Why the GPU was lost, if it was. A failed read is reported a moment before the loss that caused it. */
export async function reasonOfLoss(state: WorkerState): Promise<string | undefined> {
  if (state.engine?.name === "webgpu") await new Promise((resolve) => setTimeout(resolve, 100));
  return state.lostDevice;
}

/** Writes the reason into the state if the GPU is lost. */
function watchDevice(state: WorkerState): void {
  const device: unknown = Reflect.get(tf.backend(), "device");
  if (typeof device !== "object" || device === null || !("lost" in device)) return;
  const { engine } = state;
  (device.lost as Promise<{ readonly message: string }>).then(({ message }) => {
    if (state.engine === engine) state.lostDevice = message;
  });
}
