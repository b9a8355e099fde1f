// The exports that "lowrank" and "lowrank/browser" share.

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
export { rewardModel } from "./objectives/preferences/reward-model.ts";
export { type PairJudge, type RankedText, type RerankOptions, rerank } from "./objectives/ranking/rerank.ts";
export type { DirectoryHandle, FolderInput } from "./open/model-source.ts";
export type { OpenedAdapter, PreparedTraining } from "./opened-adapter.ts";
export type { OpenedModel, SelectedAdapter } from "./opened-model.ts";
export type { AttachOptions, GgufOptions, MergedModelOptions, OpenModelOptions, TrainingOptions } from "./options.ts";
export type { FolderFiles, ModelInput, OutputFolder, RowsInput, WritableDirectory } from "./platform.ts";
export type { PredictOptions } from "./predict/predict-rows.ts";
export type { Answer, ClassProbability, FoundAnswer, LabelledWord, Prediction } from "./predict/prediction.ts";
export type { QuestionsInput } from "./predict/questions-in.ts";
export { type FactTable, type ReportFacts, reportPage, type SampleText } from "./report/report-page.ts";
export type { Reward, RewardInput, Rewards, RewardValue, WeightedReward } from "./rewards/reward.ts";
export { type DefaultRun, defaultRun } from "./train/run-defaults.ts";
