// lowrank serve: a model and its adapters for OpenAI's clients, until Ctrl-C.

import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { isMainThread } from "node:worker_threads";
import { LowrankError } from "@lowrank/contracts";
import { printable } from "@lowrank/contracts/internal";
import { UsageError } from "../../errors/usage-errors.ts";
import { loadRewards } from "../../node/load-rewards.ts";
import { lockOutput } from "../../node/output/lock-output.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import type { OpenedModel } from "../../opened-model.ts";
import { withBase } from "../base-for.ts";
import { refuseOtherTasks } from "../open-model.ts";
import { namedAdapters } from "../options/named-adapters.ts";
import type { BasePrecisionOptions, EngineOptions } from "../options/shared-options.ts";
import { withOpenModel } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";
import { commandFineTuner, threadsForTraining } from "./fine-tuner.ts";

export interface ServeCommandOptions extends EngineOptions, BasePrecisionOptions {
  readonly model?: string;
  readonly adapter?: readonly string[];
  readonly adapterFolder?: string;
  readonly jobsFolder?: string;
  readonly reward?: readonly string[];
  readonly allowDifferentBase?: boolean;
  readonly name?: string;
  readonly record?: string;
  readonly host: string;
  readonly port: number;
  readonly allowedHost?: readonly string[];
  readonly cors?: string;
  readonly tokenFile?: string;
  readonly template?: string;
  readonly maxNewTokens?: number;
  readonly maxRows?: number;
  readonly maxWaiting?: number;
  readonly stopTimeout?: number;
}

/** Serves until it is interrupted; texts that were begun are finished first. */
export async function runServe(options: ServeCommandOptions, report: Report): Promise<void> {
  const { serve } = await importServe();
  const adapters = namedAdapters(options.adapter ?? []);
  const token = await tokenOf(options, report);
  const named = omitUndefined({ model: options.model, adapter: adapters[0]?.adapter });
  const { model: path } = await withBase(named, report);
  const { allowDifferentBase = false } = options;
  await withOpenModel({ ...options, model: path, adapter: undefined }, report, async (model) => {
    refuseOtherTasks(model.base, "Serving");
    for (const { name, adapter, weight } of adapters)
      await model.attach(weight === 1 ? adapter : [{ adapter, weight }], { name, allowDifferentBase });
    const { host, port, allowedHost: allowedHosts, name = basename(resolve(path)), cors, record } = options;
    const { adapterFolder, template, stopTimeout, maxNewTokens, maxRows, maxWaiting } = options;
    const jobs = await openJobs(options, { path, model, report });
    try {
      const places = { host, port, allowedHosts, name, cors, record, adapterFolder, template, token };
      const limits = { maxNewTokens, maxRows, maxWaiting };
      const server = await serve(
        model,
        omitUndefined({ ...places, ...limits, fineTuning: jobs?.fineTuning, onNote: report.note }),
      );
      if (!isLocal(host) && token === undefined) {
        const message = `Everybody who reaches ${host} can use this server. Give it a --token-file, or --host 127.0.0.1.`;
        report.warn({ code: "SERVED_OPENLY", message });
      }
      report.emit({ type: "serving", url: server.url, models: server.models });
      report.print(`Serving ${server.models.map(printable).join(", ")} at ${server.url}/v1 – Ctrl-C stops it.`);
      if (record !== undefined) report.print(`Conversations and their answers are recorded in "${record}".`);
      await interruption(report);
      const limit = stopTimeout === undefined ? "" : `, for at most ${stopTimeout} seconds`;
      report.note(`Stopping: running texts are finished${limit}. Ctrl-C again stops at once.`);
      await server.stop(omitUndefined({ graceMs: stopTimeout === undefined ? undefined : stopTimeout * 1000 }));
    } finally {
      await jobs?.release();
    }
  });
}

async function importServe(): Promise<typeof import("@lowrank/serve")> {
  try {
    return await import("@lowrank/serve");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new UsageError("lowrank serve needs the package @lowrank/serve. Run: npm install @lowrank/serve");
  }
}

/** Locks the folder of jobs, which only one server may use at a time. */
async function openJobs(
  { jobsFolder, threads, reward = [], ...options }: ServeCommandOptions,
  { path, model, report }: { readonly path: string; readonly model: OpenedModel; readonly report: Report },
) {
  const rewards = await namedRewards(reward);
  if (jobsFolder === undefined) {
    if (reward.length > 0) throw new UsageError("--reward is for reinforcement jobs, which need --jobs-folder.");
    return undefined;
  }
  const release = await lockOutput(jobsFolder).catch((error: unknown) => {
    if (!LowrankError.isInstance(error) || error.code !== "OUTPUT_IN_USE") throw error;
    throw new UsageError(
      `--jobs-folder "${jobsFolder}" is in use by another server. Stop it, or choose another folder.`,
    );
  });
  // Files of clients, and of the processes that train on them, are for this user alone. Threads cannot set it.
  if (isMainThread) process.umask(0o077);
  const { engine, basePrecision, template } = options;
  const tuner = commandFineTuner({
    model,
    rewards,
    options: { model: path, engine, threads: threadsForTraining(threads), basePrecision, template },
    command: [process.execPath, ...process.execArgv, process.argv[1] ?? ""],
    environment: report.io.environment,
  });
  return { fineTuning: { folder: resolve(jobsFolder), tuner }, release };
}

/** Rewards by name, each loaded once, so that a wrong one is reported at the start. */
async function namedRewards(texts: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rewards = new Map<string, string>();
  for (const text of texts) {
    const [, name = "", reward] = /^([\w-]+)=(.+)$/s.exec(text) ?? [];
    if (reward === undefined || rewards.has(name))
      throw new UsageError(`--reward "${text}": expected a name of its own and a reward, such as short=length:20.`);
    await loadRewards({ reward });
    rewards.set(name, reward);
  }
  return rewards;
}

/** A secret on the command line would be seen by everybody who lists processes. */
async function tokenOf({ tokenFile }: ServeCommandOptions, { io }: Report): Promise<string | undefined> {
  if (tokenFile === undefined) return io.environment.LOWRANK_TOKEN || undefined;
  const token = (await readFile(tokenFile, "utf8")).trim();
  if (token === "") throw new UsageError(`--token-file: "${tokenFile}" is empty.`);
  return token;
}

function isLocal(host: string): boolean {
  return ["127.0.0.1", "localhost", "::1"].includes(host);
}

function interruption({ io }: Report): Promise<void> {
  return new Promise((resolve) => {
    const stop = io.onInterrupt(() => {
      stop();
      resolve();
    });
  });
}
