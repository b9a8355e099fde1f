// Rows and settings in the part of the URL after the #, which browsers send to no server. A link may be
// from anybody, so its size is limited before unpacking, and its fields are checked.

import { LowrankError } from "@lowrank/contracts";
import { deflateSync, Inflate, strFromU8, strToU8 } from "fflate";
import type { Row, Turn } from "../protocol/rows.ts";
import type { AdapterSettings, TrainingSettings } from "../protocol/run.ts";
import type { CardContent } from "./layout-card.ts";

/** The first letters are the format's version, which distinguishes a newer link from a damaged one. */
const form = "#teach1=";
/** Maximum characters of a link. Larger data is shared as a file. */
const maxCharacters = 64_000;
const maxBytes = 1_000_000;

/** Whether a URL contains shared data. */
export const isShareLink = (hash: string): boolean => hash.startsWith("#teach");

/** The hash, with its #. Throws a ShareLinkError if the rows are too many for a link. */
export function writeShareLink(shared: Shared): string {
  const bytes = strToU8(JSON.stringify(shared));
  const text = form + toBase64Url(deflateSync(bytes, { level: 9 }));
  const isTooMuch = shared.rows.length > maxRows || bytes.length > maxBytes || text.length > maxCharacters;
  if (isTooMuch) throw new ShareLinkError("too-large");
  return text;
}

/** Throws a ShareLinkError: "newer", "damaged" or "too-large". */
export function readShareLink(hash: string): Shared {
  if (!hash.startsWith(form)) throw new ShareLinkError("newer");
  if (hash.length > maxCharacters) throw new ShareLinkError("too-large");
  let parsed: unknown;
  try {
    parsed = JSON.parse(strFromU8(inflateAtMost(fromBase64Url(hash.slice(form.length)))));
  } catch (cause) {
    if (cause instanceof ShareLinkError) throw cause;
    throw new ShareLinkError("damaged", { cause });
  }
  return readShared(parsed);
}

/** Stops at the first byte too many: 64 000 characters can unpack to 50 MB. */
function inflateAtMost(packed: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  const inflate = new Inflate((part, final) => {
    length += part.length;
    if (length > maxBytes) throw new ShareLinkError("too-large");
    parts.push(part);
    isWhole = final;
  });
  const step = 512;
  for (let start = 0; start < packed.length; start += step) {
    inflate.push(packed.subarray(start, start + step), start + step >= packed.length);
  }
  if (!isWhole) throw new ShareLinkError("damaged");
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function toBase64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

type Fields = Readonly<Record<string, unknown>>;

const maxRows = 2000;

/** Throws a ShareLinkError, "damaged", at the first invalid field. Ignores unknown fields. */
function readShared(value: unknown): Shared {
  const { rows, adapter, training, watched, model, result } = fields(value);
  if (!Array.isArray(rows) || rows.length > maxRows) throw new ShareLinkError("damaged");
  return {
    rows: rows.map((row) => readRow(fields(row))),
    adapter: readAdapter(fields(adapter)),
    training: readTraining(fields(training)),
    watched: text(watched),
    model: text(model),
    ...(result === undefined ? {} : { result: readResult(fields(result)) }),
  };
}

function readResult({ prompt, before, after }: Fields): CardContent {
  return { prompt: text(prompt), before: text(before), after: text(after) };
}

function readRow({ says, answers, before }: Fields): Shared["rows"][number] {
  const pair = { says: text(says), answers: text(answers) };
  if (before === undefined) return pair;
  if (!Array.isArray(before)) throw new ShareLinkError("damaged");
  return { ...pair, before: before.map((turn) => readTurn(fields(turn))) };
}

function readTurn({ role, content }: Fields): Turn {
  return { role: oneOf(role, ["system", "user", "assistant"]), content: text(content) };
}

function readAdapter({ rank, alpha, targets, dropout, useDora, start }: Fields): AdapterSettings {
  return {
    rank: whole(rank, 1, 256),
    alpha: between(alpha, 0, 10_000),
    targets: targets === "all-linear" ? targets : texts(targets),
    dropout: between(dropout, 0, 0.99),
    useDora: useDora === true,
    start: oneOf(start, ["gaussian", "kaiming", "pissa", "olora", "orthogonal"]),
  };
}

function readTraining(training: Fields): TrainingSettings {
  return {
    steps: whole(training.steps, 1, 100_000),
    batchSize: whole(training.batchSize, 1, 1024),
    learningRate: between(training.learningRate, 0, 10),
    schedule: oneOf(training.schedule, ["cosine", "linear", "constant"]),
    seed: whole(training.seed, 0, 2 ** 32 - 1),
    validationShare: between(training.validationShare, 0, 0.9),
    ...(training.reward === undefined ? {} : { reward: text(training.reward) }),
  };
}

function fields(value: unknown): Fields {
  if (typeof value !== "object" || value === null) throw new ShareLinkError("damaged");
  return value as Fields;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new ShareLinkError("damaged");
  return value;
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) throw new ShareLinkError("damaged");
  return value.map(text);
}

function between(value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !(value >= min && value <= max)) throw new ShareLinkError("damaged");
  return value;
}

function whole(value: unknown, min: number, max: number): number {
  const number = between(value, min, max);
  if (!Number.isInteger(number)) throw new ShareLinkError("damaged");
  return number;
}

function oneOf<Name extends string>(value: unknown, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new ShareLinkError("damaged");
  return found;
}

const reasons = {
  damaged: "it is damaged. Part of it may have been lost when it was copied. Ask for it again.",
  newer: "its format is not supported by this page. Reload the page: it may be old.",
  "too-large": "it is too long. Share fewer or shorter rows, or download them as a file.",
};

export type ShareProblem = keyof typeof reasons;

/** A link cannot be created or read. Views translate `problem`. */
export class ShareLinkError extends LowrankError {
  constructor(
    readonly problem: ShareProblem,
    options?: { readonly cause?: unknown },
  ) {
    super("SHARE_LINK", `The link does not work: ${reasons[problem]}`, options);
  }
}

/** The content of a link. */
export interface Shared {
  readonly rows: readonly Omit<Row, "id">[];
  readonly adapter: AdapterSettings;
  readonly training: TrainingSettings;
  /** The prompt of the filmstrip; may be empty. */
  readonly watched: string;
  /** The model that it was made with, for the page to offer it. */
  readonly model: string;
  /** The effect of training, as its author saw it. */
  readonly result?: CardContent | undefined;
}
