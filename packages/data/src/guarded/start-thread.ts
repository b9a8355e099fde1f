// A thread for a decoder: from the sources by tsx, from a build as the file that it is.

import type { Worker } from "node:worker_threads";
import type { FromThread } from "./decoder-module.ts";

/** V8's own limit for values of JavaScript; what a call may take is less. */
const resourceLimits = { maxOldGenerationSizeMb: 4096 };

/**
 * The address of a package's file below src/ or dist/, named without an ending. Undefined in a browser, and where the file is not
 * there since a program was bundled into one.
 */
export function fileOfPackage(packageName: string, file: string): string | undefined {
  try {
    const manifest = builtIn("node:module")?.createRequire(here()).resolve(`${packageName}/package.json`);
    if (manifest === undefined) return undefined;
    const folder = builtIn("node:url")?.pathToFileURL(manifest);
    const place = new URL(isSource() ? `src/${file}.ts` : `dist/${file}.js`, folder);
    return builtIn("node:fs")?.existsSync(place) ? place.href : undefined;
  } catch {
    return undefined;
  }
}

/** Starts a thread with the decoder at an address; undefined where the host has none. */
export async function startThread(url: string): Promise<Worker | undefined> {
  const program = fileOfPackage("@lowrank/data", "guarded/decoder-thread");
  const threads = builtIn("node:worker_threads");
  if (program === undefined || threads === undefined) return undefined;
  try {
    const options = { workerData: url, resourceLimits };
    const worker = isSource()
      ? new threads.Worker(compiled(program), { ...options, eval: true })
      : new threads.Worker(new URL(program), options);
    worker.on("error", () => {}); // between two calls it concerns nobody
    await new Promise<void>((resolve, reject) => {
      worker.once("message", (message: FromThread) => message.kind === "ready" && resolve());
      worker.once("exit", reject);
    });
    return worker;
  } catch {
    return undefined; // Node's --permission forbids threads
  }
}

/** Whether there is a thread that has not ended. */
export function isAlive(worker: Worker | undefined): worker is Worker {
  return worker !== undefined && worker.threadId !== -1;
}

/** Node 20 reads no TypeScript, and a loader that was registered for one thread is not another's. */
function compiled(program: string): string {
  const file = JSON.stringify(program);
  return `import("tsx/esm/api").then(({ tsImport }) => tsImport(${file}, ${file}))`;
}

function isSource(): boolean {
  return here().endsWith(".ts");
}

/** This file; `import.meta` is empty in a build for CommonJS. */
function here(): string {
  return import.meta.url ?? __filename;
}

/** One of Node's own modules, in a way that no bundler follows. */
function builtIn<Name extends "node:fs" | "node:module" | "node:url" | "node:worker_threads">(name: Name) {
  return globalThis.process?.getBuiltinModule?.(name);
}
