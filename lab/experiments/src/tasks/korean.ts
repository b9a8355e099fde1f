// Korean instructions in KoAlpaca's words: questions for the articles of the constitution of the Republic of Korea, on SmolLM2-135M, which
// was hardly shown any Korean and reads a syllable as two or three tokens.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parted, type Task, type TaskOptions } from "./task.ts";
import { textBatches } from "./text-batches.ts";

/** Every fifth article is held out: no model can know its words, but the language and the style of a law. */
const every = 5;
/** The best learning rates of the experiment `korean-rates`. */
const rates = { full: 2e-4, "lora-r8-qv": 1.6e-2, "lora-r8-all": 8e-3 };

export async function korean(options: TaskOptions = {}): Promise<Task> {
  const path = join(import.meta.dirname, "../../../../data/korean/constitution.txt");
  const articles = articlesOf(await readFile(path, "utf8"));
  const { train: others, held } = parted(articles, every, options);
  const train = others.slice(0, options.rows);
  const texts = await textBatches({ train, held }, { template: "koalpaca" });
  return {
    name: "korean",
    kind: "texts",
    figure: "likelihood",
    epochs: 3,
    rateShare: 1,
    rates,
    about: `SmolLM2-135M on ${train.length} articles of the Korean constitution in KoAlpaca's words, 8 a step; measured on ${held.length} held out`,
    ...texts,
    measure: texts.likelihood,
  };
}

/** The 130 articles, each with its paragraphs; titles of chapters and sections are left out, and what follows the last article. */
export function articlesOf(law: string): readonly { readonly instruction: string; readonly output: string }[] {
  const articles: { instruction: string; output: string }[] = [];
  for (const line of law.split(/\r?\n/).map((text) => text.trim())) {
    const [, number, text = ""] = /^제(\d+)조 (.*)$/.exec(line) ?? [];
    // The supplementary provisions count from 1 again.
    if (number !== undefined && Number(number) !== articles.length + 1) break;
    if (number !== undefined) articles.push({ instruction: `대한민국헌법 제${number}조는 무엇입니까?`, output: text });
    else if (line !== "" && !/^제\d+(장|절) /.test(line) && articles.length > 0) articles.at(-1)!.output += `\n${line}`;
  }
  return articles;
}
