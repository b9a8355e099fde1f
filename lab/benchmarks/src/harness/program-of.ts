// How a side of a benchmark is started: a bundled program of ours, a Python program, or nanogpt's.

import { join } from "node:path";
import type { Side } from "../benchmark.ts";
import { bundle } from "./bundle.ts";
import type { Program } from "./contender.ts";
import {
  preparedGguf,
  preparedModel,
  preparedNanogpt,
  preparedPython,
  preparedTfjsNode,
  preparedTrainers,
} from "./peer-folders.ts";

export interface ProgramOptions {
  readonly tiny: boolean;
  readonly threads: number;
  /** Ours; where a benchmark is about one engine, that one is taken. Default: what chooseEngine gives. */
  readonly engine?: string;
}

export async function programOf(side: Side, { tiny, threads, engine }: ProgramOptions): Promise<Program> {
  const settings = JSON.stringify({ ...side.settings, ...(tiny ? tinySizes(side) : {}), tiny, threads });
  if (side.program.endsWith(".py")) {
    const args = [join(import.meta.dirname, "../../peers", side.program), settings];
    const command = side.by === "TRL" ? preparedTrainers() : preparedPython();
    return { command, args, environment: { OMP_NUM_THREADS: String(threads), ...(await rewardedModel(side, tiny)) } };
  }
  const args = [await bundle(side.program), settings];
  if (side.by === "nanogpt") {
    return { command: process.execPath, args, environment: { LOWRANK_NANOGPT: preparedNanogpt() } };
  }
  const chosen = side.engine ?? engine;
  const environment = {
    LOWRANK_THREADS: String(threads),
    ...(chosen === undefined ? {} : { LOWRANK_ENGINE: chosen }),
    ...(side.settings.hasExtras === undefined ? {} : await filesOfRun(tiny)),
    ...(await rewardedModel(side, tiny)),
    ...(side.settings.precision === "4-bit" ? { LOWRANK_GGUF: preparedGguf() } : {}),
    ...(chosen?.startsWith("tfjs-node") ? preparedTfjsNode(chosen) : {}),
  };
  return { command: process.execPath, args, environment };
}

const root = join(import.meta.dirname, "../../../..");

async function weightsOf(tiny: boolean) {
  return { LOWRANK_MODEL: tiny ? join(root, "packages/tiny-model/model") : await preparedModel("smollm2") };
}

/** Texts that a reward rates are written by a real model. */
async function rewardedModel({ settings }: Side, tiny: boolean) {
  return settings.generations === undefined ? {} : weightsOf(tiny);
}

async function filesOfRun(tiny: boolean) {
  return {
    ...(await weightsOf(tiny)),
    LOWRANK_ROWS: join(root, "data/e2e/e2e-devset.csv"),
  };
}

function tinySizes({ settings }: Side) {
  return { batch: Math.min(settings.batch, 2), time: 16 };
}
