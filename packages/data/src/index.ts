// From files to token batches. Reading from a path is in "@lowrank/data/node".

export { logMelFeatures } from "./audio/log-mel-features.ts";
export { readWav } from "./audio/read-wav.ts";
export { batches } from "./batching/batches.ts";
export { padBatch, type TokenBatch } from "./batching/pad-batch.ts";
export { mulberry32, shuffled } from "./batching/shuffled.ts";
export { splitByKey } from "./batching/split-by-key.ts";
export { DataError, ExampleError, TemplateError } from "./errors.ts";
export type { ChatExample, ChatMessage, CompletionExample, Example } from "./example.ts";
export { type ImagePreparation, readImagePreparation } from "./images/image-preparation.ts";
export { type DecodedImage, prepareImage } from "./images/prepare-image.ts";
export { readCsv, readTsv } from "./reading/read-csv.ts";
export { readJson } from "./reading/read-json.ts";
export { readJsonl } from "./reading/read-jsonl.ts";
export { bleu } from "./scoring/bleu.ts";
export { groupReferences, type PromptReferences } from "./scoring/group-references.ts";
export { chatTemplate } from "./templates/chat-template.ts";
export type { PromptTemplate } from "./templates/prompt-template.ts";
export { promptTemplate } from "./templates/prompt-templates.ts";
export { extendTokenizer } from "./tokenizer/extend-tokenizer.ts";
export { openTokenizer } from "./tokenizer/open-tokenizer.ts";
export { TextTokenizer } from "./tokenizer/text-tokenizer.ts";
export { tokenizeExample } from "./tokenizing/tokenize-example.ts";
export { tokenizeExamples } from "./tokenizing/tokenize-examples.ts";
