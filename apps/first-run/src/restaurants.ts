// The data: facts about a restaurant, and a sentence with these facts. A slice of the E2E NLG set (Novikova et al. 2017,
// CC BY-SA 4.0; see data/e2e), on which the LoRA paper fine-tuned GPT-2.

import { fileURLToPath } from "node:url";
import { type CompletionExample, groupReferences, type PromptReferences, splitByKey } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";

/** Facts, and a sentence about them. */
export type Row = Pick<CompletionExample, "prompt" | "completion">;

/** Training rows and validation rows. */
export interface Restaurants {
  readonly train: readonly Row[];
  readonly validation: readonly Row[];
  /** Each validation input once, with every sentence that people wrote for it. */
  readonly references: readonly PromptReferences[];
}

const file = fileURLToPath(new URL("../../../data/e2e/e2e-devset.csv", import.meta.url));
const validationShare = 0.055; // 30 of the 547 inputs

/** Reads the set and splits it by input: the 547 inputs have several sentences each, and an input that was trained on must not be measured on. */
export async function loadRestaurants(seed: number): Promise<Restaurants> {
  const rows = await readDataFile(file, { columns: { prompt: "mr", completion: "ref" } });
  const examples = rows.filter((row) => row.kind === "completion").map(withArrow);
  const { train, validation } = splitByKey(examples, (example) => example.prompt, { share: validationShare, seed });
  return { train: train.map(asRow), validation: validation.map(asRow), references: groupReferences(validation) };
}

/** "name[The Mill], food[English] ->" is followed by " The Mill serves …": the arrow marks where the sentence begins. */
function withArrow({ kind, prompt, completion }: CompletionExample): CompletionExample {
  return { kind, prompt: `${prompt} ->`, completion: ` ${completion}` };
}

function asRow({ prompt, completion }: CompletionExample): Row {
  return { prompt, completion };
}
