// The output of commands that make adapters: a file or a folder, and its report with sizes and hashes.

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
  /** One adapter, or several for their weighted sum. */
  readonly adapter: readonly WeightedPath[];
  readonly isApart?: true;
}

/** Reads the adapter and runs the work on it, with `out` locked. Throws the errors of `claimOutput` and of reading. */
export async function withLockedOutput(
  { kind, model, adapter, isApart, out, overwrite, plan = false }: AdapterWork,
  report: Report,
  make: (read: Adapter) => Promise<void>,
): Promise<void> {
  const rules = { kind, overwrite, isApart, inputs: [model, ...pathsOf(adapter)] };
  await withLock(plan ? undefined : out, rules, async () => {
    const context = sourceContext(report);
    const found = await findAdapters(nodePlatform, adapter, context);
    const base = async () => model ?? (await findBase(pathsOf(adapter)[0] ?? "", context));
    const config = async () => configOfSource(await nodePlatform.findModel(await base(), context));
    await make(await found.read({ onWarning: report.warn }, config));
  });
}

/** Runs the work with `out` locked, or without a lock if nothing is written. Throws the errors of `claimOutput`. */
export async function withLock(out: string | undefined, rules: OutputRules, work: () => Promise<void>): Promise<void> {
  const release = out === undefined ? undefined : await claimOutput(out, rules);
  try {
    await work();
  } finally {
    await release?.();
  }
}

/** Writes the folder atomically and reports it. Throws the errors of `writeAdapter` of @lowrank/adapter-format. */
export async function putAdapter(
  adapter: Adapter,
  { out, overwrite = false, plan = false }: AdapterOutput,
  report: Report,
): Promise<readonly ReportedFile[]> {
  const contents = Object.entries(writeAdapter(adapter));
  const files = contents.map(([name, content]) => ({
    name,
    bytes: Buffer.byteLength(content),
    sha256: createHash("sha256").update(content).digest("hex"),
  }));
  if (!plan) await nodePlatform.writeFiles(out, new Map(contents), { overwrite });
  printFiles(files, report);
  report.print(plan ? `nothing is written to ${out}` : `written to ${out}`);
  return files;
}

export interface ReportedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256?: string;
}

export function printFiles(files: readonly ReportedFile[], report: Pick<Report, "print">): void {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes, sha256 } of files)
    report.print(`  ${formatBytes(bytes).padStart(9)}  ${sha256 === undefined ? "" : `${sha256}  `}${name}`);
  report.print(`  ${formatBytes(total).padStart(9)}  in all`);
}
