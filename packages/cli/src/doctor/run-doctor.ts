// lowrank doctor: looks at the machine and reports.

import { freemem, totalmem } from "node:os";
import { measureMatMul } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import packageJson from "../../package.json" with { type: "json" };
import type { EngineOptions } from "../options/shared-options.ts";
import { startEngine } from "../session/start-engine.ts";
import { formatBytes } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts } from "../terminal/table.ts";
import { adviseEngine } from "./advise-engine.ts";

/** Reports engine, speed, versions and memory. */
export async function runDoctor(options: EngineOptions, report: Report): Promise<void> {
  const engine = await startEngine(options, report);
  const speed = await measureMatMul();
  const advice = options.engine === undefined ? adviseEngine(engine.name, process.platform) : undefined;
  const memory = { total: totalmem(), free: freemem(), process: process.memoryUsage().rss };
  const versions = { lowrank: packageJson.version, node: process.versions.node, tfjs: tf.version_core };
  report.emit({ engine, gflops: speed.gflops, versions, memory, advice });
  const facts: (readonly [string, string])[] = [
    ["engine", `${report.colors.bold(engine.name)} (TensorFlow.js backend "${engine.backend}")`],
    ["speed", `${speed.gflops.toFixed(1)} GFLOPS, multiplying ${speed.size} × ${speed.size} matrices`],
    ["memory", `${formatBytes(memory.free)} free of ${formatBytes(memory.total)}`],
    ["lowrank", versions.lowrank],
    ["Node.js", `${versions.node} on ${process.platform} ${process.arch}`],
    ["TensorFlow.js", versions.tfjs],
  ];
  for (const line of formatFacts(facts)) report.say(line);
  if (engine.passedOver.length > 0) {
    report.say("\nEngines that did not start:");
    for (const line of formatFacts(engine.passedOver.map(({ name, reason }) => [name, reason]))) report.say(line);
  }
  if (advice !== undefined) report.say(`\n${advice.why}\n  ${report.colors.cyan(advice.command)}`);
}
