// Whether an object that came by a link is what the page can teach.

import type { Turn } from "../protocol/rows.ts";
import type { AdapterSettings, TrainingSettings } from "../protocol/run.ts";
import { ShareLinkError } from "./share-link-error.ts";
import type { Shared } from "./shared.ts";

type Fields = Readonly<Record<string, unknown>>;

export const mostRows = 2000;

/** Throws a ShareLinkError, "damaged", at the first field that is not what it has to be. Fields that nobody knows are left out. */
export function readShared(value: unknown): Shared {
  const { rows, adapter, training, watched, model } = fields(value);
  if (!Array.isArray(rows) || rows.length > mostRows) throw new ShareLinkError("damaged");
  return {
    rows: rows.map((row) => readRow(fields(row))),
    adapter: readAdapter(fields(adapter)),
    training: readTraining(fields(training)),
    watched: text(watched),
    model: text(model),
  };
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

function readTraining(given: Fields): TrainingSettings {
  return {
    steps: whole(given.steps, 1, 100_000),
    batchSize: whole(given.batchSize, 1, 1024),
    learningRate: between(given.learningRate, 0, 10),
    schedule: oneOf(given.schedule, ["cosine", "linear", "constant"]),
    seed: whole(given.seed, 0, 2 ** 32 - 1),
    validationShare: between(given.validationShare, 0, 0.9),
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

function between(value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !(value >= least && value <= most)) throw new ShareLinkError("damaged");
  return value;
}

function whole(value: unknown, least: number, most: number): number {
  const number = between(value, least, most);
  if (!Number.isInteger(number)) throw new ShareLinkError("damaged");
  return number;
}

function oneOf<Name extends string>(value: unknown, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new ShareLinkError("damaged");
  return found;
}
