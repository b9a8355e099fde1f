// Runs one whole command and watches it: when each of its lines comes, and how much memory it takes at most.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Program } from "../harness/contender.ts";
import { peakMemoryMb } from "../harness/process-facts.ts";
import type { TimedLine } from "./job-lines.ts";

export interface Command extends Program {
  /** The descriptor on which it writes JSON lines. */
  readonly linesOn: 1 | 3;
}

export interface Watched {
  readonly lines: readonly TimedLine[];
  readonly peakMemoryMb: number;
}

/** Waits until it ends. Throws Error with the end of its stderr if it fails. */
export async function watchCommand({ command, args, environment, linesOn }: Command): Promise<Watched> {
  const start = performance.now();
  const env = { ...process.env, ...environment };
  const streams =
    linesOn === 1 ? (["ignore", "pipe", "pipe"] as const) : (["ignore", "ignore", "pipe", "pipe"] as const);
  const child = spawn(command, args, { env, stdio: [...streams] });
  const lines: TimedLine[] = [];
  // Both entries of stdio are "pipe".
  createInterface({ input: child.stdio[linesOn] as Readable }).on("line", (text) => {
    lines.push({ seconds: (performance.now() - start) / 1000, text });
  });
  let complaints = "";
  (child.stdio[2] as Readable).on("data", (text: Buffer) => {
    complaints = (complaints + text.toString()).slice(-2000);
    // Our command line prints some facts as text only, without an event.
    if (/^engine /m.test(text.toString()))
      lines.push({ seconds: (performance.now() - start) / 1000, text: '{"type":"imported"}' });
  });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, memoryOf(child.pid));
  }, 20);
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}:\n${complaints}`);
    return { lines, peakMemoryMb: peak };
  } finally {
    clearInterval(watch);
  }
}

/** 0 once the process is gone. */
function memoryOf(pid: number | undefined): number {
  try {
    return pid === undefined ? 0 : peakMemoryMb(pid);
  } catch {
    return 0;
  }
}
