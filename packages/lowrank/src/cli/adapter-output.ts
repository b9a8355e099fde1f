// An adapter that a command made of files, on its way to a folder: what would be written, or was, with sizes and hashes.

import { createHash } from "node:crypto";
import { type Adapter, writeAdapter } from "@lowrank/adapter-format";
import { nodePlatform } from "../node/node-platform.ts";
import { formatBytes } from "./terminal/format.ts";
import type { Report } from "./terminal/report.ts";

/** Where it goes. */
export interface AdapterOutput {
  readonly out: string;
  readonly overwrite?: boolean;
  /** Nothing is written. */
  readonly plan?: boolean;
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

/** One file. */
export interface SaidFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256?: string;
}

/** Prints them and their sum. */
export function sayFiles(files: readonly SaidFile[], report: Pick<Report, "say">): void {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes, sha256 } of files)
    report.say(`  ${formatBytes(bytes).padStart(9)}  ${sha256 === undefined ? "" : `${sha256}  `}${name}`);
  report.say(`  ${formatBytes(total).padStart(9)}  in all`);
}
