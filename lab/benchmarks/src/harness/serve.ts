// The child's side of a benchmark: it makes one step when the parent says so, and is silent otherwise.
//
// Answers go through file descriptor 3, so that whatever a library prints cannot be taken for one.

import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { timeKernels } from "../profile/kernel-times.ts";
import type { ProfiledStep } from "../profile/operation-time.ts";

const answers = 3;

/** Figures about a child, for the result. */
export type Facts = Readonly<Record<string, number | string>>;

export interface Service {
  /** Programs, libraries and engine, with their versions. */
  readonly versions: Readonly<Record<string, string>>;
  /** A function to time. A step may return work to do after the clock has stopped. */
  readonly steps: Readonly<Record<string, () => Promise<AfterStep>>>;
  /** Called at the end, after the peak of memory has been read. */
  readonly facts?: () => Promise<Facts>;
}

type AfterStep = (() => void | Promise<void>) | undefined;

/** Answers the parent until it sends "end". */
export async function serve({ versions, steps, facts }: Service): Promise<void> {
  answer({ ready: versions });
  for await (const line of createInterface({ input: process.stdin })) {
    const [order, name = "", times = "1"] = line.split(" ");
    if (order === "end") break;
    if (order === "facts") answer({ facts: (await facts?.()) ?? {} });
    if (order === "run") answer({ milliseconds: await time(name, steps[name]) });
    if (order === "profile") answer({ profile: await profile(name, steps[name], Number(times)) });
  }
  process.exit(0);
}

async function time(name: string, step: Service["steps"][string] | undefined): Promise<number> {
  if (step === undefined) throw new Error(`There is no step "${name}" here.`);
  const start = performance.now();
  const after = await step();
  const milliseconds = performance.now() - start;
  await after?.();
  return milliseconds;
}

/** The mean of some steps, kernel by kernel. The clocks stay: nothing else can be timed in this process afterwards. */
async function profile(name: string, step: Service["steps"][string] | undefined, count: number): Promise<ProfiledStep> {
  // Not before: a peer prepares the process for its own TensorFlow.js first.
  const clock = timeKernels(await import("@tensorflow/tfjs-core"));
  let milliseconds = 0;
  for (let made = 0; made < count; made++) milliseconds += (await time(name, step)) / count;
  const operations = clock
    .times()
    .map((one) => ({ ...one, milliseconds: one.milliseconds / count, calls: one.calls / count }));
  return { milliseconds, operations };
}

function answer(value: Readonly<Record<string, unknown>>): void {
  writeSync(answers, `${JSON.stringify(value)}\n`);
}
