// From a file to ONNX Runtime's table of functions (onnxruntime_c_api.h). Each pointer from the library is checked before it is
// used: a null pointer would end the process.

import { type LibraryFile, oldestVersion, UnusableLibraryError } from "../library/library-file.ts";
import type { Koffi, KoffiLibrary, Native } from "./koffi.ts";

/** Version 17 of the interface (ONNX Runtime 1.17). Later libraries offer it too: the table only grows. */
const interfaceVersion = 17;

/**
 * Kept forever, including refused libraries: koffi unloads a library without references during garbage collection, and threads that
 * the library started when it was loaded would continue in freed memory.
 */
const loaded: KoffiLibrary[] = [];

/** A library that is loaded, and its functions. */
export interface OpenedInterface {
  readonly library: KoffiLibrary;
  /** Such as "1.30.0". */
  readonly version: string;
  /** Addresses by index. */
  readonly table: BigUint64Array;
}

/**
 * Loads a library and reads the addresses at `slots` of its table. Throws UnusableLibraryError if it does not load, is
 * another library, is older than 1.17, or lacks one of the functions.
 */
export function openInterface(koffi: Koffi, file: LibraryFile, slots: readonly number[]): OpenedInterface {
  const library = load(koffi, file);
  const base = baseOf(library, file)();
  if (!base) throw new UnusableLibraryError(file, "has no interface: its OrtGetApiBase returns nothing");
  const [getApi = 0n, getVersion = 0n] = new BigUint64Array(koffi.view(base, 16));
  if (getApi === 0n || getVersion === 0n)
    throw new UnusableLibraryError(file, "has an empty interface: its OrtApiBase has no functions");
  const version = koffi.call(getVersion, koffi.proto("str", []));
  if (typeof version !== "string") throw new UnusableLibraryError(file, "has no version");
  // Its table is not requested: the library would print a complaint.
  if (isOlder(version))
    throw new UnusableLibraryError(file, `is ONNX Runtime ${version}; ${oldestVersion} or later is needed`, {
      isOld: true,
    });
  const api = koffi.call(getApi, koffi.proto("void *", ["uint32_t"]), interfaceVersion);
  if (!api) throw new UnusableLibraryError(file, `has version ${version} but no interface of ${oldestVersion}`);
  const table = new BigUint64Array(koffi.view(api, 8 * (1 + Math.max(...slots))));
  const absent = slots.find((slot) => !table[slot]);
  if (absent !== undefined)
    throw new UnusableLibraryError(
      file,
      `lacks functions of its interface: the first is number ${absent} of its table`,
    );
  return { library, version, table };
}

function load(koffi: Koffi, file: LibraryFile): KoffiLibrary {
  try {
    const library = koffi.load(file.path);
    loaded.push(library);
    stayLoaded(koffi, file.path);
    return library;
  } catch (cause) {
    throw new UnusableLibraryError(file, `could not be loaded: ${firstLineOf(cause)}`, { cause });
  }
}

function baseOf(library: KoffiLibrary, file: LibraryFile): Native {
  try {
    return library.func("OrtGetApiBase", "void *", []);
  } catch (cause) {
    throw new UnusableLibraryError(file, "is another library: it has no OrtGetApiBase", { cause });
  }
}

function firstLineOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split("\n")[0] ?? message;
}

/** Whether a version is before 1.17; false for a text that is not a version. */
function isOlder(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version) ?? [];
  return Number(major) < 1 || (Number(major) === 1 && Number(minor) < interfaceVersion);
}

// koffi (3.3.4) closes its libraries while the process ends, even if other code has opened them as well. A thread of ONNX Runtime
// that has just started then continues in freed memory: on a busy machine, one in a hundred short programs that had opened the
// library themselves ended in a segmentation fault. Opened with RTLD_NODELETE, the library stays loaded.

/** RTLD_NOW and RTLD_NODELETE of each system's dlfcn.h. Windows has no such call. */
const flags: Readonly<Record<string, number>> = { linux: 0x1002, darwin: 0x82 };

/** Keeps a loaded library in memory until the process is gone. */
function stayLoaded(koffi: Koffi, path: string): void {
  const loadFlags = flags[process.platform];
  if (loadFlags !== undefined) koffi.load(null).func("dlopen", "void *", ["str", "int"])(path, loadFlags);
}
