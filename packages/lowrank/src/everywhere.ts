// The exports that "lowrank" and "lowrank/browser" share.

export { Chat, type ChatOptions } from "./chat/chat.ts";
export type { EmbedOptions } from "./embed/embed-texts.ts";
export type { Evaluation, EvaluationOptions } from "./evaluate/evaluate-rows.ts";
export type { RunFinding } from "./findings/run-findings.ts";
export type { TextEvent } from "./generate/continue-prompts.ts";
export type { TextPrompt } from "./generate/prompt-ids.ts";
export type { TextOptions } from "./generate/text-rules.ts";
export type { TextWriter } from "./generate/text-writer.ts";
export type { Inspection } from "./inspect/inspection.ts";
export type { MergedModel } from "./merged-model.ts";
export { rewardModel } from "./objectives/preferences/reward-model.ts";
export { rerank } from "./objectives/ranking/rerank.ts";
export type { OpenedAdapter } from "./opened-adapter.ts";
export type { OpenedModel } from "./opened-model.ts";
export type { AttachOptions, GgufOptions, MergedModelOptions, OpenModelOptions, TrainingOptions } from "./options.ts";
export type { RowsInput, WritableDirectory } from "./platform.ts";
export type { PredictOptions } from "./predict/predict-rows.ts";
export type { Prediction } from "./predict/prediction.ts";
export { reportPage } from "./report/report-page.ts";
export type { Reward, RewardInput } from "./rewards/reward.ts";
export { defaultRun } from "./train/run-defaults.ts";
