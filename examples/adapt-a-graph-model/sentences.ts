// Sentences that praise or complain: of restaurants, which come with the repository, or from files.

import { readFile } from "node:fs/promises";
import { splitByKey } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";

export interface Row {
  readonly sentence: string;
  /** 1: it praises. */
  readonly label: number;
}

/** Sentences to learn from, and others to be asked; none is in both. */
export interface Parts {
  readonly lessons: readonly Row[];
  readonly questions: readonly Row[];
}

/** Of a file's lines a sixth become questions, by which settings may be chosen. */
export async function sentencesIn(lessonFile: string, questionFile: string | undefined): Promise<Parts> {
  const lessons = await read(lessonFile);
  if (questionFile !== undefined) return { lessons, questions: await read(questionFile) };
  return split(lessons, 1 / 6);
}

/** What people wrote of restaurants whose guests were pleased, or not. */
export async function restaurants(): Promise<Parts> {
  const file = new URL("../../data/e2e/e2e-devset.csv", import.meta.url).pathname;
  const said = await readDataFile(file, { columns: { prompt: "mr", completion: "ref" } });
  const rows = said.flatMap((row): Row[] => {
    if (row.kind !== "completion") return [];
    const rating = /customer rating\[(high|5 out of 5|low|1 out of 5)\]/.exec(row.prompt)?.[1];
    if (rating === undefined) return [];
    return [{ sentence: row.completion, label: rating === "high" || rating === "5 out of 5" ? 1 : 0 }];
  });
  const { lessons, questions } = split(rows, 0.3);
  return { lessons: lessons.slice(0, 640), questions: questions.slice(0, 400) };
}

async function read(path: string): Promise<readonly Row[]> {
  return (await readFile(path, "utf8")).split("\n").flatMap((line): Row[] => {
    const [sentence = "", label] = line.split("\t");
    return label === undefined ? [] : [{ sentence, label: Number(label) }];
  });
}

function split(rows: readonly Row[], share: number): Parts {
  const { train, validation } = splitByKey(rows, ({ sentence }) => sentence, { share, seed: 1 });
  return { lessons: train, questions: validation };
}
