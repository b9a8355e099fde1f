// From files to token batches. Reading from a path is in "@lowrank/data/node".

export type { AddTokensOptions } from "./added-tokens/add-tokens.ts";
export { type LogMelOptions, logMelFeatures, whisperSampleRate } from "./audio/log-mel-features.ts";
export type { AudioInput } from "./audio/read-wav.ts";
export { readWav, type Sound } from "./audio/read-wav.ts";
export { resample } from "./audio/resample.ts";
export { type BatchOptions, batches, batchIndices } from "./batching/batches.ts";
export { mismatchedAnswers } from "./batching/mismatched-answers.ts";
export { type OpenedBatchOptions, openedBatches } from "./batching/opened-batches.ts";
export { type PadOptions, padBatch, type TokenBatch } from "./batching/pad-batch.ts";
export { mulberry32, shuffled } from "./batching/shuffled.ts";
export { type Split, type SplitOptions, splitByKey, splitPlaces } from "./batching/split-by-key.ts";
export {
  AddedTokensError,
  AudioError,
  DataError,
  DataFileError,
  ExampleError,
  type RowProblem,
  TemplateError,
  TemplateLimitError,
  TokenizationError,
  TokenizerError,
  type TokenProblem,
} from "./errors.ts";
export type {
  Answer,
  AudioExample,
  ChatExample,
  ChatMessage,
  ChoiceExample,
  ComparisonExample,
  CompletionExample,
  Example,
  ImageExample,
  InstructionExample,
  JudgedExample,
  Label,
  PreferenceExample,
  QuestionExample,
  SentenceExample,
  SpeechExample,
  TextExample,
  TokensExample,
} from "./example.ts";
export { type GgufTokenizerEntry, ggufFromTokenizer } from "./gguf/gguf-from-tokenizer.ts";
export { ggufTokenizerFiles } from "./gguf/gguf-tokenizer-files.ts";
export type { GgufMetadata } from "./gguf/gguf-vocabulary.ts";
export { type GgufTokenizer, tokenizerFromGguf } from "./gguf/tokenizer-from-gguf.ts";
export type { ImageInput } from "./images/image-input.ts";
export {
  type ImagePreparation,
  type ResampleFilter,
  type ResizeTarget,
  readImagePreparation,
} from "./images/image-preparation.ts";
export {
  type DecodedImage,
  ImageDataError,
  type Pixels,
  type PreparedImage,
  prepareImage,
  resizeImage,
} from "./images/prepare-image.ts";
export { type JudgedPairs, judgedPairs } from "./judged-pairs.ts";
export { rowLabel } from "./reading/label-kinds.ts";
export { readCsv, readTsv } from "./reading/read-csv.ts";
export { readJson, readObjects } from "./reading/read-json.ts";
export { readJsonl } from "./reading/read-jsonl.ts";
export type { ReadOptions } from "./reading/read-options.ts";
export type { Fields, Refusal, RowForm } from "./row-forms/row-form.ts";
export { rowForms } from "./row-forms/row-forms.ts";
export {
  changeRows,
  type DrawnRows,
  type DrawOptions,
  drawRows,
  joinRows,
  pickRows,
  type RowList,
} from "./row-list.ts";
export { type BleuScore, bleu } from "./scoring/bleu.ts";
export { type ClassScores, classScores, type LabelScores, labelScores } from "./scoring/class-scores.ts";
export { pearson, spearman } from "./scoring/correlation.ts";
export { groupReferences, type PromptReferences } from "./scoring/group-references.ts";
export { type RankingScores, rankingScores } from "./scoring/ranking-scores.ts";
export { wordErrorRate } from "./scoring/word-error-rate.ts";
export { type ChatTemplateOptions, chatTemplate } from "./templates/chat-template.ts";
export { type PromptTemplate, promptOf, type RenderedExample, type Segment } from "./templates/prompt-template.ts";
export { promptTemplate, promptTemplates } from "./templates/prompt-templates.ts";
export type { OpenBytes, TextFiles } from "./text-files.ts";
export {
  type AnswerSpan,
  type ClassifiedSequence,
  type ComparedTexts,
  type CountedLabels,
  ignoredLabel,
  isUnopened,
  labelsOf,
  type ScoredSequence,
  type Seen,
  type Sounds,
  type SourceTarget,
  type TokenizedExample,
  type TokenMasks,
  type TokenSequence,
} from "./tokenized-example.ts";
export type { CharacterSpan, EncodedText } from "./tokenizer/encoded-text.ts";
export { type ExtendedTokenizer, extendTokenizer } from "./tokenizer/extend-tokenizer.ts";
export { openTokenizer } from "./tokenizer/open-tokenizer.ts";
export {
  type DecodeOptions,
  type EncodedPair,
  type EncodedQuestion,
  type EncodeOptions,
  type PairOptions,
  TextTokenizer,
} from "./tokenizer/text-tokenizer.ts";
export { readTokenizerFiles } from "./tokenizer/tokenizer-files.ts";
export type { TokenizerLimits } from "./tokenizer-json/check-tokenizer-json.ts";
export type { LabelMeaning, ProblemType } from "./tokenizing/label-row.ts";
export { isTrainable } from "./tokenizing/shorten-sequence.ts";
export {
  cutSourceTarget,
  encodeSource,
  renderSourceTarget,
  type SourceTargetLimits,
  tokenizeSourceTargets,
} from "./tokenizing/source-target.ts";
export type { ComparisonPrompts } from "./tokenizing/tokenize-example.ts";
export { labelImage, shortenTokens, type TokenizeOptions, tokenizeExample } from "./tokenizing/tokenize-example.ts";
export {
  isAtLimit,
  labelIdsOf,
  type TokenizedExamples,
  type TokenizeExamplesOptions,
  tokenizeExamples,
} from "./tokenizing/tokenize-examples.ts";
export { cutSpan, type TokenizedQuestion, tokenizeQuestion } from "./tokenizing/tokenize-question.ts";
export { vocabularyFiles, vocabularyTokenizerFiles } from "./vocabulary-files/vocabulary-tokenizer-files.ts";
