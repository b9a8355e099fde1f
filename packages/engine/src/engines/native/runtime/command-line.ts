// On start, ONNX Runtime parses the command line of its process recursively, character by character: a long prompt on it would
// overflow the stack, which ends the process. Therefore it gets a larger stack. If even that is too small, ONNX Runtime is not
// started.

import { EngineUnavailableError } from "../../engine-unavailable-error.ts";
import { importUnbundled } from "../../import-unbundled.ts";

/** koffi's largest possible stack for calls. The library needs about 260 bytes of it for each character. */
const stackBytes = 16 * 2 ** 20;
const longestCommandLine = 50_000;
/** With the stack that koffi has by itself, 2 MB. */
const longestWithSmallStack = 6_000;

/** The koffi settings that we change. */
export interface KoffiSettings {
  config(settings: { readonly sync_stack_size: number }): unknown;
}

/** Throws EngineUnavailableError if the library could not start with a command line of this many bytes. */
export function enlargeStackFor(commandLineBytes: number, koffi: KoffiSettings): void {
  const longest = enlargeStack(koffi) ? longestCommandLine : longestWithSmallStack;
  if (commandLineBytes <= longest) return;
  throw new EngineUnavailableError(
    `ONNX Runtime cannot start in a process with a command line of more than ${longest} bytes, and this one has ` +
      `${commandLineBytes}; pass long texts in a file`,
  );
}

/** False if other code in the process has already loaded a library: then koffi's settings can no longer change. */
function enlargeStack(koffi: KoffiSettings): boolean {
  try {
    koffi.config({ sync_stack_size: stackBytes });
    return true;
  } catch {
    return false;
  }
}

/** Bytes of this process' command line. */
export async function commandLineBytes(): Promise<number> {
  const { readFileSync } = (await importUnbundled("node:fs")) as typeof import("node:fs");
  try {
    return readFileSync("/proc/self/cmdline").length;
  } catch {
    return Buffer.byteLength([...process.execArgv, ...process.argv].join(" ")); // no /proc: not Linux
  }
}
