// Loads ONNX Runtime, registers the backend "native" on it and gives it its kernels.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { EngineUnavailableError } from "../engine-unavailable-error.ts";
import { importUnseen, isNode, propertyOf } from "../import-unseen.ts";
import type { StartOutcome } from "../start-options.ts";
import { elfFault } from "./library/elf-fault.ts";
import { findLibrary, nodeSurroundings } from "./library/find-library.ts";
import { installCommandOf } from "./library/install-command.ts";
import { type LibraryFile, UnusableLibraryError } from "./library/library-file.ts";
import { NativeBackend, nativeBackendName } from "./native-backend.ts";
import { registerNativeKernels } from "./register-native-kernels.ts";
import { commandLineBytes, makeRoomFor } from "./runtime/command-line.ts";
import { importKoffi, type Koffi } from "./runtime/koffi.ts";
import { OnnxRuntime } from "./runtime/onnx-runtime.ts";

/** How the native engine is started. */
export interface NativeOptions {
  /** Number of compute threads. Default: all that the machine has. */
  readonly threads?: number;
  /** Path of libonnxruntime, as LOWRANK_ONNX_RUNTIME names it. Default: the library from npm. */
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

// Looks at the library's file before the system's loader does: a file that is cut short would end the process.

/**
 * Throws UnusableLibraryError if the file cannot be read, is not whole, or was built for another processor. Only Linux is
 * looked at: what the loaders of macOS and Windows do with a damaged file is not known here, and left to them.
 */
async function requireWholeLibrary(library: LibraryFile): Promise<void> {
  if (process.platform !== "linux") return;
  const fault = await faultOf(library);
  if (fault !== undefined) throw new UnusableLibraryError(library, fault);
}

async function faultOf(library: LibraryFile): Promise<string | undefined> {
  const fs = (await importUnseen("node:fs")) as typeof import("node:fs");
  let descriptor: number | undefined;
  try {
    const opened = fs.openSync(library.path, "r");
    descriptor = opened;
    const { size } = fs.fstatSync(opened);
    const read = (from: number, length: number) => {
      const bytes = new Uint8Array(length);
      const got = fs.readSync(opened, bytes, 0, length, from);
      if (got !== length) throw new Error(`it has ${got} of ${length} bytes at ${from}`);
      return bytes;
    };
    return elfFault({ size, read }, process.arch);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UnusableLibraryError(library, `cannot be read: ${message}`, { cause });
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

// Official builds of ONNX Runtime from 1.29 on tell their maker, on Linux and macOS too, what they run and where:
// https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md. Training is nobody's business.

const keepWhatIsSet = 0;

/**
 * Tells ONNX Runtime to collect nothing. Called before it is loaded: as it starts, it would write a device id and report
 * the process. What the user has set ORT_DISABLE_TELEMETRY to stays.
 */
function disableTelemetry(koffi: Koffi): void {
  if (process.platform === "win32") return; // reads no variable; its events are switched off once there is an environment
  // C's own function, since process.env is a copy in a worker thread and the library reads the process's.
  const setenv = koffi.load(null).func("setenv", "int", ["str", "str", "int"]);
  setenv("ORT_DISABLE_TELEMETRY", "1", keepWhatIsSet);
}

// As the process exits, koffi (3.3.4) has the system write stdout and stderr to disk, and reports a failure on stderr. Where
// it is stderr that failed, it waits for itself to be done with it (lib/native/base/base.cc: StreamWriter::Flush holds the
// lock that Print wants), and the process never ends: on a full disk of a network, or a broken one.

const standardOutputs = [1, 2];
/** What cannot be written to disk by its nature (a pipe, a terminal), which koffi expects. */
const expected = ["EINVAL", "ENOTSUP"];
let isPrepared = false;

/** Lets the process exit, whatever its output is: what cannot be flushed is closed before koffi tries. */
async function exitWithKoffi(): Promise<void> {
  const { isMainThread } = (await importUnseen("node:worker_threads")) as typeof import("node:worker_threads");
  if (isPrepared || !isMainThread || process.platform === "win32") return;
  isPrepared = true;
  const fs = (await importUnseen("node:fs")) as typeof import("node:fs");
  process.on("exit", () => {
    for (const descriptor of standardOutputs) {
      try {
        fs.fsyncSync(descriptor);
      } catch (error) {
        if (expected.includes(String(propertyOf(error, "code")))) continue;
        fs.closeSync(descriptor);
        fs.openSync("/dev/null", "r+"); // takes the number that is free
      }
    }
  });
}

// glibc takes large pieces of memory from the system one by one, and gives each back when it is freed; but the first time that
// it is given back such a piece it takes all up to that size from its own heap from then on (mallopt(3), "dynamic mmap
// threshold"), which shrinks only from its end. What a matrix passed through while it was loaded would stay with the process.

/** M_MMAP_THRESHOLD of malloc.h. */
const largePieces = -3;
/** Memory of tensors that steps use again: the backend recycles it itself. */
const fewestBytes = 2 ** 20;

/** Lets memory of a megabyte and more go back to the system, for the whole process; what the user has set stays. */
export function giveMemoryBack(koffi: Koffi, environment: Readonly<Record<string, string | undefined>>): void {
  const { MALLOC_MMAP_THRESHOLD_: threshold, GLIBC_TUNABLES: tunables = "" } = environment;
  const isSet = threshold !== undefined || tunables.includes("mmap_threshold");
  if (process.platform !== "linux" || isSet) return;
  try {
    koffi.load(null).func("mallopt", "int", ["int", "int"])(largePieces, fewestBytes);
  } catch {
    // Another C library than glibc, which has no such habit.
  }
}
