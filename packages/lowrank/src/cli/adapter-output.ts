// What a command makes of adapters, on its way to a file or a folder: what would be written, or was, with sizes and hashes.

import { createHash } from "node:crypto";
import { type Adapter, writeAdapter } from "@lowrank/adapter-format";
import { findAdapters } from "../adapters/weighted-set.ts";
import { findBase } from "../node/base-of.ts";
import { nodePlatform } from "../node/node-platform.ts";
import { claimOutput, type OutputRules } from "../node/output/check-output.ts";
import type { OutputKind } from "../node/output/check-place.ts";
import { configOfSource } from "../open/base-config.ts";
import { sourceContext } from "./open-model.ts";
import { pathsOf, type WeightedPath } from "./options/named-adapters.ts";
import { formatBytes } from "./terminal/format.ts";
import type { Report } from "./terminal/report.ts";

export interface AdapterOutput {
  readonly out: string;
  readonly overwrite?: boolean;
  /** Nothing is written. */
  readonly plan?: boolean;
}

interface AdapterWork extends AdapterOutput {
  readonly kind: OutputKind;
  readonly model?: string | undefined;
  /** Of several their weighted sum. */
  readonly adapter: readonly WeightedPath[];
  readonly isApart?: true;
}

/** Reads the adapter and makes something of it while `out` is claimed. Throws what `claimOutput` and reading do. */
export async function whileClaimed(
  { kind, model, adapter, isApart, out, overwrite, plan = false }: AdapterWork,
  report: Report,
  make: (read: Adapter) => Promise<void>,
): Promise<void> {
  const rules = { kind, overwrite, isApart, inputs: [model, ...pathsOf(adapter)] };
  await claiming(plan ? undefined : out, rules, async () => {
    const context = sourceContext(report);
    const found = await findAdapters(nodePlatform, adapter, context);
    const base = async () => model ?? (await findBase(pathsOf(adapter)[0] ?? "", context));
    const config = async () => configOfSource(await nodePlatform.findModel(await base(), context));
    await make(await found.read({ onWarning: report.warn }, config));
  });
}

/** Does the work while `out` is claimed; undefined where nothing is written. Throws what `claimOutput` does. */
export async function claiming(out: string | undefined, rules: OutputRules, work: () => Promise<void>): Promise<void> {
  const release = out === undefined ? undefined : await claimOutput(out, rules);
  try {
    await work();
  } finally {
    await release?.();
  }
}

/** Writes the folder, whole or not at all, and tells of it. Throws what `writeAdapter` of @lowrank/adapter-format does. */
export async function putAdapter(
  adapter: Adapter,
  { out, overwrite = false, plan = false }: AdapterOutput,
  report: Report,
): Promise<readonly SaidFile[]> {
  const contents = Object.entries(writeAdapter(adapter));
  const files = contents.map(([name, content]) => ({
    name,
    bytes: Buffer.byteLength(content),
    sha256: createHash("sha256").update(content).digest("hex"),
  }));
  if (!plan) await nodePlatform.writeFiles(out, new Map(contents), { overwrite });
  sayFiles(files, report);
  report.say(plan ? `nothing is written to ${out}` : `written to ${out}`);
  return files;
}

export interface SaidFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256?: string;
}

export function sayFiles(files: readonly SaidFile[], report: Pick<Report, "say">): void {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes, sha256 } of files)
    report.say(`  ${formatBytes(bytes).padStart(9)}  ${sha256 === undefined ? "" : `${sha256}  `}${name}`);
  report.say(`  ${formatBytes(total).padStart(9)}  in all`);
}
