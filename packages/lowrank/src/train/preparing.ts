// Everything that prepares rows for a run, loaded on first use: few visitors of a page train.

export { embeddingMetadata } from "../embed/embedding-settings.ts";
export { rowMedia } from "../media/row-media.ts";
export { warnOfPreferences } from "../objectives/preferences/chosen-answers.ts";
export { warnOfOddClasses } from "../rows/classes/odd-classes.ts";
export { checkRows } from "../rows/invocation-rows.ts";
export { needsTokenizer } from "../rows/row-kinds.ts";
export { setupOfRows } from "../setup/adapter-setup.ts";
export {
  classesOf,
  classMetadata,
  labelMeaning,
  readTrainingRows,
  refuseIdleOptions,
  refuseUntrainable,
  runToCheck,
} from "./prepare-training.ts";
export { runFacts } from "./run-facts.ts";
export { tokenizedRows } from "./tokenized-rows.ts";
export { runTable } from "./training-card.ts";
