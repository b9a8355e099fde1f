// lowrank doctor: looks at the machine and reports.

import { freemem, totalmem } from "node:os";
import {
  type EngineChoice,
  type EngineReport,
  int8Unfitness,
  measureInt8Product,
  measureMatMul,
  surveyEngines,
} from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import packageJson from "../../../package.json" with { type: "json" };
import { engineSettings } from "../../recipe/run/engine-settings.ts";
import type { EngineOptions } from "../options/shared-options.ts";
import { startEngine } from "../start-engine.ts";
import { formatBytes } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts, formatTable } from "../terminal/table.ts";
import { adviseEngine } from "./advise-engine.ts";
import { describeMpi, surveyMpi } from "./survey-mpi.ts";

/**
 * Reports the engine that runs, its speed, versions and memory; then every engine, its speed or why it does not run. Of several
 * processes the first one does so, when all have timed how they reach each other: who waits would take its processor's time.
 */
export async function runDoctor(options: EngineOptions, report: Report): Promise<void> {
  const mpi = await surveyMpi(report.io.environment);
  if (mpi?.rank !== undefined && mpi.rank > 0) return;
  const engine = await startEngine(options, report);
  const speed = await measureMatMul();
  const int8 = await reportInt8();
  const memory = { total: totalmem(), free: freemem(), process: process.memoryUsage().rss };
  const engines = await surveyEngines(engineSettings(options, report.io.environment));
  const advice = options.engine === undefined ? adviseEngine(engine.name, engines) : undefined;
  const versions = { lowrank: packageJson.version, node: process.versions.node, tfjs: tf.version_core };
  report.emit({ engine, gflops: speed.gflops, int8, engines, versions, memory, mpi, advice });
  const facts: (readonly [string, string])[] = [
    ["engine", `${report.colors.bold(engine.name)} (TensorFlow.js backend "${engine.backend}")`],
    ["speed", `${speed.gflops.toFixed(1)} GFLOPS, multiplying ${speed.size} × ${speed.size} matrices`],
    [
      "in 8 bits",
      "gflops" in int8 ? `${int8.gflops.toFixed(1)} GFLOPS (--base-precision int8)` : `not used: ${int8.reason}`,
    ],
    ["memory", `${formatBytes(memory.free)} free of ${formatBytes(memory.total)}`],
    ...(mpi === undefined ? [] : [["several processes", describeMpi(mpi)] as const]),
    ["lowrank", versions.lowrank],
    ["Node.js", `${versions.node} on ${process.platform} ${process.arch}`],
    ["TensorFlow.js", versions.tfjs],
  ];
  for (const line of formatFacts(facts)) report.say(line);
  report.say("");
  for (const line of engineTable(engine, engines)) report.say(line);
  const commands = engines.flatMap((each) =>
    each.runs || each.command === undefined ? [] : [[each.name, each.command] as const],
  );
  if (commands.length > 0) {
    report.say("\nTo enable one:");
    for (const line of formatFacts(commands)) report.say(line);
  }
  if (advice !== undefined) report.say(`\n${advice.why}\n  ${report.colors.cyan(advice.command)}`);
}

/** How fast a base in int8 is multiplied, or why that is done in float32. */
async function reportInt8(): Promise<{ readonly gflops: number } | { readonly reason: string }> {
  const reason = int8Unfitness();
  if (reason !== undefined) return { reason };
  return { gflops: (await measureInt8Product()).gflops };
}

function engineTable(chosen: EngineChoice, engines: readonly EngineReport[]): readonly string[] {
  const columns = [{ heading: "engine" }, { heading: "GFLOPS", align: "right" as const }, { heading: "" }];
  const rows = engines.map((each) =>
    each.runs
      ? [each.name, each.speed.gflops.toFixed(1), each.name === chosen.name ? "in use" : (each.note ?? "runs too")]
      : [each.name, "–", each.reason],
  );
  return formatTable(columns, rows);
}
