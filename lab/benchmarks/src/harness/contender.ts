// The parent's side: one child process for each contender, stopped while another one is at work.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProfiledStep } from "../profile/operation-time.ts";
import { peakMemoryMb, processorSeconds } from "./process-facts.ts";
import type { Facts } from "./serve.ts";

/** How to start a contender. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export class Contender {
  /** Programs and libraries with their versions. */
  versions: Readonly<Record<string, string>> = {};
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #isStopped = false;

  private constructor(
    readonly name: string,
    program: Program,
  ) {
    const env = { ...process.env, ...program.environment };
    const stdio = ["pipe", "ignore", "inherit", "pipe"] as const;
    this.#child = spawn(program.command, program.args, { env, stdio: [...stdio] });
    // The fourth entry of stdio is "pipe", so there is a stream to read from.
    const answers = this.#child.stdio[3] as Readable;
    this.#answers = createInterface({ input: answers })[Symbol.asyncIterator]();
  }

  /** Starts the process and waits until its model is there. Throws the process's reason if it cannot work here. */
  static async start(name: string, program: Program): Promise<Contender> {
    const contender = new Contender(name, program);
    const { ready, unavailable } = await contender.#read<{ ready: Record<string, string>; unavailable?: string }>();
    if (unavailable !== undefined) throw new Error(unavailable);
    contender.versions = ready;
    return contender;
  }

  /** Makes one step; its milliseconds, taken by the child. */
  async run(step: string): Promise<number> {
    this.resume();
    return (await this.#ask<{ milliseconds: number }>(`run ${step}`)).milliseconds;
  }

  /** Makes some steps under a clock for each operation; their mean. Times taken afterwards are not to be trusted. */
  async profile(step: string, count: number): Promise<ProfiledStep> {
    this.resume();
    return (await this.#ask<{ profile: ProfiledStep }>(`profile ${step} ${count}`)).profile;
  }

  /** Halts the process: not even a thread that waits by spinning can disturb the next contender. */
  stop(): void {
    if (!this.#isStopped) this.#child.kill("SIGSTOP");
    this.#isStopped = true;
  }

  resume(): void {
    if (this.#isStopped) this.#child.kill("SIGCONT");
    this.#isStopped = false;
  }

  /** Share of one processor that the process uses while it has nothing to do. */
  async idleLoad(): Promise<number> {
    this.resume();
    await sleep(500); // thread pools spin for a moment after work
    const before = processorSeconds(this.#pid);
    await sleep(1000);
    return processorSeconds(this.#pid) - before;
  }

  get peakMemoryMb(): number {
    return peakMemoryMb(this.#pid);
  }

  async facts(): Promise<Facts> {
    this.resume();
    return (await this.#ask<{ facts: Facts }>("facts")).facts;
  }

  end(): void {
    this.resume();
    this.#child.kill();
  }

  get #pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.#child.pid;
  }

  async #ask<Answer>(order: string): Promise<Answer> {
    this.#child.stdin?.write(`${order}\n`);
    return this.#read<Answer>();
  }

  async #read<Answer>(): Promise<Answer> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`${this.name} ended before its answer; its own message is printed above`);
    // What serve.ts and peers/serve.py write.
    return JSON.parse(value) as Answer;
  }
}
