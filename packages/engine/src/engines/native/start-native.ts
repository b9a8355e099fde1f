// Loads ONNX Runtime, registers the backend "native" on it and gives it its kernels.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { EngineUnavailableError } from "../engine-unavailable-error.ts";
import { importUnseen, isNode } from "../import-unseen.ts";
import type { StartOutcome } from "../start-outcome.ts";
import { findLibrary, nodeSurroundings } from "./library/find-library.ts";
import { installCommandOf } from "./library/install-command.ts";
import { requireWholeLibrary } from "./library/require-whole-library.ts";
import { NativeBackend, nativeBackendName } from "./native-backend.ts";
import { registerNativeKernels } from "./register-native-kernels.ts";
import { commandLineBytes, makeRoomFor } from "./runtime/command-line.ts";
import { disableTelemetry } from "./runtime/disable-telemetry.ts";
import { exitWithKoffi } from "./runtime/exit-with-koffi.ts";
import { giveMemoryBack } from "./runtime/give-memory-back.ts";
import { importKoffi } from "./runtime/koffi.ts";
import { OnnxRuntime } from "./runtime/onnx-runtime.ts";

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
  giveMemoryBack(koffi, process.env);
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
