// What `resume` compares: everything that would silently make another run of it, readable, so that a refusal can name it.

import { createHash } from "node:crypto";
import { serializeLoraConfig } from "@lowrank/adapter-format";
import { parseJson } from "@lowrank/contracts";
import { labelsOf, type RowList, type TokenizedExample } from "@lowrank/data";
import { ResumeMismatchError } from "@lowrank/trainer";
import { EarlierCheckpointError } from "../../errors/run-errors.ts";
import { given } from "../../given.ts";
import type { RowOrder, RunFacts, RunFolder } from "../../run-folder.ts";
import type { HashedFile } from "./hash-base.ts";

/** What a run consists of. */
export interface RunIdentity extends RunFacts {
  /** The base's files by name, where every byte of them was looked at. */
  readonly baseFiles?: ReadonlyMap<string, HashedFile>;
}

const filePrefix = "base file ";
const orderName = "order of rows";
const textsName = "rows (as text)";

/** The facts as JSON, by the names that a refusal uses; rows as a hash. */
export function runFingerprint(run: RunIdentity): string {
  const { base, basePrecision, batchSize, seed, rows, addedTokens, startBatches, adapter, baseFiles = [] } = run;
  const { texts, adapterSeed, order, learning, embeddingNoise, labelSmoothing } = run;
  const facts: Record<string, unknown> = {
    base,
    ...Object.fromEntries([...baseFiles].map(([name, file]) => [filePrefix + name, file])),
    "base precision": basePrecision,
    "batch size": batchSize,
    seed,
    "rows (as tokens)": hashRows(rows),
    ...(texts === undefined ? {} : { [textsName]: hashTexts(texts) }),
    "added tokens": addedTokens.length === 0 ? "none" : hashOf(JSON.stringify(addedTokens)),
    ...given({
      "init batches": startBatches,
      "adapter's seed": adapterSeed,
      [orderName]: order,
    }),
    ...(learning === undefined ? {} : { [learning.kind]: learning.words }),
    ...given({ "embedding noise": embeddingNoise, "label smoothing": labelSmoothing }),
  };
  const fields = new Map<string, unknown>(Object.entries(JSON.parse(serializeLoraConfig(adapter))));
  for (const [key, value] of fields) if (!idleFields.has(key)) facts[`adapter's ${key}`] = value;
  return JSON.stringify(facts);
}

/** The base's files that a saved run noted. */
export function notedBaseFiles(saved: string | undefined): ReadonlyMap<string, HashedFile> {
  const files = new Map<string, HashedFile>();
  for (const [key, value] of parseFacts(saved) ?? []) {
    if (key.startsWith(filePrefix) && isHashedFile(value)) files.set(key.slice(filePrefix.length), value);
  }
  return files;
}

/** How a saved run made its batches; empty where it does not say what it was told. */
export function notedSettings(saved: string | undefined): RunFolder["asBegun"] {
  const facts = parseFacts(saved);
  if (facts === undefined) return {};
  const order = facts.get(orderName);
  const groupByLength = Array.isArray(order) && order.includes("by length" satisfies RowOrder);
  return { groupByLength, tokenizeWhenDrawn: facts.has(textsName) };
}

/**
 * Throws ResumeMismatchError naming every fact in which the saved run was another one; EarlierCheckpointError where it noted
 * none.
 */
export function checkSameRun(saved: string | undefined, now: string): void {
  if (saved === now) return;
  const before = parseFacts(saved);
  if (before === undefined) {
    throw new EarlierCheckpointError();
  }
  const after = parseFacts(now) ?? new Map<string, unknown>();
  const shown = (value: unknown) => (value === undefined ? "not there" : JSON.stringify(value));
  const differences = [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ name, was: shown(before.get(name)), is: shown(after.get(name)) }))
    .filter(({ was, is }) => was !== is)
    .map(({ name, was, is }) => `${name}: ${was} in the checkpoint, ${is} now`);
  throw new ResumeMismatchError(differences);
}

/** Fields of adapter_config.json that no number depends on. */
const idleFields: ReadonlySet<string> = new Set([
  "peft_type",
  "peft_version",
  "base_model_name_or_path",
  "revision",
  "inference_mode",
  "auto_mapping",
]);

function isHashedFile(value: unknown): value is HashedFile {
  if (typeof value !== "object" || value === null) return false;
  const { sha256, bytes, modified } = value as Readonly<Record<keyof HashedFile, unknown>>;
  return typeof sha256 === "string" && typeof bytes === "number" && typeof modified === "string";
}

function parseFacts(text: string | undefined): ReadonlyMap<string, unknown> | undefined {
  if (text?.startsWith("{") !== true) return undefined;
  try {
    return new Map<string, unknown>(Object.entries(parseJson(text) as object));
  } catch {
    return undefined;
  }
}

/** Row by row: as one text, a hundred thousand rows would be longer than a string can be. */
function hashRows(rows: RowList<TokenizedExample>): string {
  const hash = createHash("sha256");
  for (const row of rows) {
    const { kind, inputIds, attentionMask, tokenTypeIds } = row;
    const lists = [inputIds, labelsOf(row), attentionMask, tokenTypeIds];
    // Where each list ends, so that no two rows read alike.
    hash.update(JSON.stringify([kind, ...lists.map((list) => list?.length ?? null)]));
    for (const list of lists) if (list !== undefined) hash.update(Int32Array.from(list));
    if ("pixels" in row && row.pixels !== undefined) hash.update(row.pixels.bytes);
    // Numbers that are no integers.
    if (kind === "scored" || kind === "comparison") hash.update(Float64Array.from(labelsOf(row)));
    if (kind === "comparison") for (const other of row.others) hash.update(Int32Array.from([other.length, ...other]));
    if (kind === "judged") hash.update(Uint8Array.of(Number(row.isGood)));
    if (kind === "preference") {
      const { inputIds, labels } = row.rejected;
      hash.update(Int32Array.from([inputIds.length, ...inputIds, ...labels]));
    }
    if (kind === "source-target" && row.sounds !== undefined) hash.update(row.sounds.features);
  }
  return hash.digest("hex").slice(0, 32);
}

/** Of rows that are tokens only when they are drawn; their sample says how they become such. */
function hashTexts({ rows, lengths }: NonNullable<RunFacts["texts"]>): string {
  const hash = createHash("sha256").update(JSON.stringify(lengths));
  for (const row of rows) hash.update(`${JSON.stringify(row)}\n`);
  return hash.digest("hex").slice(0, 32);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
