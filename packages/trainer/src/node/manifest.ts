// The manifest lists a checkpoint's files with sizes and hashes, so that a truncated, zeroed or swapped file is found.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { describeValue, parseJson } from "@lowrank/contracts/internal";
import { openFile } from "@lowrank/safetensors/node";
import { checkpointError } from "../errors.ts";

interface ManifestEntry {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly format: "lowrank-checkpoint";
  readonly version: 1;
  readonly step: number;
  readonly files: ReadonlyMap<string, ManifestEntry>;
}

export const manifestName = "manifest.json";
/** In bytes; a manifest has a line for each of a few files. */
const largestManifest = 2 ** 20;

/** The manifest of files in memory, as JSON. */
export function serializeManifest(step: number, files: ReadonlyMap<string, Uint8Array>): string {
  const entries = [...files].map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }]);
  const manifest = { format: "lowrank-checkpoint", version: 1, step, files: Object.fromEntries(entries) };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

export async function readManifest(folder: string): Promise<Manifest> {
  const bytes = await readRegularFile(folder, manifestName, { max: largestManifest });
  const damaged = (cause?: unknown) => checkpointError(folder, `${manifestName} is damaged.`, { cause });
  let json: unknown;
  try {
    json = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(cause);
  }
  if (typeof json !== "object" || json === null) throw damaged();
  const fields = new Map<string, unknown>(Object.entries(json));
  if (fields.get("format") !== "lowrank-checkpoint") throw damaged();
  const version = fields.get("version");
  if (version !== 1) {
    throw checkpointError(folder, `it has version ${describeValue(version)}; this program reads version 1.`);
  }
  const step = fields.get("step");
  const listed = fields.get("files");
  if (typeof step !== "number" || typeof listed !== "object" || listed === null) throw damaged();
  const files = new Map<string, ManifestEntry>();
  for (const [name, entry] of Object.entries(listed)) {
    if (!isPlainName(name) || !isEntry(entry)) throw damaged();
    files.set(name, entry);
  }
  return { format: "lowrank-checkpoint", version: 1, step, files };
}

/** The bytes of a listed file; throws CHECKPOINT_INVALID if they differ from the manifest. */
export async function readListedFile(folder: string, name: string, manifest: Manifest): Promise<Uint8Array> {
  const entry = manifest.files.get(name);
  if (entry === undefined) throw checkpointError(folder, `${manifestName} does not list ${name}.`);
  const bytes = await readRegularFile(folder, name, { exactly: entry.bytes });
  if (sha256(bytes) !== entry.sha256)
    throw checkpointError(folder, `${name} was changed after it was written (its SHA-256 differs).`);
  return bytes;
}

/** A name that stays in its folder. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(name);
}

async function readRegularFile(
  folder: string,
  name: string,
  size: { readonly max: number } | { readonly exactly: number },
): Promise<Uint8Array> {
  try {
    const file = await openFile(join(folder, name));
    try {
      const isRight = "max" in size ? file.size <= size.max : file.size === size.exactly;
      if (isRight) return await file.read(0, file.size);
      const expected = "max" in size ? `at most ${size.max}` : `${size.exactly}`;
      throw checkpointError(folder, `${name} has ${file.size} bytes, expected ${expected}.`);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (LowrankError.isInstance(cause, "CHECKPOINT_INVALID")) throw cause;
    throw checkpointError(folder, `${name} cannot be read; the checkpoint is incomplete or damaged.`, { cause });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function isEntry(value: unknown): value is ManifestEntry {
  if (typeof value !== "object" || value === null || !("bytes" in value) || !("sha256" in value)) return false;
  const isSize = Number.isSafeInteger(value.bytes) && Number(value.bytes) >= 0;
  return isSize && typeof value.sha256 === "string" && /^[0-9a-f]{64}$/.test(value.sha256);
}
