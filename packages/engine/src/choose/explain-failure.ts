// Turns what a loader throws into one sentence that says why an engine does not run, and the command that would change it.

import { EngineUnavailableError } from "../engines/engine-unavailable-error.ts";
import { propertyOf } from "../engines/import-unseen.ts";
import { installCommand } from "../engines/native/library/install-command.ts";
import type { EngineName } from "./engine-name.ts";

/** Why an engine does not run. */
export interface Failure {
  readonly reason: string;
  /** What would enable it, to be typed as it is. */
  readonly command?: string;
}

/** An engine that was not chosen. */
export interface PassedOver extends Failure {
  readonly name: EngineName;
}

/** How each engine's packages are installed. */
export const installCommands: Readonly<Record<EngineName, string>> = {
  "tfjs-node-gpu": "npm install @tensorflow/tfjs-node-gpu@4.22.0",
  native: installCommand,
  "tfjs-node": "npm install @tensorflow/tfjs-node@4.22.0",
  webgpu: "npm install @tensorflow/tfjs-backend-webgpu@4.22.0",
  wasm: "npm install @tensorflow/tfjs-backend-wasm@4.22.0",
  webgl: "npm install @tensorflow/tfjs-backend-webgl@4.22.0",
  cpu: "npm install @tensorflow/tfjs-backend-cpu@4.22.0",
};

/** Where more must be said than that a package is missing. Pure, so that bundles without engines leave it out. */
const missingReasons: Readonly<Partial<Record<EngineName, string>>> = {
  "tfjs-node-gpu": /* @__PURE__ */ viaScript("--gpu "),
  "tfjs-node": /* @__PURE__ */ viaScript(""),
  native: "its two packages are not installed",
};

/** Loaders' messages by what they mean. The first row that fits is taken. */
const meanings: readonly { readonly says: RegExp; readonly reason: string; readonly isRebuilt?: boolean }[] = [
  {
    says: /tfjs_binding\.node\) can not be found/,
    reason: "its package is installed, but its native part could not be downloaded or built",
    isRebuilt: true,
  },
  {
    says: /out of memory|RESOURCE_?EXHAUSTED|failed to allocate|\bOOM\b/i,
    reason: "the GPU has too little memory left; end what else uses it (nvidia-smi shows what does)",
  },
  {
    says: /invalid ELF header|wrong ELF class|not a valid Win32|incompatible architecture|mach-o file, but is/i,
    reason: "its library was built for another system or processor",
    isRebuilt: true,
  },
  {
    says: /Error relocating|ld-linux|Error loading shared library/,
    reason: "its library needs glibc, and this Linux uses another C library (musl)",
  },
  {
    says: /backend "wasm" could not be initialised/,
    reason:
      "its .wasm files could not be loaded; let the page's server give those of @tensorflow/tfjs-backend-wasm/dist, and " +
      'name their folder: wasmPath: "/wasm/"',
  },
  { says: /GLIBC(XX)?_[\d.]+.*not found/, reason: "its library needs a newer system than this one (glibc)" },
  {
    says: /undefined symbol|symbol not found/i,
    reason: "the TensorFlow library beside it is not of the version it was built for",
    isRebuilt: true,
  },
];

function viaScript(option: string): string {
  return `its package is not installed; where npm cannot reach its download, scripts/setup-tfjs-node.sh ${option}in lowrank's repository takes the library from PyPI`;
}

/** One sentence for whatever starting this engine threw. */
export function explainFailure(name: EngineName, cause: unknown): Failure {
  if (cause instanceof EngineUnavailableError)
    return { reason: cause.reason, ...(cause.command === undefined ? {} : { command: cause.command }) };
  const message = cause instanceof Error ? cause.message : String(cause);
  if (isMissing(message, propertyOf(cause, "code"))) {
    if (name === "native" && message.includes("@tensorflow/tfjs-backend-cpu"))
      return { reason: "its package @tensorflow/tfjs-backend-cpu is not installed", command: installCommands.cpu };
    return { reason: missingReasons[name] ?? "its package is not installed", command: installCommands[name] };
  }
  const meaning = meanings.find(({ says }) => says.test(message));
  const firstLine = message.split("\n")[0] ?? message;
  if (meaning === undefined) {
    const library = /^(\S+): cannot open shared object file/.exec(firstLine)?.[1];
    return { reason: library === undefined ? firstLine : `the shared library ${library}, which it needs, is missing` };
  }
  const { reason, isRebuilt } = meaning;
  if (isRebuilt !== true || !name.startsWith("tfjs-node")) return { reason };
  const gpu = name === "tfjs-node-gpu" ? " --gpu" : "";
  return { reason, command: `scripts/setup-tfjs-node.sh${gpu}` };
}

/** Node says it by a code; Vite puts a module that throws in the place of an optional peer that it did not find. */
function isMissing(message: string, code: unknown): boolean {
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return true;
  return /^Could not resolve "[^"]+" imported by/.test(message);
}

/** The failure as a part of a sentence, the command in brackets. */
export function sentenceOf({ reason, command }: Failure): string {
  return command === undefined ? reason : `${reason} (${command})`;
}
