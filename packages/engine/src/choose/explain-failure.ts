// Explains a loader's error in one sentence: why an engine does not run, and which command would change that.

import { EngineUnavailableError } from "../engines/engine-unavailable-error.ts";
import { type EngineName, engineFacts } from "../engines/facts.ts";
import { propertyOf } from "../engines/import-unbundled.ts";

/** Why an engine does not run. */
export interface Failure {
  readonly reason: string;
  /** The command that would enable the engine. */
  readonly command?: string;
}

/** An engine that was not chosen. */
export interface SkippedEngine extends Failure {
  readonly name: EngineName;
}

/** Loaders' messages and their meaning. The first row that matches is used. */
const meanings: readonly { readonly pattern: RegExp; readonly reason: string; readonly isRebuilt?: boolean }[] = [
  {
    pattern: /tfjs_binding\.node\) can not be found/,
    reason: "its package is installed, but its native part could not be downloaded or built",
    isRebuilt: true,
  },
  {
    pattern: /out of memory|RESOURCE_?EXHAUSTED|failed to allocate|\bOOM\b/i,
    reason: "the GPU has too little free memory; stop other programs that use it (see nvidia-smi)",
  },
  {
    pattern: /invalid ELF header|wrong ELF class|not a valid Win32|incompatible architecture|mach-o file, but is/i,
    reason: "its library was built for another system or processor",
    isRebuilt: true,
  },
  {
    pattern: /Error relocating|ld-linux|Error loading shared library/,
    reason: "its library needs glibc, and this Linux uses another C library (musl)",
  },
  {
    pattern: /backend "wasm" could not be initialized/,
    reason:
      "its WebAssembly did not start (see the page's console); a Content-Security-Policy must allow 'wasm-unsafe-eval'",
  },
  { pattern: /GLIBC(XX)?_[\d.]+.*not found/, reason: "its library needs a newer system than this one (glibc)" },
  {
    pattern: /undefined symbol|symbol not found/i,
    reason: "the installed TensorFlow library is not the version that it was built for",
    isRebuilt: true,
  },
];

/** One sentence for whatever starting this engine threw. */
export function explainFailure(name: EngineName, cause: unknown): Failure {
  if (cause instanceof EngineUnavailableError)
    return { reason: cause.reason, ...(cause.command === undefined ? {} : { command: cause.command }) };
  const message = cause instanceof Error ? cause.message : String(cause);
  const { alsoNeeds, install, missing, rebuild } = engineFacts[name];
  if (isMissing(message, propertyOf(cause, "code"))) {
    if (alsoNeeds !== undefined && message.includes(alsoNeeds.package))
      return { reason: `its package ${alsoNeeds.package} is not installed`, command: alsoNeeds.install };
    return { reason: missing ?? "its package is not installed", command: install };
  }
  const meaning = meanings.find(({ pattern }) => pattern.test(message));
  const firstLine = message.split("\n")[0] ?? message;
  if (meaning === undefined) {
    const library = /^(\S+): cannot open shared object file/.exec(firstLine)?.[1];
    return { reason: library === undefined ? firstLine : `the shared library ${library}, which it needs, is missing` };
  }
  const { reason, isRebuilt } = meaning;
  return isRebuilt === true && rebuild !== undefined ? { reason, command: rebuild } : { reason };
}

/** Node reports a missing package by a code. Vite replaces a missing optional peer by a module that throws. */
function isMissing(message: string, code: unknown): boolean {
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return true;
  return /^Could not resolve "[^"]+" imported by/.test(message);
}

/** The failure as a part of a sentence, the command in brackets. */
export function sentenceOf({ reason, command }: Failure): string {
  return command === undefined ? reason : `${reason} (${command})`;
}
