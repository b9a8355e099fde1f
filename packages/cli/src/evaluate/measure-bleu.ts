// BLEU of what the model writes after each prompt, against every reference that the data has for it.

import { bleu, type Example, groupReferences, type PromptTemplate, promptOf, type TextTokenizer } from "@lowrank/data";
import { generate } from "@lowrank/models";
import { NoReferencesError } from "../errors.ts";
import { endTokens } from "../session/end-tokens.ts";
import type { OpenedModel } from "../session/open-model.ts";

/** How to write and compare. */
export interface BleuOptions {
  readonly data: string;
  readonly tokenizer: TextTokenizer;
  readonly template: PromptTemplate;
  readonly batchSize: number;
  readonly maxNewTokens: number;
}

/** Corpus BLEU, 0 to 100, of greedy continuations. Throws NoReferencesError where no row has prompt and answer. */
export async function measureBleu(
  opened: OpenedModel,
  rows: readonly Example[],
  options: BleuOptions,
): Promise<number> {
  const { tokenizer, template, batchSize, maxNewTokens } = options;
  const asked = rows.filter((row) => row.kind !== "text" && row.kind !== "tokens" && row.kind !== "sentence");
  if (asked.length === 0) throw new NoReferencesError(options.data);
  const groups = groupReferences(asked.map((row) => asCompletion(row, template)));
  const prefix = template.render(asked[0] as Example).hasSpecialTokens === true ? [] : tokenizer.prefixIds;
  const eosTokenIds = await endTokens(opened, tokenizer);
  const candidates: string[] = [];
  for (let start = 0; start < groups.length; start += batchSize) {
    const prompts = groups.slice(start, start + batchSize).map(({ prompt }) => prompt);
    const promptIds = prompts.map((prompt) => [...prefix, ...tokenizer.encode(prompt, { addSpecialTokens: false })]);
    const written = await generate(opened.model, { promptIds, maxNewTokens, eosTokenIds, context: opened.context });
    candidates.push(...written.map((ids) => tokenizer.decode(ids).trim()));
  }
  return bleu(
    candidates,
    groups.map(({ references }) => references.map((reference) => reference.trim())),
  ).score;
}

/** Prompt and answer as the template writes them. */
function asCompletion(example: Example, template: PromptTemplate): Example {
  const rendered = template.render(example);
  const answer = rendered.segments.find((segment) => segment.isTrained)?.text ?? "";
  return { kind: "completion", prompt: promptOf(rendered), completion: answer };
}
