// The adapter of a run: a new one by the options, or the one that is continued.

import { type LoraConfig, startOf } from "@lowrank/adapter-format";
import {
  type AdapterHandle,
  describePlan,
  type InjectionPlan,
  injectAdapter,
  planInjection,
  shareRanks,
} from "@lowrank/inject";
import type { OpenedModel } from "../../open/open-model.ts";
import { measureStart, type StartRows, startBatches } from "../../train/measure-start.ts";
import { trainingTokens } from "../../train/train-tokens.ts";
import type { Report } from "../terminal/report.ts";
import { newLoraConfig } from "./lora-config.ts";
import type { TrainOptions } from "./train-options.ts";

/** What a new adapter is made by. */
export interface AdapterRequest {
  readonly options: TrainOptions;
  /** What --lora-config says. */
  readonly file?: LoraConfig | undefined;
  /** Whose rows train as well. */
  readonly tokenIds: readonly number[];
  /** The fields of the variants that options ask for. */
  readonly variant: Partial<LoraConfig>;
  /** For starts that look at data. */
  readonly start: Pick<StartRows, "rows" | "padId">;
}

/** Attaches a new adapter to the model, or returns the one that was opened with it; prints the plan. */
export async function adapterToTrain(
  opened: OpenedModel,
  request: AdapterRequest,
  report: Report,
): Promise<AdapterHandle> {
  const { options, file, tokenIds, variant } = request;
  const { handle, model } = opened;
  if (handle !== undefined) {
    report.say(describePlan(handle.plan));
    return handle;
  }
  const config = newLoraConfig(options, model, { file, variant });
  const plan = planInjection(model, tokenIds.length === 0 ? config : trainingTokens(model, config, tokenIds));
  const { batchSize, seed } = options;
  const count = startBatches(options, plan.config) ?? 0;
  const measured = await measureStart(model, plan, { ...request.start, batchSize, seed, count });
  const isShared = startOf(plan.config).sharesRanks === true && measured !== undefined;
  const final: InjectionPlan = isShared ? planInjection(model, shareRanks(plan, measured)) : plan;
  report.say(describePlan(final));
  const fingerprint = model.fingerprint;
  return injectAdapter(model, final, { seed, baseFingerprint: fingerprint, ...(measured && { measured }) });
}
