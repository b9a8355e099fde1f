// The one command that would make this machine faster.

import type { EngineName, EngineReport } from "@lowrank/engine";

/** A command to type, and why. */
export interface Advice {
  readonly why: string;
  readonly command: string;
}

/** Engines that need neither a graphics card nor a browser, best first, and what each has over the next. */
const worthInstalling: readonly { readonly name: EngineName; readonly why: string }[] = [
  { name: "native", why: "ONNX Runtime's own library is several times as fast:" },
  { name: "tfjs-node", why: "TensorFlow's own library is several times as fast:" },
  { name: "wasm", why: "WebAssembly is some ten times as fast as plain JavaScript and needs nothing but npm:" },
];

/** What to install for a better engine than the one that runs; undefined where there is nothing better to have. */
export function adviseEngine(running: EngineName, reports: readonly EngineReport[]): Advice | undefined {
  if (running !== "wasm" && running !== "cpu") return undefined;
  for (const { name, why } of worthInstalling) {
    if (name === running) return undefined;
    const report = reports.find((each) => each.name === name);
    if (report?.runs === false && report.command !== undefined) return { why, command: report.command };
  }
  return undefined;
}
