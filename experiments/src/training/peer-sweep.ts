// The same task and recipe in PEFT, seed by seed, kept as our own sweeps are.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { preparedModel, preparedPython } from "../../../benchmarks/src/harness/peer-folders.ts";
import type { ExperimentOptions } from "../experiment.ts";
import { sst2Folder } from "../tasks/sst2.ts";
import { processorName, readKept } from "./kept-runs.ts";
import type { Trained } from "./run-method.ts";
import { addRun, type Sweep } from "./sweep.ts";

/** What the program knows. */
const methods = ["lora-r8-qv", "full", "head"];

export async function sst2InPeft({ seeds, only, rows, log }: ExperimentOptions): Promise<void> {
  const [python, model] = [preparedPython(), await preparedModel("minilm")];
  const program = join(import.meta.dirname, "../../peers/sst2.py");
  for (const seed of seeds) {
    for (const method of only ?? methods) {
      const isKept = readKept<Sweep>("sst2-peft")?.runs.some((run) => run.method === method && run.seed === seed);
      if (isKept && rows === undefined) continue;
      const given = [program, model, sst2Folder(), method, String(seed)];
      const { stdout } = await promisify(execFile)(python, [...given, ...(rows === undefined ? [] : [String(rows)])]);
      // The program is part of this repository and prints what `Trained` says, with its rate and its versions.
      const trained = JSON.parse(stdout) as Trained & { readonly learningRate: number; readonly engine: string };
      const run = { method, seed, ...trained, processor: processorName(), date: new Date().toISOString() };
      if (rows === undefined)
        addRun({ name: "sst2-peft", about: "the recipe of sst2 in PEFT", figure: "accuracy" }, run);
      log(
        `${method} seed ${seed}: accuracy ${trained.after.accuracy?.toFixed(4)}, loss ${trained.after.loss.toFixed(4)}; ${trained.seconds.toFixed(0)} s`,
      );
    }
  }
}
