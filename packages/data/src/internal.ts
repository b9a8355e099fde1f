// Names that only our own packages import. They may change in any release.

export { whisperSampleRate } from "./audio/log-mel-features.ts";
export type { AudioInput, Sound } from "./audio/read-wav.ts";
export { resample } from "./audio/resample.ts";
export { batchIndices } from "./batching/batches.ts";
export { decodedBatches } from "./batching/decoded-batches.ts";
export { mismatchedCompletions } from "./batching/mismatched-answers.ts";
export { emptyBatch, stackTiles } from "./batching/pad-batch.ts";
export { type Split, splitIndices } from "./batching/split-by-key.ts";
export { addedTokensError, dataFileError, type RowProblem, TemplateLimitError } from "./errors.ts";
export type { ImagePart, Label, QuestionExample, SpeechExample } from "./example.ts";
export { type GgufTokenizerOptions, ggufFromTokenizer } from "./gguf/gguf-from-tokenizer.ts";
export { ggufTokenizerFiles } from "./gguf/gguf-tokenizer-files.ts";
export { llamaCppTokenizer } from "./gguf/llama-cpp-tokenizer.ts";
export { tokenizerFromGguf } from "./gguf/tokenizer-from-gguf.ts";
export type { ImageInput } from "./images/image-input.ts";
export { type TileGrid, tileGrid, tileImage } from "./images/image-tiles.ts";
export { imageWordings } from "./images/image-wording.ts";
export { type Pixels, resizeImage } from "./images/prepare-image.ts";
export { labelledPairs } from "./labelled-pairs.ts";
export { rowLabel } from "./reading/label-kinds.ts";
export { LineSplitter } from "./reading/line-splitter.ts";
export { readObjects } from "./reading/read-json.ts";
export { type ReadOptions, readLimits } from "./reading/read-options.ts";
export { messagesIn } from "./row-forms/read-messages.ts";
export { concatRows, mapRows, type RowList, type SampledRows, sampleRows, selectRows } from "./row-list.ts";
export { classScores, labelScores } from "./scoring/class-scores.ts";
export { pearson, spearman } from "./scoring/correlation.ts";
export { type RankingScores, rankingScores } from "./scoring/ranking-scores.ts";
export { wordErrorRate } from "./scoring/word-error-rate.ts";
export { imageParts, renderWithImages, withImages } from "./templates/image-parts.ts";
export { promptOf, type RenderedExample } from "./templates/prompt-template.ts";
export { promptTemplates } from "./templates/prompt-templates.ts";
export type { TextFiles } from "./text-files.ts";
export {
  type AudioFeatures,
  type ClassifiedSequence,
  type ComparedTexts,
  type ImageInputs,
  ignoredLabel,
  isUndecoded,
  labelsOf,
  type PromptTokens,
  type TokenizedExample,
  type TokenMasks,
} from "./tokenized-example.ts";
export type { CharacterSpan } from "./tokenizer/encoded-text.ts";
export type { ExtendedTokenizer } from "./tokenizer/extend-tokenizer.ts";
export { readTokenizerFiles } from "./tokenizer/tokenizer-files.ts";
export type { LabelMeaning, ProblemType } from "./tokenizing/label-row.ts";
export { isTrainable } from "./tokenizing/shorten-sequence.ts";
export {
  cutSourceTarget,
  encodeSource,
  renderSourceTarget,
  tokenizeSourceTargets,
} from "./tokenizing/source-target.ts";
export type { ComparisonPrompts } from "./tokenizing/tokenize-example.ts";
export { encodePrompt, labelImage, shortenTokens } from "./tokenizing/tokenize-example.ts";
export { isAtLimit, labelIdsOf } from "./tokenizing/tokenize-examples.ts";
export { cutSpan, tokenizeQuestion } from "./tokenizing/tokenize-question.ts";
export { vocabularyFiles, vocabularyTokenizerFiles } from "./vocabulary-files/vocabulary-tokenizer-files.ts";
