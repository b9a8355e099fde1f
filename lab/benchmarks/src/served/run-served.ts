// `lowrank serve` compared with a server of PEFT's: the same model and adapters, the same clients, in turns.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openModel } from "lowrank";
import { preparedModel } from "../harness/peer-folders.ts";
import { peakMemoryMb, processorName } from "../harness/process-facts.ts";
import type { ComparedTimes, Result } from "../result.ts";
import { median, rangeOf, ratioOf, rounded } from "../rounding.ts";
import { type Load, millisecondsPerToken } from "./clients.ts";
import { type Server, startOurs, startPeft, startTransformers } from "./servers.ts";

export const served = {
  name: "serve",
  work: "SmolLM2-135M, four adapters of rank 8 on all linear layers: 1, 8 and 64 clients, 16 new tokens a text, greedy",
  peer: "PEFT, one text after the other, each with its adapter; where it says so transformers serve, on the base",
} as const;

const adapters = ["one", "two", "three", "four"];
/** The aim is 1.5 times the peer's tokens at 8 clients. */
const loads: readonly MeasuredLoad[] = [
  { clients: 8, peer: "PEFT", targetRatio: 0.667 },
  { clients: 1, peer: "PEFT" },
  { clients: 64, peer: "PEFT" },
  { clients: 1, peer: "transformers serve" },
  { clients: 8, peer: "transformers serve" },
  { clients: 64, peer: "transformers serve" },
];

interface MeasuredLoad {
  readonly clients: number;
  /** PEFT's server is measured with adapters, transformers' with the base, which is all that it has. */
  readonly peer: "PEFT" | "transformers serve";
  readonly targetRatio?: number;
}

export interface ServedOptions {
  readonly threads: number;
  readonly rounds: number;
  /** Called with each load once it is measured. */
  readonly onPart: (part: ComparedTimes) => void;
}

export async function runServed({ threads, rounds, onPart }: ServedOptions): Promise<Result> {
  const work = mkdtempSync(join(tmpdir(), "lowrank-served-"));
  const servers: Server[] = [];
  const started = async (server: Promise<Server>) => {
    servers.push(await server);
    return server;
  };
  try {
    const folder = await preparedModel("smollm2");
    await saveAdapters(folder, work);
    const request = { folder, work, adapters, threads };
    const ours = await started(startOurs(request));
    const peers = {
      PEFT: await started(startPeft(request)),
      "transformers serve": await started(startTransformers(request)),
    };
    const parts: ComparedTimes[] = [];
    const spread: { readonly ours: number[]; readonly peer: number[] } = { ours: [], peer: [] };
    for (const { clients, peer, targetRatio } of loads) {
      const load = { clients, texts: 1, newTokens: 16, areAdapted: peer === "PEFT" };
      const [oursMs, peerMs] = await inTurns([ours, peers[peer]], load, rounds, spread);
      const clientsText = `${clients} client${clients === 1 ? "" : "s"}`;
      const part = {
        label: `${clientsText}${peer === "PEFT" ? "" : ` of the base, beside ${peer}`}, ms a token`,
        oursMs,
        peerMs,
        ratio: ratioOf(oursMs, peerMs),
        ...(targetRatio === undefined ? {} : { targetRatio }),
      };
      parts.push(part);
      onPart(part);
    }
    return resultOf(parts, { ours, peer: peers.PEFT, spread, threads, rounds });
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

async function inTurns(
  servers: readonly [Server, Server],
  { areAdapted, ...load }: Omit<Load, "models"> & { readonly areAdapted: boolean },
  rounds: number,
  spread: { readonly ours: number[]; readonly peer: number[] },
): Promise<readonly [number, number]> {
  const times: readonly [number[], number[]] = [[], []];
  const count = load.clients > 8 ? Math.ceil(rounds / 3) : rounds; // 64 clients get a thousand tokens in a round
  for (let round = -1; round < count; round++) {
    for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const { port, base } = servers[side];
      const clients = round < 0 ? Math.min(load.clients, 8) : load.clients;
      const time = await millisecondsPerToken(port, { ...load, clients, models: areAdapted ? adapters : [base] });
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
  return {
    ...served,
    oursMs,
    peerMs,
    ratio,
    parts,
    oursRssMb,
    peerRssMb,
    rssRatio: ratioOf(oursRssMb, peerRssMb),
    rounds,
    oursRange: rangeOf(spread.ours),
    peerRange: rangeOf(spread.peer),
    threads,
    versions: {},
    processor: processorName(),
    date: new Date().toISOString(),
    met: parts.every((part) => part.targetRatio === undefined || part.ratio <= part.targetRatio),
  };
}
