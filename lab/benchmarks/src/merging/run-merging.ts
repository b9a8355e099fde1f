// `lowrank merge` compared with PEFT's `merge_and_unload` and `save_pretrained`: one base of a gigabyte in BF16, whole processes, in
// turns. Also with mergekit, if LOWRANK_MERGEKIT names a Python that has peers/requirements-mergekit.txt, torch and PEFT.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleCommandLine } from "../harness/bundle.ts";
import { preparedPython } from "../harness/peer-folders.ts";
import { processorName } from "../harness/process-facts.ts";
import { type Command, watchCommand } from "../jobs/watch-command.ts";
import type { ComparedTimes, Result } from "../result.ts";
import { median, rangeOf, ratioOf, rounded } from "../rounding.ts";

export const merging = {
  name: "merge-1gb",
  work: "a LLaMA of 540 million weights in BF16, an adapter of rank 16 on all linear layers: merged and written",
  peer: "PEFT: from_pretrained, merge_and_unload, save_pretrained, in BF16",
  targetRatio: 0.5,
  targetRssRatio: 0.25,
} as const;

const peers = join(import.meta.dirname, "../../peers");

interface Side extends Command {
  readonly turns: Turn[];
}

interface Turn {
  readonly milliseconds: number;
  /** Until everything is imported; our program does not report it separately. */
  readonly importing: number;
  readonly peakMemoryMb: number;
}

export async function runMerging({
  threads,
  rounds,
}: {
  readonly threads: number;
  readonly rounds: number;
}): Promise<Result> {
  const work = mkdtempSync(join(tmpdir(), "lowrank-merging-"));
  const python = preparedPython();
  const [base, adapter] = [join(work, "base"), join(work, "adapter")];
  try {
    execFileSync(python, [join(peers, "merge_base.py"), base, adapter]);
    const program = await bundleCommandLine();
    const out = (side: string) => join(work, `merged-${side}`);
    const argv = ["merge", "--json", "--model", base, "--adapter", adapter, "--dtype", "as-base", "--overwrite"];
    const byPython = (name: string, command: string, file: string): Side => ({
      command,
      args: [join(peers, file), base, adapter, out(name)],
      linesOn: 1,
      turns: [],
      environment: { OMP_NUM_THREADS: String(threads) },
    });
    const ours: Side = {
      command: process.execPath,
      args: [program, ...argv, "--out", out("ours")],
      linesOn: 1,
      turns: [],
      environment: {},
    };
    const peft = byPython("peer", python, "merge.py");
    const { LOWRANK_MERGEKIT: other } = process.env;
    const mergekit = other === undefined ? undefined : byPython("mergekit", other, "merge_mergekit.py");
    const sides = [ours, peft, ...(mergekit === undefined ? [] : [mergekit])];
    for (let round = 0; round < rounds; round += 1)
      for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
        execFileSync("sync"); // what the other side left to the system
        const { lines, peakMemoryMb } = await watchCommand(side);
        const seconds = (line: number) => (lines.at(line)?.seconds ?? 0) * 1000;
        side.turns.push({ milliseconds: seconds(-1), importing: side === ours ? 0 : seconds(0), peakMemoryMb });
      }
    return resultOf({ ours, peft, mergekit }, { threads, rounds });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function resultOf(
  { ours, peft, mergekit }: { readonly ours: Side; readonly peft: Side; readonly mergekit: Side | undefined },
  run: { readonly threads: number; readonly rounds: number },
): Result {
  const of = ({ turns }: Side, value: (turn: Turn) => number) => rounded(median(turns.map(value)));
  const whole = (turn: Turn) => turn.milliseconds;
  const worked = (turn: Turn) => turn.milliseconds - turn.importing;
  const memory = (turn: Turn) => turn.peakMemoryMb;
  const [oursMs, peerMs] = [of(ours, whole), of(peft, whole)];
  const [oursRssMb, peerRssMb] = [of(ours, memory), of(peft, memory)];
  const range = ({ turns }: Side) => rangeOf(turns.map(whole));
  const compared = (label: string, peer: number): ComparedTimes => ({
    label,
    oursMs,
    peerMs: peer,
    ratio: ratioOf(oursMs, peer),
    targetRatio: merging.targetRatio,
  });
  const parts = [
    compared("whole processes", peerMs),
    compared("ours whole, the peer without its imports", of(peft, worked)),
    ...(mergekit === undefined
      ? []
      : [
          compared(`mergekit, whole processes (${of(mergekit, memory)} MB at most)`, of(mergekit, whole)),
          compared("mergekit without its imports", of(mergekit, worked)),
        ]),
  ];
  const [ratio, rssRatio] = [ratioOf(oursMs, peerMs), ratioOf(oursRssMb, peerRssMb)];
  return {
    ...merging,
    oursMs,
    peerMs,
    ratio,
    parts,
    oursRssMb,
    peerRssMb,
    rssRatio,
    ...run,
    versions: {},
    oursRange: range(ours),
    peerRange: range(peft),
    processor: processorName(),
    date: new Date().toISOString(),
    met: ratio <= merging.targetRatio && rssRatio <= merging.targetRssRatio,
  };
}
