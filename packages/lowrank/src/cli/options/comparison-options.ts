// Options of commands that read rows of texts to compare, or of two answers.

import type { Pooling } from "@lowrank/models";
import { type Command, Option } from "commander";
import type { ComparisonOptions } from "../../compare/comparison-plan.ts";
import { given } from "../../given.ts";
import { type RowLoss, rowLosses } from "../../row-loss.ts";

/** As they are typed. */
export interface ComparisonFlags {
  readonly loss?: RowLoss;
  readonly pooling?: Pooling;
  readonly normalise?: true;
  readonly queryPrompt?: string;
  readonly documentPrompt?: string;
}

/** Adds them as a group of their own. */
export function addComparisonOptions(command: Command): Command {
  return command
    .optionsGroup("Embeddings:")
    .addOption(
      new Option(
        "--loss <name>",
        "of rows of texts to compare: ranking (default: other rows' texts do not belong together), triplet (one negative a " +
          "row), order (default where rows have a score) or cosine (scores from -1 to 1); of rows of two answers: dpo (default), " +
          "ipo, simpo, orpo, kto, or answers (the better ones alone, as text)",
      ).choices(rowLosses),
    )
    .addOption(
      new Option("--pooling <name>", "which states stand for a text (default: as the model's folder says)").choices([
        "mean",
        "first",
        "last",
      ] satisfies Pooling[]),
    )
    .option("--normalise", "make embeddings of length 1, with --pooling")
    .option(
      "--query-prompt <text>",
      "text before a row's first text, as \"query: \" (default: as the model's folder says)",
    )
    .option("--document-prompt <text>", 'text before its others, as "passage: "');
}

/** As the library takes them. */
export function comparisonOptions({
  loss,
  pooling,
  normalise,
  queryPrompt: first,
  documentPrompt: others,
}: ComparisonFlags): ComparisonOptions {
  const prompts = first === undefined && others === undefined ? undefined : given({ first, others });
  return given({ loss, pooling, normalise, prompts });
}
