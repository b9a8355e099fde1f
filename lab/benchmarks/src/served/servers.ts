// Servers of one model that run at the same time: ours, PEFT's with the same adapters, and transformers serve, which has no adapters.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { bundleCommandLine } from "../harness/bundle.ts";
import { preparedPython, preparedServers } from "../harness/peer-folders.ts";

export interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  /** The name of its base in requests. */
  readonly base: string;
}

/** The served model and adapters. */
export interface Served {
  /** The base's folder. */
  readonly folder: string;
  /** A folder of adapter folders, and their names. */
  readonly work: string;
  readonly adapters: readonly string[];
  readonly threads: number;
  /** More arguments of `lowrank serve`. */
  readonly more?: readonly string[];
}

/** Texts that `lowrank serve` generates at one time. */
const maxRows = 16;

export async function startOurs({ folder, work, adapters, threads, more = [] }: Served): Promise<Server> {
  const named = adapters.map((name) => `${name}=${join(work, name)}`);
  const limits = ["--max-rows", String(maxRows), "--threads", String(threads), "--port", "0", "--json"];
  const args = [
    await bundleCommandLine(),
    ...["serve", "--model", folder, "--name", "base", ...(named.length > 0 ? ["--adapter", ...named] : [])],
    ...limits,
    ...more,
  ];
  return { ...(await startServer("node", args)), base: "base" };
}

/** PEFT's server generates one text after the other, which is faster there than batches with several adapters. */
export async function startPeft({ folder, work, threads }: Served): Promise<Server> {
  const program = join(import.meta.dirname, "../../peers/serve_adapters.py");
  return { ...(await startServer(preparedPython(), [program, folder, work, String(threads), "1"])), base: "base" };
}

/** Without continuous batching, whose kernels need a GPU. */
export async function startTransformers({ folder, threads }: Served): Promise<Server> {
  const port = await freePort();
  const python = preparedServers();
  const options = ["--device", "cpu", "--host", "127.0.0.1", "--port", String(port)];
  const child = spawn(python, ["-m", "transformers.cli.transformers", "serve", folder, ...options], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, OMP_NUM_THREADS: String(threads), HF_HUB_OFFLINE: "1" },
  });
  while (child.exitCode === null) {
    const health = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (health?.ok === true) return { child, port, base: folder };
    await sleep(200);
  }
  throw new Error("transformers serve ended before it served.");
}

/** Resolves when the program has printed its port, alone or as JSON. */
async function startServer(command: string, args: readonly string[]): Promise<Omit<Server, "base">> {
  const child = spawn(command, [...args], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^(\d+)$/.exec(line)?.[1] ?? /"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(line)?.[1];
    if (port !== undefined) return { child, port: Number(port) };
  }
  throw new Error(`${command} ${args[0]} ended before it served.`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (typeof address !== "object" || address === null) throw new Error("A server on a port has an address.");
  return address.port;
}
