// How embeddings are learnt from rows of texts to compare: by which loss, of which states, with what before the texts.

import { type ComparisonPrompts, DataError, type Example, type RowList, type RowProblem } from "@lowrank/data";
import type { ComparisonLoss, EmbeddingRecipe } from "@lowrank/models";
import { embeddingRecipe, type RecipeFacts, type RecipeOptions } from "../../embed/embedding-recipe.ts";
import { sentencePrompts } from "../../embed/sentence-prompts.ts";
import type { RowNumbers } from "../../rows/row-file.ts";
import { comparisonLossOf, type RowLoss } from "../row-loss.ts";
import type { TrainingRows } from "../training-rows.ts";

/** What a caller says of it. */
export interface ComparisonOptions extends RecipeOptions {
  /**
   * Of rows of texts to compare: "ranking" (the default for texts that belong together: all others of the batch do not), "triplet"
   * (one negative a row), "order" (the default for scored pairs: CoSENT) or "cosine" (scores from −1 to 1).
   */
  readonly loss?: RowLoss | undefined;
  /** What is written before a row's first text and before the others; default what the folder says of queries and documents. */
  readonly prompts?: ComparisonPrompts | undefined;
}

/** The plan, as data. */
export interface ComparisonPlan {
  readonly kind: "comparison";
  /** The loss and the recipe in words. */
  readonly words: string;
  readonly loss: ComparisonLoss;
  readonly recipe: EmbeddingRecipe;
  readonly prompts: ComparisonPrompts;
}

/** What an adapter was trained for. */
export interface Trained {
  readonly trained?: EmbeddingRecipe | undefined;
}

/** Throws a DataError that names the rows which the loss cannot learn from, PoolingUnknownError, EmbeddingRecipeError. */
export async function comparisonPlan(
  source: RecipeFacts,
  rows: Pick<TrainingRows, "file" | "train" | "validation" | "validationFile" | "numbers">,
  options: ComparisonOptions & Trained,
): Promise<ComparisonPlan> {
  const [first] = rows.train;
  const isScored = first?.kind === "comparison" && first.score !== undefined;
  const loss = comparisonLossOf(options.loss) ?? (isScored ? "order" : "ranking");
  const texts = first?.kind === "comparison" ? first.texts.length : 0;
  checkRows(rows.file, rows.train, { loss, texts, rowOf: rows.numbers.train });
  checkRows(rows.validationFile, rows.validation, { loss, texts, rowOf: rows.numbers.validation });
  const recipe = await embeddingRecipe(source, options, options.trained);
  const prompts = options.prompts ?? (isScored ? {} : await promptsOf(source));
  const words = `${loss}, ${recipe.pooling}${recipe.isNormalised ? ", normalised" : ""}`;
  return { kind: "comparison", words, loss, recipe, prompts };
}

/** As sentence-transformers' `encode_query` and `encode_document` choose them. */
async function promptsOf(source: RecipeFacts): Promise<ComparisonPrompts> {
  const { byName } = await sentencePrompts(source);
  const document = byName.get("document") ?? byName.get("passage") ?? byName.get("corpus");
  return { first: byName.get("query"), others: document };
}

interface RowCheck {
  readonly loss: ComparisonLoss;
  readonly texts: number;
  readonly rowOf: RowNumbers;
}

function checkRows(file: string, rows: RowList<Example>, { loss, texts, rowOf }: RowCheck): void {
  const problems = rows.flatMap((row, index): RowProblem[] => {
    if (row.kind !== "comparison") return [];
    const problem = problemOf(row, loss, texts);
    return problem === undefined ? [] : [{ row: rowOf(index), ...problem }];
  });
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), { count: problems.length, unit: "row" });
}

function problemOf(
  { texts, score }: Extract<Example, { kind: "comparison" }>,
  loss: ComparisonLoss,
  expected: number,
): Omit<RowProblem, "row"> | undefined {
  const needsScore = loss === "order" || loss === "cosine";
  if (needsScore !== (score !== undefined)) {
    const wanted = needsScore ? 'two sentences with a "score"' : 'a text with a "positive"';
    return {
      found: score === undefined ? "no score" : `the score ${score}`,
      expected: `${wanted}, for the loss "${loss}"`,
    };
  }
  if (loss === "cosine" && score !== undefined && Math.abs(score) > 1) {
    return { found: `the score ${score}`, expected: 'a score from −1 to 1 for the loss "cosine"; "order" takes any' };
  }
  if (loss === "triplet" && texts.length !== 3) {
    return { found: `${texts.length} texts`, expected: 'one "negative", for the loss "triplet"' };
  }
  if (texts.length === expected) return undefined;
  return {
    found: `${texts.length} texts`,
    expected: `${expected} texts, as in the first row: a negative in all rows or in none`,
  };
}
