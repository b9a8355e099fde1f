// lowrank doctor: looks at the machine and reports.

import { freemem, totalmem } from "node:os";
import { LowrankError } from "@lowrank/contracts";
import { compareEngines } from "@lowrank/engine";
import {
  type ChosenEngine,
  type EngineReport,
  int8Problem,
  measureInt8Product,
  measureMatMul,
} from "@lowrank/engine/internal";
import { type EngineName, engineFacts, engineNames } from "@lowrank/engine/internal/facts";
import {
  type Environment,
  type ExchangeTime,
  findMpi,
  launchOf,
  measureExchange,
  openCommunicator,
} from "@lowrank/trainer/mpi";
import * as tf from "@tensorflow/tfjs-core";
import packageJson from "../../../package.json" with { type: "json" };
import { cacheDamaged } from "../../errors/model-errors.ts";
import { hubCache } from "../../node/hub/hub-access.ts";
import { verifyCache } from "../../node/hub/hub-cache.ts";
import { engineSettings } from "../../recipe/run/engine-settings.ts";
import type { EngineOptions } from "../options/shared-options.ts";
import { startEngine } from "../start-engine.ts";
import { formatBytes, plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts, formatTable } from "../terminal/table.ts";

/** Reports the machine and its engines. Of several processes the first does, after all have timed how they reach each other. */
export async function runDoctor(options: EngineOptions, report: Report): Promise<void> {
  const mpi = await surveyMpi(report.io.environment);
  if (mpi?.rank !== undefined && mpi.rank > 0) return;
  const engine = await startEngine(options, report);
  const memory = { total: totalmem(), free: freemem(), process: process.memoryUsage().rss };
  const engines = await compareEngines(engineSettings(options, report.io.environment));
  const thisEngine = engines.find(({ name }) => name === engine.name);
  const speed = thisEngine?.runs === true ? thisEngine.speed : await measureMatMul();
  const int8 = await reportInt8(speed.gflops);
  const advice = options.engine === undefined ? adviseEngine(engine.name, engines) : undefined;
  const versions = { lowrank: packageJson.version, node: process.versions.node, tfjs: tf.version_core };
  report.emit({ engine, gflops: speed.gflops, int8, engines, versions, memory, mpi, advice });
  const facts: (readonly [string, string])[] = [
    ["engine", `${report.colors.bold(engine.name)} (TensorFlow.js backend "${engine.backend}")`],
    ["in float32", `${speed.gflops.toFixed(1)} GFLOPS (product of ${speed.shape.join(" × ")})`],
    ["in 8 bits", describeInt8(int8)],
    ["memory", `${formatBytes(memory.free)} free of ${formatBytes(memory.total)}`],
    ...(mpi === undefined ? [] : [["several processes", describeMpi(mpi)] as const]),
    ["lowrank", versions.lowrank],
    ["Node.js", `${versions.node} on ${process.platform} ${process.arch}`],
    ["TensorFlow.js", versions.tfjs],
  ];
  for (const line of formatFacts(facts)) report.print(line);
  report.print("");
  for (const line of engineTable(engine, engines)) report.print(line);
  const commands = engines.flatMap((each) =>
    each.runs || each.command === undefined ? [] : [[each.name, each.command] as const],
  );
  if (commands.length > 0) {
    report.print("\nTo enable one:");
    for (const line of formatFacts(commands)) report.print(line);
  }
  if (advice !== undefined) report.print(`\n${advice.why}\n  ${report.colors.cyan(advice.command)}`);
}

type Int8Report = { readonly gflops: number; readonly timesFloat32: number } | { readonly reason: string };

/** How fast a base in int8 is multiplied, or why that is done in float32. */
async function reportInt8(float32Gflops: number): Promise<Int8Report> {
  const reason = int8Problem();
  if (reason !== undefined) return { reason };
  const { gflops } = await measureInt8Product();
  return { gflops, timesFloat32: gflops / float32Gflops };
}

/** With the precision that this processor is faster in. */
export function describeInt8(int8: Int8Report): string {
  if ("reason" in int8) return `not used: ${int8.reason}`;
  const advice =
    int8.timesFloat32 > 1.1 ? "train with --base-precision int8" : "--base-precision int8 only saves memory";
  return `${int8.gflops.toFixed(1)} GFLOPS, ${int8.timesFloat32.toFixed(1)} times float32: ${advice}`;
}

function engineTable(chosen: ChosenEngine, engines: readonly EngineReport[]): readonly string[] {
  const columns = [{ heading: "engine" }, { heading: "GFLOPS", align: "right" as const }, { heading: "" }];
  const rows = engines.map((each) =>
    each.runs
      ? [each.name, each.speed.gflops.toFixed(1), each.name === chosen.name ? "in use" : (each.note ?? "runs too")]
      : [each.name, "–", each.reason],
  );
  return formatTable(columns, rows);
}

/** Hashes every file of the cache. Throws CACHE_DAMAGED if a file's hash is not the one in its name. */
export async function runVerify(report: Report): Promise<void> {
  const cache = hubCache({});
  const { files, damaged } = await verifyCache({});
  report.emit({ cache, files, damaged });
  if (damaged.length > 0) throw cacheDamaged(cache, damaged, files);
  report.print(`${plural(files, "file")} in ${cache}: all match their hashes`);
}

interface Advice {
  readonly why: string;
  readonly command: string;
}

/** The package to install for a faster engine than the running one; undefined if there is none. */
export function adviseEngine(running: EngineName, reports: readonly EngineReport[]): Advice | undefined {
  if (engineFacts[running].slowerThan === undefined) return undefined;
  for (const name of engineNames) {
    if (name === running) return undefined;
    const { advantage: why } = engineFacts[name];
    if (why === undefined) continue;
    const report = reports.find((each) => each.name === name);
    if (report?.runs === false && report.command !== undefined) return { why, command: report.command };
  }
  return undefined;
}

interface MpiReport {
  readonly library: string;
  /** The rank of this process among those of the launcher. */
  readonly rank?: number;
  readonly size?: number;
  readonly times?: readonly ExchangeTime[];
}

const million = 1_000_000;

/** Undefined if no launcher is used and no MPI is found. Throws the errors of `openCommunicator` and `allReduce`. */
async function surveyMpi(environment: Environment): Promise<MpiReport | undefined> {
  if (launchOf(environment) === undefined) return installedMpi(environment);
  const communicator = await openCommunicator({ environment });
  const { library, rank, size } = communicator;
  const times = await measureExchange(communicator, [1, million], 30);
  await communicator.close();
  return { library, rank, size, times };
}

function describeMpi({ library, size, times }: MpiReport): string {
  if (times === undefined) return `${library}; mpirun -np 2 lowrank doctor times it`;
  const [one, many] = times.map(({ milliseconds }) => `${milliseconds.toPrecision(2)} ms`);
  return `${size} on ${library}, a number summed in ${one}, a million in ${many}`;
}

async function installedMpi(environment: Environment): Promise<MpiReport | undefined> {
  try {
    return { library: await findMpi(environment) };
  } catch (error) {
    if (LowrankError.isInstance(error, "MPI_UNAVAILABLE")) return undefined;
    throw error;
  }
}
