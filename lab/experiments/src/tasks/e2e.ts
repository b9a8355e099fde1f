// E2E (Novikova, Dušek and Rieser 2017) on SmolLM2-135M: from facts about a restaurant to a sentence. The paper's table 3.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { bleu, groupReferences } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { parted, type Task, type TaskOptions } from "./task.ts";
import { chatPrompt, textBatches } from "./text-batches.ts";

/** Sentences of each restaurant that are trained on; all of one that is held out are references. */
const sentencesEach = 2;
const maxHeldOut = 100;
/** The best learning rates of the experiment `e2e-rates`. */
const rates = { full: 2e-4, "lora-r8-qv": 8e-3, "lora-r8-all": 8e-3, "lora-r2-all": 4e-3 };

/** `rows` also limits the held-out restaurants. In searches for learning rates, only the loss is measured. */
export async function e2e({ rows, forRates = false }: TaskOptions = {}): Promise<Task> {
  const path = join(import.meta.dirname, "../../../../data/e2e/e2e-devset.csv");
  const groups = groupReferences(await readDataFile(path, { columns: { prompt: "mr", completion: "ref" } }));
  const heldOut = Math.min(maxHeldOut, rows ?? maxHeldOut);
  // Evenly from the whole file, which is sorted.
  const every = Math.floor(groups.length / heldOut);
  const { train: others, held } = parted(groups, every, { forRates }, heldOut);
  const train = others
    .flatMap(({ prompt, references }) =>
      references.slice(0, sentencesEach).map((completion) => ({ prompt: chatPrompt(prompt), completion })),
    )
    .slice(0, rows);
  const texts = await textBatches({
    train,
    held: held.map(({ prompt, references: [completion = ""] }) => ({ prompt: chatPrompt(prompt), completion })),
  });
  return {
    name: "e2e",
    kind: "texts",
    figure: "bleu",
    epochs: 1,
    rateShare: 1,
    rates,
    about: `SmolLM2-135M on E2E: ${train.length} sentences, 8 a step; measured on ${held.length} restaurants held out${forRates ? ", others than those below" : ", each with all its sentences as references"}`,
    ...texts,
    async measure(model) {
      const loss = await texts.meanLoss(model);
      if (forRates) return { loss };
      const written = await model.write?.(texts.prompts, 80);
      if (written === undefined) return { loss };
      const candidates = written.map((ids) => texts.tokenizer.decode(ids).trim());
      const references = held.map((group) => group.references);
      return { loss, bleu: bleu(candidates, references).score, ...(await officialScores(candidates, references)) };
    },
  };
}

/** By coco-caption, which the official script of E2E calls, and nltk's NIST; nothing without LOWRANK_METRICS, a Python that has both. */
async function officialScores(
  candidates: readonly string[],
  references: readonly (readonly string[])[],
): Promise<Readonly<Record<string, number>>> {
  const python = process.env.LOWRANK_METRICS;
  if (python === undefined) return {};
  const program = promisify(execFile)(python, [join(import.meta.dirname, "../../peers/e2e_scores.py")]);
  program.child.stdin?.end(JSON.stringify({ candidates, references }));
  const { stdout } = await program;
  // The program is part of this repository; other libraries' lines come before its own.
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, number>;
}
