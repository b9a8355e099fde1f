// From files to token batches. Reading from a path is in "@lowrank/data/node".

export type { AddTokensOptions } from "./add-tokens.ts";
export { type BatchOptions, batchCount, batches, batchIndices } from "./batches.ts";
export { type BleuScore, bleu, tokenize13a } from "./bleu.ts";
export type { TokenizerLimits } from "./check-tokenizer-json.ts";
export {
  AddedTokensError,
  DataError,
  DataFileError,
  ExampleError,
  MixedLabelsError,
  type RowProblem,
  TemplateError,
  TemplateLimitError,
  TokenizationError,
  TokenizerError,
  type TokenProblem,
} from "./errors.ts";
export type {
  Answer,
  ChatExample,
  ChatMessage,
  CompletionExample,
  Example,
  InstructionExample,
  QuestionExample,
  SentenceExample,
  TextExample,
  TokensExample,
} from "./example.ts";
export { type ExtendedTokenizer, extendTokenizer } from "./extend-tokenizer.ts";
export { ggufTokenizerFiles } from "./gguf/gguf-tokenizer-files.ts";
export type { GgufMetadata } from "./gguf/gguf-vocabulary.ts";
export { type GgufTokenizer, tokenizerFromGguf } from "./gguf/tokenizer-from-gguf.ts";
export { groupReferences, type PromptReferences } from "./group-references.ts";
export { openTokenizer } from "./open-tokenizer.ts";
export { type PadOptions, padBatch, type TokenBatch } from "./pad-batch.ts";
export { readCsv, readTsv } from "./read-csv.ts";
export { readJson } from "./read-json.ts";
export { readJsonl } from "./read-jsonl.ts";
export type { ReadOptions } from "./read-options.ts";
export type { Fields, Refusal, RowForm } from "./row-forms/row-form.ts";
export { rowForms } from "./row-forms/row-forms.ts";
export { isTrainable } from "./shorten-sequence.ts";
export { mulberry32, shuffled } from "./shuffled.ts";
export {
  cutSourceTarget,
  encodeSource,
  renderSourceTarget,
  type SourceTargetLimits,
  tokenizeSourceTargets,
} from "./source-target.ts";
export { type Split, type SplitOptions, splitByKey } from "./split-by-key.ts";
export { type ChatTemplateOptions, chatTemplate } from "./templates/chat-template.ts";
export { type PromptTemplate, promptOf, type RenderedExample, type Segment } from "./templates/prompt-template.ts";
export { promptTemplate, promptTemplates } from "./templates/prompt-templates.ts";
export type { TextFiles } from "./text-files.ts";
export {
  type DecodeOptions,
  type EncodedPair,
  type EncodedQuestion,
  type EncodeOptions,
  type PairOptions,
  TextTokenizer,
} from "./text-tokenizer.ts";
export { shortenTokens, type TokenizeOptions, tokenizeExample } from "./tokenize-example.ts";
export {
  isAtLimit,
  labelIdsOf,
  type TokenizedExamples,
  type TokenizeExamplesOptions,
  tokenizeExamples,
} from "./tokenize-examples.ts";
export { cutSpan, type TokenizedQuestion, tokenizeQuestion } from "./tokenize-question.ts";
export {
  type AnswerSpan,
  type ClassifiedSequence,
  type CountedLabels,
  ignoredLabel,
  labelsOf,
  type SourceTarget,
  type TokenizedExample,
  type TokenMasks,
  type TokenSequence,
} from "./tokenized-example.ts";
export { readTokenizerFiles } from "./tokenizer-files.ts";
export type { CharacterSpan } from "./traced-normalization.ts";
