// Groups all correct answers to one prompt, as E2E has for each meaning representation: the references of BLEU.

import type { CompletionExample, Example } from "../example.ts";

/** A prompt and every completion that the data has for it. */
export interface PromptReferences {
  readonly prompt: string;
  readonly references: readonly string[];
}

/**
 * Groups prompt/completion rows by prompt, in order of first appearance; rows of other kinds are skipped.
 *
 * @example
 * ```ts
 * import { groupReferences } from "@lowrank/data";
 *
 * const row = (completion: string) => ({ kind: "completion", prompt: "name[Aromi]", completion }) as const;
 * const [group] = groupReferences([row("Aromi."), row("It is Aromi.")]);
 * if (group?.references.length !== 2) throw new Error("not grouped");
 * ```
 */
export function groupReferences(examples: readonly Example[]): readonly PromptReferences[] {
  const groups = new Map<string, string[]>();
  for (const { prompt, completion } of examples.filter(isCompletion)) {
    const references = groups.get(prompt);
    if (references === undefined) groups.set(prompt, [completion]);
    else references.push(completion);
  }
  return [...groups].map(([prompt, references]) => ({ prompt, references }));
}

function isCompletion(example: Example): example is CompletionExample {
  return example.kind === "completion";
}
