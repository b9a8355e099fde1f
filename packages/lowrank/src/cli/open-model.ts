// The library as a command calls it: with the terminal's listeners, and the environment's token of the Hub.

import type { PretrainedModel } from "@lowrank/models";
import { WrongTaskError } from "../errors/model-errors.ts";
import { nodePlatform } from "../node/node-platform.ts";
import { writesText } from "../open/task-types.ts";
import { type OpeningRequest, openOn } from "../open-on.ts";
import type { OpenedModel } from "../opened-model.ts";
import type { SourceContext } from "../platform.ts";
import { asFlags } from "./terminal/as-flags.ts";
import type { Report } from "./terminal/report.ts";

export function openModel(request: OpeningRequest, report: Report): Promise<OpenedModel> {
  return openOn(nodePlatform, request, sourceContext(report));
}

export function sourceContext(report: Report): SourceContext {
  const { fetch, environment } = report.io;
  const token = environment.HF_TOKEN;
  const notices = { ...report, note: (line: string) => report.note(asFlags(line)) };
  return { notices, stdin: report.io.stdin, fetch, accessToken: token?.startsWith("hf_") ? token : undefined };
}

/** Throws WrongTaskError for a model that writes no texts. `what` would be done: "Generating text". */
export function refuseOtherTasks({ task, modelType }: PretrainedModel, what: string): void {
  if (writesText(task)) return;
  throw new WrongTaskError(modelType, task, what, "Use lowrank predict.");
}
