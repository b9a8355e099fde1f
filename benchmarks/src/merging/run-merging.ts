// `lowrank merge` beside PEFT's `merge_and_unload` and `save_pretrained`: one base of a gigabyte in BF16, whole processes, in turns.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleCommandLine } from "../harness/bundle.ts";
import { median } from "../harness/interleave.ts";
import { preparedPython } from "../harness/peer-folders.ts";
import { processorName } from "../harness/process-facts.ts";
import { watchCommand } from "../jobs/watch-command.ts";
import type { ComparedTimes, Result } from "../result.ts";

export const merging = {
  name: "merge-1gb",
  work: "a LLaMA of 540 million weights in BF16, an adapter of rank 16 on all linear layers: merged and written",
  peer: "PEFT: from_pretrained, merge_and_unload, save_pretrained, in BF16",
  targetRatio: 0.5,
  targetRssRatio: 0.25,
} as const;

const peers = join(import.meta.dirname, "../../peers");

interface Turn {
  readonly milliseconds: number;
  /** Until everything is imported; of ours it is not told apart. */
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
    const sides = [
      {
        command: process.execPath,
        args: [program, ...argv, "--out", out("ours")],
        environment: {},
        linesOn: 1 as const,
      },
      {
        ...{ command: python, args: [join(peers, "merge.py"), base, adapter, out("peer")], linesOn: 1 as const },
        environment: { OMP_NUM_THREADS: String(threads) },
      },
    ] as const;
    const turns: readonly [Turn[], Turn[]] = [[], []];
    for (let round = 0; round < rounds; round += 1)
      for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        execFileSync("sync"); // what the other side left to the system
        const { lines, peakMemoryMb } = await watchCommand(sides[side]);
        const seconds = (line: number) => (lines.at(line)?.seconds ?? 0) * 1000;
        turns[side].push({ milliseconds: seconds(-1), importing: side === 0 ? 0 : seconds(0), peakMemoryMb });
      }
    return resultOf(turns, { threads, rounds });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function resultOf(
  turns: readonly [Turn[], Turn[]],
  run: { readonly threads: number; readonly rounds: number },
): Result {
  const of = (side: 0 | 1, value: (turn: Turn) => number) => rounded(median(turns[side].map(value)));
  const whole = (turn: Turn) => turn.milliseconds;
  const [oursMs, peerMs, worked] = [of(0, whole), of(1, whole), of(1, (turn) => turn.milliseconds - turn.importing)];
  const [oursRssMb, peerRssMb] = [of(0, ({ peakMemoryMb }) => peakMemoryMb), of(1, ({ peakMemoryMb }) => peakMemoryMb)];
  const range = (side: 0 | 1) => {
    const times = turns[side].map(whole);
    return [rounded(Math.min(...times)), rounded(Math.max(...times))] as const;
  };
  const compared = (label: string, peer: number): ComparedTimes => ({
    ...{ label, oursMs, peerMs: peer, ratio: rounded(oursMs / peer) },
    targetRatio: merging.targetRatio,
  });
  const parts = [compared("whole processes", peerMs), compared("ours whole, the peer without its imports", worked)];
  const [ratio, rssRatio] = [rounded(oursMs / peerMs), rounded(oursRssMb / peerRssMb)];
  return {
    ...merging,
    ...{ oursMs, peerMs, ratio, parts, oursRssMb, peerRssMb, rssRatio, ...run, versions: {} },
    ...{ oursRange: range(0), peerRange: range(1), processor: processorName(), date: new Date().toISOString() },
    met: ratio <= merging.targetRatio && rssRatio <= merging.targetRssRatio,
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
