// `lowrank serve` beside a server of PEFT's: the same model and adapters, the same clients, in turns.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openModel } from "lowrank";
import { bundleCommandLine } from "../harness/bundle.ts";
import { median } from "../harness/interleave.ts";
import { preparedModel, preparedPython } from "../harness/peer-folders.ts";
import { peakMemoryMb, processorName } from "../harness/process-facts.ts";
import type { ComparedTimes, Result } from "../result.ts";
import { type Load, millisecondsPerToken } from "./clients.ts";

export const served = {
  name: "serve",
  work: "SmolLM2-135M, four adapters of rank 8 on all linear layers: 1, 8 and 64 clients, 16 new tokens a text, greedy",
  peer: "PEFT, one text after the other, each with its adapter",
} as const;

const adapters = ["one", "two", "three", "four"];
const rows = 16;
/** The aim is 1.5 times the peer's tokens at 8 clients. */
const loads: readonly (Omit<Load, "adapters"> & { readonly targetRatio?: number })[] = [
  { clients: 8, texts: 1, newTokens: 16, targetRatio: 0.667 },
  { clients: 1, texts: 1, newTokens: 16 },
  { clients: 64, texts: 1, newTokens: 16 },
];

/** One server that runs. */
interface Server {
  readonly child: ChildProcess;
  readonly port: number;
}

export interface ServedOptions {
  readonly threads: number;
  readonly rounds: number;
  /** Hears of each load once it is measured. */
  readonly onPart: (part: ComparedTimes) => void;
}

export async function runServed({ threads, rounds, onPart }: ServedOptions): Promise<Result> {
  const work = mkdtempSync(join(tmpdir(), "lowrank-served-"));
  const servers: Server[] = [];
  try {
    const folder = await preparedModel("smollm2");
    await saveAdapters(folder, work);
    const ours = await start("node", [await bundleCommandLine(), ...ourArguments(folder, work, threads)]);
    servers.push(ours);
    const program = join(import.meta.dirname, "../../peers/serve_adapters.py");
    const peer = await start(preparedPython(), [program, folder, work, String(threads), "1"]);
    servers.push(peer);
    const parts: ComparedTimes[] = [];
    const spread: { readonly ours: number[]; readonly peer: number[] } = { ours: [], peer: [] };
    for (const { targetRatio, ...load } of loads) {
      const full = { ...load, adapters };
      const [oursMs, peerMs] = await inTurns([ours, peer], full, rounds, spread);
      const part = {
        label: `${load.clients} client${load.clients === 1 ? "" : "s"}, ms a token`,
        ...{ oursMs, peerMs, ratio: rounded(oursMs / peerMs) },
        ...(targetRatio === undefined ? {} : { targetRatio }),
      };
      parts.push(part);
      onPart(part);
    }
    return resultOf(parts, { ours, peer, spread, threads, rounds });
  } finally {
    for (const { child } of servers) child.kill("SIGKILL");
    rmSync(work, { recursive: true, force: true });
  }
}

async function saveAdapters(folder: string, work: string): Promise<void> {
  const model = await openModel(folder);
  for (const [seed, name] of adapters.entries()) {
    const adapter = model.adapt({ rank: 8, alpha: 1, init: false, targetModules: "all-linear" }, { name, seed });
    await adapter.save(join(work, name));
  }
  model.dispose();
}

function ourArguments(folder: string, work: string, threads: number): readonly string[] {
  const named = adapters.map((name) => `${name}=${join(work, name)}`);
  const limits = ["--max-rows", String(rows), "--threads", String(threads), "--port", "0", "--json"];
  return ["serve", "--model", folder, "--adapter", ...named, ...limits];
}

/** Resolves when the program has printed its port, alone or as JSON. */
async function start(command: string, args: readonly string[]): Promise<Server> {
  const child = spawn(command, [...args], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^(\d+)$/.exec(line)?.[1] ?? /"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(line)?.[1];
    if (port !== undefined) return { child, port: Number(port) };
  }
  throw new Error(`${command} ${args[0]} ended before it served.`);
}

async function inTurns(
  servers: readonly [Server, Server],
  load: Load,
  rounds: number,
  spread: { readonly ours: number[]; readonly peer: number[] },
): Promise<readonly [number, number]> {
  const times: readonly [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const time = await millisecondsPerToken(servers[side].port, load);
      if (round >= 0) times[side].push(time); // the first warms up
    }
  }
  spread.ours.push(...times[0]);
  spread.peer.push(...times[1]);
  return [rounded(median(times[0])), rounded(median(times[1]))];
}

interface Facts {
  readonly ours: Server;
  readonly peer: Server;
  readonly spread: { readonly ours: readonly number[]; readonly peer: readonly number[] };
  readonly threads: number;
  readonly rounds: number;
}

function resultOf(parts: readonly ComparedTimes[], { ours, peer, spread, threads, rounds }: Facts): Result {
  const [first] = parts;
  if (first === undefined) throw new Error("Nothing was measured.");
  const { oursMs, peerMs, ratio } = first;
  const [oursRssMb, peerRssMb] = [ours, peer].map(({ child }) => peakMemoryMb(child.pid ?? 0)) as [number, number];
  const range = (times: readonly number[]) => [rounded(Math.min(...times)), rounded(Math.max(...times))] as const;
  return {
    ...served,
    ...{ oursMs, peerMs, ratio, parts, oursRssMb, peerRssMb, rssRatio: rounded(oursRssMb / peerRssMb) },
    ...{ rounds, oursRange: range(spread.ours), peerRange: range(spread.peer), threads, versions: {} },
    ...{ processor: processorName(), date: new Date().toISOString() },
    met: parts.every((part) => part.targetRatio === undefined || part.ratio <= part.targetRatio),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
