// Starts a thread for a decoder: from TypeScript sources with tsx, or from a built file.

import type { Worker } from "node:worker_threads";
import type { FromThread } from "./decoder-module.ts";

/** V8's heap limit, which is higher than the limit of a call. */
const resourceLimits = { maxOldGenerationSizeMb: 4096 };

/**
 * The URL of a package's file below src/ or dist/, named without an ending. Undefined in a browser, and if the file does not exist
 * because a program was bundled into one file.
 */
export function fileOfPackage(packageName: string, file: string): string | undefined {
  try {
    const manifest = builtIn("node:module")?.createRequire(here()).resolve(`${packageName}/package.json`);
    if (manifest === undefined) return undefined;
    const folder = builtIn("node:url")?.pathToFileURL(manifest);
    const address = new URL(isSource() ? `src/${file}.ts` : `dist/${file}.js`, folder);
    return builtIn("node:fs")?.existsSync(address) ? address.href : undefined;
  } catch {
    return undefined;
  }
}

/** Starts a thread with the decoder at a URL; undefined on hosts without threads. */
export async function startThread(url: string): Promise<Worker | undefined> {
  const program = fileOfPackage("@lowrank/data", "guarded/decoder-thread");
  const threads = builtIn("node:worker_threads");
  if (program === undefined || threads === undefined) return undefined;
  try {
    const options = { workerData: url, resourceLimits };
    const worker = isSource()
      ? new threads.Worker(compiled(program), { ...options, eval: true })
      : new threads.Worker(new URL(program), options);
    worker.on("error", () => {}); // errors between two calls are ignored
    await new Promise<void>((resolve, reject) => {
      worker.once("message", (message: FromThread) => message.kind === "ready" && resolve());
      worker.once("exit", reject);
    });
    return worker;
  } catch {
    return undefined; // Node's --permission forbids threads
  }
}

/** Whether a thread exists and has not ended. */
export function isAlive(worker: Worker | undefined): worker is Worker {
  return worker !== undefined && worker.threadId !== -1;
}

/** Compiles TypeScript, which Node 20 cannot read. A loader is registered for one thread only. */
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

/** One of Node's own modules, loaded in a way that bundlers ignore. */
function builtIn<Name extends "node:fs" | "node:module" | "node:url" | "node:worker_threads">(name: Name) {
  return globalThis.process?.getBuiltinModule?.(name);
}
