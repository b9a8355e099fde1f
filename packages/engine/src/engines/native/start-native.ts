// Loads ONNX Runtime, registers the backend "native" on it and gives it its kernels.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { EngineUnavailableError } from "../engine-unavailable-error.ts";
import { importUnbundled, isNode, propertyOf } from "../import-unbundled.ts";
import type { StartOutcome } from "../start-options.ts";
import { elfFault } from "./library/elf-fault.ts";
import { findLibrary, nodeSurroundings } from "./library/find-library.ts";
import { installCommandOf } from "./library/install-command.ts";
import { type LibraryFile, UnusableLibraryError } from "./library/library-file.ts";
import { NativeBackend, nativeBackendName } from "./native-backend.ts";
import { registerNativeKernels } from "./register-native-kernels.ts";
import { commandLineBytes, enlargeStackFor } from "./runtime/command-line.ts";
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

/** Starts the engine, once. Throws with the reason and what to do about it. */
export async function startNative(options: NativeOptions = {}): Promise<StartOutcome> {
  if (!isNode()) throw new EngineUnavailableError("it needs Node.js");
  if (tf.findBackend(nativeBackendName) !== null) return { backend: nativeBackendName };
  const library = findLibrary(await nodeSurroundings(), options.library);
  await requireWholeLibrary(library);
  const { origin } = library;
  const koffi = await importKoffi(origin === "setting" ? "npm install koffi" : installCommandOf(origin.name));
  await closeBrokenOutputsOnExit();
  enlargeStackFor(await commandLineBytes(), koffi);
  disableTelemetry(koffi);
  returnFreedMemory(koffi, process.env);
  const threads = options.threads ?? (await availableThreads());
  const runtime = new OnnxRuntime(koffi, library, { threads });
  tf.registerBackend(nativeBackendName, () => new NativeBackend(runtime), priority);
  registerNativeKernels();
  return { backend: nativeBackendName };
}

async function availableThreads(): Promise<number> {
  const os = (await importUnbundled("node:os")) as typeof import("node:os");
  return os.availableParallelism();
}

// Looks at the library's file before the system's loader does: a file that is cut short would end the process.

/**
 * Throws UnusableLibraryError if the file cannot be read, is incomplete, or was built for another processor. Only Linux is checked:
 * how the loaders of macOS and Windows treat a damaged file is unknown.
 */
async function requireWholeLibrary(library: LibraryFile): Promise<void> {
  if (process.platform !== "linux") return;
  const fault = await faultOf(library);
  if (fault !== undefined) throw new UnusableLibraryError(library, fault);
}

async function faultOf(library: LibraryFile): Promise<string | undefined> {
  const fs = (await importUnbundled("node:fs")) as typeof import("node:fs");
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

// Official builds of ONNX Runtime from 1.29 on send telemetry, on Linux and macOS too:
// https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md. Training is private.

const keepWhatIsSet = 0;

/**
 * Disables ONNX Runtime's telemetry. It must be called before the library is loaded, because on start the library writes a device id
 * and reports the process. If the user has set ORT_DISABLE_TELEMETRY, its value stays.
 */
function disableTelemetry(koffi: Koffi): void {
  if (process.platform === "win32") return; // does not read the variable; its events are disabled once there is an environment
  // C's own function, since process.env is a copy in a worker thread and the library reads the process's.
  const setenv = koffi.load(null).func("setenv", "int", ["str", "str", "int"]);
  setenv("ORT_DISABLE_TELEMETRY", "1", keepWhatIsSet);
}

// When the process exits, koffi (3.3.4) flushes stdout and stderr to disk, and reports a failure on stderr. If stderr itself failed,
// koffi waits for its own lock (lib/native/base/base.cc: StreamWriter::Flush holds the lock that Print needs), and the process never
// ends. That happens on a full or broken network disk.

const standardOutputs = [1, 2];
/** Errors of outputs that cannot be flushed (a pipe, a terminal), which koffi expects. */
const expected = ["EINVAL", "ENOTSUP"];
let isPrepared = false;

/** Lets the process exit regardless of its output: streams that cannot be flushed are closed before koffi tries. */
async function closeBrokenOutputsOnExit(): Promise<void> {
  const { isMainThread } = (await importUnbundled("node:worker_threads")) as typeof import("node:worker_threads");
  if (isPrepared || !isMainThread || process.platform === "win32") return;
  isPrepared = true;
  const fs = (await importUnbundled("node:fs")) as typeof import("node:fs");
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

// glibc allocates large pieces of memory from the system and returns each when it is freed. But after the first one is freed, it
// takes pieces up to that size from its own heap (mallopt(3), "dynamic mmap threshold"), which shrinks only from its end. Memory that
// was used while a matrix was loaded would then stay with the process.

/** M_MMAP_THRESHOLD of malloc.h. */
const mmapThreshold = -3;
/** Pieces from this size on are returned when freed. Tensors that steps use again do not suffer: the backend keeps their memory. */
const returnedBytes = 2 ** 20;

/** Returns freed memory of a megabyte and more to the system, for the whole process. A setting of the user stays. */
export function returnFreedMemory(koffi: Koffi, environment: Readonly<Record<string, string | undefined>>): void {
  const { MALLOC_MMAP_THRESHOLD_: threshold, GLIBC_TUNABLES: tunables = "" } = environment;
  const isSet = threshold !== undefined || tunables.includes("mmap_threshold");
  if (process.platform !== "linux" || isSet) return;
  try {
    koffi.load(null).func("mallopt", "int", ["int", "int"])(mmapThreshold, returnedBytes);
  } catch {
    // Another C library than glibc, which has no such habit.
  }
}
