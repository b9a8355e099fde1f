// The fingerprint that `resume` compares: every fact that would silently make it another run, in readable form for messages.

import { serializeLoraConfig } from "@lowrank/adapter-format/internal";
import { isObject, jsonIn } from "@lowrank/contracts/internal";
import type { TrainingState } from "@lowrank/trainer";
import { resumeMismatchError } from "@lowrank/trainer/internal";
import { earlierCheckpoint } from "../../errors/run-errors.ts";
import { metricNames } from "../../metric-names.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import type { BaseFiles, InitialSettings, RowOrder, RunFacts } from "../../run-folder.ts";
import { type HashedFile, hashBase } from "./hash-base.ts";
import { hashRows, hashTexts, shortHash } from "./hash-rows.ts";

export interface RunIdentity extends RunFacts {
  /** The base's files by name, if all of their bytes were hashed. */
  readonly baseFiles?: ReadonlyMap<string, HashedFile>;
}

const filePrefix = "base file ";
const orderName = "order of rows";
const textsName = "rows (as text)";
const tokensName = "rows (as tokens)";
const heldOutName = "held out";
const bestByName = "best by";
/** For rows with images and recordings; earlier versions saved the prepared data under the name of other rows. */
const filesName = "rows (as tokens and files)";

/**
 * The facts as JSON, with the names that messages use; rows as a hash. For images and recordings, the files are hashed, or, if the
 * saved fingerprint is of a version that prepared all before the first step, the prepared data. Throws MEDIA_UNREADABLE.
 */
export async function runFingerprint(run: RunIdentity, saved?: string): Promise<string> {
  const { base, basePrecision, batchSize, seed, rows, addedTokens, initBatches, adapter, baseFiles = [] } = run;
  const { texts, adapterSeed, order, learning, options, media, heldOut, bestBy } = run;
  const before = parseFacts(saved);
  // Earlier versions held out the requested rows without saving this fact.
  const notesHeldOut = heldOut > 0 && (saved === undefined || before?.has(heldOutName) === true);
  // May change on resuming; the saved fact is of the start.
  const bestAtStart = saved === undefined ? bestBy : (before?.get(bestByName) ?? "loss");
  const namesFiles = media !== undefined && before?.has(tokensName) !== true;
  const facts: Record<string, unknown> = {
    base,
    ...Object.fromEntries([...baseFiles].map(([name, file]) => [filePrefix + name, file])),
    "base precision": basePrecision,
    "batch size": batchSize,
    seed,
    ...(notesHeldOut ? { [heldOutName]: heldOut } : {}),
    ...(bestAtStart === "loss" ? {} : { [bestByName]: bestAtStart }),
    [namesFiles ? filesName : tokensName]: await hashRows(rows, { media, isOpened: !namesFiles }),
    ...(namesFiles && media.preparation !== undefined ? { "pictures' preparation": media.preparation } : {}),
    ...(texts === undefined ? {} : { [textsName]: hashTexts(texts) }),
    "added tokens": addedTokens.length === 0 ? "none" : shortHash(JSON.stringify(addedTokens)),
    ...omitUndefined({
      "init batches": initBatches,
      "adapter's seed": adapterSeed,
      [orderName]: order,
    }),
    ...(learning === undefined ? {} : { [learning.kind]: learning.words }),
    ...options,
  };
  const fields = new Map<string, unknown>(Object.entries(JSON.parse(serializeLoraConfig(adapter))));
  for (const [key, value] of fields) if (!idleFields.has(key)) facts[`adapter's ${key}`] = value;
  return JSON.stringify(facts);
}

/** The fingerprint of a run, with hashes of the base's files if requested or saved before. */
export async function identityOf(
  facts: RunFacts,
  { verifyBase: isAnew, ...base }: BaseFiles,
  saved: string | undefined,
): Promise<string> {
  const recorded = notedBaseFiles(saved);
  const baseFiles = isAnew || recorded.size > 0 ? await hashBase(base, { recorded, isAnew }) : recorded;
  return runFingerprint({ ...facts, baseFiles }, saved);
}

function notedBaseFiles(saved: string | undefined): ReadonlyMap<string, HashedFile> {
  const files = new Map<string, HashedFile>();
  for (const [key, value] of parseFacts(saved) ?? []) {
    if (key.startsWith(filePrefix) && isHashedFile(value)) files.set(key.slice(filePrefix.length), value);
  }
  return files;
}

/** The settings of a saved run, so that it resumes unchanged even if defaults have changed. */
export function notedRun(
  state: Pick<TrainingState, "fingerprint" | "settings" | "best" | "rateWatch"> | undefined,
): InitialSettings {
  const facts = parseFacts(state?.fingerprint);
  if (state === undefined || facts === undefined) return { options: {}, adapter: {} };
  const order = facts.get(orderName);
  const [batchSize, share] = [facts.get("batch size"), facts.get(heldOutName)];
  const { steps } = state.settings;
  // The requested rate: the trainer itself knows later changes.
  const learningRate = state.rateWatch?.restarts[0]?.learningRateBefore ?? state.settings.learningRate;
  const noted = facts.get(bestByName);
  // Without the fact, the best validation is by loss.
  const bestBy = metricNames.find((name) => name === noted) ?? "loss";
  const [rank, alpha, targetModules] = ["r", "lora_alpha", "target_modules"].map((name) =>
    facts.get(`adapter's ${name}`),
  );
  return {
    options: {
      groupByLength: Array.isArray(order) && order.includes("by length" satisfies RowOrder),
      tokenizeWhenDrawn: facts.has(textsName),
      ...(typeof batchSize === "number" ? { batchSize } : {}),
      learningRate,
      steps,
      validationShare: typeof share === "number" ? share : 0,
      ...(state.best === undefined ? {} : { bestBy }),
    },
    adapter: {
      ...(typeof rank === "number" ? { rank } : {}),
      ...(typeof alpha === "number" ? { alpha } : {}),
      ...(typeof targetModules === "string" || isNames(targetModules) ? { targetModules } : {}),
    },
  };
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** Throws RESUME_MISMATCH that names every different fact; EARLIER_CHECKPOINT for a checkpoint without facts. */
export function checkSameRun(saved: string | undefined, now: string): void {
  if (saved === now) return;
  const before = parseFacts(saved);
  if (before === undefined) {
    throw earlierCheckpoint();
  }
  const after = parseFacts(now) ?? new Map<string, unknown>();
  const shown = (value: unknown) => (value === undefined ? "not set" : JSON.stringify(value));
  const differences = [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ name, was: shown(before.get(name)), is: shown(after.get(name)) }))
    .filter(({ was, is }) => was !== is)
    .map(({ name, was, is }) => `${name}: ${was} in the checkpoint, ${is} now`);
  throw resumeMismatchError(differences);
}

/** Fields of adapter_config.json that do not affect results. */
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
  const facts = jsonIn(text);
  return isObject(facts) ? new Map(Object.entries(facts)) : undefined;
}
