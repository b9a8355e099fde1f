// A fine-tuning job as it is stored, and as OpenAI's clients see it.

import type { StoredObject } from "../files/object-store.ts";
import type { JobRequest } from "./job-request.ts";

export interface Job extends StoredObject, Omit<JobRequest, "suffix"> {
  readonly seed: number;
  readonly suffix?: string | undefined;
  readonly created_at: number;
  readonly status: "queued" | "running" | "paused" | "succeeded" | "failed" | "cancelled";
  readonly fine_tuned_model: string | null;
  readonly finished_at: number | null;
  readonly trained_tokens: number | null;
  readonly error: { readonly code: string; readonly message: string; readonly param: null } | null;
}

export function isOver({ status }: Pick<Job, "status">): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

/** The object of OpenAI's API. */
export function jobFacts(job: Job, estimated_finish: number | null) {
  const { order: _, suffix: _suffix, method: type, grader, ...facts } = job;
  const method = { type, [type]: { grader, hyperparameters: job.hyperparameters } };
  const others = { organization_id: "local", result_files: [], integrations: [], estimated_finish };
  return { object: "fine_tuning.job", ...facts, method, ...others };
}
