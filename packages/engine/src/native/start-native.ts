// Loads ONNX Runtime, registers the backend "native" on it and gives it its kernels.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { EngineUnavailableError } from "../choose/engine-unavailable-error.ts";
import { importUnseen, isNode } from "../choose/import-unseen.ts";
import type { StartOutcome } from "../choose/start-outcome.ts";
import { commandLineBytes, makeRoomFor } from "./command-line.ts";
import { disableTelemetry } from "./disable-telemetry.ts";
import { exitWithKoffi } from "./exit-with-koffi.ts";
import { findLibrary, nodeSurroundings } from "./find-library.ts";
import { installCommandOf } from "./install-command.ts";
import { importKoffi } from "./koffi.ts";
import { NativeBackend, nativeBackendName } from "./native-backend.ts";
import { OnnxRuntime } from "./onnx-runtime.ts";
import { registerNativeKernels } from "./register-native-kernels.ts";
import { requireWholeLibrary } from "./require-whole-library.ts";

/** How the native engine is started. */
export interface NativeOptions {
  /** Threads that compute. Default: as many as the machine offers. */
  readonly threads?: number;
  /** Path of libonnxruntime, as LOWRANK_ONNX_RUNTIME names it; default: the one that npm brought. */
  readonly library?: string;
}

/** Above any other backend that may register itself. */
const priority = 5;

/** Starts the engine, once. Throws with a reason and the way on if that cannot be done. */
export async function startNative(options: NativeOptions = {}): Promise<StartOutcome> {
  if (!isNode()) throw new EngineUnavailableError("it needs Node.js");
  if (tf.findBackend(nativeBackendName) !== null) return { backend: nativeBackendName };
  const library = findLibrary(await nodeSurroundings(), options.library);
  await requireWholeLibrary(library);
  const { origin } = library;
  const koffi = await importKoffi(origin === "setting" ? "npm install koffi" : installCommandOf(origin.name));
  await exitWithKoffi();
  makeRoomFor(await commandLineBytes(), koffi);
  disableTelemetry(koffi);
  const threads = options.threads ?? (await availableThreads());
  const runtime = new OnnxRuntime(koffi, library, { threads });
  tf.registerBackend(nativeBackendName, () => new NativeBackend(runtime), priority);
  registerNativeKernels();
  return { backend: nativeBackendName };
}

async function availableThreads(): Promise<number> {
  const os = (await importUnseen("node:os")) as typeof import("node:os");
  return os.availableParallelism();
}
