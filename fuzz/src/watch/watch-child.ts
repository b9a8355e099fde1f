// Starts a child and ends it where an input takes too long or too much memory.

import { fork } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../inputs/seeds.ts";
import { type Job, type Progress, type Report, readProgress } from "./job.ts";

/** What one input may take. */
export const limits = { milliseconds: 2000, megabytes: 1500 } as const;

const startMilliseconds = 120_000;
const program = join(import.meta.dirname, "child.ts");

/** How a child ended. */
export interface ChildEnd {
  readonly progress: Progress;
  readonly problems: readonly Extract<Report, { kind: "problem" }>[];
  /** Why it ended before its work was done: killed by us, or dead by itself. */
  readonly failure?: { readonly kind: "time" | "memory" | "died"; readonly message: string };
}

/** Runs a job in a process of its own. */
export async function watchChild(job: Job): Promise<ChildEnd> {
  writeFileSync(job.progress, Float64Array.of(-1, 0));
  const file = openSync(job.progress, "r");
  const problems: Extract<Report, { kind: "problem" }>[] = [];
  let isDone = false;
  let failure: ChildEnd["failure"];
  let complaint = "";
  const child = fork(program, [JSON.stringify(job)], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "", TF_CPP_MIN_LOG_LEVEL: "3" },
    execArgv: ["--conditions=lowrank-source", "--import=tsx", `--max-old-space-size=${limits.megabytes}`],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  child.stderr?.on("data", (text) => {
    complaint = `${complaint}${text}`.slice(-4000);
  });
  child.on("message", (report: Report) => {
    if (report.kind === "problem") problems.push(report);
    else isDone = true;
  });
  const stop = (kind: "time" | "memory", message: string) => {
    failure ??= { kind, message };
    child.kill("SIGKILL");
  };
  const watch = setInterval(watchOnce(child.pid ?? 0, file, stop), 50);
  const code = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
  clearInterval(watch);
  const progress = readProgress(file);
  closeSync(file);
  if (!isDone) failure ??= { kind: "died", message: `the process ended with ${code}: ${lastWords(complaint)}` };
  return { progress, problems, ...(failure === undefined ? {} : { failure }) };
}

function watchOnce(pid: number, file: number, stop: (kind: "time" | "memory", message: string) => void): () => void {
  let index = -1;
  let since = useOf(pid);
  return () => {
    const now = readProgress(file).index;
    const use = useOf(pid);
    if (now !== index) [index, since] = [now, use];
    const max = index === -1 ? startMilliseconds : limits.milliseconds;
    const waited = use.clock - since.clock > max * patience;
    if (waited || use.processor - since.processor > max) stop("time", `took more than ${max} ms`);
    if (use.megabytes > limits.megabytes) stop("memory", `took ${Math.round(use.megabytes)} MB of memory`);
  };
}

/** A busy machine gives a child only a part of its time: that of the processor counts, the clock's only far later. */
const patience = 10;

interface Use {
  readonly clock: number;
  readonly processor: number;
  readonly megabytes: number;
}

/** Milliseconds and memory of a process. On systems without /proc the clock counts, and V8's own limit of memory. */
function useOf(pid: number): Use {
  const clock = performance.now();
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const [user = 0, system = 0, pages = 0] = [fields[11], fields[12], fields[21]].map(Number);
    return { clock, processor: (user + system) * 10, megabytes: (pages * 4096) / 2 ** 20 };
  } catch {
    return { clock, processor: clock, megabytes: 0 };
  }
}

function lastWords(complaint: string): string {
  const line = complaint.split("\n").find((text) => /error/i.test(text));
  return JSON.stringify((line ?? complaint).trim().slice(0, 200));
}
