// lowrank inspect: finds out what a path is, reads it, prints it.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { NotInspectableError } from "../../errors/model-errors.ts";
import { PathNotFoundError } from "../../errors/usage-errors.ts";
import { exists } from "../../node/exists.ts";
import type { CommonOptions } from "../options/shared-options.ts";
import type { Report } from "../terminal/report.ts";
import { inspectAdapter } from "./inspect-adapter.ts";
import { inspectGguf } from "./inspect-gguf.ts";
import { inspectModel } from "./inspect-model.ts";
import { inspectSafetensors } from "./inspect-safetensors.ts";
import type { Inspection } from "./inspection.ts";
import { printInspection } from "./print-inspection.ts";

/** The options of `lowrank inspect`. */
export interface InspectOptions extends CommonOptions {
  readonly all?: boolean;
}

/** Inspects a folder or file and prints what was found. */
export async function runInspect(path: string, options: InspectOptions, report: Report): Promise<void> {
  printInspection(await inspect(path), { all: options.all === true }, report);
}

async function inspect(path: string): Promise<Inspection> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) throw new PathNotFoundError("inspect", path, "a folder or a file");
  if (!entry.isDirectory()) return path.endsWith(".gguf") ? inspectGguf(path) : inspectSafetensors(path);
  if (await exists(join(path, "adapter_config.json"))) return inspectAdapter(path);
  if (await exists(join(path, "config.json"))) return inspectModel(path);
  throw new NotInspectableError(path);
}
