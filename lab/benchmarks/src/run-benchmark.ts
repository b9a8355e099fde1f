// Runs one benchmark: starts both sides, measures them alternately, reads their memory, ends them.

import { execFileSync } from "node:child_process";
import type { Benchmark, Side } from "./benchmark.ts";
import { Contender } from "./harness/contender.ts";
import { fastestPeer } from "./harness/fastest-peer.ts";
import { interleave, type Rounds, type Turn } from "./harness/interleave.ts";
import { processorName } from "./harness/process-facts.ts";
import { type ProgramOptions, programOf } from "./harness/program-of.ts";
import { type Measured, makeResult, type Observed } from "./make-result.ts";
import type { Result } from "./result.ts";

export interface RunOptions extends ProgramOptions {
  readonly rounds: Rounds;
}

export async function runBenchmark(benchmark: Benchmark, options: RunOptions): Promise<Result> {
  const date = new Date().toISOString();
  const started: Contender[] = [];
  const start = async (name: string, side: Side) => {
    const contender = await Contender.start(`${benchmark.name}, ${name}`, await programOf(side, options));
    started.push(contender);
    checkEngine(contender, side.engine ?? options.engine);
    contender.stop();
    return contender;
  };
  try {
    const { sides, comparisons, otherPeers = [] } = benchmark;
    const settling = benchmark.settlesDisk === true ? { beforeTurn: settleDisk } : {};
    const rounds = { ...options.rounds, ...settling, ...(options.tiny ? { maxWarmUp: 4 } : {}) };
    const contenders = new Map<string, Contender>();
    let choice: Measured["choice"];
    for (const [name, side] of Object.entries(sides)) {
      const how = { step: comparisons[0].peer.step, rounds };
      const startPeer = () => fastestPeer([side, ...otherPeers], (each) => start(name, each), how);
      const found = name === "peer" && otherPeers.length > 0 ? await startPeer() : undefined;
      contenders.set(name, found?.contender ?? (await start(name, side)));
      choice ??= found?.choice;
    }
    const turns = distinctTurns(benchmark);
    const { times, warmUps } = await interleave(contenders, turns, rounds);
    const timesOf = (turn: Turn) => times[turns.findIndex((one) => isSame(one, turn))] ?? [];
    const observed = new Map<string, Observed>();
    for (const [name, contender] of contenders) observed.set(name, await observe(contender));
    const { threads } = options;
    const steady = warmUps.every(({ isSteady }) => isSteady);
    return makeResult(benchmark, { timesOf, observed, steady, choice, threads, processor: processorName(), date });
  } finally {
    for (const contender of started) contender.end();
  }
}

/** Everything that any program wrote until now. */
function settleDisk(): void {
  execFileSync("sync");
}

/** An engine that does not start gives way to the next one, and a result would be called by the wrong name. */
function checkEngine({ name, versions }: Contender, wanted: string | undefined): void {
  const { engine } = versions; // a peer has none
  if (engine === undefined || wanted === undefined || engine === wanted) return;
  throw new Error(`${name}: the engine "${wanted}" was asked for, but "${engine}" runs.`);
}

/** The peak of memory comes first: facts may take more steps and other sizes. */
async function observe(contender: Contender): Promise<Observed> {
  const peakMemoryMb = contender.peakMemoryMb;
  const idleLoad = await contender.idleLoad();
  const facts = await contender.facts();
  contender.stop();
  return { peakMemoryMb, idleLoad, facts, versions: contender.versions };
}

function distinctTurns({ comparisons }: Benchmark): readonly Turn[] {
  const turns: Turn[] = [];
  for (const turn of comparisons.flatMap(({ ours, peer }) => [ours, peer])) {
    if (!turns.some((one) => isSame(one, turn))) turns.push(turn);
  }
  return turns;
}

function isSame(one: Turn, other: Turn): boolean {
  return one.contender === other.contender && one.step === other.step;
}
