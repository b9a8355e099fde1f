// Loads ONNX Runtime, registers the backend "native" on it and gives it its kernels.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { EngineUnavailableError } from "../choose/engine-unavailable-error.ts";
import { importUnseen, isNode } from "../choose/import-unseen.ts";
import type { StartOutcome } from "../choose/start-outcome.ts";
import { commandLineBytes, type KoffiSettings, makeRoomFor } from "./command-line.ts";
import { findLibrary, installCommand, nodeSurroundings } from "./find-library.ts";
import { NativeBackend, nativeBackendName } from "./native-backend.ts";
import { type Koffi, OnnxRuntime } from "./onnx-runtime.ts";
import { registerNativeKernels } from "./register-native-kernels.ts";

/** How the native engine is started. */
export interface NativeOptions {
  /** Threads that compute. Default: as many as the machine offers. */
  readonly threads?: number;
  /** Path of libonnxruntime; default: LOWRANK_ONNX_RUNTIME, or the one that npm brought. */
  readonly library?: string;
}

/** Above any other backend that may register itself. */
const priority = 5;

/** Starts the engine, once. Throws with a reason and the way on if that cannot be done. */
export async function startNative(options: NativeOptions = {}): Promise<StartOutcome> {
  if (!isNode()) throw new EngineUnavailableError("it needs Node.js");
  if (tf.findBackend(nativeBackendName) !== null) return { backend: nativeBackendName };
  const surroundings = await nodeSurroundings();
  const path = findLibrary(surroundings, options.library);
  const koffi = await importKoffi();
  makeRoomFor(await commandLineBytes(), koffi);
  const threads = options.threads ?? (await availableThreads());
  const runtime = new OnnxRuntime(koffi, path, { threads });
  tf.registerBackend(nativeBackendName, () => new NativeBackend(runtime), priority);
  registerNativeKernels();
  return { backend: nativeBackendName };
}

async function importKoffi(): Promise<Koffi & KoffiSettings> {
  try {
    const module = await importUnseen("koffi");
    return (Reflect.get(Object(module), "default") ?? module) as Koffi & KoffiSettings;
  } catch (cause) {
    const isMissing = cause instanceof Error && Reflect.get(cause, "code") === "ERR_MODULE_NOT_FOUND";
    if (isMissing) throw new EngineUnavailableError("its package koffi is not installed", installCommand, cause);
    const message = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new EngineUnavailableError(`its package koffi could not be loaded: ${message}`, undefined, cause);
  }
}

async function availableThreads(): Promise<number> {
  const os = (await importUnseen("node:os")) as typeof import("node:os");
  return os.availableParallelism();
}
