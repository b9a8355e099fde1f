// The rows of jobs, as the JSONL file that both sides read.
//
// E2E may be shipped and lies in data/. The others are read from the folder that LOWRANK_DATA names; where they are not,
// made-up rows of the same lengths take their place, which says as much about time and nothing about quality.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readDataFile } from "@lowrank/data/node";
import { standInRows } from "./stand-in-rows.ts";

export type DataName = "sst2" | "e2e";

/** A line of the file. */
export type Row = Readonly<Record<string, unknown>>;

export interface JobRows {
  readonly train: readonly Row[];
  readonly validation: readonly Row[];
  /** Whether they are of the data set, not made up. */
  readonly isReal: boolean;
}

const shipped = join(import.meta.dirname, "../../../data");

/** Reads so many rows of a data set, or fewer where it has no more. */
export async function jobRows(
  data: DataName,
  wanted: { readonly train: number; readonly validation: number },
): Promise<JobRows> {
  const folder = process.env.LOWRANK_DATA ?? "";
  const cut = (rows: readonly Row[], validation: readonly Row[], isReal: boolean): JobRows => ({
    train: rows.slice(0, wanted.train),
    validation: validation.slice(0, wanted.validation),
    isReal,
  });
  if (data === "e2e") {
    const rows = await restaurants(join(shipped, "e2e/e2e-devset.csv"));
    return cut(rows.slice(0, -wanted.validation), rows.slice(-wanted.validation), true);
  }
  const [train, validation] = [join(folder, "sst2-train.tsv"), join(folder, "sst2-dev.tsv")];
  if (existsSync(train) && existsSync(validation)) return cut(sentences(train), sentences(validation), true);
  const made = standInRows(data, wanted.train + wanted.validation);
  return cut(made.slice(wanted.validation), made, false);
}

function sentences(path: string): readonly Row[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((line) => {
    const [sentence = "", label] = line.split("\t");
    return label === undefined ? [] : [{ sentence, label: Number(label) }];
  });
}

/** One sentence for each restaurant, in the words of the model's own chat. */
async function restaurants(path: string): Promise<readonly Row[]> {
  const found = new Map<string, Row>();
  for (const row of await readDataFile(path, { columns: { prompt: "mr", completion: "ref" } })) {
    if (row.kind !== "completion" || found.has(row.prompt)) continue;
    const prompt = `<|im_start|>user\n${row.prompt}<|im_end|>\n<|im_start|>assistant\n`;
    found.set(row.prompt, { prompt, completion: row.completion });
  }
  return [...found.values()];
}
