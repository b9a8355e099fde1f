// From files to token batches. Reading from a path is in "@lowrank/data/node".

export { logMelFeatures, whisperSampleRate } from "./audio/log-mel-features.ts";
export type { AudioInput } from "./audio/read-wav.ts";
export { readWav, type Sound } from "./audio/read-wav.ts";
export { resample } from "./audio/resample.ts";
export { batches, batchIndices } from "./batching/batches.ts";
export { decodedBatches } from "./batching/decoded-batches.ts";
export { mismatchedCompletions } from "./batching/mismatched-answers.ts";
export { emptyBatch, type ImageBatch, padBatch, stackTiles, type TokenBatch } from "./batching/pad-batch.ts";
export { mulberry32, shuffled } from "./batching/shuffled.ts";
export { type Split, splitByKey, splitIndices } from "./batching/split-by-key.ts";
export {
  addedTokensError,
  DataError,
  dataFileError,
  ExampleError,
  type RowProblem,
  TemplateError,
  TemplateLimitError,
  TokenizationError,
} from "./errors.ts";
export type {
  Answer,
  ChatExample,
  ChatMessage,
  CompletionExample,
  Example,
  ImagePart,
  Label,
  QuestionExample,
  SpeechExample,
} from "./example.ts";
export { ggufFromTokenizer } from "./gguf/gguf-from-tokenizer.ts";
export { ggufTokenizerFiles } from "./gguf/gguf-tokenizer-files.ts";
export { tokenizerFromGguf } from "./gguf/tokenizer-from-gguf.ts";
export type { ImageInput } from "./images/image-input.ts";
export { type ImagePreparation, readImagePreparation } from "./images/image-preparation.ts";
export { type TileGrid, tileGrid, tileImage } from "./images/image-tiles.ts";
export { imageWordings, type WordedImage } from "./images/image-wording.ts";
export { type DecodedImage, type Pixels, prepareImage, resizeImage } from "./images/prepare-image.ts";
export { labelledPairs } from "./labelled-pairs.ts";
export { rowLabel } from "./reading/label-kinds.ts";
export { readCsv, readTsv } from "./reading/read-csv.ts";
export { readJson, readObjects } from "./reading/read-json.ts";
export { readJsonl } from "./reading/read-jsonl.ts";
export type { ReadOptions } from "./reading/read-options.ts";
export { messagesIn } from "./row-forms/read-messages.ts";
export type { Fields, Refusal } from "./row-forms/row-form.ts";
export { concatRows, mapRows, type RowList, type SampledRows, sampleRows, selectRows } from "./row-list.ts";
export { bleu } from "./scoring/bleu.ts";
export { classScores, labelScores } from "./scoring/class-scores.ts";
export { pearson, spearman } from "./scoring/correlation.ts";
export { groupReferences, type PromptReferences } from "./scoring/group-references.ts";
export { type RankingScores, rankingScores } from "./scoring/ranking-scores.ts";
export { wordErrorRate } from "./scoring/word-error-rate.ts";
export { chatTemplate } from "./templates/chat-template.ts";
export { imageParts, renderWithImages, withImages } from "./templates/image-parts.ts";
export { type PromptTemplate, promptOf, type RenderedExample, type Segment } from "./templates/prompt-template.ts";
export { promptTemplate, promptTemplates } from "./templates/prompt-templates.ts";
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
export { type ExtendedTokenizer, extendTokenizer } from "./tokenizer/extend-tokenizer.ts";
export { openTokenizer } from "./tokenizer/open-tokenizer.ts";
export { type PairOptions, TextTokenizer } from "./tokenizer/text-tokenizer.ts";
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
export { encodePrompt, labelImage, shortenTokens, tokenizeExample } from "./tokenizing/tokenize-example.ts";
export { isAtLimit, labelIdsOf, tokenizeExamples } from "./tokenizing/tokenize-examples.ts";
export { cutSpan, tokenizeQuestion } from "./tokenizing/tokenize-question.ts";
export { vocabularyFiles, vocabularyTokenizerFiles } from "./vocabulary-files/vocabulary-tokenizer-files.ts";
