// All that rows go through before a run, loaded with the first one: few visits of a page come so far.

export { recipeMetadata } from "../embed/embedding-recipe.ts";
export { rowMedia } from "../media/row-media.ts";
export { warnOfPreferences } from "../objectives/preferences/chosen-answers.ts";
export { warnOfOddClasses } from "../rows/classes/odd-classes.ts";
export { needTokenizer } from "../rows/row-kinds.ts";
export { checkRows } from "../rows/rows-it-acts-on.ts";
export { setupOfRows } from "../setup/setup-of-rows.ts";
export { askedRun, refuseIdleOptions } from "./idle-options.ts";
export { classesOf, classMetadata, labelMeaning, refuseUntrainable } from "./prepare-training.ts";
export { readTrainingRows } from "./read-training-rows.ts";
export { tokenizedRows } from "./tokenized-rows.ts";
export { runTable } from "./training-card.ts";
