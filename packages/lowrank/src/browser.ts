// lowrank as a library, in a page. In Node: "lowrank".

import { inspectFolder } from "./inspect/inspect-folder.ts";
import type { Inspection } from "./inspect/inspection.ts";
import { openModelOn } from "./open-on.ts";
import type { OpenedModel } from "./opened-model.ts";
import type { OpenModelOptions } from "./options.ts";
import { browserPlatform, folderAt } from "./page/browser-platform.ts";
import type { ModelInput } from "./platform.ts";

/**
 * Opens a pretrained model: the address of a Hugging Face folder, a name on the Hugging Face Hub, a folder that a person chose
 * (`showDirectoryPicker()`), `File`s of an `<input type="file">`, or a `ModelFolder`. The caller disposes of it.
 *
 * @throws ModelFileError; CLASSIFIER_MISSING, HEAD_INCOMPLETE, ADAPTER_TASK; and what `loadModel` of @lowrank/models
 * and `chooseEngine` of @lowrank/engine throw.
 *
 * @example
 * ```ts
 * import { openModel } from "lowrank/browser";
 *
 * export async function answer(files: readonly File[], prompt: string): Promise<string> {
 *   const model = await openModel(files);
 *   return model.generate(prompt, { maxNewTokens: 20 });
 * }
 * ```
 */
export function openModel(source: ModelInput, options: OpenModelOptions = {}): Promise<OpenedModel> {
  return openModelOn(browserPlatform, source, options);
}

/**
 * What is in an adapter's folder, a Hugging Face model folder, a .safetensors or a .gguf file, given as `openModel` takes it:
 * names, shapes, types and configuration; of an adapter, which base it fits. Weights of models are not read.
 *
 * @throws NOT_INSPECTABLE; for a damaged one ModelFileError, SafetensorsError, GgufError, or what `readAdapterIn` of
 * @lowrank/adapter-format throws
 *
 * @example
 * ```ts
 * import { inspect } from "lowrank/browser";
 *
 * export async function parametersOf(files: readonly File[]): Promise<number> {
 *   return (await inspect(files)).parameters;
 * }
 * ```
 */
export async function inspect(input: ModelInput): Promise<Inspection> {
  return inspectFolder(await folderAt(input, {}));
}

export { Chat, type ChatOptions, type TurnOptions } from "./chat/chat.ts";
export type { EmbedOptions } from "./embed/embed-texts.ts";
export type { Evaluation, EvaluationOptions } from "./evaluate/evaluate-rows.ts";
export type { RunFinding } from "./findings/run-findings.ts";
export type { RunReview } from "./findings/watch-run.ts";
export type { TextEvent } from "./generate/continue-prompts.ts";
export type { Conversation, TextPrompt } from "./generate/prompt-ids.ts";
export type { LikelyToken, TextOptions } from "./generate/text-rules.ts";
export type { TextWriter, TextWriterOptions } from "./generate/text-writer.ts";
export type {
  AdaptedModule,
  AdapterInspection,
  GgufInspection,
  Inspection,
  ModelInspection,
  SafetensorsInspection,
} from "./inspect/inspection.ts";
export type { MergedModel, MergeFacts } from "./merged-model.ts";
export {
  NotRankingError,
  type PairJudge,
  type RankedText,
  type RerankOptions,
  rerank,
} from "./objectives/ranking/rerank.ts";
export type { DirectoryHandle, FolderInput } from "./open/model-source.ts";
export type { OpenedAdapter, PreparedTraining } from "./opened-adapter.ts";
export type { AdapterChoice, OpenedModel } from "./opened-model.ts";
export type { AttachOptions, GgufOptions, MergedModelOptions, OpenModelOptions, TrainingOptions } from "./options.ts";
export type { FolderFiles, ModelInput, OutputFolder, RowsInput, WritableDirectory } from "./platform.ts";
export type { PredictOptions } from "./predict/predict-rows.ts";
export type { Answer, ClassProbability, FoundAnswer, LabelledWord, Prediction } from "./predict/prediction.ts";
export type { QuestionsInput } from "./predict/questions-in.ts";
export { type FactTable, type ReportFacts, reportPage, type SampleText } from "./report/report-page.ts";
export { type DefaultRun, defaultRun } from "./train/run-defaults.ts";
